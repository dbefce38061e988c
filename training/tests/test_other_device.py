"""Off the CPU some things are done differently; on a device that refuses the CPU's tensors they come to the same."""

import pytest
import torch
from tokenizers import Tokenizer

import batches
from batches import Beside, SceneSource
from engine import Budget, Plan, Progress, Trainer
from heads import Extents, Trained, synthref_names
from optimisers import optimiser_for
from parallel import Ranks
from stages import SCRATCH
from synthref import crowds
from synthref.crowds import CrowdSource
from synthref.dataset import Sight
from synthref.tokenizer import write

from .disguise import DEVICE, Disguised, moved, other_device
from .tiny import TINY, network
from .toy_art import ToyArt

SIGHT = Sight(64, 4, 32)


def test_the_device_refuses_what_lies_on_the_cpu():
    with other_device() as waits:
        here = torch.ones(3, device=DEVICE) * torch.tensor(2.0)
        assert here.device == DEVICE and here.to("cpu").tolist() == [2, 2, 2] and not waits
        with pytest.raises(RuntimeError, match="two devices"):
            here + torch.ones(3)
        assert here.sum().item() == 6 and waits == ["aten::_local_scalar_dense"]


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Beside:
    """Scenes of toy art with crowds beside them, four expressions a scene."""
    file = tmp_path_factory.mktemp("other") / "tokenizer.json"
    write(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "Atlas", ToyArt)
        patch.setattr(crowds, "Atlas", ToyArt)
        scenes, views = SceneSource("train", str(file), SIGHT, (4, 4)), CrowdSource("train", str(file), SIGHT)
        # Their art is opened with the first item.
        scenes.rows(0, 1), views.rows(0, 1)
        yield Beside(scenes, views, 4)


def described(source: Beside, first: int) -> dict:
    return source.collate(source.rows(first, 8))


def test_what_is_painted_there_is_what_is_painted_on_the_cpu(source):
    here = source.finish(described(source, 40), torch.device("cpu"))
    with other_device():
        there = source.finish(described(source, 40), DEVICE)
        for batch, of in ((there, here), (there["crowd"], here["crowd"])):
            images = {name: value for name, value in batch.items() if isinstance(value, torch.Tensor)}
            assert all(isinstance(value, Disguised) for value in images.values()), "all of a batch is on the device"
            off = (images["image"].plain.int() - of["image"].int()).abs()
            assert off.max() <= 1 and (off > 0).float().mean() < 1e-3
        assert (there["silhouette"].plain != here["silhouette"]).float().mean() < 1e-3


def trained(source: Beside, elsewhere: bool) -> Trainer:
    tokenizer = Tokenizer.from_file(source.scenes.tokenizer_file)
    model = network("full", image_side=64, context=32, vocabulary=tokenizer.get_vocab_size())
    torch.manual_seed(3)
    module = Trained(model, synthref_names(tokenizer, TINY.projection), Extents(TINY.projection), watched=True)
    plan = Plan(SCRATCH, 1e-4, Budget(pairs=100), q4_from=0.5)
    module = moved(module) if elsewhere else module
    return Trainer(module, plan, optimiser_for(module, "muon", 1e-4, 0.02), Ranks())


def test_a_step_there_is_a_step_on_the_cpu(source, monkeypatch):
    # The one kernel that knows devices by name.
    adamw = torch.optim.AdamW
    monkeypatch.setattr(torch.optim, "AdamW", lambda *args, **options: adamw(*args, **{**options, "fused": False}))
    found = {}
    for elsewhere in (False, True):
        with other_device() as waits:
            device = DEVICE if elsewhere else torch.device("cpu")
            trainer, progress, losses = trained(source, elsewhere), Progress(), []
            for number, done in enumerate((0.0, 0.9)):
                batch = source.finish(described(source, 40 + 8 * number), device)
                waits.clear()
                losses.append(trainer.step(batch, progress, done))
                progress.step += 1
                if elsewhere:
                    # Whether the gradient is finite is asked; nothing else keeps the CPU from going ahead.
                    assert len(waits) == 1
            found[elsewhere] = [{name: value.item() for name, value in step.items()} for step in losses]
    for here, there in zip(found[False], found[True], strict=True):
        assert there == pytest.approx(here, rel=2e-3, abs=1e-5)
    assert found[True][0] == pytest.approx(found[False][0], rel=1e-4, abs=1e-6)
    assert found[True][0] != found[True][1]
