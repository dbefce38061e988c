"""From a scene's number to a training batch: what is in it, who makes which, and what export writes."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch.utils.data import DataLoader

from synthref import dataset, export
from synthref.atlas import nouns
from synthref.dataset import CAPTIONED, Scenes, Sight, captioned, collate, describe, inside, pixels_of, rows_of
from synthref.render import Painter
from synthref.splits import choose, scene_of
from synthref.tokenizer import write

from .conftest import FIXTURES
from .toy_art import ToyArt

SIDE, GRID, CONTEXT = 128, 8, 32
SIGHT = Sight(SIDE, GRID, CONTEXT)
ART = ToyArt()


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    write(file)
    return str(file)


@pytest.fixture(scope="module")
def batch(tokenizer_file) -> dict:
    tokenizer, rows = Tokenizer.from_file(tokenizer_file), []
    for number in range(12):
        rows += rows_of("val", number, ART, None, tokenizer, SIGHT, (2, 3))
    return Painter(ART, SIDE, GRID)(collate(rows))


def test_a_batch_has_every_key_in_its_shape(batch):
    n = len(batch["expression"])
    assert n > 12
    shapes = {
        "image": (torch.uint8, (n, SIDE, SIDE, 3)), "rect": (torch.int64, (n, 4)), "patch_mask": (torch.bool, (n, GRID**2)),
        "ids": (torch.int64, (n, CONTEXT)), "box": (torch.float32, (n, 4)), "inside": (torch.float32, (n, GRID**2)),
        "silhouette": (torch.float32, (n, (8 * GRID) ** 2)), "kinds": (torch.int64, (n, GRID**2)),
        "extents": (torch.float32, (n, GRID**2, 4)),
        "words": (torch.int64, (n,)), "distractors": (torch.int64, (n,)), "number": (torch.int64, (n,)),
    }  # fmt: skip
    assert {k: (v.dtype, tuple(v.shape)) for k, v in batch.items() if k in shapes} == shapes
    assert len(batch["family"]) == n and "scenes" not in batch


def test_silhouettes_lie_in_their_boxes_and_are_never_empty(batch):
    cells = 8 * GRID
    for flat, (cx, cy, w, h) in zip(batch["silhouette"], batch["box"].tolist(), strict=True):
        down, across = flat.view(cells, cells).nonzero().T
        assert len(down)
        for at, centre, length in ((across, cx, w), (down, cy, h)):
            assert at.min() + 1 >= (centre - length / 2) * cells - 0.5 and at.max() <= (centre + length / 2) * cells + 0.5


def test_a_caption_names_kinds_that_the_scene_shows_and_no_others(tokenizer_file):
    tokenizer, lengths = Tokenizer.from_file(tokenizer_file), set()
    for number in range(30):
        row = captioned("val", number, ART, None, tokenizer, SIGHT)
        again = captioned("val", number, ART, None, tokenizer, SIGHT)
        assert row["expression"] == again["expression"] and (row["scenes"]["tile"] == again["scenes"]["tile"]).all()
        shown = {called for (pack, icon), at in ART.index.items() if at in row["scenes"]["tile"][: row["scenes"]["count"]]
                 for noun in nouns() if icon in noun.icons for called in noun.names}
        left, named = f" {row['expression']} ".replace(",", " ,"), 0
        for called in sorted(shown, key=len, reverse=True):
            named += f" {called} " in left
            left = left.replace(f" {called} ", " ")
        assert set(left.split()) <= {",", "and", "a", "the"}, row["expression"]
        lengths.add(named)
    assert max(lengths) == CAPTIONED and min(lengths) == 1


def test_boxes_and_kinds_lie_on_the_picture(batch):
    left, top, width, height = batch["rect"].T / SIDE
    cx, cy, w, h = batch["box"].T
    slack = 1 / SIDE
    assert (cx - w / 2 >= left - slack).all() and (cx + w / 2 <= left + width + slack).all()
    assert (cy - h / 2 >= top - slack).all() and (cy + h / 2 <= top + height + slack).all()
    assert batch["kinds"].min() >= -1 and batch["kinds"].max() == len(nouns())
    named = (batch["kinds"] >= 0) & (batch["kinds"] < len(nouns()))
    assert not (named & batch["patch_mask"]).any()


def test_a_patch_that_shows_a_thing_knows_the_box_of_one_that_covers_it(batch):
    named = (batch["kinds"] >= 0) & (batch["kinds"] < len(nouns()))
    assert torch.equal(batch["extents"].any(-1), named)
    cx, cy, w, h = batch["extents"].view(-1, GRID, GRID, 4).unbind(-1)
    low = torch.arange(GRID) / GRID
    across, down = (
        (torch.minimum(low + 1 / GRID, c + s / 2) - torch.maximum(low, c - s / 2)).clamp(min=0) * GRID
        for low, c, s in ((low[None, None, :], cx, w), (low[None, :, None], cy, h))
    )
    assert ((across * down).flatten(1)[named] > 0.5).all()
    # Not all targets: a thing that is small, or behind others, may have no patch of its own.
    nearest = (batch["extents"] - batch["box"][:, None]).abs().sum(-1).min(1).values
    assert (nearest < 1e-5).float().mean() > 0.7


def test_expressions_of_one_scene_share_its_picture(batch):
    for a in range(len(batch["number"]) - 1):
        same = batch["number"][a] == batch["number"][a + 1]
        assert torch.equal(batch["image"][a], batch["image"][a + 1]) == bool(same)


def test_pixels_are_zero_on_padding_and_normalised_elsewhere(batch):
    pixels = pixels_of(batch["image"], batch["rect"])
    left, top, width, height = batch["rect"][0].tolist()
    outside = torch.ones(SIDE, SIDE, dtype=torch.bool)
    outside[top : top + height, left : left + width] = False
    assert (pixels[0][:, outside] == 0).all() and pixels[0][:, ~outside].std() > 0.1


def test_dense_targets_cover_the_box():
    grid = inside(np.array([32.0, 0.0, 96.0, 64.0]), 128, 8).reshape(8, 8)
    assert grid[:4, 2:6].all() and grid.sum() == 16
    assert inside(np.array([49.0, 49.0, 52.0, 52.0]), 128, 8).sum() == 1


def test_the_number_alone_decides_the_description(tokenizer_file):
    tokenizer = Tokenizer.from_file(tokenizer_file)
    first, again = (rows_of("train", 7, ToyArt(), None, tokenizer, SIGHT, (2, 4)) for _ in range(2))
    assert [r["expression"] for r in first] == [r["expression"] for r in again]
    for key, value in first[0]["scenes"].items():
        assert np.array_equal(value, again[0]["scenes"][key]), key


@pytest.fixture
def streams(monkeypatch, tokenizer_file):
    monkeypatch.setattr(dataset, "Atlas", lambda: ART)

    def make(**options) -> Scenes:
        return Scenes("train", None, tokenizer_file, SIDE, GRID, CONTEXT, 8, **options)

    return make


def numbers(scenes: Scenes, batches: int, workers: int = 0) -> list[int]:
    loader = DataLoader(scenes, batch_size=None, num_workers=workers, multiprocessing_context="fork" if workers else None)
    found, stream = [], iter(loader)
    for _ in range(batches):
        found += next(stream)["number"].tolist()
    return found


def test_ranks_and_workers_never_make_the_same_scene(streams):
    seen = [set(numbers(streams(rank=rank, world=2), 4, workers=2)) for rank in (0, 1)]
    assert not seen[0] & seen[1]
    assert len(seen[0] | seen[1]) > 16


def test_a_stream_started_later_goes_on_with_the_same_scenes(streams):
    whole = numbers(streams(), 6)
    start = whole[len(whole) // 2]
    rest = numbers(streams(start=start), 2)
    assert min(rest) == start and set(rest) <= set(whole)


def test_batches_hold_exactly_as_many_pairs_as_asked(streams):
    stream = iter(streams(count=(2, 4)))
    assert {len(next(stream)["expression"]) for _ in range(5)} == {8}


def test_a_stream_may_come_painted(streams):
    painted = next(iter(streams(paint=True)))
    assert painted["image"].shape == (8, SIDE, SIDE, 3) and "scenes" not in painted


@pytest.fixture
def exported(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "art", lambda: ART)
    monkeypatch.setattr(export, "crisp_art", lambda: ART)
    return export.export(tmp_path, "long", [("long", n) for n in range(4)])


def test_an_exported_split_reads_back_as_the_scenes_it_was_made_of(exported):
    rows, about = torch.load(exported, weights_only=True), json.loads(exported.with_suffix(".json").read_text())
    assert exported.parent.name == "synthref" and exported.name == "synthref_long.pth"
    assert len(rows) == len(about) == 4
    for number, ((file, size, box, phrase, mask), said) in enumerate(zip(rows, about, strict=True)):
        rng, scene, referrals = scene_of("long", number, ART)
        one = choose(rng, referrals, 1)[0]
        image = Image.open(exported.parent.parent / "images" / file)
        assert image.format == "PNG" and image.size == (size["width"], size["height"]) and mask is None
        assert phrase == said["expression"] == one.expression and said["file"] == file
        assert said["words"] == len(phrase.split()) >= 11
        thing, side = scene.things[one.target], max(image.size)
        assert box == pytest.approx([thing.x * side, thing.y * side, thing.w * side, thing.h * side], abs=0.01)


def test_exporting_again_writes_the_same_bytes(exported, tmp_path):
    folder = tmp_path / "images" / "long"
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    export.export(tmp_path, "long", [("long", n) for n in range(4)])
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == before and len(before) == 4


def test_training_and_export_say_the_same_of_a_scene(tokenizer_file, exported):
    tokenizer = Tokenizer.from_file(tokenizer_file)
    rows = torch.load(exported, weights_only=True)
    for number, row in enumerate(rows):
        assert rows_of("long", number, ART, None, tokenizer, SIGHT)[0]["expression"] == row[3]


def test_too_many_things_are_refused(tokenizer_file):
    _, scene, said = scene_of("train", 1, ART)
    crowded = type(scene)(scene.width, scene.height, scene.background, scene.things * 13, scene.camera)
    with pytest.raises(ValueError, match="things"):
        describe(crowded, said[:1], ART, Tokenizer.from_file(tokenizer_file), SIGHT, "x")


def test_the_committed_sample_holds_together():
    folder = FIXTURES / "synthref-sample"
    rows = torch.load(folder / "synthref" / "synthref_sample.pth", weights_only=True)
    about = json.loads((folder / "synthref" / "synthref_sample.json").read_text())
    assert len(rows) == len(about) == 100
    assert sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) <= 2_500_000
    for (file, size, (x, y, w, h), phrase, _), said in zip(rows, about, strict=True):
        assert Image.open(folder / "images" / file).size == (size["width"], size["height"])
        assert said["file"] == file and said["expression"] == phrase
        assert -1 <= x and -1 <= y and w > 0 and h > 0 and x + w <= size["width"] + 1 and y + h <= size["height"] + 1
