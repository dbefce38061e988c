"""Draws scenes by lot: which things, how they look, where they stand, before what, through what camera.

All dice are Python's own `random.Random`, which falls alike on every machine. Nothing is rendered here.
"""

from __future__ import annotations

import math
from functools import lru_cache
from random import Random

import numpy as np

from .atlas import CELLS, Atlas, nouns
from .scene import (
    BACKGROUNDS, HIDDEN, SIDES, TINTS, Background, Camera, Outline, Scene, Thing, box_of, covered, make_thing, outline,
)

#: Nouns that things are made to stand on, where the list of nouns has them.
SUPPORTS = frozenset(
    "table,desk,bed,couch,sofa,chair,bench,stool,box,package,car,bus,truck,taxi,fire truck,tractor,train,boat,ship,"
    "sled,skateboard,house,castle,laptop,book,books,suitcase,briefcase,drum,piano,television,radio,brick,rock,wood,"
    "log,cake,gift,elephant,hippo,rhino,turtle,cow,horse,camel,whale,mountain,basket,barrel,bathtub,washing machine,"
    "van,jeep,pickup truck,police car,ambulance,delivery truck,minibus,tent,newspaper,toolbox,treasure chest".split(",")
)
#: Weights of 2 to 12 things.
COUNTS = (7, 15, 19, 18, 14, 10, 6, 4, 3, 2, 2)


@lru_cache(maxsize=1)
def _kin() -> tuple[tuple[int, ...], ...]:
    """For each kind the others of its category."""
    by: dict[str, list[int]] = {}
    for i, noun in enumerate(nouns()):
        by.setdefault(noun.category, []).append(i)
    return tuple(tuple(k for k in by[noun.category] if k != i) or (i,) for i, noun in enumerate(nouns()))


@lru_cache(maxsize=1)
def _supports() -> tuple[int, ...]:
    return tuple(i for i, noun in enumerate(nouns()) if noun.noun in SUPPORTS)


def _cast(rng: Random, count: int) -> list[list[int]]:
    """Kinds of `count` things, as groups of one kind: twins and triplets first, then single ones."""
    groups: list[list[int]] = []
    left, used = count, set()

    def fresh(like: int | None = None) -> int:
        for _ in range(20):
            kind = rng.choice(_kin()[like]) if like is not None else rng.randrange(len(nouns()))
            if kind not in used:
                break
        used.add(kind)
        return kind

    if rng.random() < 0.86:
        size = min(left, rng.choices((2, 3, 4, 5), (50, 32, 13, 5))[0])
        groups.append([fresh()] * size)
        left -= size
        if left >= 2 and rng.random() < 0.7:
            size = min(left, rng.choices((2, 3), (75, 25))[0])
            groups.append([fresh(groups[0][0] if rng.random() < 0.3 else None)] * size)
            left -= size
    while left:
        present = [k for g in groups for k in g]
        groups.append([fresh(rng.choice(present) if present and rng.random() < 0.35 else None)])
        left -= 1
    return groups


def _paint(rng: Random, group: list[int], painted: float) -> list[str | None]:
    """A tint or None for each of a group: all unlike, one odd one, or as it comes."""
    names = tuple(TINTS)
    if len(group) == 1 or painted == 0 or rng.random() < 0.25:
        return [rng.choice(names) if rng.random() < painted else None for _ in group]
    if rng.random() > painted + 0.15:
        return [None] * len(group)
    if rng.random() < 0.35:
        most, odd = rng.sample(names, 2)
        tints = [most] * (len(group) - 1) + [odd]
        rng.shuffle(tints)
        return tints
    return rng.sample(names, len(group)) if rng.random() < 0.7 else [rng.choice(names) for _ in group]


def draw_angle(rng: Random) -> float:
    """How far a thing is turned, in degrees: most stand upright, few are upside down."""
    dice = rng.random()
    if dice < 0.66:
        return 0.0
    reach = 20 if dice < 0.88 else 40 if dice < 0.98 else 180
    return rng.uniform(-reach, reach)


def _colour(rng: Random, saturation: tuple[float, float], value: tuple[float, float]) -> tuple[int, int, int]:
    """A colour by lot: pale or dull, so that painted things stand out against it."""
    hue, s, v = rng.random() * 6, rng.uniform(*saturation), rng.uniform(*value)
    f = hue - int(hue)
    p, q, t = v * (1 - s), v * (1 - s * f), v * (1 - s * (1 - f))
    rgb = ((v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q))[int(hue) % 6]
    return tuple(round(255 * c) for c in rgb)


def draw_background(rng: Random) -> Background:
    name = rng.choices(BACKGROUNDS, (14, 15, 15, 8, 8, 8, 10, 12, 10))[0]
    palette = (
        _colour(rng, (0.03, 0.42), (0.35, 1.0)),
        _colour(rng, (0.03, 0.42), (0.35, 1.0)),
        _colour(rng, (0.15, 0.5), (0.35, 0.85)),
    )
    clutter = 0.0 if name == "plain" or rng.random() < 0.35 else round(rng.random(), 3)
    return Background(name, palette, rng.getrandbits(32), clutter)


