"""Expressions: true of one thing and of that alone, no longer than needed, in words people use, and kept to their split."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from synthref.atlas import TRAINING_PACKS, UNSEEN_PACKS, nouns
from synthref.expressions import FAMILIES, Referral, choose, referrals
from synthref.facts import Facts, kinds_called
from synthref.phrases import MOST_PIECES, MOST_WORDS, an, countable, pieces, plural, sayable
from synthref.programs import Named, Outermost, Related, Sized, Tinted, fits, minimal, readable, single
from synthref.scene import TINTS, Background, Scene, Thing
from synthref.splits import LONG, held_out, scene_of
from synthref.words import heard, spoken, vocabulary

from .second_opinion import Reader, parse
from .toy_art import ToyArt

ART = ToyArt(32)


def kind_of(noun: str) -> int:
    return next(i for i, n in enumerate(nouns()) if n.noun == noun)


def thing(noun: str, x: float, y: float, size: float = 0.2, tint: str | None = None, on: int | None = None) -> Thing:
    """A square thing whose top left corner lies at x, y."""
    kind = kind_of(noun)
    return Thing(kind, "noto", nouns()[kind].icons[0], x + size / 2, y + size / 2, size, 0.0, False, tint, x, y, size, size, on)


def scene(*things: Thing) -> Scene:
    return Scene(1.0, 1.0, Background("plain", ((90, 90, 90),) * 3, 1), things)


def everything_said(of: Scene, tries: int = 60) -> set[tuple[int, str]]:
    return {(r.target, r.expression) for seed in range(tries) for r in referrals(Random(seed), of)}


@pytest.fixture(scope="module")
def said() -> list[tuple[Scene, list[Referral]]]:
    """400 scenes as trained on, with all that is said of them."""
    return [scene_of("train", number, ART)[1:] for number in range(400)]


@pytest.fixture(scope="module")
def trained_on() -> list[Referral]:
    """What a trainer takes of 700 scenes."""
    return chosen("train", 700, 3)


@pytest.fixture(scope="module")
def asked() -> list[Referral]:
    """What the first 700 pairs of the test set ask."""
    return chosen("test", 700, 1)


def chosen(split: str, scenes: int, count: int) -> list[Referral]:
    out = []
    for number in range(scenes):
        rng, _, found = scene_of(split, number, ART)
        out += choose(rng, found, count)
    return out


# ---- Truth ----


def test_every_claim_is_surely_true_of_its_target_and_not_even_perhaps_of_another(said):
    count = 0
    for where, found in said:
        reader = Reader(where)
        for r in found:
            levels = reader.levels(parse(r.program))
            assert levels == [2 if i == r.target else 0 for i in range(len(levels))], f"{r} in {where}"
            count += 1
    assert count > 1200


def test_in_most_claims_nothing_can_be_left_out(said):
    needed = [Reader(where).needs_every_step(parse(r.program)) for where, found in said for r in found]
    assert 0.8 <= sum(needed) / len(needed) < 1


def words_of(program: list | str) -> list[str]:
    """Everything a program is made of: names, colours, sides, relations."""
    return program.split(",") if isinstance(program, str) else [word for part in program[1:] for word in words_of(part)]


def test_the_words_say_what_is_claimed_and_no_other_side(said):
    for _, found in said:
        for r in found:
            text = " ".join(heard(r.expression)).replace("gray", "grey").replace("right next to", "next to")
            claimed = words_of(parse(r.program))
            assert {w for w in claimed if w in TINTS} <= set(text.split()), r
            for name in (part.split(")")[0].split(",")[0] for part in r.program.split("Named(")[1:]):
                assert name == "thing" or any(" ".join(heard(form)) in text for form in (name, plural(name))), r
            for side in ("left", "right"):
                assert any(w.startswith(side) for w in text.split()) == (side in claimed), r


def test_no_expression_is_said_of_two_things_of_a_scene(said):
    for where, found in said[:120]:
        meaning: dict[str, int] = {}
        for seed in range(3):
            for r in referrals(Random(seed), where):
                bare = " ".join(w for w in r.expression.split() if w not in ("the", "a", "an"))
                assert meaning.setdefault(bare, r.target) == r.target, (bare, where)


# ---- Single rules ----


def test_left_and_right_of_two_dogs():
    told = everything_said(scene(thing("dog", 0.1, 0.4), thing("dog", 0.7, 0.4)), 300)
    assert {(0, "the left dog"), (0, "dog left"), (1, "the dog on the right")} <= told
    assert not any(word in text.split() for _, text in told for word in ("top", "big", "upper", "lower"))


def test_nearly_level_things_are_not_told_apart_by_place():
    told = everything_said(scene(thing("dog", 0.1, 0.4), thing("dog", 0.15, 0.65)))
    assert told and not any("left" in text or "right" in text for _, text in told)


def test_size_tells_apart_only_from_a_clear_ratio_on():
    near = Facts(scene(thing("cat", 0.1, 0.1, 0.2), thing("cat", 0.6, 0.6, 0.2 * 1.7**0.5 * 0.98)))
    far = Facts(scene(thing("cat", 0.1, 0.1, 0.2), thing("cat", 0.6, 0.6, 0.2 * 1.7**0.5 * 1.02)))
    assert single(Sized(Named("cat"), "big").run(near)) is None
    assert fits(far, Sized(Named("cat"), "big"), 1) and fits(far, Sized(Named("cat"), "small"), 0)


def test_colour_tells_apart_only_where_the_others_colour_is_known_and_unlike():
    red = Tinted(Named("key"), "red")
    assert fits(Facts(scene(thing("key", 0.1, 0.1, tint="red"), thing("key", 0.6, 0.1, tint="green"))), red, 0)
    for other in (None, "pink", "red"):
        assert single(red.run(Facts(scene(thing("key", 0.1, 0.1, tint="red"), thing("key", 0.6, 0.1, tint=other))))) is None


def test_a_word_that_may_mean_another_thing_is_not_said():
    """A wolf might be called a dog, so "the dog" is left unsaid beside one."""
    doubtful = next(n for n in nouns() if "dog" in n.doubtful)
    assert single(Named("dog").run(Facts(scene(thing("dog", 0.1, 0.1), thing(doubtful.noun, 0.6, 0.1))))) is None
    assert single(Named("dog").run(Facts(scene(thing("dog", 0.1, 0.1), thing("car", 0.6, 0.1))))) == 0


def test_a_hypernym_is_said_only_of_its_single_member():
    alone = everything_said(scene(thing("dog", 0.1, 0.1), thing("key", 0.6, 0.1)))
    assert (0, "the animal") in alone
    assert not any(t == "the animal" for _, t in everything_said(scene(thing("dog", 0.1, 0.1), thing("cat", 0.6, 0.1))))


def test_two_hops_need_both():
    """"The dog left of the car above the key": two dogs, two cars, one key."""
    where = Facts(scene(
        thing("dog", 0.05, 0.1, 0.1), thing("dog", 0.85, 0.1, 0.1), thing("car", 0.5, 0.1, 0.1), thing("car", 0.5, 0.85, 0.1),
        thing("key", 0.5, 0.45, 0.1),
    ))
    car = Related(Named("car"), "above", Named("key"))
    program = Related(Named("dog"), "left", car)
    assert fits(where, car, 2) and fits(where, program, 0) and minimal(where, program)
    assert single(Related(Named("dog"), "left", Named("car")).run(where)) is None
    assert readable(program) == "Related(Named(dog), left, Related(Named(car), above, Named(key)))"


def test_what_stands_on_a_thing_is_on_it_and_nothing_else_is():
    where = Facts(scene(thing("bed", 0.3, 0.5, 0.4), thing("cat", 0.4, 0.36, 0.16, on=0), thing("cat", 0.05, 0.1, 0.16)))
    assert fits(where, Related(Named("cat"), "on", Named("bed")), 1)


def test_a_narrowing_that_narrows_nothing_is_superfluous():
    where = Facts(scene(thing("dog", 0.1, 0.4, tint="red"), thing("car", 0.7, 0.4)))
    assert fits(where, Tinted(Named("dog"), "red"), 0) and not minimal(where, Tinted(Named("dog"), "red"))
    assert minimal(where, Named("dog"))
    assert single(Outermost(Named("dog"), "left").run(where)) is None, "one dog is no left dog"


# ---- Words ----


def test_only_listed_words_are_spoken_and_each_has_a_token(said):
    known, tokens = set(spoken()), set(vocabulary())
    assert known <= tokens
    for _, found in said:
        for r in found:
            assert set(heard(r.expression)) <= known, r


def test_expressions_are_plain_lower_case_and_fit_the_context(said):
    for _, found in said:
        for r in found:
            assert r.expression == " ".join(r.expression.lower().split())
            assert r.words == len(r.expression.split()) <= MOST_WORDS and pieces(r.expression) <= MOST_PIECES


def test_words_are_inflected():
    assert [plural(w) for w in ("dog", "bus", "baby", "boy", "woman", "slice of cake", "chess pawn", "piece of clothing")] == [
        "dogs", "buses", "babies", "boys", "women", "slices of cake", "chess pawns", "pieces of clothing",
    ]
    assert [an(w) for w in ("apple", "dog", "umbrella", "unicorn", "hourglass", "house")] == [
        "an apple", "a dog", "an umbrella", "a unicorn", "an hourglass", "a house",
    ]
    assert not countable("scissors") and not countable("bread") and countable("dog")
    assert not sayable("green apple") and sayable("greengrocer")


def test_all_registers_are_heard(trained_on):
    texts = [r.expression for r in trained_on]
    for sign in ("please", "pls", "where is", "can you", "2nd", "second", "that is", "which is", "isn't", "centre", "center", "gray", "grey"):
        assert any(f" {sign} " in f" {text} " for text in texts), sign
    bare = sum(not {"the", "a", "an"} & set(text.split()) for text in texts) / len(texts)
    assert 0.25 < bare < 0.6


# ---- Shares ----


def shares_of(referrals: list[Referral]) -> dict[str, float]:
    return {family: count / len(referrals) for family, count in Counter(r.family for r in referrals).items()}


def test_families_have_fair_shares(trained_on, asked):
    for shares in map(shares_of, (trained_on, asked)):
        assert set(shares) == set(FAMILIES)
        for family, share in shares.items():
            assert 0.04 <= share <= 0.18, (family, share)
        assert shares["kind"] <= 0.15


def test_training_speaks_more_of_what_is_hard_and_less_of_what_is_easy(trained_on, asked):
    told, wanted = shares_of(trained_on), shares_of(asked)
    assert all(told[family] > 1.2 * wanted[family] for family in ("size", "ordinal", "negation"))
    assert all(told[family] < wanted[family] for family in ("kind", "colour", "place"))


def test_six_in_ten_with_a_modifier_have_another_of_their_kind_beside_them(trained_on):
    modified = [r for r in trained_on if r.family != "kind"]
    assert sum(r.distractors > 0 for r in modified) >= 0.6 * len(modified)


def test_lengths_run_from_one_word_to_long_sentences(trained_on):
    lengths = Counter(r.words for r in trained_on)
    assert lengths[1] > 0 and sum(lengths[n] for n in range(LONG, 23)) > 0.05 * len(trained_on)
    assert sum(lengths[n] for n in range(1, 6)) > 0.35 * len(trained_on)


def test_choosing_takes_other_things_and_other_families_first():
    def one(target: int, family: str) -> Referral:
        return Referral(target, f"{target} {family}", family, "", 0, 2)

    pool = [one(0, "kind"), one(0, "size"), one(1, "kind"), one(1, "colour")]
    for seed in range(20):
        chosen = choose(Random(seed), pool, 2)
        assert {r.target for r in chosen} == {0, 1} and len({r.family for r in chosen}) == 2
    assert len(choose(Random(1), pool, 9)) == 4


# ---- Splits ----


@pytest.mark.parametrize("split", ["train", "val", "test", "style", "long"])
def test_pairs_held_out_are_never_spoken_of_but_in_their_own_split(split):
    for number in range(120 if split == "train" else 40):
        _, where, found = scene_of(split, number, ART)
        reader = Reader(where)
        for r in found:
            pairs = reader.pairs(parse(r.program))
            assert pairs == r.pairs
            assert not any(map(held_out, pairs)), r


def test_combination_claims_a_held_out_pair_of_every_target():
    for number in range(30):
        _, where, found = scene_of("combination", number, ART)
        for r in found:
            assert any(map(held_out, r.own)) and r.own <= Reader(where).pairs(parse(r.program))


def test_about_one_pair_in_twelve_is_held_out():
    pairs = [("colour", n.noun, c) for n in nouns() for c in TINTS]
    assert 0.06 < sum(map(held_out, pairs)) / len(pairs) < 0.1


def test_long_expressions_are_long():
    assert all(r.words >= LONG for number in range(30) for r in scene_of("long", number, ART)[2])


def test_only_style_shows_the_unseen_art():
    for split in ("train", "style", "long"):
        packs = {t.pack for number in range(10) for t in scene_of(split, number, ART)[1].things}
        assert packs <= set(UNSEEN_PACKS if split == "style" else TRAINING_PACKS)


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="no such split: dev; there are train, val"):
        scene_of("dev", 0, ART)


DIGEST = """
import hashlib
from random import Random
from synthref.splits import choose, scene_of
from tests.toy_art import ToyArt
art, found = ToyArt(32), []
for split in ("train", "combination", "style"):
    for number in range(20):
        rng, scene, said = scene_of(split, number, art)
        found.append((scene, [(r.target, r.expression) for r in choose(rng, said, 3)]))
print(hashlib.sha256(repr(found).encode()).hexdigest())
"""


def test_a_number_is_the_same_scene_and_words_in_any_process():
    here = Path(__file__).resolve().parents[1]

    def run(seed: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run([sys.executable, "-c", DIGEST], cwd=here, env=env, check=True, capture_output=True, text=True).stdout

    assert run("1") == run("2") != hashlib.sha256(b"").hexdigest()


def test_names_lead_to_the_kinds_that_bear_them():
    sure, may = kinds_called("tree")
    assert kind_of("tree") in sure and kind_of("palm tree") in may - sure
