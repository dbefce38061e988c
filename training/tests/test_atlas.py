"""The nouns and the art: what the words promise, and what the atlas answers. No scene is made here."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from synthref.atlas import CELLS, HERE, OBJECT, TRAINING_PACKS, UNSEEN_PACKS, Atlas, nouns
from synthref.scene import TINTS

PACKS = (*TRAINING_PACKS, *UNSEEN_PACKS)
ICON_SETS = HERE.parent.parent / "node_modules" / "@iconify-json"


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas(128)


def answer(word: str) -> set[str]:
    return {noun.noun for noun in nouns() if noun.answers(word)}


def test_there_are_at_least_300_nouns():
    assert len({noun.noun for noun in nouns()}) == len(nouns()) >= 300


@pytest.mark.parametrize("pack", PACKS)
def test_every_icon_is_in_every_pack(pack: str):
    document = json.loads((ICON_SETS / pack / "icons.json").read_text())
    known = {*document["icons"], *document.get("aliases", {})}
    assert [icon for noun in nouns() for icon in noun.icons if icon not in known] == []


def test_a_name_belongs_to_one_noun_and_is_no_hypernym():
    for noun in nouns():
        for name in noun.names:
            assert answer(name) == {noun.noun}


def test_a_picture_belongs_to_one_noun():
    icons = [icon for noun in nouns() for icon in noun.icons]
    assert len(icons) == len(set(icons))
    assert all(noun.icons for noun in nouns())


def test_a_hypernym_covers_several_nouns_and_the_category_is_one():
    for word in {word for noun in nouns() for word in noun.hypernyms}:
        assert len(answer(word)) >= 2, word
    for noun in nouns():
        assert noun.category in (noun.hypernyms or (OBJECT,))


def test_hypernyms_nest():
    """Whatever is a fruit is food: otherwise a claim about food would forget it."""
    for narrow, wide in (("bird", "animal"), ("insect", "animal"), ("fruit", "food"), ("vegetable", "food"), ("dessert", "food")):
        assert answer(narrow) < answer(wide)
    for flower in answer("flower"):
        assert next(noun for noun in nouns() if noun.noun == flower).may_answer("plant")


def test_a_doubtful_word_is_in_use_and_not_certain():
    words = {word for noun in nouns() for word in (*noun.names, *noun.hypernyms)}
    for noun in nouns():
        assert set(noun.doubtful) <= words
        assert not any(noun.answers(word) for word in noun.doubtful)
        assert all(noun.may_answer(word) for word in noun.doubtful)


def test_the_tomato_is_food_and_only_perhaps_a_fruit():
    tomato = next(noun for noun in nouns() if noun.noun == "tomato")
    assert tomato.answers("food") and not tomato.answers("fruit") and tomato.may_answer("fruit")


def test_colours_are_those_that_things_are_painted_in():
    colours = {noun.colour for noun in nouns()} - {None}
    assert colours <= set(TINTS)
    assert len(colours) >= 6


def test_the_atlas_holds_every_picture_of_every_pack(atlas: Atlas):
    wanted = {(pack, icon) for pack in PACKS for noun in nouns() for icon in noun.icons}
    assert set(atlas.index) == wanted
    tiles = atlas.tensor()
    assert tiles.shape == (len(wanted), 128, 128, 4) and tiles.dtype == torch.uint8
    assert sorted(atlas.number(*key) for key in wanted) == list(range(len(wanted)))


def test_what_is_drawn_fills_the_extent_and_nothing_lies_outside(atlas: Atlas):
    tiles = atlas.tensor()
    for pack, icon in atlas.index:
        width, height = atlas.extent(pack, icon)
        assert max(width, height) == 128
        tile = atlas.tile(pack, icon)
        assert tile.shape == (height, width, 4)
        assert atlas.aspect(pack, icon) == width / height
        alpha = tiles[atlas.number(pack, icon), :, :, 3]
        assert not alpha[height:].any() and not alpha[:, width:].any()
        drawn = tile[..., 3] >= 24
        # The rectangle was found at twice the size: an edge may fade by a pixel in the tile.
        assert drawn[:2].any() and drawn[-2:].any() and drawn[:, :2].any() and drawn[:, -2:].any()


def test_a_silhouette_covers_about_what_is_drawn(atlas: Atlas):
    for pack, icon in atlas.index:
        silhouette = atlas.alpha(pack, icon)
        assert silhouette.shape == (CELLS, CELLS) and silhouette.dtype == bool
        tile = atlas.tensor()[atlas.number(pack, icon), :, :, 3].numpy() >= 24
        missed = tile & ~np.kron(silhouette, np.ones((4, 4), bool))
        assert missed.sum() <= 0.2 * tile.sum(), (pack, icon)


def test_a_hull_bounds_what_is_drawn_however_it_is_turned(atlas: Atlas):
    for pack, icon in list(atlas.index)[::37]:
        hull = atlas.hull(pack, icon) * 128
        y, x = np.nonzero(atlas.tensor()[atlas.number(pack, icon), :, :, 3].numpy() >= 24)
        centres = np.stack((x, y), 1) + 0.5
        for angle in (0.0, 0.3, 1.2):
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            outer, inner = hull @ turn, centres @ turn
            # Half a pixel's diagonal lies between a pixel's centre and its corner.
            for wide, narrow in ((-outer.min(0), -inner.min(0)), (outer.max(0), inner.max(0))):
                assert (wide >= narrow).all() and (wide <= narrow + 0.75).all()


def test_an_atlas_travels_without_its_inflated_pictures(atlas: Atlas):
    atlas.tensor()
    carried = pickle.dumps(atlas)
    assert len(carried) < 4_000_000
    assert torch.equal(pickle.loads(carried).tensor(), atlas.tensor())


def test_an_atlas_that_is_not_built_says_how_to_build_it(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="build-atlas.ts --size 64"):
        Atlas(64, tmp_path)


def test_an_atlas_of_other_nouns_is_refused(tmp_path: Path):
    (tmp_path / "atlas-64.json").write_text(json.dumps({"nouns": "0", "tiles": []}))
    (tmp_path / "atlas-64.bin").write_bytes(b"")
    with pytest.raises(ValueError, match="other nouns"):
        Atlas(64, tmp_path)
