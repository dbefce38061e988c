"""Finds what can be said of a scene: programs by lot that single one thing out, put into words.

A referral is kept only if its program is surely true of its target and of nothing else; for most, only if nothing
in it could be left out. The words themselves are chosen in phrases.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Callable, Collection, Iterator

from .atlas import nouns
from .claims import Pair, all_pairs, family_of, own_pairs
from .facts import DIRECTIONS, RELATIONS, SIZES, Facts, members
from .phrases import MOST_PIECES, MOST_WORDS, pieces, say, sayable
from .programs import (
    Aside, Between, Central, Compared, Middle, Named, Nearest, Outermost, Program, Related, Sized, Tinted, Without,
    chain, fits, minimal, readable,
)
from .scene import TINTS, Scene

#: How often each family is tried. Few scenes offer the rarer ones, so they are tried more often than they are wanted.
FAMILIES = {
    "kind": 0.75, "colour": 1.6, "size": 2.2, "place": 0.85, "ordinal": 4.2, "relation": 1.7, "twohop": 8.0,
    "hypernym": 0.75, "negation": 0.9, "comparison": 0.9,
}
#: The same for training, where what is found hard is told more often than it is asked, and what is easy less.
STRESSED = {**FAMILIES, "kind": 0.5, "colour": 0.9, "size": 3.3, "place": 0.7, "ordinal": 8.4, "negation": 1.7}
#: Families that mostly speak of things that stand among others of their kind.
AMONG = {"colour": 2, "size": 2, "place": 2, "ordinal": 3, "relation": 2, "twohop": 2, "comparison": 2}
#: The smaller, the more often one of several true relations is said.
RARE = {"on": 0.12, "between": 0.5, "beside": 0.6}
#: Some thing is always the nearest: this share of such claims is passed over.
SELDOM = {"nearest": 0.55, "farthest": 0.9}
#: This share may say more than is needed, as people do.
LOOSE = 0.1


@dataclass(frozen=True)
class Referral:
    """An expression that names exactly one thing of a scene."""

    target: int
    expression: str
    family: str
    #: What it claims, in readable form.
    program: str
    #: How many others of the target's own kind there are.
    distractors: int
    words: int
    #: The pairs it claims of its target, and all that it mentions.
    own: frozenset[Pair] = frozenset()
    pairs: frozenset[Pair] = frozenset()


class Speaker:
    """Looks for programs that single out things of one scene."""

    def __init__(self, rng: Random, scene: Scene, banned: Callable[[Pair], bool] | None = None):
        self.rng, self.facts = rng, Facts(scene)
        self.banned = banned or (lambda pair: False)
        #: Whether what is looked for may say more than is needed.
        self.loose = False
        self._true: dict[int, list[tuple[str, tuple[int, ...]]]] = {}
        self._anchors: dict[tuple[int, int], Program | None] = {}

    def shuffled(self, items: Collection) -> list:
        out = list(items)
        self.rng.shuffle(out)
        return out

    # ---- Names and colours ----

    def name(self, target: int, hypernym: bool = False) -> Named | None:
        thing = self.facts.things[target]
        noun = nouns()[thing.kind]
        if hypernym:
            words = [h for h in noun.hypernyms if h not in noun.names]
            return Named(self.rng.choice(words), True) if words else None
        # A painted "green apple" is no green apple.
        words = [n for n in noun.names if not thing.tint or sayable(n)]
        if not words:
            return None
        return Named(words[0] if len(words) == 1 or self.rng.random() < 0.72 else self.rng.choice(words[1:]))

    def tinted(self, base: Program, target: int) -> Program | None:
        """The base with the target's colour, where it has one that may be spoken of."""
        thing = self.facts.things[target]
        if thing.colour not in TINTS or not sayable(chain(base)[-1].word):
            return None
        if self.banned(("colour", nouns()[thing.kind].noun, thing.colour)):
            return None
        return Tinted(base, thing.colour)

    def narrowable(self, target: int, painted: float = 0.3, hyper: float = 0.0) -> Program | None:
        """A name, now and then with the colour, that leaves something to narrow."""
        dice = self.rng.random()
        base: Program | None = Named("thing") if dice < 0.04 else self.name(target, dice > 1 - hyper)
        if base and self.rng.random() < painted:
            base = self.tinted(base, target) or base
        return base if base and (self.loose or not fits(self.facts, base, target)) else None

    # ---- Anchors ----

    def anchor(self, target: int, hops: int = 0) -> Program | None:
        """A program that means this thing, to refer to it in passing; with `hops` by way of another thing."""
        if (target, hops) not in self._anchors:
            self._anchors[target, hops] = self._far_anchor(target) if hops else self._near_anchor(target)
        return self._anchors[target, hops]

    def _near_anchor(self, target: int) -> Program | None:
        rng, facts, name = self.rng, self.facts, self.name(target)
        if name is None:
            return None
        coloured = self.tinted(name, target)
        if fits(facts, name, target):
            # People name colours even where they need not.
            return coloured if coloured and rng.random() < 0.4 else name
        tries = self.shuffled([*(Outermost(name, d) for d in DIRECTIONS), *(Sized(name, s) for s in SIZES)])
        hyper = self.name(target, True) if rng.random() < 0.15 else None
        return next((p for p in (hyper, coloured, *tries) if p and fits(facts, p, target) and minimal(facts, p)), None)

    def _far_anchor(self, target: int) -> Program | None:
        name = self.name(target)
        if name is None or fits(self.facts, name, target):
            return None
        base = self.tinted(name, target) if self.rng.random() < 0.5 else None
        options = self.relations(target, base or name, 0, 4)
        return next((p for p in options if p and fits(self.facts, p, target) and minimal(self.facts, p)), None)

    # ---- Families: programs that may fit, by lot; the caller checks ----

    def kind(self, target: int) -> Iterator[Program | None]:
        yield self.name(target)

    def colour(self, target: int) -> Iterator[Program | None]:
        base = Named("thing") if self.rng.random() < 0.07 else self.name(target)
        yield base and self.tinted(base, target)

    def size(self, target: int) -> Iterator[Program | None]:
        base = self.narrowable(target)
        for size in self.shuffled(SIZES):
            yield base and Sized(base, size)

    def place(self, target: int) -> Iterator[Program | None]:
        base = self.narrowable(target, 0.2)
        if not base:
            return
        corners = [(v, h) for v in ("top", "bottom") for h in ("left", "right")]
        options = [Outermost(base, d) for d in DIRECTIONS] + [Aside(base, c) for c in corners] * 2 + [Middle(base)] * 3
        options += [Central(base)] * 2 + [Aside(base, (d,)) for d in self.shuffled(DIRECTIONS)[:1]]
        yield from self.shuffled(options)

    def ordinal(self, target: int) -> Iterator[Program | None]:
        base = self.narrowable(target, 0.12, 0.2)
        for rank, direction in self.shuffled([(r, d) for r in (2, 2, 3, 4) for d in (*DIRECTIONS, "left", "right")]):
            yield base and Outermost(base, direction, rank)

    def true_of(self, target: int) -> list[tuple[str, tuple[int, ...]]]:
        """Every relation the target surely stands in, with the things it stands in it to; "nearest" is left to see."""
        if target not in self._true:
            facts, bit = self.facts, 1 << target
            others = [j for j in range(len(facts.things)) if j != target]
            found = [(r, (j,)) for j in others for r in RELATIONS if facts.related(r, j)[0] & bit]
            found += [("between", (i, j)) for i in others for j in others if i < j and facts.between(i, j)[0] & bit]
            found += [(r, (j,)) for j in others for r in ("nearest", "farthest")]
            self._true[target] = found
        return self._true[target]

    def relations(self, target: int, base: Program, hops: int, tries: int) -> Iterator[Program | None]:
        """Relations to things that can be referred to, true of the target."""
        things, dice = self.facts.things, self.rng.random
        own = things[target].kind
        noun = nouns()[own].noun
        # Rare relations come first more often, or "left of" would be most of what is said; things of the target's own
        # kind, of which people seldom say "the dog left of the left dog", come last.
        found = sorted(self.true_of(target), key=lambda f: dice() * RARE.get(f[0], 1.0) + any(things[j].kind == own for j in f[1]))
        for relation, ends in found[:tries]:
            if dice() < SELDOM.get(relation, 0.0) or any(things[j].kind == own for j in ends) and dice() < 0.8:
                continue
            if any(self.banned(("relation", name, relation)) for name in (noun, *(nouns()[things[j].kind].noun for j in ends))):
                continue
            # Of two anchors one alone is reached by another relation: "between the dog left of the car and the tree".
            programs = [self.anchor(j, hops if n == len(ends) - 1 else 0) for n, j in enumerate(ends)]
            if None in programs:
                continue
            if relation == "between":
                yield Between(base, *programs)
            elif relation in ("nearest", "farthest"):
                yield Nearest(base, programs[0], relation == "farthest")
            else:
                yield Related(base, relation, programs[0])

    def relation(self, target: int) -> Iterator[Program | None]:
        base = self.narrowable(target, 0.4, 0.1)
        if not base:
            return
        kept: Program | None = None
        for program in self.relations(target, base, 0, 8):
            yield program
            # Two relations that only together tell it apart.
            if kept and isinstance(program, Related) and isinstance(kept, Related) and program.relation != kept.relation:
                yield Related(kept, program.relation, program.anchor)
            kept = program

    def twohop(self, target: int) -> Iterator[Program | None]:
        base = self.narrowable(target, 0.4)
        if base:
            yield from self.relations(target, base, 1, 7)

    def hypernym(self, target: int) -> Iterator[Program | None]:
        name = self.name(target, True)
        if not name:
            return
        yield name
        options = [Outermost(name, d) for d in DIRECTIONS] + [Sized(name, s) for s in SIZES] + [Middle(name), Central(name)]
        yield from self.shuffled([self.tinted(name, target), self.tinted(name, target), *options])

    def negation(self, target: int) -> Iterator[Program | None]:
        facts, rng, thing = self.facts, self.rng, Named("thing")
        noun = nouns()[facts.things[target].kind]
        hyper = self.name(target, True)
        names = [self.name(target)] + [hyper] * 2
        options: list[Program] = []
        same = {facts.things[i].colour for i in range(len(facts.things)) if i != target} & set(TINTS)
        for name in names:
            if not name:
                continue
            options += [Without(name, Tinted(thing, c)) for c in sorted(same) if not self.banned(("colour", noun.noun, c))]
            options += [Without(name, Aside(thing, (d,))) for d in DIRECTIONS]
            for j in range(len(facts.things)):
                other = self.name(j)
                # Only what the hypernym would else mean is worth denying.
                if other and name.hypernym and nouns()[facts.things[j].kind].answers(name.word):
                    options += [Without(name, other)] * 2
        for option in self.shuffled(options)[:10]:
            yield option
        name = names[0]
        if not name or len(facts.things) < 3:
            return
        for j in self.shuffled(range(len(facts.things)))[:3]:
            relation = rng.choice(RELATIONS)
            pair = ("relation", noun.noun, relation)
            anchored = ("relation", nouns()[facts.things[j].kind].noun, relation)
            if j == target or self.banned(pair) or self.banned(anchored):
                continue
            if facts.related(relation, j)[1] & ~(1 << target) and (anchor := self.anchor(j)):
                yield Without(name, Related(thing, relation, anchor))

    def comparison(self, target: int) -> Iterator[Program | None]:
        base, facts = self.narrowable(target, 0.35, 0.15), self.facts
        if not base:
            return
        sure, may = base.run(facts)
        if sure == may and 2 <= may.bit_count() <= 4 and chain(base)[-1].word != "thing":
            for key in self.shuffled((*SIZES, *SIZES, *DIRECTIONS)):
                yield Compared(base, key, may.bit_count())
        for j in self.shuffled(members(facts.all & ~(1 << target)))[:4]:
            for relation in ("bigger", "smaller"):
                noun = nouns()[facts.things[target].kind].noun
                other = nouns()[facts.things[j].kind].noun
                if not facts.related(relation, j)[0] & 1 << target:
                    continue
                if self.banned(("relation", noun, relation)) or self.banned(("relation", other, relation)):
                    continue
                if anchor := self.anchor(j):
                    yield Related(base, relation, anchor)

    # ---- Together ----

    def find(self, family: str, target: int) -> Program | None:
        """A program of that family for that thing, or None if a few tries give none."""
        for program in getattr(self, family)(target):
            if program is None or not fits(self.facts, program, target):
                continue
            if family_of(program) != family:
                continue
            if self.loose or minimal(self.facts, program):
                return program
        return None

    def referral(self, family: str, target: int) -> Referral | None:
        facts, rng = self.facts, self.rng
        self.loose = rng.random() < LOOSE
        program = self.find(family, target)
        if program is None:
            return None
        text = say(rng, program)
        if text is None or len(text.split()) > MOST_WORDS or pieces(text) > MOST_PIECES:
            return None
        kind = facts.things[target].kind
        return Referral(
            target, text, family, readable(program), sum(t.kind == kind for t in facts.things) - 1, len(text.split()),
            frozenset(own_pairs(facts, program, target)), frozenset(all_pairs(facts, program, target)),
        )


