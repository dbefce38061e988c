"""What stands where: a scene as plain data (the scene graph), and how one is drawn by lot.

Lengths are fractions of the image's longer side; x grows to the right, y downwards, from the image's top left
corner. Nothing is rendered here and nothing is put into words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from .atlas import Atlas, nouns

#: The colours an object can be painted in.
TINTS = {
    "red": (214, 32, 38),
    "orange": (245, 130, 26),
    "yellow": (250, 214, 30),
    "green": (44, 160, 52),
    "blue": (36, 92, 214),
    "purple": (132, 52, 180),
    "pink": (246, 126, 186),
    "brown": (122, 76, 40),
    "black": (40, 40, 44),
    "white": (240, 240, 240),
}
#: Pairs a person might take for each other: neither tells two objects apart.
ALIKE = {
    frozenset(pair)
    for pair in (
        ("red", "orange"), ("red", "pink"), ("red", "brown"), ("orange", "yellow"), ("orange", "brown"),
        ("purple", "pink"), ("purple", "blue"), ("brown", "black"), ("purple", "red"), ("pink", "orange"),
    )
}
BACKGROUNDS = ("plain", "gradient", "horizon", "stripes", "checks", "blobs", "clouds")
#: Side of the longer edge of an object.
SIZES = (0.16, 0.48)
#: Objects may overlap by this much of the smaller one's box, no more: nothing is hidden.
OVERLAP = 0.04


@dataclass(frozen=True)
class Thing:
    """One object: its kind (index into `nouns()`), its art, its box (left, top, width, height) and its look."""

    kind: int
    pack: str
    icon: str
    x: float
    y: float
    w: float
    h: float
    flip: bool = False
    angle: float = 0.0
    tint: str | None = None

    @property
    def cx(self) -> float:
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        return self.y + self.h / 2

    @property
    def area(self) -> float:
        return self.w * self.h

    @property
    def colour(self) -> str | None:
        """The colour it can be called by; None where its art has none that every style shares."""
        return self.tint or nouns()[self.kind].colour


@dataclass(frozen=True)
class Scene:
    #: Width and height; the longer is 1.
    width: float
    height: float
    background: str
    #: Seed of the background's own dice, so that it looks the same at every size it is drawn at.
    seed: int
    things: tuple[Thing, ...] = field(default=())
    #: Colours of the background (sky's top, sky's foot or second colour, ground), 0 to 255; by lot where empty.
    palette: tuple[tuple[int, int, int], ...] = ()


def alike(a: str | None, b: str | None) -> bool:
    """Whether two colours may be confused. An unknown colour may be any."""
    return a is None or b is None or a == b or frozenset((a, b)) in ALIKE


def _overlap(a: Thing, b: Thing) -> float:
    dx = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    dy = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    return dx * dy / min(a.area, b.area) if dx > 0 and dy > 0 else 0.0


def _rotated_aspect(aspect: float, angle: float) -> float:
    a = math.radians(abs(angle))
    return (aspect * math.cos(a) + math.sin(a)) / (aspect * math.sin(a) + math.cos(a))


def _place(rng: Random, atlas: Atlas, scene: tuple[float, float], kind: int, pack: str, tint, sizes, placed) -> Thing | None:
    """A thing of this kind where it covers no other; None if there is no room after some tries."""
    icon = rng.choice(nouns()[kind].icons)
    angle = rng.uniform(-18, 18) if rng.random() < 0.25 else 0.0
    aspect = _rotated_aspect(atlas.aspect(pack, icon), angle)
    for attempt in range(24):
        # The later the try, the smaller: crowded scenes get small things rather than none.
        side = rng.uniform(sizes[0], sizes[1] - (sizes[1] - sizes[0]) * attempt / 30)
        w, h = (side, side / aspect) if aspect >= 1 else (side * aspect, side)
        if w > scene[0] * 0.96 or h > scene[1] * 0.96:
            continue
        thing = Thing(
            kind, pack, icon, rng.uniform(0.01, scene[0] - w - 0.01), rng.uniform(0.01, scene[1] - h - 0.01), w, h,
            rng.random() < 0.5, angle, tint,
        )
        if all(_overlap(thing, other) <= OVERLAP for other in placed):
            return thing
    return None


def draw_scene(rng: Random, atlas: Atlas, packs: tuple[str, ...], objects: tuple[int, int] = (2, 5)) -> Scene:
    """A scene by lot: `objects` (least, most) things of one or more kinds, often several of one kind."""
    ratio = math.exp(rng.uniform(math.log(0.68), math.log(1.47)))
    size = (1.0, 1 / ratio) if ratio >= 1 else (ratio, 1.0)
    count = rng.choices(range(2, 6), (28, 34, 26, 12))[0]
    count = max(objects[0], min(objects[1], count))
    kinds = rng.sample(range(len(nouns())), count)
    if rng.random() < 0.6:
        # Twins and triplets: only place, size or colour tells them apart.
        copies = min(count, 2 if rng.random() < 0.7 else 3)
        kinds[:copies] = [kinds[0]] * copies
    rng.shuffle(kinds)
    style = rng.choice(packs) if rng.random() < 0.65 else None
    painted = rng.choices((0.0, 0.45, 1.0), (36, 38, 26))[0]
    things: list[Thing] = []
    for kind in kinds:
        tint = rng.choice(tuple(TINTS)) if rng.random() < painted else None
        thing = _place(rng, atlas, size, kind, style or rng.choice(packs), tint, SIZES, things)
        if thing:
            things.append(thing)
    background = rng.choices(BACKGROUNDS, (14, 18, 20, 8, 8, 14, 18))[0]
    return Scene(*size, background, rng.getrandbits(32), tuple(things))
