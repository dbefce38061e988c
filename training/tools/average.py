"""The average of two checkpoints' weights: a "soup" (Wortsman et al., ICML 2022).

    python -m tools.average runs/before/best_checkpoint.pth runs/after/best_checkpoint.pth --share 0.75 --out runs/average/best_checkpoint.pth

`--share` is the second's part. It serves where one was trained on from the other, so that both lie in one basin of the
loss; of two networks from different beginnings it makes noise. `--validation` of main.py says whether it helped.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch
from torch import Tensor

from hivg import checkpoint
from hivg.checkpoint import CheckpointError, atomically
from runs import Run, heads_beside


class AverageError(ValueError):
    """Two checkpoints that have no average."""


def averaged(a: dict[str, Tensor], b: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """`1 - share` of a and `share` of b, tensor by tensor. Raises AverageError where one lacks what the other has."""
    odd = sorted(name for name in a.keys() | b.keys() if name not in a or name not in b or a[name].shape != b[name].shape)
    if odd:
        raise AverageError(f"not in both alike: {', '.join(odd[:5])}{' …' if len(odd) > 5 else ''}")
    return {name: torch.lerp(value, b[name], share) for name, value in a.items()}


def average(first: Path, second: Path, share: float, out: Path) -> None:
    """Writes the averaged checkpoint, adapters merged, and beside it the tokenizer, the words either heard, and heads that both have.

    Raises AverageError (another tokenizer, other sizes, a share outside 0 to 1) and CheckpointError.
    """
    if not 0 <= share <= 1:
        raise AverageError(f"--share {share} is not from 0 to 1")
    folders = first.parent, second.parent
    if out.parent.resolve() in [folder.resolve() for folder in folders]:
        raise AverageError(f"{out.parent} is a folder that is read: give --out another")
    (a, args), (b, others) = checkpoint.read(first), checkpoint.read(second)
    if checkpoint.sizes(a, args) != checkpoint.sizes(b, others):
        raise AverageError(f"{first} and {second} are of different sizes")
    tokenizers = [(folder / "tokenizer.json").read_text() for folder in folders]
    if json.loads(tokenizers[0]) != json.loads(tokenizers[1]):
        raise AverageError(f"{folders[0]} and {folders[1]} have different tokenizers: a token must mean the same in both")
    # An adapter is a product of two matrices: the average of the products is meant.
    state = averaged(checkpoint.merged(a), checkpoint.merged(b), share)
    heads = [torch.load(file, map_location="cpu", weights_only=True) for file in map(heads_beside, (first, second)) if file.exists()]
    joined = averaged(heads[0], heads[1], share) if len(heads) == 2 else None
    words = [set(json.loads(file.read_text())) for folder in folders if (file := folder / "words.json").exists()]

    run = Run(out.parent)
    atomically(lambda part: part.write_text(tokenizers[1]), run.tokenizer)
    if words:
        run.write_json("words.json", sorted(set.union(*words)))
    if joined:
        atomically(lambda part: torch.save(joined, part), heads_beside(out))
    checkpoint.save(out, state, argparse.Namespace(**{**vars(others), "hi_lora_stage": 0}), 0, 0.0)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("first", type=Path)
    p.add_argument("second", type=Path)
    p.add_argument("--share", type=float, default=0.5, help="the second's part, 0 to 1 (half)")
    p.add_argument("--out", type=Path, required=True, help="the checkpoint to write, in a folder of its own")
    options = p.parse_args()
    try:
        average(options.first, options.second, options.share, options.out)
    except (AverageError, CheckpointError, FileNotFoundError) as failed:
        sys.exit(str(failed))


if __name__ == "__main__":
    main()
