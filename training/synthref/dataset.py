"""Scenes by seed as training batches: endless, in order, the same for the same seed, made on the fly.

In two stages, so that one GPU is never kept waiting: worker processes describe scenes as small arrays (`describe`,
`collate`), and a `Painter` (render.py) makes the whole batch's images of them on its device.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import IterableDataset

from hivg.preprocess import content_rect, normalise, patch_mask

from .atlas import Atlas, nouns
from .backgrounds import background_arrays
from .camera import camera_array
from .expressions import Referral, choose
from .render import THINGS, Painter
from .scene import TINTS, Scene
from .splits import packs_of, scene_of
from .staging import draw_scene
from .tokenizer import encode

#: Longer side that pictures are thought taken with: the network's own, or up to this many times that.
TAKEN = 5.0


@dataclass(frozen=True)
class Sight:
    """What a network takes: input side in pixels, patches a side, length of an expression in tokens."""

    side: int
    grid: int
    context: int


def centred(boxes: np.ndarray) -> np.ndarray:
    """x1 y1 x2 y2 [..., 4] → cx cy w h [..., 4]."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return np.concatenate([(low + high) / 2, high - low], axis=-1)


def _shown(scene: Scene, boxes: np.ndarray, sight: Sight) -> tuple[np.ndarray, np.ndarray]:
    """What each patch shows, by the boxes (x1 y1 x2 y2, pixels of the square) of the scene's things.

    → int64 [grid²]: kind where a thing's box covers most of a patch, none where none does much, else −1; and
    float32 [grid², 4]: that thing's box as cx cy w h in fractions of the square, 0 where there is none.
    """
    patch = sight.side / sight.grid
    low = np.arange(sight.grid) * patch
    across, down = (
        (np.minimum(low + patch, boxes[:, i + 2, None]) - np.maximum(low, boxes[:, i, None])).clip(0) / patch for i in (0, 1)
    )
    cover = down[:, :, None] * across[:, None, :]
    # In front wins where several cover a patch: the last of the most covering.
    best = len(boxes) - 1 - cover[::-1].round(2).argmax(0)
    most = cover.max(0)
    kinds = np.array([t.kind for t in scene.things], np.int64)[best]
    covered = most > 0.5
    extents = centred(boxes[best]) / sight.side * covered[..., None]
    kinds = np.where(covered, kinds, np.where(most < 0.15, len(nouns()), -1))
    return kinds.flatten(), extents.reshape(-1, 4).astype(np.float32)


def inside(box: np.ndarray, side: int, grid: int) -> np.ndarray:
    """float32 [grid²]: 1 where the patch's centre lies in the box (x1 y1 x2 y2, pixels of the square)."""
    centres = (np.arange(grid) + 0.5) * (side / grid)
    across = (centres >= box[0]) & (centres < box[2])
    down = (centres >= box[1]) & (centres < box[3])
    out = (down[:, None] & across[None, :]).astype(np.float32)
    if not out.any():
        # Slim things may pass between all centres: the patch under their own centre stands for them.
        cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        out[min(grid - 1, int(cy * grid / side)), min(grid - 1, int(cx * grid / side))] = 1
    return out.flatten()


def _shadow(dice: Random) -> tuple[float, float, float]:
    """How far shadows fall to the right and down, and how dark they are: most scenes have soft ones, some none."""
    if dice.random() < 0.4:
        return 0.0, 0.0, 0.0
    return dice.uniform(-0.012, 0.012), dice.uniform(0.004, 0.016), dice.uniform(0.12, 0.38)


