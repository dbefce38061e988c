"""PyTorch's boxes and figures on a split in the original's form, for `hivg eval` to be held against.

    python -m tools.predict_sample runs/mini/best_checkpoint.pth ../fixtures/synthref-sample/synthref/synthref_sample.pth \\
        ../fixtures/synthref-sample/images --out ../fixtures/synthref-sample/pytorch.json             (in training/)

Image by image through the whole of `hivg/`, in float32. IoU is the original's (utils/eval_utils.py): in the padded
square, the true box scaled by the ratio of the longer sides, the predicted one clamped. SynthRef's rows alone: boxes
are x y width height and keep their fractions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from hivg.checkpoint import load
from hivg.hivg import HiVG
from hivg.preprocess import letterbox
from synthref.tokenizer import clip_merges, document, encode

THRESHOLDS = (0.5, 0.75, 0.9)


def tokenizer_of(checkpoint: Path) -> Tokenizer:
    """The tokenizer beside a checkpoint; CLIP's where there is none."""
    own = checkpoint.parent / "tokenizer.json"
    return Tokenizer.from_file(str(own)) if own.exists() else Tokenizer.from_str(json.dumps(document(clip_merges())))


def target_in_square(box: list[float], width: int, height: int, rect: tuple[int, int, int, int], side: int) -> Tensor:
    """x y width height in pixels of the image → float [4], centre and size as fractions of the padded square."""
    x, y, w, h = box
    corners = torch.tensor([x, y, x + w, y + h]) * (side / max(width, height))
    x1, y1, x2, y2 = corners + torch.tensor([rect[0], rect[1]] * 2)
    return torch.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]) / side


def iou(box: Tensor, target: Tensor) -> float:
    """Of two boxes as centre and size; the first is clamped to the square."""
    a, b = (torch.cat([v[:2] - 0.5 * v[2:], v[:2] + 0.5 * v[2:]]) for v in (box, target))
    a = a.clamp(0, 1)
    w, h = (torch.min(a[2:], b[2:]) - torch.max(a[:2], b[:2])).clamp(min=0)
    area_a, area_b = ((v[2] - v[0]) * (v[3] - v[1]) for v in (a, b))
    return (w * h / (area_a + area_b - w * h + 1e-16)).item()


@torch.no_grad()
def predict(model: HiVG, tokenizer: Tokenizer, rows: list[tuple], images: Path) -> list[dict]:
    """[{index, box: centre and size as fractions of the square, iou}] in the rows' order."""
    config, pairs = model.config, []
    for index, (file, _, box, expression, *_) in enumerate(rows):
        image = Image.open(images / file)
        pixels, mask, rect = letterbox(image, config.image_side, config.grid)
        ids = torch.from_numpy(encode(tokenizer, expression.lower(), config.context)).long()
        found = model(pixels[None], mask[None], ids[None])["box"][0]
        target = target_in_square(box, *image.size, rect, config.image_side)
        pairs.append({"index": index, "box": found.tolist(), "iou": iou(found, target)})
    return pairs


def summary(pairs: list[dict]) -> dict:
    """{accuracy: percent by IoU, meanIoU}, as `hivg eval --json` names them."""
    ious = [pair["iou"] for pair in pairs]
    accuracy = {str(t): 100 * sum(v >= t for v in ious) / len(ious) for t in THRESHOLDS}
    return {"pairs": len(ious), "accuracy": accuracy, "meanIoU": sum(ious) / len(ious)}


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--clip-config", type=Path, help="for a checkpoint whose heads are not width / 64")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, _ = load(options.checkpoint, options.clip_config)
    rows = torch.load(options.split, weights_only=True)
    pairs = predict(model, tokenizer_of(options.checkpoint), rows, options.images)
    hashes = {"checkpoint": sha256(options.checkpoint), "split": sha256(options.split)}
    lines = ",\n  ".join(json.dumps(pair) for pair in pairs)
    figures = {**hashes, **summary(pairs)}
    options.out.write_text(f'{{\n "figures": {json.dumps(figures)},\n "boxes": [\n  {lines}\n ]\n}}\n')
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
