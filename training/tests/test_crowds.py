"""Crowds: full of things, cut into views whose labels say what is seen in them."""

import pytest
import torch

from batches import Beside, SceneSource
from synthref import crowds
from synthref.atlas import TRAINING_PACKS, nouns
from synthref.crowds import ACROSS, CROWD, VIEWS, CrowdSource
from synthref.dataset import Sight
from synthref.tokenizer import write

from .toy_art import ToyArt

SIGHT = Sight(128, 8, 32)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> CrowdSource:
    file = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer = write(file)
    source = CrowdSource("train", str(file), SIGHT)
    source._atlas, source._tokenizer = ToyArt(), tokenizer
    return source


@pytest.fixture(scope="module")
def batch(source) -> dict:
    return source.finish(source.collate(source.rows(3, 2 * VIEWS + 1)), CPU)


def test_a_batch_is_views_of_consecutive_crowds(batch):
    n = 2 * VIEWS + 1
    assert batch["number"].tolist() == [3] * VIEWS + [4] * VIEWS + [5]
    assert batch["image"].shape == (n, 128, 128, 3) and batch["image"].dtype == torch.uint8
    assert batch["kinds"].shape == (n, 64) and batch["ids"].shape == (n, 32)
    assert batch["rect"].tolist() == [[0, 0, 128, 128]] * n
    assert len({bytes(view.numpy().tobytes()) for view in batch["image"]}) == n


def test_the_number_alone_decides_a_view(source, batch):
    again = source.finish(source.collate(source.rows(4, 1)), CPU)
    assert torch.equal(again["image"][0], batch["image"][VIEWS])
    assert torch.equal(again["kinds"][0], batch["kinds"][VIEWS])


def test_most_patches_show_a_thing(batch):
    kinds = batch["kinds"]
    assert int(kinds.min()) >= -1 and int(kinds.max()) <= len(nouns())
    assert ((kinds >= 0) & (kinds < len(nouns()))).float().mean() > 0.35


def test_what_a_patch_is_said_to_show_is_the_colour_that_is_there(source, monkeypatch):
    """With every camera clean and nothing tinted, a patch of one kind has that kind's own colours in it."""
    plain = crowds.draw_crowd

    def clean(rng, atlas, packs):
        scene = plain(rng, atlas, packs)
        return crowds.replace(scene, camera=crowds.replace(scene.camera, **{
            "blur": 0.0, "noise": 0.0, "jpeg": None, "brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0,
        }), things=tuple(crowds.replace(t, tint=None) for t in scene.things))

    monkeypatch.setattr(crowds, "draw_crowd", clean)
    batch = source.finish(source.collate(source.rows(0, 3 * VIEWS)), CPU)
    patches = batch["image"].view(-1, 8, 16, 8, 16, 3).transpose(2, 3).reshape(-1, 256, 3).int()
    found = checked = 0
    for patch, kind in zip(patches, batch["kinds"].flatten().tolist()):
        if not 0 <= kind < len(nouns()):
            continue
        tiles = [source._atlas.tile(pack, icon) for pack in TRAINING_PACKS for icon in nouns()[kind].icons]
        own = torch.tensor(sorted({tuple(c) for t in tiles for c in t[t[..., 3] > 0][:, :3].tolist()}))
        near = (patch[:, None] - own[None]).abs().amax(-1).amin(1) <= 12
        checked += 1
        found += near.float().mean() >= 0.2
    assert checked > 300 and found / checked > 0.97


def test_views_come_beside_a_batch_of_scenes(source, batch):
    scenes = SceneSource("train", source.tokenizer_file, SIGHT, (1, 4))
    scenes._atlas, scenes._tokenizer = source._atlas, source._tokenizer
    beside = Beside(scenes, source, VIEWS)
    made = beside.finish(beside.collate(beside.rows(3, 5)), CPU)
    assert len(made["ids"]) == len(made["image"]) == 5 and len(made["crowd"]["image"]) == VIEWS
    assert torch.equal(made["crowd"]["image"], batch["image"][:VIEWS])
    plain = scenes.finish(scenes.collate(scenes.rows(3, 5)), CPU)
    assert torch.equal(made["image"], plain["image"]) and made["expression"] == plain["expression"]


def test_the_largest_crowd_fits_a_description(source):
    class Most(crowds.Random):
        def randint(self, low, high):
            return high if (low, high) == ACROSS else super().randint(low, high)

    scene = crowds.draw_crowd(Most("x"), source._atlas, TRAINING_PACKS)
    assert len(scene.things) == CROWD
