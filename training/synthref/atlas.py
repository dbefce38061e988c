"""The art: tiles rasterised by atlas/build-atlas.ts, and the nouns they show. Reads only; draws nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent.parent / "atlas"
#: The art styles trained on, and the one kept back to test an unseen style.
TRAINING_PACKS = ("noto", "twemoji", "fluent-emoji-flat")
UNSEEN_PACKS = ("openmoji",)


@dataclass(frozen=True)
class Noun:
    noun: str
    icons: tuple[str, ...]
    category: str
    synonyms: tuple[str, ...]
    #: The colour it has in every training pack, where there is one.
    colour: str | None
    plural: bool

    @property
    def names(self) -> tuple[str, ...]:
        return (self.noun, *self.synonyms)


@lru_cache(maxsize=1)
def nouns() -> tuple[Noun, ...]:
    rows = json.loads((HERE / "nouns.json").read_text())
    return tuple(Noun(**{**r, "icons": tuple(r["icons"]), "synonyms": tuple(r["synonyms"])}) for r in rows)


class Atlas:
    """`tiles[i]` is a (height, width, 4) uint8 picture, alpha not premultiplied, cropped to what is drawn."""

    def __init__(self, size: int = 128, folder: Path = HERE / "build"):
        meta_file, data_file = folder / f"atlas-{size}.json", folder / f"atlas-{size}.bin"
        if not meta_file.exists() or not data_file.exists():
            raise FileNotFoundError(f"no atlas at {meta_file}: run `npx tsx training/atlas/build-atlas.ts --size {size}`")
        rows = json.loads(meta_file.read_text())["tiles"]
        pixels = np.fromfile(data_file, np.uint8).reshape(len(rows), size, size, 4)
        self.size = size
        self.tiles = [pixels[i, : r["height"], : r["width"]] for i, r in enumerate(rows)]
        self.index = {(r["pack"], r["icon"]): i for i, r in enumerate(rows)}

    def tile(self, pack: str, icon: str) -> np.ndarray:
        return self.tiles[self.index[pack, icon]]

    def aspect(self, pack: str, icon: str) -> float:
        """Width over height."""
        height, width = self.tile(pack, icon).shape[:2]
        return width / height
