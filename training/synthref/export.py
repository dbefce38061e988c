"""Writes scenes as pictures and a split file in the original's form, for evaluation by any implementation.

    python -m synthref.export --out data [--split test] [--scenes 1000] [--packs noto,…]      (in training/)

`OUT/images/SPLIT-NNNNN.png` and `OUT/synthref/synthref_SPLIT.pth`: a list of tuples (image file, {"height",
"width"}, [x, y, w, h], expression, None). With `--packs openmoji` the dataset is named `synthref_openmoji`. The
same seeds as evaluate.py reads: number n of a split is always the same scene and the same expression.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from PIL import Image

from .atlas import TRAINING_PACKS, Atlas
from .dataset import SPLITS, drawn_at, scene_of
from .expressions import choose
from .render import render


def export(out: Path, name: str, split: str, scenes: int, packs: tuple[str, ...], side: int = 128) -> Path:
    """Writes the pictures and the split file, and returns the latter's path; `side` is the network's."""
    images, folder = out / "images", out / name
    images.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    atlas, rows = Atlas(), []
    for number in range(scenes):
        rng, scene, said = scene_of(split, number, atlas, packs)
        # The dice fall as in dataset.examples: first the size it is drawn at, then what is said.
        drawing = render(scene, atlas, drawn_at(rng, side))
        referral = choose(rng, said, 1)[0]
        file = f"{name}-{split}-{number:05d}.png"
        Image.fromarray(drawing.image).save(images / file, optimize=True)
        height, width = drawing.image.shape[:2]
        box = [int(v) for v in drawing.boxes[referral.target]]
        rows.append((file, {"height": height, "width": width}, box, referral.expression, None))
    target = folder / f"{name}_{split}.pth"
    torch.save(rows, target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", default="test", choices=SPLITS)
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--packs", default=",".join(TRAINING_PACKS), help="art styles, by comma")
    options = parser.parse_args()
    packs = tuple(options.packs.split(","))
    name = "synthref" if packs == TRAINING_PACKS else "synthref_" + "_".join(packs)
    print(export(options.out, name, options.split, options.scenes, packs))


if __name__ == "__main__":
    main()