def describe_scene(scene: Scene, atlas: Atlas, sight: Sight, seed: str, taken: int | None = None, room: int = THINGS) -> dict[str, np.ndarray]:
    """A scene as the arrays that a `Painter` takes, for a square of `sight.side`.

    `seed` is of the painting's own dice; `taken` the longer side in pixels that the picture is thought taken with,
    by lot where it is not given. Throws ValueError where a scene has more things than there is `room` for.
    """
    if len(scene.things) > room:
        raise ValueError(f"a scene of {len(scene.things)} things: a description holds {room}")
    dice, tints = Random(seed), tuple(TINTS)
    if taken is None:
        # Log-uniform: photographs are shrunk before the network sees them, thumbnails hardly.
        taken = round(sight.side * math.exp(dice.uniform(0, math.log(TAKEN))))
    things, tile, tint = np.zeros((room, 10), np.float32), np.zeros(room, np.int64), np.full(room, -1, np.int64)
    for i, t in enumerate(scene.things):
        angle = math.radians(t.angle)
        things[i] = (t.cx, t.cy, t.side, math.cos(angle), math.sin(angle), -1.0 if t.flip else 1.0, t.x, t.y, t.w, t.h)
        tile[i] = atlas.index[t.pack, t.icon]
        tint[i] = tints.index(t.tint) if t.tint else -1
    rect = content_rect(round(scene.width * 10000), round(scene.height * 10000), sight.side)
    return {
        "things": things,
        "tile": tile,
        "tint": tint,
        "count": np.array(len(scene.things), np.int64),
        "rect": np.array(rect, np.int64),
        "extent": np.array((scene.width, scene.height), np.float32),
        # Some are shrunk from twice the size, as photographs are: their edges come out softer.
        "finer": np.array(2 if taken > 3.5 * sight.side else 1, np.int64),
        "shadow": np.array(_shadow(dice), np.float32),
        "camera": camera_array(scene.camera, taken, dice),
        **background_arrays(scene.background),
    }


def describe(scene: Scene, said: list[Referral], atlas: Atlas, tokenizer: Tokenizer, sight: Sight, seed: str) -> list[dict]:
    """One row for each referral, all sharing the scene's arrays (`scenes`): see `collate` for what is in them."""
    side, grid = sight.side, sight.grid
    arrays = describe_scene(scene, atlas, sight, seed)
    left, top = (int(v) for v in arrays["rect"][:2])
    x, y, w, h = arrays["things"][: len(scene.things), 6:10].astype(np.float64).T * side
    boxes = np.stack([left + x, top + y, left + x + w, top + y + h], axis=1)
    kinds, extents = _shown(scene, boxes, sight)
    shared = {
        "scenes": arrays,
        "rect": arrays["rect"],
        "patch_mask": patch_mask(tuple(arrays["rect"].tolist()), side, grid).numpy(),
        "kinds": kinds,
        "extents": extents,
    }
    rows = []
    for one in said:
        box = boxes[one.target]
        rows.append({
            **shared,
            "target": np.array(one.target, np.int64),
            "ids": encode(tokenizer, one.expression, sight.context),
            "box": centred(box).astype(np.float32) / side,
            "inside": inside(box, side, grid),
            "words": np.array(one.words, np.int64),
            "distractors": np.array(one.distractors, np.int64),
            "family": one.family,
            "expression": one.expression,
        })
    return rows


def rows_of(
    split: str, number: int, atlas: Atlas, packs: tuple[str, ...] | None, tokenizer: Tokenizer, sight: Sight,
    count: tuple[int, int] = (1, 1),
) -> list[dict]:
    """The scene of that number as up to so many (least, most) rows of `describe`, about different things where possible.

    `packs` are the split's own where None.
    """
    rng, scene, said = scene_of(split, number, atlas, packs)
    several = count[0] if count[0] == count[1] else rng.randint(*count)
    rows = describe(scene, choose(rng, said, several), atlas, tokenizer, sight, f"{split}/{number}/painting")
    return [{**row, "number": np.array(number, np.int64)} for row in rows]


#: Things that a caption names, at most.
CAPTIONED = 4


def caption(rng: Random, scene: Scene) -> str:
    """Some of what a scene shows, each kind once: "a rabbit, the spanner and scissors". For CLIP, which wants no more."""
    kinds = list(dict.fromkeys(thing.kind for thing in scene.things))
    said = []
    for kind in rng.sample(kinds, rng.randint(1, min(CAPTIONED, len(kinds)))):
        noun = nouns()[kind]
        said.append(rng.choice(("", "the ") if noun.plural else ("", "the ", "a ")) + rng.choice(noun.names))
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))


