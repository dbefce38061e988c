"""The loop: it learns, goes on exactly where it was, and counts many processes as one with their batches joined."""

import copy
import math
import os
import sys

import pytest
import torch
import torch.distributed as distributed
import torch.multiprocessing as multiprocessing
from torch.nn import functional as F

from engine import HOPELESS, Diverged, Progress, train
from losses import contrastive, extents, focal, miss, regard
from parallel import Ranks, start, stop
from runs import Run, RunError
from schedule import Clock, rate
from synthref.dataset import pixels_of
from main import take_heads

from .tiny import batch, network, trainer


def endless(first: int, size: int = 6):
    number = first
    while True:
        yield batch(number, size)
        number += 1


def go(t, progress: Progress, steps: int, batches) -> None:
    end = progress.step + steps
    train(t, batches, progress, lambda _meter, _done: progress.step >= end)


def weights(module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()])


@pytest.mark.parametrize("stage", ["full", "hilora1", "contrastive", "recognition"])
def test_a_batch_seen_again_and_again_is_learned(stage):
    t, progress, one = trainer(stage), Progress(), batch(7)
    kept = [p.detach().clone() for p in t.module.parameters() if not p.requires_grad]
    first = t.step(one, progress, 0.1)
    for _ in range(60):
        last = t.step(one, progress, 0.1)
    for name in ("kinds",) if stage in ("contrastive", "recognition") else ("l1", "giou", "dense_focal", "kinds", "extents", "regard", "miss"):
        assert last[name] < 0.8 * first[name], name
    assert all(torch.equal(a, b) for a, b in zip(kept, (p for p in t.module.parameters() if not p.requires_grad)))


def test_a_run_takes_over_the_heads_of_the_one_it_starts_from(tmp_path):
    before, after = trainer().module, trainer().module
    assert set(before.heads()) == {"names.nothing", "names.scale", "extents.read.weight", "extents.read.bias"}
    kept = {name: torch.full_like(p, 3.0) for name, p in before.heads().items()}
    torch.save({**kept, "names.nothing": torch.zeros(7), "extents.gone": torch.zeros(1)}, tmp_path / "heads.pt")
    own = after.names.nothing.clone()
    take_heads(after, tmp_path / "heads.pt")
    assert (after.extents.read.weight == 3).all() and after.names.scale == 3
    # Of another size, or of nothing that there still is: left alone.
    assert torch.equal(after.names.nothing, own)
    take_heads(after, tmp_path / "none.pt")