def draw_camera(rng: Random) -> Camera:
    """Half of all pictures are clean; the others suffer from one or more things, none so badly that it decides."""
    if rng.random() < 0.5:
        return Camera()

    def maybe(chance: float, low: float, high: float, otherwise: float) -> float:
        return round(rng.uniform(low, high), 5) if rng.random() < chance else otherwise

    return Camera(
        blur=maybe(0.35, 0.0015, 0.008, 0.0),
        noise=maybe(0.4, 0.008, 0.06, 0.0),
        jpeg=rng.randint(25, 90) if rng.random() < 0.4 else None,
        brightness=maybe(0.5, 0.72, 1.25, 1.0),
        contrast=maybe(0.5, 0.72, 1.25, 1.0),
        saturation=maybe(0.4, 0.72, 1.3, 1.0),
        hue=maybe(0.3, -8.0, 8.0, 0.0),
    )


def draw_format(rng: Random) -> tuple[float, float]:
    """Width and height of the image, from 1:2 to 2:1, often the shapes that cameras and screens make."""
    ratio = rng.choice((1.0, 4 / 3, 3 / 4, 3 / 2, 2 / 3)) if rng.random() < 0.35 else 2 ** rng.uniform(-1, 1)
    return (1.0, round(1 / ratio, 5)) if ratio >= 1 else (round(ratio, 5), 1.0)


