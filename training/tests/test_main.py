"""The commands, on a tiny network and data of one's own: train, go on, all stages, and what they write."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer

import batches
from batches import Batches, SceneSource
from hivg import checkpoint
from hivg.preprocess import letterbox
from splits_data import SplitError, SplitSource, pairs_of, words_of
from synthref.dataset import Sight, pixels_of
from synthref.tokenizer import write
from tools import choose, compare

from .conftest import TRAINING
from .tiny import TINY, network, write_data
from .toy_art import ToyArt

SIGHT = Sight(32, 2, 12)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> dict:
    """Data, and a checkpoint of the tiny network to begin with, its tokenizer beside it."""
    folder = tmp_path_factory.mktemp("world")
    splits, images = write_data(folder)
    (folder / "init").mkdir()
    size = write(folder / "init/tokenizer.json", words_of(splits)).get_vocab_size()
    model = network(vocabulary=size)
    init = folder / "init/best_checkpoint.pth"
    checkpoint.save(init, model.state_dict(), checkpoint.namespace(replace(TINY, vocabulary=size), "boxes"), 0, 0.0)
    common = [
        "--data", splits, "--images", images, "--context", 12, "--batch", 4, "--workers", 0, "--validation", 8, "--threads", 1,
    ]
    return {"splits": splits, "images": images, "init": init, "common": common}


def command(*words: object) -> str:
    done = subprocess.run([sys.executable, *map(str, words)], cwd=TRAINING, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def stop_once_begun(*words: object) -> None:
    """Starts a run and asks it to stop as soon as it says that it trains."""
    with subprocess.Popen([sys.executable, *map(str, words)], cwd=TRAINING, stdout=subprocess.PIPE, text=True) as started:
        said = started.stdout.readline()
        while said and "weights trained" not in said:
            said = started.stdout.readline()
        started.send_signal(signal.SIGTERM)
        started.stdout.read()
    assert said and started.returncode == 0


def test_a_run_can_be_stopped_and_gone_on_with_and_ends_as_asked(world, tmp_path):
    run = tmp_path / "run"
    words = ["main.py", "--stage", "full", "--run", run, "--init", world["init"], "--pairs", 400, "--first", 700, *world["common"]]
    stop_once_begun(*words)
    assert not (run / "ended.json").exists() and (run / "last.pt").exists()
    command(*words)
    assert json.loads((run / "ended.json").read_text())["pairs"] == 400
    # From the first item on, and never back to it.
    assert torch.load(run / "last.pt", weights_only=True)["item"] == 1100
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["pairs"] == 400 and {"l1", "giou", "mask_focal", "regard", "miss"} <= set(rows[-1]["train"])
    # Own data doesn't tell what every patch shows.
    assert not {"kinds", "extents"} & set(rows[-1]["train"])
    model, args = checkpoint.load(run / "best_checkpoint.pth")
    assert model.config.image_side == 32 and args.dataset == "boxes" and args.stage == "full"
    # What it ended with lies there too, whatever validation preferred; all that a start from it needs is beside it.
    last, (end, _) = torch.load(run / "last.pt", weights_only=True)["average"], checkpoint.read(run / "end/best_checkpoint.pth")
    assert all(torch.equal(value, last[f"network.{name}"]) for name, value in end.items())
    assert all((run / "end" / name).read_bytes() == (run / name).read_bytes() for name in ("tokenizer.json", "words.json"))
    command("-m", "tools.plot", run)
    assert Image.open(run / "curves.png").size[0] > 500


def test_all_stages_follow_one_another_each_from_the_last_ones_checkpoint(world, tmp_path):
    run = tmp_path / "all"
    said = command("main.py", "--stage", "all", "--run", run, "--init", world["init"], "--pairs", 60, *world["common"])
    assert said.count("tokens known") == 5
    stage3 = torch.load(run / "hilora3/best_checkpoint.pth", weights_only=False)
    assert stage3["args"].hi_lora_stage == 3
    adapted = [k for k in stage3["model"] if k.endswith("q_proj.lora_A.default.weight")]
    assert adapted and all(k.startswith("clip." + "base_model.model." * 4) for k in adapted)
    frozen = "vision_model.encoder.layers.0.mlp.fc1.weight"
    clip = torch.load(run / "contrastive/best_checkpoint.pth", weights_only=False)["model"]
    assert torch.equal(stage3["model"]["clip." + "base_model.model." * 4 + frozen], clip["clip." + frozen])


def test_a_way_of_the_comparison_is_trained_by_several_processes(world, tmp_path):
    asked = SimpleNamespace(run=tmp_path, processes=2, rest=world["common"])
    made = compare.train(asked, "frozen", 16, world["init"])
    assert checkpoint.load(made)[1].stage == "frozen"
    # Two steps of two processes of four, where one process would take four.
    rows = [json.loads(line) for line in (tmp_path / "frozen/log.jsonl").read_text().splitlines()]
    assert (rows[-1]["step"], rows[-1]["pairs"]) == (2, 16)


def test_rounding_is_refused_where_adapters_are_trained(world, tmp_path):
    for stage in ("all", "hilora2"):
        words = ["main.py", "--stage", stage, "--run", tmp_path / stage, "--pairs", 60, "--q4-from", 0.5, *world["common"]]
        done = subprocess.run([sys.executable, *map(str, words)], cwd=TRAINING, capture_output=True, text=True)
        assert done.returncode and "hilora2" in done.stderr and "leave out --q4-from" in done.stderr
        assert not (tmp_path / stage).exists()


def test_of_two_checkpoints_and_their_averages_the_one_that_finds_most_is_taken(world, tmp_path, monkeypatch):
    before, after, out = world["init"], tmp_path / "after/best_checkpoint.pth", tmp_path / "chosen/best_checkpoint.pth"
    after.parent.mkdir()
    (after.parent / "tokenizer.json").write_text((before.parent / "tokenizer.json").read_text())
    state, args = checkpoint.read(before)
    other = {name: value + 1 if value.is_floating_point() else value for name, value in state.items()}
    checkpoint.save(after, other, args, 0, 0.0)
    (after.parent / "words.json").write_text('["dog"]')

    accuracy = choose.validated(before, tmp_path / "validated", list(map(str, world["common"])))
    assert 0 <= accuracy <= 1 and json.loads((tmp_path / "validated/log.jsonl").read_text())["val"]["accuracy"] == accuracy

    for figures, best in (([0.5, 0.6, 0.75, 0.7], 0.75), ([0.5, 0.5, 0.4, 0.5], 0.0)):
        left = list(figures)
        monkeypatch.setattr(choose, "validated", lambda *_: left.pop(0))
        assert list(choose.choose(before, after, out, []).values()) == figures
        taken, _ = checkpoint.read(out)
        name = "visu_proj.weight"
        torch.testing.assert_close(taken[name], state[name] + best)
        assert json.loads((out.parent / "words.json").read_text()) == ["dog"] and (out.parent / "tokenizer.json").exists()


def test_of_two_checkpoints_without_an_average_the_second_is_taken(world, tmp_path):
    after = tmp_path / "after/best_checkpoint.pth"
    after.parent.mkdir()
    (after.parent / "tokenizer.json").write_text("{}")
    after.write_bytes(world["init"].read_bytes())
    said = command("-m", "tools.choose", world["init"], after, "--out", tmp_path / "chosen/best_checkpoint.pth")
    assert "no average" in said and "different tokenizers" in said
    assert (tmp_path / "chosen/best_checkpoint.pth").read_bytes() == after.read_bytes()
    assert json.loads((tmp_path / "chosen/chosen.json").read_text()) == {}


def test_own_data_is_read_as_the_network_takes_it(world):
    source = SplitSource(world["splits"], "train", world["images"], str(world["init"].parent / "tokenizer.json"), SIGHT)
    batch = source.collate(source.rows(3, 4))
    for row in range(4):
        name, (x1, y1, x2, y2), _ = pairs_of(world["splits"], "train")[int(batch["number"][row])]
        image = Image.open(world["images"] / name)
        pixels, mask, _ = letterbox(image, 32, 2)
        assert torch.equal(pixels_of(batch["image"], batch["rect"])[row], pixels)
        assert torch.equal(batch["patch_mask"][row], mask)
        longer, (left, top) = max(image.size), batch["rect"][row, :2].tolist()
        cx, cy, w, h = batch["box"][row].tolist()
        assert cx * 32 == pytest.approx(left + (x1 + x2) / 2 * 32 / longer, abs=0.3)
        assert h == pytest.approx((y2 - y1) / longer, abs=0.02)
        red = np.asarray(batch["image"][row])[int(cy * 32), int(cx * 32)]
        assert red[0] > 200 and red[1] < 100


def test_every_pair_of_own_data_comes_once_an_epoch_in_another_order(world):
    source = SplitSource(world["splits"], "train", world["images"], str(world["init"].parent / "tokenizer.json"), SIGHT)
    first, second = ([source._pair(n) for n in range(start, start + 12)] for start in (0, 12))
    assert sorted(first) == sorted(second) == list(range(12)) and first != second


def test_split_files_that_cannot_be_right_are_refused_by_name(world, tmp_path):
    with pytest.raises(SplitError, match="_test.pth"):
        pairs_of(world["splits"], "test")
    flickr = tmp_path / "flickr"
    flickr.mkdir()
    torch.save([("a.png", [30, 30, 20, 20], "a box")], flickr / "flickr_train.pth")
    with pytest.raises(SplitError, match="row 0.*empty"):
        pairs_of(flickr, "train")


def test_scenes_come_in_the_same_batches_wherever_a_run_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "Atlas", ToyArt)
    file = tmp_path / "tokenizer.json"
    write(file)
    tokenizer = Tokenizer.from_file(str(file))
    sight = Sight(64, 4, 32)

    def made(start: int, rank: int = 0, world: int = 1) -> list[list[str]]:
        stream = iter(Batches(SceneSource("train", str(file), sight, (2, 2)), 4, start, rank, world, finish=True))
        return [next(stream)["expression"] for _ in range(3)]

    straight = made(0)
    assert made(4)[:2] == straight[1:] and made(0) == straight
    assert made(0, 1, 2)[0] == straight[1], "the second of two processes has the second batch"
    assert len({e for batch in straight for e in batch}) > 8 and tokenizer.get_vocab_size() > 1000