def captioned(
    split: str, number: int, atlas: Atlas, packs: tuple[str, ...] | None, tokenizer: Tokenizer, sight: Sight
) -> dict:
    """The scene of that number in the split's manner as one row of `describe`, with a caption in place of a referral.

    A caption is of the whole scene: the row's box, of its first thing, has nothing to do with it.
    """
    rng = Random(f"{split}/{number}/caption")
    scene = draw_scene(rng, atlas, packs or packs_of(split))
    text = caption(rng, scene)
    said = Referral(0, text, "caption", "", 0, len(text.split()))
    row = describe(scene, [said], atlas, tokenizer, sight, f"{split}/{number}/caption/painting")[0]
    return {**row, "number": np.array(number, np.int64)}


def collate(rows: list[dict]) -> dict:
    """Rows → a described batch of tensors [B, …]; strings stay lists; rows of one scene share it.

    `ids` int64 [B, context]; `box` float [B, 4] as cx cy w h, fractions of the square; `inside` float [B, grid²];
    `kinds` int64 [B, grid²] and `extents` float [B, grid², 4], see `_shown`; `patch_mask` bool [B, grid²]; `rect`
    int64 [B, 4]; `words`, `distractors`, `number`, `target` and `scene` (row in `scenes`) int64 [B]; `scenes`: the
    arrays to paint from.
    """
    scenes, place = [], {}
    for row in rows:
        if id(row["scenes"]) not in place:
            place[id(row["scenes"])] = len(scenes)
            scenes.append(row["scenes"])
    batch: dict = {
        key: [r[key] for r in rows] if isinstance(rows[0][key], str) else torch.from_numpy(np.stack([r[key] for r in rows]))
        for key in rows[0]
        if key != "scenes"
    }
    batch["scene"] = torch.tensor([place[id(r["scenes"])] for r in rows])
    batch["scenes"] = {key: torch.from_numpy(np.stack([s[key] for s in scenes])) for key in scenes[0]}
    return batch


class Scenes(IterableDataset):
    """Endless batches from scene `start` on, described; painted too where `paint` is set (training on a CPU).

    Scenes are dealt out in turn to the workers of all ranks, so none is seen twice. To resume, start one after the
    highest `number` used. Each scene gives up to `count` (least, most) expressions. For a DataLoader with `batch_size=None`.
    """

    def __init__(
        self, split: str, packs: tuple[str, ...] | None, tokenizer_file: str, side: int, grid: int, context: int, batch: int,
        start: int = 0, rank: int = 0, world: int = 1, count: tuple[int, int] = (2, 4), paint: bool = False,
    ):
        self.split, self.packs, self.tokenizer_file, self.batch, self.start = split, packs, str(tokenizer_file), batch, start
        self.sight = Sight(side, grid, context)
        self.rank, self.world, self.count, self.paint = rank, world, count, paint

    def __iter__(self) -> Iterator[dict]:
        info = torch.utils.data.get_worker_info()
        workers, worker = (info.num_workers, info.id) if info else (1, 0)
        if info:
            torch.set_num_threads(1)
        atlas, tokenizer = Atlas(), Tokenizer.from_file(self.tokenizer_file)
        painter = Painter(atlas, self.sight.side, self.sight.grid) if self.paint else None
        number, rows = self.start + self.rank * workers + worker, []
        while True:
            rows += rows_of(self.split, number, atlas, self.packs, tokenizer, self.sight, self.count)
            number += workers * self.world
            while len(rows) >= self.batch:
                described = collate(rows[: self.batch])
                yield painter(described) if painter else described
                rows = rows[self.batch :]


def pixels_of(image: Tensor, rect: Tensor) -> Tensor:
    """uint8 [B, S, S, 3] and content rectangles int64 [B, 4] → float [B, 3, S, S] normalised, 0 on padding."""
    left, top, width, height = rect[:, :, None].unbind(1)
    at = torch.arange(image.shape[1], device=image.device)
    across, down = (at >= left) & (at < left + width), (at >= top) & (at < top + height)
    return normalise(image.permute(0, 3, 1, 2)) * (down[:, None, :, None] & across[:, None, None, :])
