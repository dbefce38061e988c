"""Crowded pictures to learn to see from: many more things than a scene has, cut into several views each.

Nobody could refer to one of these things; but nearly every patch shows one, so a picture teaches what things look
like several times as fast as a scene does, and a crowd once painted serves many views. Not scenes to be grounded in.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .atlas import Atlas, nouns
from .dataset import Sight, collate, describe_scene
from .render import Painter
from .scene import SIDES, TINTS, Scene, make_thing, outline
from .splits import packs_of
from .staging import draw_angle, draw_background, draw_camera
from .tokenizer import encode

#: Things along a side of a crowd, least and most, and so the most that one can hold (a painter numbers up to 127).
#: A usual one is as large in a view as a scene's is in its picture.
ACROSS = (5, 11)
CROWD = ACROSS[1] ** 2
#: A crowd's side in sides of a view, and the views cut from it.
SPAN, VIEWS = 2, 8
#: A patch shows what covers this share of it, nothing where its ground covers that.
SHOWN, BARE = 0.35, 0.88


def draw_crowd(rng: Random, atlas: Atlas, packs: tuple[str, ...]) -> Scene:
    """A square full of things by lot, on a loose grid, some turned, tinted and overlapping."""
    across = rng.randint(*ACROSS)
    cell, painted = 1 / across, rng.choice((0.0, 0.3, 0.8))
    places = [(i, j) for i in range(across) for j in range(across)]
    rng.shuffle(places)
    things = []
    for i, j in places:
        kind, pack = rng.randrange(len(nouns())), rng.choice(packs)
        icon = rng.choice(nouns()[kind].icons)
        side = max(SIDES[0] / SPAN, cell * rng.uniform(0.7, 1.25))
        middle = outline(atlas, pack, icon).points.mean(0) * side
        cx, cy = ((k + 0.5 + rng.uniform(-0.22, 0.22)) * cell - m for k, m in zip((i, j), middle))
        tint = rng.choice(tuple(TINTS)) if rng.random() < painted else None
        things.append(make_thing(atlas, kind, pack, icon, cx, cy, side, draw_angle(rng), rng.random() < 0.5, tint))
    camera = draw_camera(rng)
    # What a camera does is told in fractions of the picture, of which a view is a part.
    return Scene(1.0, 1.0, draw_background(rng), tuple(things), replace(camera, blur=camera.blur / SPAN))


class CrowdSource:
    """Item n is crowd n of the split, which gives `VIEWS` rows. A `batches.Source`.

    A finished batch: `image` uint8 [B, side, side, 3], `rect` int64 [B, 4] (all of it), `kinds` int64 [B, grid²] as a
    scene's, `number` int64 [B], and for the bridge to carry `ids` int64 [B, context]: a name, of a thing in the crowd
    or of any, the same for all views of one.
    """

    def __init__(self, split: str, tokenizer_file: str, sight: Sight):
        self.split, self.tokenizer_file, self.sight = split, str(tokenizer_file), sight
        self._atlas: Atlas | None = None
        self._tokenizer: Tokenizer | None = None
        self._painter: Painter | None = None

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_atlas": None, "_tokenizer": None, "_painter": None}

    def rows(self, first: int, count: int) -> list[dict]:
        if self._atlas is None or self._tokenizer is None:
            self._atlas, self._tokenizer = Atlas(), Tokenizer.from_file(self.tokenizer_file)
        return [row for n in range(first, first - (-count // VIEWS)) for row in self._views(n)][:count]

    def _views(self, number: int) -> list[dict]:
        seed, side = f"{self.split}/{number}/crowd", self.sight.side
        rng = Random(seed)
        scene = draw_crowd(rng, self._atlas, packs_of(self.split))
        canvas = Sight(side * SPAN, self.sight.grid * SPAN, self.sight.context)
        arrays = describe_scene(scene, self._atlas, canvas, f"{seed}/painting", round(canvas.side * rng.uniform(1, 3)), CROWD)
        kind = np.full(CROWD, len(nouns()), np.int64)
        kind[: len(scene.things)] = [t.kind for t in scene.things]
        named = rng.choice(scene.things).kind if rng.random() < 0.6 else rng.randrange(len(nouns()))
        ids = encode(self._tokenizer, f"{rng.choice(('', 'the '))}{rng.choice(nouns()[named].names)}", self.sight.context)
        shared = {"scenes": {**arrays, "kind": kind}, "ids": ids, "number": np.array(number, np.int64)}
        reach = side * (SPAN - 1)
        return [
            {**shared, "view": np.array((rng.randint(0, reach), rng.randint(0, reach), rng.random() < 0.5), np.int64)}
            for _ in range(VIEWS)
        ]

    def collate(self, rows: list[dict]) -> dict:
        return collate(rows)

    def finish(self, batch: dict, device: torch.device) -> dict:
        side, grid = self.sight.side, self.sight.grid
        if self._painter is None or self._painter.device != device:
            self._painter = Painter(self._atlas or Atlas(), side * SPAN, grid * SPAN, device)
        images, owners = self._painter.paint(batch["scenes"])
        image, kinds = self._cut(images, owners, batch)
        rect = torch.tensor((0, 0, side, side), device=device).expand(len(image), 4)
        return {"image": image, "rect": rect, "kinds": kinds, **{k: batch[k].to(device) for k in ("ids", "number")}}

    def _cut(self, images: Tensor, owners: Tensor, batch: dict) -> tuple[Tensor, Tensor]:
        """Crowds and what is seen of them → the views' pictures and what their patches show."""
        side, grid = self.sight.side, self.sight.grid
        patch = side // grid
        pictures, seen = [], []
        for scene, (left, top, flipped) in zip(batch["scene"].tolist(), batch["view"].tolist(), strict=True):
            window = slice(top, top + side), slice(left, left + side)
            picture, owner = images[scene][window], owners[scene][window]
            pictures.append(picture.flip(1) if flipped else picture)
            seen.append(owner.flip(1) if flipped else owner)
        # How many pixels of each patch belong to which thing; the last column is the ground.
        owner = torch.stack(seen).long().view(-1, grid, patch, grid, patch).transpose(2, 3).reshape(len(seen), grid**2, patch**2)
        owner = torch.where(owner < 0, CROWD, owner)
        counts = torch.zeros(*owner.shape[:2], CROWD + 1, device=owner.device)
        counts.scatter_add_(2, owner, torch.ones_like(owner, dtype=counts.dtype))
        share = counts / patch**2
        most, which = share[..., :CROWD].max(-1)
        kind = batch["scenes"]["kind"].to(owner.device)[batch["scene"].to(owner.device)].gather(1, which)
        nothing = torch.where(share[..., CROWD] >= BARE, len(nouns()), -1)
        return torch.stack(pictures), torch.where(most >= SHOWN, kind, nothing)
