"""Paints described scenes as tensors, a whole batch at once, on any device: ground, shadows, things, camera.

The k-th things of all scenes are laid down together: the pixels of their boxes form one long list, each pixel finds
its texel by its thing's own affine map, and is mixed over what lies there. Nothing is decided here and no dice are
thrown: descriptions (dataset.py) hold everything, so that the same scene looks the same on a CPU and on a GPU.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .atlas import Atlas
from .backgrounds import paint_backgrounds
from .camera import develop, grain
from .pyramid import LIGHT, Pyramid
from .scene import TINTS

#: Columns of a thing's numbers in a description.
CX, CY, SIDE, COS, SIN, FLIP, X, Y, W, H = range(10)
#: Things a scene can hold.
THINGS = 12
#: A shadow is read this many levels coarser than its thing, which makes it soft.
SOFTER = 2


def tint_stops() -> Tensor:
    """float [tints, 3 stops, 3]: the colour at light 0, 0.6 and 1."""
    rows = []
    for name, rgb in TINTS.items():
        c = torch.tensor(rgb) / 255
        if name == "black":
            stops = [c * 0, torch.full((3,), 0.252), torch.full((3,), 0.42)]
        elif name == "white":
            stops = [torch.full((3,), v) for v in (0.62, 0.848, 1.0)]
        else:
            stops = [c * 0.25, c, c + (1 - c) * 0.55]
        rows.append(torch.stack(stops))
    return torch.stack(rows)


def _tinted(texel: Tensor, power: Tensor | float, stops: Tensor) -> Tensor:
    """Texels […, 4] in shades of one colour each: light to the power […], then along the stops […, 3, 3]."""
    alpha = texel[..., 3:]
    light = ((texel[..., :3] / alpha.clamp(min=1e-3)) @ torch.tensor(LIGHT, device=texel.device)).clamp(0, 1) ** power
    low, high = light.clamp(max=0.6)[..., None] / 0.6, (light - 0.6).clamp(min=0)[..., None] / 0.4
    a, b, c = stops.unbind(-2)
    return torch.cat([(a + (b - a) * low + (c - b) * high) * alpha, alpha], -1)


@dataclass
class _Plan:
    """What to lay down on the canvases, one row an entry: things or their shadows, ordered by layer, tinted first."""

    layer: np.ndarray
    shadow: bool
    #: int64 [entries, 8]: scene, left, top, width, height (pixels of the canvas), first texel, the level's side, tint.
    whole: np.ndarray
    #: float32 [entries, 8]: a pixel's texel as two rows of an affine map, the power of the tint's light, opacity.
    affine: np.ndarray


SCENE, LEFT, TOP, WIDTH, HEIGHT, FIRST, LEVEL_SIDE, TINT = range(8)


class Painter:
    """Descriptions to batches. Holds the atlas as a pyramid on the device, so make one and keep it.

    `side` is the network's input side in pixels (any size, for export), `grid` its patches a side. With `tiles`,
    numbers in the atlas, only those can be painted.
    """

    def __init__(self, atlas: Atlas, side: int, grid: int, device: torch.device | str = "cpu", tiles: list[int] | None = None):
        self.side, self.grid, self.device = side, grid, torch.device(device)
        self.pyramid = Pyramid(atlas, self.device, tiles)
        self.stops = tint_stops().to(self.device)
        self.grain = grain().to(self.device)
        #: A CPU is fastest thing by thing, a GPU with all pixels of a layer at once: see `_laid`.
        self.by_rectangles = self.device.type == "cpu"

    @torch.no_grad()
    def __call__(self, described: dict) -> dict:
        """A described batch (`dataset.collate`) → the same with `image` and `silhouette`, tensors on the device.

        `image` uint8 [B, side, side, 3], 0 on padding; `silhouette` float [B, (8 grid)²], what is seen of the target.
        The scenes' own arrays are left out of the batch.
        """
        images, owners = self.paint(described["scenes"])
        batch = {k: v.to(self.device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in described.items() if k != "scenes"}
        scene, target = batch.pop("scene"), batch.pop("target")
        batch["image"] = images[scene]
        seen = (owners[scene] == target[:, None, None]).float()
        share = F.adaptive_avg_pool2d(seen[:, None], 8 * self.grid).flatten(1)
        # What is thinner than a cell is drawn where it covers most.
        limit = (share.amax(1, keepdim=True) * 0.5).clamp(max=0.5)
        batch["silhouette"] = ((share >= limit) & (share > 0)).float()
        return batch

    def paint(self, scenes: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Stacked scenes → images uint8 [b, side, side, 3] and, int8 [b, side, side], the front thing seen (−1: none)."""
        side, number = self.side, len(scenes["rect"])
        images = torch.empty(number, side, side, 3, dtype=torch.uint8, device=self.device)
        owners = torch.empty(number, side, side, dtype=torch.int8, device=self.device)
        for finer in scenes["finer"].unique().tolist():
            which = (scenes["finer"] == finer).nonzero().flatten()
            rows = which.to(self.device)
            images[rows], owners[rows] = self._paint_alike({k: v[which] for k, v in scenes.items()}, finer)
        return images, owners

    def _paint_alike(self, scenes: dict[str, Tensor], finer: int) -> tuple[Tensor, Tensor]:
        """The same for scenes all painted `finer` times finer and shrunk."""
        side, number = self.side, len(scenes["rect"])
        size = side * finer
        rect = scenes["rect"]
        canvas = paint_backgrounds(scenes, rect, scenes["extent"], side, self.device)
        if finer > 1:
            canvas = canvas.repeat_interleave(finer, 1).repeat_interleave(finer, 2)
        owner = torch.full(canvas.shape[:3], -1, dtype=torch.int8, device=self.device)
        plain = {k: v.numpy() for k, v in scenes.items()}
        shadows, things = self._plan(plain, finer, shadow=True), self._plan(plain, finer, shadow=False)
        for layer in range(int(plain["count"].max(initial=0))):
            for spot, texel in self._laid(shadows, layer):
                canvas[spot] *= 1 - texel
            for spot, texel in self._laid(things, layer):
                canvas[spot] = torch.addcmul(texel[..., :3] * 255, canvas[spot], 1 - texel[..., 3:])
                owner[spot] = torch.where(texel[..., 3] >= 0.5, layer, owner[spot])
        owner = owner[:, finer // 2 :: finer, finer // 2 :: finer]
        if finer > 1:
            small = F.interpolate(canvas.permute(0, 3, 1, 2), (side, side), mode="bilinear", antialias=True)
            canvas = small.permute(0, 2, 3, 1).contiguous()
        image = (develop(canvas, scenes["camera"], self.grain) + 0.5).to(torch.uint8)
        at = torch.arange(side, device=self.device)
        left, top, width, height = (v[:, None] for v in rect.to(self.device).unbind(1))
        across, down = (at >= left) & (at < left + width), (at >= top) & (at < top + height)
        return image * (down[:, :, None] & across[:, None, :])[..., None], owner

    def _plan(self, scenes: dict[str, np.ndarray], finer: int, shadow: bool) -> _Plan:
        """Works out on the CPU, in float64, which pixels each thing (or its shadow) may touch and which texels they show."""
        layer = np.arange(scenes["things"].shape[1])[None, :].repeat(len(scenes["rect"]), 0)
        drawn = layer < scenes["count"][:, None]
        if shadow:
            drawn &= scenes["shadow"][:, 2:] > 0
        scene, index = np.nonzero(drawn)
        thing = scenes["things"][scene, index].astype(np.float64)
        tint = scenes["tint"][scene, index]
        if shadow:
            tint = np.full_like(tint, -1)
        order = np.lexsort((tint < 0, index))
        scene, index, thing, tint = scene[order], index[order], thing[order], tint[order]
        row = self.pyramid.row[scenes["tile"][scene, index]]
        if (row < 0).any():
            raise ValueError("a scene has art that this painter was not given: leave out `tiles`, or name all of them")
        scale, size = self.side * finer, self.side * finer
        origin = scenes["rect"][scene, :2] * finer
        moved = scenes["shadow"][scene, :2] if shadow else np.zeros((len(scene), 2))
        extent = self.pyramid.extents[row]
        texels = extent.max(1) / np.maximum(thing[:, SIDE] * scale, 1e-6)
        level = self.pyramid.level(texels)
        if shadow:
            level = np.minimum(level + SOFTER, len(self.pyramid.sizes) - 1)
        # The box of the silhouette, and as far around it as a texel reaches.
        reach = 2 + 2.0**level / texels
        low = np.floor((thing[:, [X, Y]] + moved) * scale + origin - reach[:, None]).clip(0, size - 1)
        high = np.ceil((thing[:, [X, Y]] + thing[:, [W, H]] + moved) * scale + origin + reach[:, None]).clip(low + 1, size)
        cx, cy = ((thing[:, [CX, CY]] + moved) * scale + origin).T
        per = texels / 2.0**level
        cos, sin, flip = thing[:, COS] * per, thing[:, SIN] * per, thing[:, FLIP]
        middle = extent / 2 / 2.0 ** level[:, None]
        # Half a pixel in, half a texel out, one texel of border: x + 0.5 → u − 0.5 + 1.
        affine = np.stack([
            flip * cos, flip * sin, middle[:, 0] + 0.5 + flip * (cos * (0.5 - cx) + sin * (0.5 - cy)),
            -sin, cos, middle[:, 1] + 0.5 - sin * (0.5 - cx) + cos * (0.5 - cy),
            np.log(0.55) / np.log(self.pyramid.light[row].clip(0.08, 0.95)),
            scenes["shadow"][scene, 2] if shadow else np.ones(len(scene)),
        ], axis=1).astype(np.float32)  # fmt: skip
        first = row * self.pyramid.stride + self.pyramid.offsets[level]
        sizes = np.array(self.pyramid.sizes)[level]
        whole = np.stack([scene, low[:, 0], low[:, 1], high[:, 0] - low[:, 0], high[:, 1] - low[:, 1], first, sizes, tint], axis=1)
        return _Plan(index, shadow, whole.astype(np.int64), affine)

    def _laid(self, plan: _Plan, layer: int):
        """Yields (places in the canvases [b, size, size, …], none twice; their texels […, 4]) for one layer.

        Either thing by thing, each a small rectangle that stays in a CPU's cache, or all pixels as one long list.
        """
        begin, end = np.searchsorted(plan.layer, (layer, layer + 1))
        if begin == end:
            return
        rows, affine = plan.whole[begin:end], plan.affine[begin:end]
        if self.by_rectangles:
            for (scene, left, top, width, height, first, level_side, tint), a in zip(rows.tolist(), affine.tolist(), strict=True):
                x, y = torch.arange(left, left + width), torch.arange(top, top + height)[:, None]
                u, v = (a[0] * x + a[2]) + a[1] * y, (a[3] * x + a[5]) + a[4] * y
                texel = self.pyramid.sample(first, level_side, u, v, plan.shadow) * a[7]
                if tint >= 0:
                    texel = _tinted(texel, a[6], self.stops[tint])
                yield (scene, slice(top, top + height), slice(left, left + width)), texel
            return
        counts = rows[:, WIDTH] * rows[:, HEIGHT]
        total, tinted = int(counts.sum()), int(counts[rows[:, TINT] >= 0].sum())
        whole, maps = (torch.from_numpy(v.T.copy()).to(self.device) for v in (rows, affine))
        number = whole[WIDTH] * whole[HEIGHT]
        entry = torch.arange(len(rows), device=self.device).repeat_interleave(number, output_size=total)
        local = torch.arange(total, device=self.device) - (number.cumsum(0) - number)[entry]
        scene, left, top, width, _, first, level_side, tint = whole[:, entry]
        row = local // width
        x, y, a = left + local - row * width, top + row, maps[:, entry]
        u, v = a[0] * x + a[2] + a[1] * y, a[3] * x + a[5] + a[4] * y
        texel = self.pyramid.sample(first, level_side, u, v, plan.shadow) * a[7][:, None]
        if tinted:
            texel = torch.cat([_tinted(texel[:tinted], a[6, :tinted], self.stops[tint[:tinted]]), texel[tinted:]])
        yield (scene, y, x), texel
