"""Data of one's own, in the original's form: a list of pairs in a split file, and a folder of images.

`DATA/NAME_train.pth` and `DATA/NAME_val.pth`, as the original keeps them: `torch.save`d lists of tuples
(image file, size, box, expression, mask), or flickr's (image file, box, expression). NAME is the folder's, and says
what a box is, as in the original: x1 y1 x2 y2 in `referit` and `flickr`, x y w h elsewhere. Masks are not read: a pair's
mask is its box, as in the original without `use_seg_mask`. No augmentation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer

from batches import moved
from hivg.preprocess import content_rect, patch_mask, shrink
from synthref.dataset import Sight, centred, inside
from synthref.tokenizer import encode

#: Data sets of the original's whose boxes are two corners.
CORNERS = ("referit", "flickr")


class SplitError(ValueError):
    """Split files that aren't there or can't be read."""


def split_file(folder: Path, split: str) -> Path:
    """The file of a split in the folder. Raises SplitError."""
    files = sorted(folder.glob(f"*_{split}.pth"))
    if len(files) != 1:
        raise SplitError(f"{folder} has {len(files)} files named *_{split}.pth: one is needed")
    return files[0]


@lru_cache(maxsize=4)
def pairs_of(folder: Path, split: str) -> tuple[tuple[str, tuple[float, ...], str], ...]:
    """(image file, box as x1 y1 x2 y2 in pixels, expression) of every row. Raises SplitError."""
    file = split_file(folder, split)
    out = []
    for number, row in enumerate(torch.load(file, map_location="cpu", weights_only=True)):
        if len(row) not in (3, 5):
            raise SplitError(f"{file}, row {number}: {len(row)} values where 3 or 5 are known")
        box, expression = (row[1], row[2]) if len(row) == 3 else (row[2], row[3])
        x, y, a, b = (float(v) for v in box)
        x2, y2 = (a, b) if folder.name in CORNERS else (x + a, y + b)
        if x2 <= x or y2 <= y:
            raise SplitError(f"{file}, row {number}: the box {list(box)} is empty; is its folder named after its data set?")
        out.append((str(row[0]), (x, y, x2, y2), str(expression)))
    if not out:
        raise SplitError(f"{file} is empty")
    return tuple(out)


def words_of(folder: Path) -> set[str]:
    """The words of the training expressions, in lower case: each gets a token of its own."""
    text = " ".join(expression for _, _, expression in pairs_of(folder, "train"))
    return set(re.findall(r"[a-z]+", text.lower()))


def squared(image: Image.Image, side: int) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """→ (uint8 [side, side, 3], 0 on padding; content rectangle): what preprocess.letterbox does, before normalising."""
    image = image.convert("RGB")
    rect = content_rect(*image.size, side)
    left, top, w, h = rect
    square = np.zeros((side, side, 3), np.uint8)
    square[top : top + h, left : left + w] = np.asarray(shrink(image, w, h))
    return square, rect


class SplitSource:
    """Item n is a pair: every pair once an epoch, in another order each time unless `shuffle` is off. See batches.py."""

    def __init__(self, folder: Path, split: str, images: Path, tokenizer_file: str, sight: Sight, shuffle: bool = True):
        self.folder, self.split, self.images, self.sight, self.shuffle = folder, split, images, sight, shuffle
        self.tokenizer_file = tokenizer_file
        self._order: tuple[int, list[int]] = (-1, [])

    def _pair(self, item: int) -> int:
        total = len(pairs_of(self.folder, self.split))
        epoch, place = divmod(item, total)
        if not self.shuffle:
            return place
        if self._order[0] != epoch:
            order = list(range(total))
            Random(f"{self.split}/{epoch}").shuffle(order)
            self._order = (epoch, order)
        return self._order[1][place]

    def rows(self, first: int, count: int) -> list[dict]:
        tokenizer = Tokenizer.from_file(self.tokenizer_file)
        return [self._row(self._pair(item), tokenizer) for item in range(first, first + count)]

    def _row(self, number: int, tokenizer: Tokenizer) -> dict:
        name, corners, expression = pairs_of(self.folder, self.split)[number]
        side, grid, context = self.sight.side, self.sight.grid, self.sight.context
        if not (self.images / name).exists():
            raise SplitError(f"{self.images / name} is missing: --images is the folder that the split files' names start from")
        with Image.open(self.images / name) as image:
            width, height = image.size
            square, rect = squared(image, side)
        left, top, w, h = rect
        x1, x2 = (left + v * w / width for v in corners[::2])
        y1, y2 = (top + v * h / height for v in corners[1::2])
        box = np.array([x1, y1, x2, y2])
        return {
            "image": square,
            "rect": np.array(rect, np.int64),
            "patch_mask": patch_mask(rect, side, grid).numpy(),
            "ids": encode(tokenizer, expression, context),
            "box": centred(box).astype(np.float32) / side,
            "inside": inside(box, side, grid),
            "silhouette": inside(box, side, 8 * grid),
            "number": np.array(number, np.int64),
            "words": np.array(len(expression.split()), np.int64),
            "distractors": np.array(0, np.int64),
            "family": self.folder.name,
            "expression": expression,
        }

    def collate(self, rows: list[dict]) -> dict:
        return {
            key: [r[key] for r in rows] if isinstance(rows[0][key], str) else torch.from_numpy(np.stack([r[key] for r in rows]))
            for key in rows[0]
        }

    def finish(self, batch: dict, device: torch.device) -> dict:
        return moved(batch, device)
