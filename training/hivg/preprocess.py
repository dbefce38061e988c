"""From a picture to what the network takes: letterboxed, normalised pixels and the mask of padded patches.

As the original's transforms do with torchvision 0.17 and Pillow, to the pixel.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

#: ImageNet's, not CLIP's.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def content_rect(width: int, height: int, side: int) -> tuple[int, int, int, int]:
    """Where the resized picture lies in the padded square: left, top, width, height in pixels."""
    ratio = side / max(width, height)
    w, h = max(1, round(width * ratio)), max(1, round(height * ratio))
    return round((side - w) / 2 - 0.1), round((side - h) / 2 - 0.1), w, h


def patch_mask(rect: tuple[int, int, int, int], side: int, grid: int) -> Tensor:
    """bool [grid²], true on padding: the pixel mask resized with antialiasing, rounded half to even."""
    left, top, w, h = rect
    mask = torch.ones(1, 1, side, side)
    mask[..., top : top + h, left : left + w] = 0
    small = F.interpolate(mask, (grid, grid), mode="bilinear", antialias=True, align_corners=False)
    return small.round().bool().flatten()


def normalise(pixels: Tensor) -> Tensor:
    """uint8 or float [..., 3, H, W] of 0 to 255 → float, ImageNet's mean and deviation."""
    mean = torch.tensor(MEAN, device=pixels.device).view(3, 1, 1)
    std = torch.tensor(STD, device=pixels.device).view(3, 1, 1)
    return (pixels.float() / 255 - mean) / std


def shrink(image: Image.Image, width: int, height: int) -> Image.Image:
    """Pillow's bilinear, across first and then down: newer Pillows choose the order by cost, and round elsewhere."""
    across = image.resize((width, image.height), Image.Resampling.BILINEAR)
    return across.resize((width, height), Image.Resampling.BILINEAR)


def letterbox(image: Image.Image, side: int, grid: int) -> tuple[Tensor, Tensor, tuple[int, int, int, int]]:
    """→ pixels float [3, side, side] (0 on padding), padded patches bool [grid²], content rectangle."""
    image = image.convert("RGB")
    rect = content_rect(*image.size, side)
    left, top, w, h = rect
    small = np.array(shrink(image, w, h))
    pixels = torch.zeros(3, side, side)
    pixels[:, top : top + h, left : left + w] = normalise(torch.from_numpy(small).permute(2, 0, 1))
    return pixels, patch_mask(rect, side, grid), rect
