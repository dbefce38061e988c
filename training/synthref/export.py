"""Writes the test sets as pictures and split files in the original's form, for evaluation by any implementation.

    python -m synthref.export --out data [--splits test,style,combination,long] [--limit 100]     (in training/)
    python -m synthref.export --sample ../fixtures/synthref-sample                                (the committed sample)

`OUT/images/SPLIT/NNNNN.png` and `OUT/synthref/synthref_SPLIT.pth`: a list of tuples (image file, {"height", "width"},
[x, y, w, h], expression, None); beside it `synthref_SPLIT.json`, a list of {file, expression, family, program,
words, distractors} in the same order, for tables. Number n of a split is always the same scene and expression.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image

from .atlas import Atlas
from .dataset import Sight, describe_scene
from .render import Painter
from .scene import Scene
from .splits import SPLITS, TEST_SETS, choose, scene_of

NAME = "synthref"
#: Longer sides of the pictures, in pixels; and of those of the sample, which is kept small, and leaves out pictures
#: noisier than this (of full white), since PNG cannot shrink noise.
SIDES, SAMPLE_SIDES = (384, 448, 512, 576, 640), (192, 224, 256)
QUIET, SAMPLE_OF_EACH, SAMPLE_START = 0.01, 25, 1_000_000
#: Size of the art that exported pictures are painted from, where it is built; the scenes themselves do not hang on it.
CRISP = 256
#: Seconds between two words on how far an export is.
SAY_EVERY = 5


@dataclass(frozen=True)
class Pair:
    """One exported pair: `box` is left, top, width, height in pixels of the picture, its size `width` × `height`."""

    file: str
    width: int
    height: int
    box: tuple[float, float, float, float]
    expression: str
    family: str
    program: str
    words: int
    distractors: int

    def row(self) -> tuple:
        """As the original's split files have it."""
        return self.file, {"height": self.height, "width": self.width}, list(self.box), self.expression, None

    def about(self) -> dict:
        return {k: v for k, v in asdict(self).items() if k not in ("width", "height", "box")}


def atomically(file: Path, content: bytes) -> None:
    """Writes the file whole or not at all."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_bytes(content)
    os.replace(part, file)


@lru_cache(maxsize=1)
def art() -> Atlas:
    """The art that scenes are made by."""
    return Atlas()


@lru_cache(maxsize=1)
def crisp_art() -> Atlas:
    try:
        return Atlas(CRISP)
    except FileNotFoundError:
        return art()


def picture(scene: Scene, side: int, seed: str) -> np.ndarray:
    """The scene as uint8 [height, width, 3], its longer side `side` pixels long."""
    atlas = crisp_art()
    arrays = describe_scene(scene, atlas, Sight(side, 1, 1), seed, taken=side)
    painter = Painter(atlas, side, 1, tiles=arrays["tile"][: len(scene.things)].tolist())
    images, _ = painter.paint({k: torch.from_numpy(v[None]) for k, v in arrays.items()})
    left, top, width, height = arrays["rect"].tolist()
    return images[0, top : top + height, left : left + width].numpy()


def write_pair(out: Path, split: str, number: int, folder: str, sides: tuple[int, ...]) -> Pair:
    """Paints scene `number` of the split into `out/images/folder` and says what is in it."""
    seed = f"{split}/{number}/painting"
    rng, scene, said = scene_of(split, number, art())
    one = choose(rng, said, 1)[0]
    side = Random(f"{split}/{number}/side").choice(sides)
    pixels = picture(scene, side, seed)
    file = f"{folder}/{split}-{number:05d}.png"
    content = io.BytesIO()
    # The sample is committed, so it is packed as tightly as it goes: four times as long for 3 % less.
    Image.fromarray(pixels).save(content, "PNG", optimize=sides == SAMPLE_SIDES)
    atomically(out / "images" / file, content.getvalue())
    thing = scene.things[one.target]
    box = tuple(round(v * side, 2) for v in (thing.x, thing.y, thing.w, thing.h))
    height, width = pixels.shape[:2]
    return Pair(file, width, height, box, one.expression, one.family, one.program, one.words, one.distractors)


def _work(task: tuple) -> Pair:
    torch.set_num_threads(1)
    return write_pair(*task)


def write_split(out: Path, name: str, pairs: list[Pair]) -> Path:
    """The split file and what tables need beside it; returns the former's path."""
    folder = out / NAME
    folder.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    torch.save([pair.row() for pair in pairs], content)
    atomically(folder / f"{NAME}_{name}.json", (json.dumps([p.about() for p in pairs], indent=1) + "\n").encode())
    file = folder / f"{NAME}_{name}.pth"
    atomically(file, content.getvalue())
    return file


def export(out: Path, name: str, scenes: list[tuple[str, int]], sides: tuple[int, ...] = SIDES, processes: int = 1) -> Path:
    """Writes these scenes (split, number) as the split `name`; several processes paint. → the split file."""
    (out / "images" / name).mkdir(parents=True, exist_ok=True)
    tasks = [(out, split, number, name, sides) for split, number in scenes]
    if processes == 1:
        pairs = list(told(name, (write_pair(*task) for task in tasks), len(tasks)))
    else:
        with get_context("spawn").Pool(processes) as pool:
            pairs = list(told(name, pool.imap(_work, tasks, chunksize=8), len(tasks)))
    return write_split(out, name, pairs)


def told(name: str, pairs: Iterable[Pair], whole: int) -> Iterator[Pair]:
    """The pairs as they come; says on stderr, now and then, how many there are, how fast, and how long it will take."""
    began = said = time.monotonic()
    for done, pair in enumerate(pairs, 1):
        yield pair
        now = time.monotonic()
        if now - said >= SAY_EVERY:
            said, rate = now, done / (now - began)
            print(f"{name}: {done} of {whole}, {rate:.1f} a second, {(whole - done) / rate / 60:.1f} min to go", file=sys.stderr, flush=True)


def sample_numbers(split: str) -> list[int]:
    """Scenes of a split for the sample: quiet ones, of numbers so high that none is in a test set."""
    quiet = (n for n in count(SAMPLE_START) if scene_of(split, n, art())[1].camera.noise <= QUIET)
    return list(islice(quiet, SAMPLE_OF_EACH))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="folder to write test sets into")
    where.add_argument("--sample", type=Path, help="folder to write a sample of 100 small pairs into, 25 of each test set")
    parser.add_argument("--splits", default=",".join(TEST_SETS), help="by comma")
    parser.add_argument("--limit", type=int, help="only so many pairs a split; val has 2,000 too")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if options.sample:
        scenes = [(split, n) for split in TEST_SETS for n in sample_numbers(split)]
        print(export(options.sample, "sample", scenes, SAMPLE_SIDES, options.processes))
        return
    splits = options.splits.split(",")
    if unknown := set(splits) - set(SPLITS):
        parser.error(f"no such split: {', '.join(sorted(unknown))}; there are {', '.join(SPLITS)}")
    for split in splits:
        size = min(TEST_SETS.get(split, 2000), options.limit or 2000)
        print(export(options.out, split, [(split, n) for n in range(size)], SIDES, options.processes), flush=True)


if __name__ == "__main__":
    main()
