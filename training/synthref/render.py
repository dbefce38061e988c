"""Draws a scene at any size: background, then each thing from its tile. Returns boxes and silhouettes as drawn."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image

from .atlas import Atlas
from .scene import TINTS, Scene, Thing


@dataclass(frozen=True)
class Drawing:
    #: (height, width, 3) uint8.
    image: np.ndarray
    #: One row a thing: left, top, width, height, whole pixels.
    boxes: np.ndarray
    #: One a thing: (height, width) uint8 alpha of its box's pixels.
    silhouettes: list[np.ndarray]


def _colour(rng: Random, saturation=(0.05, 0.4), value=(0.35, 1.0)) -> np.ndarray:
    rgb = colorsys.hsv_to_rgb(rng.random(), rng.uniform(*saturation), rng.uniform(*value))
    return np.array(rgb, np.float32) * 255


def draw_background(scene: Scene, width: int, height: int) -> np.ndarray:
    """(height, width, 3) float32 of 0 to 255."""
    rng = Random(scene.seed)
    a, b = _colour(rng), _colour(rng)
    if scene.palette:
        a, b = (np.array(c, np.float32) for c in scene.palette[:2])
    # Coordinates in fractions of the longer side, so that a pattern keeps its size in the scene.
    unit = 1 / max(width, height)
    y, x = (np.arange(height, dtype=np.float32) + 0.5) * unit, (np.arange(width, dtype=np.float32) + 0.5) * unit

    def mix(t: np.ndarray) -> np.ndarray:
        return a + (b - a) * t[..., None]

    match scene.background:
        case "plain":
            return np.broadcast_to(a, (height, width, 3)).copy()
        case "gradient":
            dx, dy = rng.uniform(-1, 1), rng.uniform(-1, 1)
            t = dx * x[None, :] + dy * y[:, None]
            return mix((t - t.min()) / max(1e-6, float(t.max() - t.min())))
        case "horizon":
            # Sky, paler towards the horizon, and ground.
            line = rng.uniform(0.4, 0.75) * scene.height
            ground = _colour(rng, (0.2, 0.5), (0.4, 0.85))
            if len(scene.palette) > 2:
                ground = np.array(scene.palette[2], np.float32)
            sky = mix(np.clip(y / line, 0, 1))[:, None, :]
            below = ground * np.clip(1.08 - 0.35 * (y - line), 0, 1.2)[:, None, None]
            out = np.where((y > line)[:, None, None], below, sky)
            return np.broadcast_to(out, (height, width, 3)).clip(0, 255).copy()
        case "stripes":
            b = a + (b - a) * 0.35
            dx, dy = rng.choice(((1, 0), (0, 1), (0.7, 0.7), (0.7, -0.7)))
            period = rng.uniform(0.06, 0.25)
            t = (dx * x[None, :] + dy * y[:, None]) / period
            return mix(((t % 1) < 0.5).astype(np.float32))
        case "checks":
            b = a + (b - a) * 0.3
            period = rng.uniform(0.06, 0.2)
            t = (np.floor(x[None, :] / period) + np.floor(y[:, None] / period)) % 2
            return mix(t)
        case "blobs":
            out = np.broadcast_to(a, (height, width, 3)).copy()
            for _ in range(rng.randint(4, 10)):
                cx, cy, r = rng.random(), rng.random(), rng.uniform(0.05, 0.3)
                colour, strength = _colour(rng), rng.uniform(0.2, 0.6)
                inside = ((x[None, :] - cx) ** 2 + (y[:, None] - cy) ** 2 < r * r)[..., None]
                out = np.where(inside, out + (colour - out) * strength, out)
            return out
        case "clouds":
            # Soft noise: a few random colours on a coarse grid, enlarged.
            n = rng.choice((3, 4, 6, 9))
            dice = np.random.default_rng(scene.seed)
            grid = (a + (b - a) * dice.random((n, n, 1)) + dice.normal(0, 12, (n, n, 3))).clip(0, 255)
            big = Image.fromarray(grid.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
            return np.asarray(big, np.float32)
    raise ValueError(f"no such background: {scene.background}")


def paint(rgba: np.ndarray, colour: str) -> np.ndarray:
    """The picture in shades of one colour; (h, w, 4) uint8, alpha kept."""
    rgb, alpha = rgba[..., :3].astype(np.float32) / 255, rgba[..., 3:]
    light = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    weight = alpha[..., 0].astype(np.float32)
    mean = float((light * weight).sum() / max(1.0, weight.sum()))
    # Brought to middle brightness first, so that dark and pale art both show the colour.
    light = light ** (np.log(0.55) / np.log(min(0.95, max(0.08, mean))))
    target = np.array(TINTS[colour], np.float32) / 255
    t = np.repeat(light[..., None], 3, axis=2)
    if colour == "black":
        out = t * 0.42
    elif colour == "white":
        out = 0.62 + 0.38 * t
    else:
        out = np.where(t < 0.6, target * (0.25 + 0.75 * t / 0.6), target + (1 - target) * (t - 0.6) / 0.4 * 0.55)
    return np.concatenate([(out * 255).clip(0, 255).astype(np.uint8), alpha], axis=2)


def _sprite(thing: Thing, atlas: Atlas, width: int, height: int) -> np.ndarray:
    """The thing's picture at the size of its box: (height, width, 4) float32, colour premultiplied, 0 to 1."""
    tile = atlas.tile(thing.pack, thing.icon)
    if thing.tint:
        tile = paint(tile, thing.tint)
    image = Image.fromarray(tile).convert("RGBa")
    if thing.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if thing.angle:
        image = image.rotate(thing.angle, Image.Resampling.BILINEAR, expand=True)
        image = image.crop(image.getchannel("a").point(lambda v: 255 if v >= 24 else 0).getbbox())
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32).reshape(height, width, 4) * np.float32(1 / 255)


def render(scene: Scene, atlas: Atlas, side: int) -> Drawing:
    """Draws the scene with its longer side `side` pixels long."""
    width, height = max(1, round(scene.width * side)), max(1, round(scene.height * side))
    canvas = draw_background(scene, width, height)
    boxes, silhouettes = [], []
    for thing in scene.things:
        x0, y0 = max(0, round(thing.x * side)), max(0, round(thing.y * side))
        x1 = min(width, max(x0 + 1, round((thing.x + thing.w) * side)))
        y1 = min(height, max(y0 + 1, round((thing.y + thing.h) * side)))
        sprite = _sprite(thing, atlas, x1 - x0, y1 - y0)
        region = canvas[y0:y1, x0:x1]
        region *= 1 - sprite[..., 3:]
        region += sprite[..., :3] * 255
        boxes.append((x0, y0, x1 - x0, y1 - y0))
        silhouettes.append((sprite[..., 3] * 255).astype(np.uint8))
    image = (canvas + 0.5).clip(0, 255).astype(np.uint8)
    return Drawing(image, np.array(boxes, np.int64).reshape(-1, 4), silhouettes)
