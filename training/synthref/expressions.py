"""Puts things into words, and proves that the words name one thing only.

A claim is a set of things it is true of, worked out from the scene graph with margins: where a person could
hesitate (centres nearly level, sizes nearly equal, colours alike), no claim is made. An expression is written
only from a claim that holds for exactly one thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .atlas import nouns
from .scene import Scene, Thing, alike

#: Two centres count as left and right of each other from this distance on (of the longer side).
APART = 0.12
#: A thing is bigger than another from this ratio of areas on.
BIGGER = 1.7
#: "On the left" of one thing alone: its centre lies in this outer part of the image's width.
OUTER = 0.36

GENERIC = ("thing", "object", "one")
#: Place → (words before the noun, phrases after it).
PLACES = {
    "left": (("left", "leftmost"), ("on the left", "on the left side", "to the left", "at left", "left")),
    "right": (("right", "rightmost"), ("on the right", "on the right side", "to the right", "at right", "right")),
    "top": (("top", "upper", "highest"), ("at the top", "on top", "at the very top", "top")),
    "bottom": (("bottom", "lower", "lowest"), ("at the bottom", "on the bottom", "at the very bottom", "bottom")),
}
MIDDLE = (("middle", "center"), ("in the middle", "in the center"))
BIG = ("big", "bigger", "biggest", "large", "larger", "largest", "huge")
SMALL = ("small", "smaller", "smallest", "little", "tiny", "tiniest")
REQUESTS = ("find {}", "show me {}", "where is {}")


@dataclass(frozen=True)
class Referral:
    """An expression that names exactly one thing. `sort` says by what it does."""

    target: int
    expression: str
    sort: str


def extreme(scene: Scene, group: list[int], place: str) -> int | None:
    """The thing of the group that lies furthest out, if it is clear of the next; None otherwise."""
    things = scene.things
    key = {
        "left": lambda i: things[i].cx,
        "right": lambda i: -things[i].cx,
        "top": lambda i: things[i].cy,
        "bottom": lambda i: -things[i].cy,
    }[place]
    order = sorted(group, key=key)
    return order[0] if len(order) > 1 and key(order[1]) - key(order[0]) >= APART else None


def middle(scene: Scene, group: list[int]) -> int | None:
    """The middle one of three in a row (side by side or one above another)."""
    if len(group) != 3:
        return None
    for axis, other in (("cx", "cy"), ("cy", "cx")):
        order = sorted(group, key=lambda i: getattr(scene.things[i], axis))
        v = [getattr(scene.things[i], axis) for i in order]
        u = [getattr(scene.things[i], other) for i in order]
        if v[1] - v[0] >= APART and v[2] - v[1] >= APART and max(u) - min(u) < 0.6 * (v[2] - v[0]):
            return order[1]
    return None


def biggest(scene: Scene, group: list[int], smallest: bool = False) -> int | None:
    order = sorted(group, key=lambda i: scene.things[i].area, reverse=not smallest)
    if len(order) < 2:
        return None
    a, b = scene.things[order[0]].area, scene.things[order[1]].area
    return order[0] if max(a, b) / min(a, b) >= BIGGER else None


def only_colour(scene: Scene, group: list[int], index: int) -> bool:
    """Whether the thing has a colour that no other of the group could be said to have."""
    colour = scene.things[index].colour
    return colour is not None and not any(alike(colour, scene.things[i].colour) for i in group if i != index)


def regions(scene: Scene, thing: Thing) -> list[str]:
    """The outer parts of the image it lies in, whatever else is there."""
    out = []
    if thing.cx < OUTER * scene.width:
        out.append("left")
    elif thing.cx > (1 - OUTER) * scene.width:
        out.append("right")
    if thing.cy < OUTER * scene.height:
        out.append("top")
    elif thing.cy > (1 - OUTER) * scene.height:
        out.append("bottom")
    return out


def _article(rng: Random, phrase: str, plural: bool, definite: bool) -> str:
    """"the dog", "a dog" or plain "dog"; superlatives and places never take "a"."""
    dice = rng.random()
    if dice < 0.5:
        return f"the {phrase}"
    if dice < 0.65 and not plural and not definite:
        return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"
    return phrase


def _placed(rng: Random, name: str, plural: bool, place: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    before, after = place
    if rng.random() < 0.55:
        word = rng.choices(before, [3] + [1] * (len(before) - 1))[0]
        return _article(rng, f"{word} {name}", plural, True)
    return f"{_article(rng, name, plural, True)} {rng.choices(after, [3] + [1] * (len(after) - 1))[0]}"


def _corner(rng: Random, name: str, plural: bool, vertical: str, side: str) -> str:
    row = {"top": ("top", "upper"), "bottom": ("bottom", "lower")}[vertical]
    if rng.random() < 0.5:
        return _article(rng, f"{rng.choice(row)} {side} {name}", plural, True)
    where = rng.choice((f"in the {row[0]} {side}", f"in the {row[0]} {side} corner", f"at the {row[0]} {side}", f"{row[0]} {side}"))
    return f"{_article(rng, name, plural, True)} {where}"


def _telling(rng: Random, scene: Scene, group: list[int], index: int, name: str, plural: bool) -> list[tuple[str, str]]:
    """Every way to tell `index` from the rest of a group all called `name`: (sort, expression)."""
    out: list[tuple[str, str]] = []
    outer = [p for p in PLACES if extreme(scene, group, p) == index]
    for place in outer:
        out.append(("place", _placed(rng, name, plural, PLACES[place])))
    sides, rows = [p for p in outer if p in ("left", "right")], [p for p in outer if p in ("top", "bottom")]
    if sides and rows:
        out.append(("place", _corner(rng, name, plural, rows[0], sides[0])))
    if middle(scene, group) == index:
        out.append(("place", _placed(rng, name, plural, MIDDLE)))
    if biggest(scene, group) == index:
        out.append(("size", _article(rng, f"{rng.choice(BIG)} {name}", plural, True)))
    if biggest(scene, group, smallest=True) == index:
        out.append(("size", _article(rng, f"{rng.choice(SMALL)} {name}", plural, True)))
    if only_colour(scene, group, index):
        colour = scene.things[index].colour
        out.append(("colour", _article(rng, f"{colour} {name}", plural, False)))
    return out


def _alone(rng: Random, scene: Scene, index: int, name: str, plural: bool) -> tuple[str, str]:
    """A thing that is the only one of its kind: by name, now and then with something true besides."""
    thing = scene.things[index]
    dice = rng.random()
    places = regions(scene, thing)
    if dice < 0.14 and thing.colour:
        return "kind", _article(rng, f"{thing.colour} {name}", plural, False)
    if dice < 0.28 and places:
        if len(places) == 2:
            return "kind", _corner(rng, name, plural, places[1], places[0])
        return "kind", _placed(rng, name, plural, PLACES[places[0]])
    return "kind", _article(rng, name, plural, False)


def referrals(rng: Random, scene: Scene) -> list[Referral]:
    """All that can be said of the scene without ambiguity, one or more expressions a thing."""
    everything = list(range(len(scene.things)))
    out: list[Referral] = []
    for index, thing in enumerate(scene.things):
        noun = nouns()[thing.kind]
        name = noun.noun if rng.random() < 0.8 else rng.choice(noun.names)
        group = [i for i in everything if scene.things[i].kind == thing.kind]
        said = [_alone(rng, scene, index, name, noun.plural)] if len(group) == 1 else (
            _telling(rng, scene, group, index, name, noun.plural)
        )
        if len(everything) > 1:
            generic = _telling(rng, scene, everything, index, rng.choice(GENERIC), False)
            said += [("any", text) for _, text in generic]
        category = [i for i in everything if nouns()[scene.things[i].kind].category == noun.category]
        if len(category) == 1 and noun.category in ("animal", "fruit", "vehicle", "building", "plant"):
            said.append(("category", _article(rng, noun.category, False, False)))
        for sort, text in said:
            if rng.random() < 0.06 and text.startswith("the "):
                text = rng.choice(REQUESTS).format(text)
            out.append(Referral(index, text, sort))
    return out


#: How often each sort is spoken of, where a scene offers it.
WEIGHTS = {"kind": 1.0, "place": 0.65, "size": 0.8, "colour": 1.6, "any": 0.1, "category": 0.15}


def choose(rng: Random, said: list[Referral], count: int) -> list[Referral]:
    """Up to `count` expressions, each of another thing where there are enough."""
    chosen: list[Referral] = []
    pool = list(said)
    while pool and len(chosen) < count:
        pick = rng.choices(pool, [WEIGHTS[r.sort] for r in pool])[0]
        chosen.append(pick)
        fresh = [r for r in pool if r.target != pick.target]
        pool = fresh or [r for r in pool if r is not pick]
    return chosen
