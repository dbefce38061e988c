"""The scene generator: reproducible, within bounds, and never ambiguous in words."""

from random import Random

import numpy as np
import pytest

from synthref.atlas import nouns
from synthref.expressions import BIGGER, Referral, choose, referrals
from synthref.scene import OVERLAP, TINTS, Scene, Thing, _overlap, alike, draw_scene
from synthref.words import spoken

PACKS = ("noto", "twemoji", "fluent-emoji-flat")


class FlatArt:
    """Stands for the atlas where only the shape of the art matters: everything is a little wider than high."""

    def aspect(self, pack: str, icon: str) -> float:
        return 1.1


def thing(noun: str, x: float, y: float, size: float = 0.2, tint: str | None = None) -> Thing:
    kind = next(i for i, n in enumerate(nouns()) if n.noun == noun)
    return Thing(kind, "noto", nouns()[kind].icons[0], x, y, size, size, tint=tint)


def scene(*things: Thing) -> Scene:
    return Scene(1.0, 1.0, "plain", 1, things)


def everything_said(of: Scene, tries: int = 60) -> set[tuple[int, str]]:
    return {(r.target, r.expression) for seed in range(tries) for r in referrals(Random(seed), of)}


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(Random(seed), FlatArt(), PACKS) for seed in range(400)]


def test_things_lie_inside_the_picture_and_hide_nothing(scenes):
    for s in scenes:
        assert max(s.width, s.height) == 1
        for i, a in enumerate(s.things):
            assert 0 <= a.x and a.x + a.w <= s.width and 0 <= a.y and a.y + a.h <= s.height
            assert all(_overlap(a, b) <= OVERLAP for b in s.things[:i])


def test_the_same_seed_gives_the_same_scene_and_words():
    a, b = (draw_scene(Random("train/7"), FlatArt(), PACKS) for _ in range(2))
    assert a == b and referrals(Random(1), a) == referrals(Random(1), b)
    assert draw_scene(Random("test/7"), FlatArt(), PACKS) != a


def test_no_expression_ever_means_two_things(scenes):
    for s in scenes:
        meaning: dict[str, int] = {}
        for target, text in everything_said(s, 12):
            bare = text.replace("the ", "").replace("a ", "").replace("an ", "")
            assert meaning.setdefault(bare, target) == target, f"{text!r} in {s}"


def test_a_kind_alone_is_never_said_of_twins(scenes):
    for s in scenes:
        for r in referrals(Random(0), s):
            same = [t for t in s.things if t.kind == s.things[r.target].kind]
            words = {w for n in nouns()[s.things[r.target].kind].names for w in n.split()}
            if len(same) > 1 and r.sort != "any":
                assert not set(r.expression.split()) <= words | {"the", "a", "an", "find", "show", "me", "where", "is"}


def test_left_and_right_of_two_dogs():
    said = everything_said(scene(thing("dog", 0.1, 0.4), thing("dog", 0.7, 0.4)))
    assert {(0, "the left dog"), (1, "the right dog"), (0, "the dog on the left")} <= said
    assert not any("top" in text or "big" in text for _, text in said)


def test_nearly_level_things_are_not_told_apart_by_place():
    said = everything_said(scene(thing("dog", 0.1, 0.4), thing("dog", 0.15, 0.65)))
    assert not any("left" in text or "right" in text for _, text in said)


def test_size_tells_apart_only_from_a_clear_ratio_on():
    near = everything_said(scene(thing("cat", 0.1, 0.1, 0.2), thing("cat", 0.6, 0.6, 0.2 * BIGGER**0.5 * 0.98)))
    assert not any(word in text for _, text in near for word in ("big", "small", "larg"))
    far = everything_said(scene(thing("cat", 0.1, 0.1, 0.2), thing("cat", 0.6, 0.6, 0.2 * BIGGER**0.5 * 1.02)))
    assert (1, "the big cat") in far and (0, "the small cat") in far


def test_colour_tells_apart_only_where_the_others_colour_is_known_and_unlike():
    unlike = scene(thing("key", 0.1, 0.1, tint="red"), thing("key", 0.6, 0.1, tint="green"))
    assert (0, "the red key") in everything_said(unlike)
    for other in (None, "pink", "red"):
        doubtful = scene(thing("key", 0.1, 0.1, tint="red"), thing("key", 0.6, 0.1, tint=other))
        assert not any("red" in text for _, text in everything_said(doubtful)), other


def test_alike_is_symmetric_and_knows_no_colour_as_any():
    for a in TINTS:
        assert alike(a, a) and alike(a, None) and alike(None, a)
        assert all(alike(a, b) == alike(b, a) for b in TINTS)


def test_a_category_is_said_only_of_its_single_member():
    assert (0, "the animal") in everything_said(scene(thing("dog", 0.1, 0.1), thing("car", 0.6, 0.1)))
    assert not any("animal" in t for _, t in everything_said(scene(thing("dog", 0.1, 0.1), thing("cat", 0.6, 0.1))))


def test_only_listed_words_are_spoken(scenes):
    known = set(spoken())
    for s in scenes:
        for _, text in everything_said(s, 3):
            assert set(text.split()) <= known, text


def test_choosing_takes_different_things_first():
    said = [Referral(0, "a", "kind"), Referral(0, "b", "kind"), Referral(1, "c", "place")]
    for seed in range(20):
        assert {r.target for r in choose(Random(seed), said, 2)} == {0, 1}


def test_dense_targets_cover_the_box():
    from synthref.dataset import inside

    grid = inside(np.array([32.0, 0.0, 96.0, 64.0]), 128, 8).reshape(8, 8)
    assert grid[:4, 2:6].all() and grid.sum() == 16
    assert inside(np.array([49.0, 49.0, 52.0, 52.0]), 128, 8).sum() == 1