class _Stage:
    """The image while things are put into it, and what is hidden of each so far."""

    def __init__(self, rng: Random, atlas: Atlas, width: float, height: float, crossing: bool):
        self.rng, self.atlas, self.width, self.height = rng, atlas, width, height
        #: Whether things may overlap at all; else hardly.
        self.crossing = crossing
        self.things: list[Thing] = []
        self.masks: list[np.ndarray | None] = []

    def centre(self, shape: Outline, side: float, angle: float, flip: bool, near: tuple[float, float] | None) -> tuple[float, float] | None:
        """A point to put the art's centre at, so that the box lies inside; None if it is too big."""
        x1, y1, x2, y2 = box_of(shape, side, angle, flip)
        rim = 0.008
        low, high = (rim - x1, rim - y1), (self.width - rim - x2, self.height - rim - y2)
        if low[0] > high[0] or low[1] > high[1]:
            return None
        if near is None:
            return self.rng.uniform(low[0], high[0]), self.rng.uniform(low[1], high[1])
        # `near` is where the middle of the box should be.
        x, y = near[0] - (x1 + x2) / 2, near[1] - (y1 + y2) / 2
        return min(high[0], max(low[0], x)), min(high[1], max(low[1], y))

    def add(self, thing: Thing) -> bool:
        """Puts it in front of all others, unless it would hide too much of one of them."""
        fresh: list[tuple[int, np.ndarray]] = []
        for i, back in enumerate(self.things):
            dx = min(back.x + back.w, thing.x + thing.w) - max(back.x, thing.x)
            dy = min(back.y + back.h, thing.y + thing.h) - max(back.y, thing.y)
            if dx <= 0 or dy <= 0:
                continue
            share = dx * dy / min(back.area, thing.area)
            if thing.on != i and share > (0.55 if self.crossing else 0.06):
                return False
            mask = covered(self.atlas, back, thing)
            if self.masks[i] is not None:
                mask = mask | self.masks[i]
            if mask.mean() > HIDDEN:
                return False
            fresh.append((i, mask))
        for i, mask in fresh:
            self.masks[i] = mask
        self.things.append(thing)
        self.masks.append(None)
        return True

    def beside(self, side: float) -> tuple[float, float] | None:
        """A place beside, above or below a thing that is already there."""
        if not self.things:
            return None
        rng, by = self.rng, self.rng.choice(self.things)
        gap = side / 2 + rng.uniform(0.005, 0.05)
        if rng.random() < 0.65:
            return by.mx + rng.choice((-1, 1)) * (by.w / 2 + gap), by.y + by.h - side / 2 + rng.uniform(-0.05, 0.05)
        return by.mx + rng.uniform(-0.1, 0.1), by.my + rng.choice((-1, 1)) * (by.h / 2 + gap)

    def stand(self, kind: int, pack: str, icon: str, tint: str | None, support: int) -> bool:
        """Stands a thing on the top of another: its foot meets the silhouette there."""
        rng, under = self.rng, self.things[support]
        shape, top = outline(self.atlas, pack, icon), outline(self.atlas, under.pack, under.icon)
        flip = rng.random() < 0.5
        for _ in range(6):
            side = min(SIDES[1], max(SIDES[0], under.w * rng.uniform(0.35, 0.75)))
            x1, y1, x2, y2 = box_of(shape, side, 0.0, flip)
            at = under.mx + under.w * rng.uniform(-0.22, 0.22)
            # The support's highest cell under each part of the foot; the foot rests on their middle value.
            columns = [
                min(CELLS - 1, max(0, math.floor(((at + dx * (x2 - x1) - under.cx) / under.side * (-1 if under.flip else 1) + top.origin[0]) * CELLS)))
                for dx in (-0.25, -0.12, 0.0, 0.12, 0.25)
            ]
            heights = [int(top.grid[:, c].argmax()) for c in columns if top.grid[:, c].any()]
            if not heights:
                continue
            ground = under.cy + (sorted(heights)[len(heights) // 2] / CELLS - top.origin[1]) * under.side
            thing = make_thing(
                self.atlas, kind, pack, icon, at - (x1 + x2) / 2, ground + 0.03 * under.h - y2, side, 0.0, flip, tint, support,
            )
            # Not in the crook of an L, which reads as "in front of".
            if ground > under.y + 0.55 * under.h or thing.my > under.my - 0.2 * under.h:
                continue
            if thing.w > 0.95 * under.w or thing.y < 0.005 or thing.x < 0.005 or thing.x + thing.w > self.width - 0.005:
                continue
            if self.add(thing):
                return True
        return False


def _row(rng: Random, width: float, height: float, count: int) -> list[tuple[float, float]]:
    """Places side by side, or one above another in high images, evenly but not quite."""
    across = width >= height if rng.random() < 0.75 else width < height
    line, step = rng.uniform(0.25, 0.75), 1 / count
    out = [((i + 0.5) * step + rng.uniform(-0.12, 0.12) * step, line + rng.uniform(-0.05, 0.05)) for i in range(count)]
    rng.shuffle(out)
    return [(u * width, v * height) if across else (v * width, u * height) for u, v in out]


def draw_scene(rng: Random, atlas: Atlas, packs: tuple[str, ...], things: tuple[int, int] = (2, 12)) -> Scene:
    """A scene by lot with `things` (least, most) things of one or more kinds, often several of one kind."""
    width, height = draw_format(rng)
    count = max(things[0], min(things[1], rng.choices(range(2, 13), COUNTS)[0]))
    groups = _cast(rng, count)
    style = rng.choice(packs) if rng.random() < 0.6 else None
    painted = rng.choices((0.0, 0.5, 1.0), (25, 38, 37))[0]
    stage = _Stage(rng, atlas, width, height, rng.random() < 0.4)
    # The more there are, the smaller; crowded scenes get small things rather than few.
    usual = rng.uniform(0.55, 0.95) * math.sqrt(width * height / count)

    planned: list[tuple[int, str | None, float, tuple[float, float] | None]] = []
    for group in groups:
        spots = _row(rng, width, height, len(group)) if len(group) > 1 and rng.random() < 0.3 else [None] * len(group)
        room = 0.85 * max(width, height) / len(group) if spots[0] else SIDES[1]
        own = usual * math.exp(rng.uniform(-0.25, 0.25))
        # Where sizes differ they do so clearly; a third of the groups are as like as peas.
        spread = 0.08 if rng.random() < 0.33 else 0.5
        for kind, tint, spot in zip(group, _paint(rng, group, painted), spots):
            side = own * math.exp(rng.uniform(-spread, spread))
            planned.append((kind, tint, min(SIDES[1], max(SIDES[0], min(side, room))), spot))
    rng.shuffle(planned)

    riders = 0
    if _supports() and len(planned) > 1 and rng.random() < 0.3:
        # The last of the plan stands on a large thing, which therefore comes first.
        riders = 2 if len(planned) > 4 and rng.random() < 0.35 else 1
        bearers = [i for i, p in enumerate(planned[:-riders]) if p[0] in _supports()]
        first = planned.pop(rng.choice(bearers)) if bearers else (rng.choice(_supports()), *planned.pop(0)[1:])
        planned.insert(0, (first[0], first[1], min(SIDES[1], max(first[2] * 1.35, 0.3)), None))

    for number, (kind, tint, side, spot) in enumerate(planned):
        pack = style or rng.choice(packs)
        icon = rng.choice(nouns()[kind].icons)
        if number >= len(planned) - riders and stage.things and stage.things[0].angle == 0:
            if stage.stand(kind, pack, icon, tint, 0):
                continue
        upright = bool(riders) and number == 0
        angle, flip = 0.0 if upright else draw_angle(rng), rng.random() < 0.5
        shape = outline(atlas, pack, icon)
        close = not upright and rng.random() < 0.22
        for attempt in range(16):
            size = max(SIDES[0], side * (1 - 0.04 * attempt))
            near = spot if attempt < 3 else None
            if near is None and close and attempt < 8:
                near = stage.beside(size)
            if upright:
                near = (rng.uniform(0.25, 0.75) * width, rng.uniform(0.6, 0.85) * height)
            at = stage.centre(shape, size, angle, flip, near)
            if at and stage.add(make_thing(atlas, kind, pack, icon, *at, size, angle, flip, tint)):
                break
    if len(stage.things) < things[0]:
        return draw_scene(rng, atlas, packs, things)
    return Scene(width, height, draw_background(rng), tuple(stage.things), draw_camera(rng))