def test_what_crowds_show_is_asked_with_what_scenes_show():
    t, crowd = trainer(), {k: v for k, v in batch(5).items() if k in ("image", "rect", "ids", "kinds", "number")}
    alone, both = batch(4), {**batch(4), "crowd": crowd}
    with torch.no_grad():
        first, second = (t.module({**b, "seed": 0}, "expressions", False) for b in (alone, both))
        only = t.module({**crowd, "seed": 0}, "names", False)
    assert torch.equal(second["shown"], torch.cat([first["shown"], only["shown"]]))
    assert torch.allclose(second["kinds"], torch.cat([first["kinds"], only["kinds"]]), atol=1e-5)
    assert torch.equal(first["box"], second["box"])
    t.step(both, Progress(), 0.1)


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(tmp_path):
    straight, progress = trainer(pairs=60), Progress()
    go(straight, progress, 8, endless(0))
    broken, before, run, setting = trainer(pairs=60), Progress(), Run(tmp_path), {"side": 32}
    go(broken, before, 5, endless(0))
    run.save(broken, before, setting)
    again = trainer(pairs=60)
    after = run.resume(again, setting)
    assert (after.step, after.pairs, after.item) == (5, 30, 30)
    go(again, after, 3, endless(after.item // 6))
    assert torch.equal(weights(again.module), weights(straight.module))
    assert torch.equal(weights(again.average), weights(straight.average))
    with pytest.raises(RunError, match="side 32"):
        run.resume(trainer(), {"side": 48})


def _process(rank: int, world: int, port: int, folder: str) -> None:
    os.environ.update(WORLD_SIZE=str(world), RANK=str(rank), LOCAL_RANK=str(rank), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    ranks = start()
    t, progress, meters = trainer(ranks=ranks), Progress(), []

    def part(number: int) -> dict:
        return {k: v[rank * 6 : rank * 6 + 6] for k, v in batch(number, 12).items()}

    batches = (part(number) for number in range(100))
    train(t, batches, progress, lambda meter, _done: meters.append(dict(meter.sums)) or progress.step >= 3)
    group = distributed.group.WORLD
    stop()
    # This name and the count's own argument: more would keep gloo's threads alive into the interpreter's end.
    held = sys.getrefcount(group) - 2
    torch.save({"weights": weights(t.module), "sums": meters[-1], "pairs": progress.pairs, "held": held}, f"{folder}/{rank}.pt")


def test_two_processes_do_what_one_does_with_their_batches_joined(tmp_path):
    multiprocessing.start_processes(_process, (2, 29511 + os.getpid() % 400, str(tmp_path)), nprocs=2, start_method="spawn")
    both = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    assert torch.equal(both[0]["weights"], both[1]["weights"])
    assert [part["held"] for part in both] == [0, 0]
    one, progress, meters = trainer(), Progress(), []
    train(one, endless(0, 12), progress, lambda meter, _done: meters.append(dict(meter.sums)) or progress.step >= 3)
    assert both[0]["pairs"] == progress.pairs == 36
    for name in ("l1", "giou", "dense_focal", "mask_dice", "kinds", "extents", "regard", "miss"):
        joined = (both[0]["sums"][name] + both[1]["sums"][name]) / 2
        assert joined.item() == pytest.approx(meters[-1][name].item(), rel=1e-3), name
    assert both[0]["sums"]["contrastive"].item() == pytest.approx(meters[-1]["contrastive"].item(), rel=1e-3)
    # AdamW's first steps are signs of gradients: a rounding of one near zero moves a weight by a step.
    moved = (both[0]["weights"] - weights(one.module)).abs()
    assert moved.mean() < 2e-5 and (moved > 1e-4).float().mean() < 0.01


def test_expressions_of_one_image_share_its_first_layers_without_a_difference():
    model, b = network("full").train(), batch(3)
    pixels = pixels_of(b["image"], b["rect"])
    shared = model(pixels[::3], b["patch_mask"], b["ids"], owner=torch.tensor([0, 0, 0, 1, 1, 1]))
    each, plain = model(pixels, b["patch_mask"], b["ids"]), model.eval()(pixels, b["patch_mask"], b["ids"])
    for name in ("box", "logit", "token_similarity", "mask_logits"):
        assert torch.allclose(shared[name], each[name], atol=1e-5), name
        assert torch.allclose(each[name], plain[name], atol=1e-4), name


def test_a_step_without_finite_gradient_is_left_out_and_many_end_the_run():
    t, progress = trainer(), Progress()
    broken = batch(1)
    broken["box"] = broken["box"] * float("nan")
    before = copy.deepcopy(t.module.state_dict())
    t.step(broken, progress, 0.1)
    assert all(torch.equal(v, before[k]) for k, v in t.module.state_dict().items())
    with pytest.raises(Diverged, match="--lr-factor"):
        for _ in range(HOPELESS):
            t.step(broken, progress, 0.1)


def test_the_focal_loss_is_the_papers():
    logits, targets = torch.randn(4, 9), (torch.rand(4, 9) > 0.5).float()
    p = logits.sigmoid()
    right = p * targets + (1 - p) * (1 - targets)
    alpha = 0.25 * targets + 0.75 * (1 - targets)
    expected = (alpha * (1 - right) ** 2 * F.binary_cross_entropy_with_logits(logits, targets, reduction="none")).mean()
    assert torch.allclose(focal(logits, targets), expected, atol=1e-6)


def test_the_contrastive_loss_is_clips_and_does_not_tell_expressions_of_one_scene_apart():
    texts, images = (F.normalize(torch.randn(4, 8), dim=1) for _ in range(2))
    out, scale = {"text_embedding": texts, "image_embedding": images}, torch.tensor(10.0)
    logit, own = texts @ images.T * scale, torch.arange(4)
    expected = (F.cross_entropy(logit, own) + F.cross_entropy(logit.T, own)) / 2
    assert torch.allclose(contrastive(out, own, scale, Ranks()), expected)
    twins = {"text_embedding": texts, "image_embedding": images[[0, 0, 2, 3]]}
    one = contrastive(twins, torch.tensor([0, 0, 2, 3]), scale, Ranks())
    swapped = contrastive({**twins, "text_embedding": texts[[1, 0, 2, 3]]}, torch.tensor([0, 0, 2, 3]), scale, Ranks())
    assert torch.allclose(one, swapped)


def test_the_loss_on_extents_is_of_the_patches_that_show_a_thing():
    truth = torch.tensor([[[0.5, 0.5, 0.2, 0.4], [0.0, 0.0, 0.0, 0.0], [0.3, 0.6, 0.2, 0.2]]])
    told = truth.clone()
    told[0, 1] = torch.tensor([0.9, 0.9, 0.1, 0.1])
    assert extents(told, truth, Ranks()).item() == pytest.approx(0, abs=1e-6)
    told[0, 2, 0] += 0.1
    # Half of it overlaps: IoU 0.02 / 0.06, and the hull is the union. One of two patches.
    assert extents(told, truth, Ranks()).item() == pytest.approx((0.1 + 1 - 1 / 3) / 2, abs=1e-5)


def test_the_loss_on_reg_attention_is_of_the_patches_and_the_last_layer():
    rows = torch.tensor([[0.1, 0.1, 0.2, 0.1, 0.1, 0.4], [0.0, 0.0, 0.6, 0.1, 0.1, 0.2]])
    attention, inside = torch.stack([rows.flip(1), rows])[None], torch.tensor([[1.0, 0.0, 0.0]])
    # Two heads' mean over three patches: 0.4, 0.1 and 0.1; what falls on [REG], [CLS] and the word is no matter.
    assert regard(attention, inside).item() == pytest.approx(-math.log(0.4 / 0.6), abs=1e-6)


def test_the_loss_on_misses_wants_one_thing_or_the_other_and_most_where_it_is_nearly_enough():
    iou = torch.tensor([0.0, 0.5, 1.0])
    assert miss(iou[1:2]).item() == 0.5
    assert miss(iou).item() == pytest.approx(0.5, abs=1e-6)
    # Two chances of which one is right: nine tenths of one thing miss less than four tenths of both.
    assert miss(torch.tensor([0.9, 0.0])) < miss(torch.tensor([0.4, 0.4]))
    slope = torch.autograd.functional.jacobian(lambda x: miss(x) * 4, torch.tensor([0.05, 0.45, 0.75, 0.95]))
    assert (slope < 0).all() and slope.argmin() == 1


def test_a_step_in_which_the_machine_slept_counts_as_a_usual_one():
    clock = Clock()
    for seconds in [1.0] * 10 + [3600.0] + [1.0] * 9:
        clock.add(seconds)
    assert clock.spent == 20


def test_the_rate_rises_holds_and_falls_to_almost_nothing():
    assert rate(0, 0.0, "trapezoid") < 0.01
    assert rate(10_000, 0.5, "trapezoid") == 1 == rate(5, 0.05, "trapezoid")
    falling = [rate(10_000, p / 10, "trapezoid") for p in range(6, 11)]
    assert falling == sorted(falling, reverse=True) and falling[-1] < 0.01
    assert rate(10_000, 0.5, "cosine") == pytest.approx(0.5, abs=0.01)
