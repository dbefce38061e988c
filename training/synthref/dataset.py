"""Scenes by seed as training batches: endless, in order, the same for the same seed, made on the fly."""

from __future__ import annotations

from random import Random

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import IterableDataset

from hivg.preprocess import content_rect, normalise, patch_mask, shrink

from .atlas import Atlas, nouns
from .expressions import Referral, choose, referrals
from .render import Drawing, render
from .scene import Scene, draw_scene
from .tokenizer import encode

#: Seeds are strings "<split>/<number>", so no scene of one split can be one of another.
SPLITS = ("train", "val", "test")


def scene_of(split: str, number: int, atlas: Atlas, packs: tuple[str, ...]) -> tuple[Random, Scene, list[Referral]]:
    """The scene of that number, all that can be said of it, and the dice to go on with."""
    if split not in SPLITS:
        raise ValueError(f"no such split: {split}")
    rng = Random(f"{split}/{number}")
    while True:
        scene = draw_scene(rng, atlas, packs)
        said = referrals(rng, scene)
        if said:
            return rng, scene, said


def letterboxed(drawing: Drawing, side: int) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int]]:
    """→ (uint8 [side, side, 3], 0 on padding; boxes float [n, 4] x1 y1 x2 y2 in the square's pixels; content rectangle)."""
    height, width = drawing.image.shape[:2]
    rect = content_rect(width, height, side)
    left, top, w, h = rect
    image = drawing.image
    if (w, h) != (width, height):
        image = np.asarray(shrink(Image.fromarray(image), w, h))
    square = np.zeros((side, side, 3), np.uint8)
    square[top : top + h, left : left + w] = image
    x, y, bw, bh = drawing.boxes.T.astype(np.float64)
    sx, sy = w / width, h / height
    boxes = np.stack([left + x * sx, top + y * sy, left + (x + bw) * sx, top + (y + bh) * sy], axis=1)
    return square, boxes, rect


def _patch_kinds(scene: Scene, boxes: np.ndarray, side: int, grid: int) -> np.ndarray:
    """int64 [grid²]: kind where an object's box covers most of a patch, none where it hardly touches, else −1."""
    edges = np.arange(grid + 1) * (side / grid)
    cover = np.zeros((len(boxes), grid, grid))
    for i, (x1, y1, x2, y2) in enumerate(boxes):
        dx = np.clip(np.minimum(edges[1:], x2) - np.maximum(edges[:-1], x1), 0, None)
        dy = np.clip(np.minimum(edges[1:], y2) - np.maximum(edges[:-1], y1), 0, None)
        cover[i] = dy[:, None] * dx[None, :] / (side / grid) ** 2
    best, most = cover.argmax(0), cover.max(0)
    kinds = np.array([t.kind for t in scene.things])[best]
    return np.where(most > 0.5, kinds, np.where(most < 0.15, len(nouns()), -1)).flatten()


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


def _silhouette(drawing: Drawing, index: int, box: np.ndarray, side: int, cells: int) -> np.ndarray:
    """float32 [cells²]: the object's outline in the square, at cells × cells."""
    scale = cells / side
    x1, y1, x2, y2 = (round(v * scale) for v in box)
    w, h = max(1, x2 - x1), max(1, y2 - y1)
    small = np.asarray(Image.fromarray(drawing.silhouettes[index]).resize((w, h), Image.Resampling.BILINEAR))
    out = np.zeros((cells, cells), np.float32)
    room = out[y1 : y1 + h, x1 : x1 + w]
    room[:] = small[: room.shape[0], : room.shape[1]] > 127
    return out.flatten()


def drawn_at(rng: Random, side: int) -> int:
    """The longer side to draw a scene at, in pixels, by lot: the network's own, or up to three times that."""
    return side if rng.random() < 0.5 else round(side * rng.uniform(1.3, 3.0))


def examples(
    split: str, number: int, atlas: Atlas, packs: tuple[str, ...], tokenizer: Tokenizer, side: int, grid: int,
    context: int, count: int = 2,
) -> list[dict]:
    """The scene of that number as up to `count` training examples (arrays), each about another thing where possible."""
    rng, scene, said = scene_of(split, number, atlas, packs)
    # Some scenes are drawn larger and shrunk, as photographs are: their edges come out softer.
    drawing = render(scene, atlas, drawn_at(rng, side))
    image, boxes, rect = letterboxed(drawing, side)
    shared = {
        "image": image,
        "rect": np.array(rect),
        "patch_mask": patch_mask(rect, side, grid).numpy(),
        "kinds": _patch_kinds(scene, boxes, side, grid),
    }
    out = []
    for said_of in choose(rng, said, count):
        x1, y1, x2, y2 = box = boxes[said_of.target]
        out.append({
            **shared,
            "ids": encode(tokenizer, said_of.expression, context),
            "box": np.array([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], np.float32) / side,
            "inside": inside(box, side, grid),
            "silhouette": _silhouette(drawing, said_of.target, box, side, grid * 8),
            "sort": said_of.sort,
            "expression": said_of.expression,
        })
    return out


def collate(rows: list[dict]) -> dict:
    """Examples → tensors [B, …]; `image` stays uint8 [B, side, side, 3] until it is used; words stay lists."""
    return {
        key: [r[key] for r in rows] if isinstance(rows[0][key], str) else torch.from_numpy(np.stack([r[key] for r in rows]))
        for key in rows[0]
    }


class Scenes(IterableDataset):
    """Endless batches from scene `start` on; with several workers each makes every n-th batch."""

    def __init__(self, split: str, packs: tuple[str, ...], tokenizer_file: str, side: int, grid: int, context: int, batch: int, start: int = 0):
        self.split, self.packs, self.tokenizer_file = split, packs, tokenizer_file
        self.side, self.grid, self.context, self.batch, self.start = side, grid, context, batch, start

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        step, offset = (info.num_workers, info.id) if info else (1, 0)
        torch.set_num_threads(1)
        atlas, tokenizer = Atlas(), Tokenizer.from_file(self.tokenizer_file)
        number, rows = self.start + offset, []
        while True:
            rows += examples(self.split, number, atlas, self.packs, tokenizer, self.side, self.grid, self.context)
            number += step
            while len(rows) >= self.batch:
                yield collate(rows[: self.batch])
                rows = rows[self.batch :]


def pixels_of(image: Tensor, rect: Tensor) -> Tensor:
    """uint8 [B, S, S, 3] and content rectangles int64 [B, 4] → float [B, 3, S, S] normalised, 0 on padding."""
    left, top, width, height = rect[:, :, None].unbind(1)
    at = torch.arange(image.shape[1])
    across, down = (at >= left) & (at < left + width), (at >= top) & (at < top + height)
    return normalise(image.permute(0, 3, 1, 2)) * (down[:, None, :, None] & across[:, None, None, :])
