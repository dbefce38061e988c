"""Which scene has which number: the splits, what is kept back from training, and the fixed test sets.

Seeds are strings, "train/17": no scene of one split can be one of another, and number n is the same anywhere.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from random import Random

from .atlas import TRAINING_PACKS, UNSEEN_PACKS, Atlas
from .claims import Pair
from .expressions import FAMILIES, STRESSED, Referral, choose, referrals
from .scene import Scene
from .staging import draw_scene

__all__ = ["LONG", "SPLITS", "TEST_SETS", "choose", "held_out", "packs_of", "scene_of"]

SPLITS = ("train", "val", "test", "style", "combination", "long")
#: How many scenes each fixed test set has, one expression a scene.
TEST_SETS = {"test": 2000, "style": 2000, "combination": 2000, "long": 2000}
#: Words of an expression of the `long` split, at least.
LONG = 11
#: The share of pairs (a noun with a colour or a relation) that only the `combination` split speaks of.
HELD_OUT = 0.08


@lru_cache(maxsize=None)
def held_out(pair: Pair) -> bool:
    """Whether a pair is kept back from every split but `combination`: by a hash of its words, the same anywhere."""
    return int.from_bytes(hashlib.sha256("/".join(pair).encode()).digest()[:4], "big") < HELD_OUT * 2**32


def packs_of(split: str) -> tuple[str, ...]:
    """The art styles of a split."""
    return UNSEEN_PACKS if split == "style" else TRAINING_PACKS


def scene_of(split: str, number: int, atlas: Atlas, packs: tuple[str, ...] | None = None) -> tuple[Random, Scene, list[Referral]]:
    """The scene of that number, some of what can be said of it, and the dice to go on with.

    `packs` are the split's own unless given. The list is never empty, and holds only what belongs to the split: long
    expressions in `long`, claims resting on a held-out pair in `combination`. Raises ValueError for an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"no such split: {split}; there are {', '.join(SPLITS)}")
    rng = Random(f"{split}/{number}")
    while True:
        scene = draw_scene(rng, atlas, packs or packs_of(split))
        banned = None if split == "combination" else held_out
        said = referrals(rng, scene, banned, STRESSED if split == "train" else FAMILIES)
        if split == "combination":
            said = [r for r in said if any(map(held_out, r.own))]
        elif split == "long":
            said = [r for r in said if r.words >= LONG]
        if said:
            return rng, scene, said
