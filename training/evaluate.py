"""Accuracy of a checkpoint on generated scenes it has never seen: share of boxes with IoU ≥ 0.5, and mean IoU.

    python evaluate.py runs/mini/best_checkpoint.pth [--scenes 1000] [--packs openmoji] [--split test]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from hivg.checkpoint import load
from hivg.hivg import HiVG
from losses import corners, iou_and_giou
from synthref.atlas import TRAINING_PACKS, Atlas
from synthref.dataset import collate, examples, pixels_of


@torch.no_grad()
def ious(model: HiVG, rows: list[dict], batch: int = 50) -> torch.Tensor:
    """IoU of every example, float [n]; boxes clamped to the padded square."""
    was = model.training
    model.eval()
    out = []
    for at in range(0, len(rows), batch):
        b = collate(rows[at : at + batch])
        box = model(pixels_of(b["image"], b["rect"]), b["patch_mask"], b["ids"])["box"]
        out.append(iou_and_giou(corners(box).clamp(0, 1), corners(b["box"]))[0])
    model.train(was)
    return torch.cat(out)


def accuracy_on(model: HiVG, rows: list[dict]) -> dict:
    """{accuracy, iou, and accuracy by sort of expression}."""
    iou = ious(model, rows)
    hit = (iou >= 0.5).float()
    scores = {"accuracy": round(hit.mean().item(), 4), "iou": round(iou.mean().item(), 4)}
    for sort in sorted({r["sort"] for r in rows}):
        which = torch.tensor([r["sort"] == sort for r in rows])
        scores[sort] = round(hit[which].mean().item(), 3)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--split", default="test", choices=("val", "test"))
    parser.add_argument("--packs", default=",".join(TRAINING_PACKS), help="art styles, by comma")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, args = load(options.checkpoint)
    config = model.config
    tokenizer = Tokenizer.from_file(str(options.checkpoint.parent / "tokenizer.json"))
    atlas, packs = Atlas(), tuple(options.packs.split(","))
    rows = []
    for number in range(options.scenes):
        rows += examples(options.split, number, atlas, packs, tokenizer, config.image_side, config.grid, config.context, count=1)
    print(json.dumps({"checkpoint": str(options.checkpoint), "packs": packs, "scenes": len(rows), **accuracy_on(model, rows)}))


if __name__ == "__main__":
    main()