def referrals(
    rng: Random, scene: Scene, banned: Callable[[Pair], bool] | None = None, families: dict[str, float] = FAMILIES,
    wanted: int = 6, tries: int = 26,
) -> list[Referral]:
    """Up to `wanted` things that can be said of the scene, families (by weight) and targets by lot; no expression twice."""
    speaker = Speaker(rng, scene, banned)
    kinds = [thing.kind for thing in scene.things]
    among = {size: [i for i, kind in enumerate(kinds) if kinds.count(kind) >= size] for size in (2, 3)}
    out: list[Referral] = []
    said: set[str] = set()
    names, weights = list(families), list(families.values())
    for _ in range(tries):
        family = rng.choices(names, weights)[0]
        group = among.get(AMONG.get(family, 0))
        targets = speaker.shuffled(group if group and rng.random() < 0.75 else range(len(kinds)))
        # Two hops fit so few things that several are tried at once.
        options = (speaker.referral(family, target) for target in targets[: 4 if family == "twohop" else 1])
        found = next(filter(None, options), None)
        if found and found.expression not in said:
            said.add(found.expression)
            out.append(found)
            if len(out) == wanted:
                break
    return out


def choose(rng: Random, said: list[Referral], count: int) -> list[Referral]:
    """Up to `count` expressions, by lot, each of another thing and another family where there are enough."""
    chosen: list[Referral] = []
    pool = list(said)
    while pool and len(chosen) < count:
        def repeats(r: Referral) -> int:
            return any(r.target == c.target for c in chosen) + any(r.family == c.family for c in chosen)

        least = min(map(repeats, pool))
        pick = rng.choice([r for r in pool if repeats(r) == least])
        chosen.append(pick)
        pool.remove(pick)
    return chosen
