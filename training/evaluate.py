"""What a checkpoint is worth: accuracy, overlap and attention on SynthRef's fixed test sets.

    python evaluate.py runs/mini/best_checkpoint.pth                       (2,000 pairs of each set; in training/)
    python evaluate.py runs/mini/best_checkpoint.pth --sets test --count 500 --out runs/mini/quick

Writes OUT.json and OUT.md (`evaluation` beside the checkpoint if not given). This is PyTorch in float32; the figures
of a bundle, quantised, come from `hivg eval` on the exported sets.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from torch import Tensor, nn

from batches import SceneSource, loader, moved
from hivg.checkpoint import atomically, load
from hivg.hivg import HiVG
from losses import corners, iou_and_giou, reg_share
from synthref.dataset import Sight, pixels_of
from synthref.splits import TEST_SETS

#: Lengths of an expression in words, first and last of each bucket: the original's.
LENGTHS = {"1–5": (1, 5), "6–7": (6, 7), "8–10": (8, 10), "11+": (11, 10**9)}
#: Others of the target's own kind in the scene.
RIVALS = {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3+": (3, 10**9)}


@dataclass
class Found:
    """What a network answered on n pairs."""

    #: Overlap with the truth, float [n].
    iou: Tensor
    #: Share of the [REG] row's attention to patches that falls on those in the box, and these patches' share of the content.
    attention: Tensor
    area: Tensor
    words: Tensor
    distractors: Tensor
    family: list[str]


@torch.no_grad()
def answers(network: HiVG, batches: list[dict], device: torch.device, attention: bool = True, swapped: bool = False) -> Found:
    """Runs the network over finished batches. With `swapped` every image gets the expression of another scene."""
    network.eval()
    side = network.config.image_side
    parts: dict[str, list[Tensor]] = {"iou": [], "attention": [], "area": []}
    for kept in batches:
        b = moved(kept, device)
        ids = b["ids"].roll(len(b["ids"]) // 2, 0) if swapped else b["ids"]
        out = network(pixels_of(b["image"], b["rect"]), b["patch_mask"], ids, want_attention=attention)
        # Clamped to the content, as the app draws it; the original clamps to the padded square, which holds it.
        left, top, width, height = (b["rect"].float() / side).unbind(1)
        low, high = torch.stack([left, top], 1).repeat(1, 2), torch.stack([left + width, top + height], 1).repeat(1, 2)
        box = corners(out["box"].float()).maximum(low).minimum(high)
        parts["iou"].append(iou_and_giou(box, corners(b["box"]))[0].cpu())
        if attention:
            content = (~b["patch_mask"]).float()
            inside = b["inside"] * content
            parts["attention"].append(reg_share(out["reg_attention"], inside).cpu())
            parts["area"].append((inside.sum(1) / content.sum(1).clamp(min=1)).cpu())
    nothing = torch.zeros(0)
    return Found(
        **{name: torch.cat(values) if values else nothing for name, values in parts.items()},
        words=torch.cat([b["words"] for b in batches]).cpu(),
        distractors=torch.cat([b["distractors"] for b in batches]).cpu(),
        family=[f for b in batches for f in b["family"]],
    )


def accuracy(iou: Tensor, limit: float = 0.5) -> float:
    return round((iou >= limit).float().mean().item(), 4) if len(iou) else 0.0


def scores(network: HiVG, batches: list[dict], device: torch.device) -> dict:
    """The short form, for validation: {accuracy, iou, and accuracy by family}."""
    found = answers(network, batches, device, attention=False)
    return {"accuracy": accuracy(found.iou), "iou": round(found.iou.mean().item(), 4), **by_family(found)}


def by_family(found: Found) -> dict[str, float]:
    names = sorted(set(found.family))
    return {f: accuracy(found.iou[torch.tensor([g == f for g in found.family])]) for f in names}


def _buckets(iou: Tensor, value: Tensor, buckets: dict[str, tuple[int, int]]) -> dict[str, dict]:
    which = {name: (value >= low) & (value <= high) for name, (low, high) in buckets.items()}
    return {name: {"accuracy": accuracy(iou[rows]), "pairs": int(rows.sum())} for name, rows in which.items()}


def report(network: HiVG, batches: list[dict], device: torch.device) -> dict:
    """All figures of one set, as they go into the JSON file."""
    found = answers(network, batches, device)
    other = answers(network, batches, device, attention=False, swapped=True)
    return {
        "pairs": len(found.iou),
        "accuracy": accuracy(found.iou), "accuracy_75": accuracy(found.iou, 0.75), "iou": round(found.iou.mean().item(), 4),
        "accuracy_other_expression": accuracy(other.iou),
        "reg_attention_inside": round(found.attention.mean().item(), 4), "area_inside": round(found.area.mean().item(), 4),
        "family": by_family(found),
        "length": _buckets(found.iou, found.words, LENGTHS),
        "distractors": _buckets(found.iou, found.distractors, RIVALS),
    }


@torch.no_grad()
def retrieval(network: HiVG, batches: list[dict], device: torch.device) -> dict:
    """CLIP alone: {accuracy}, the share of expressions that pick their own image out of their batch's."""
    network.eval()
    hits = []
    for kept in batches:
        b = moved(kept, device)
        logit = network.contrast(pixels_of(b["image"], b["rect"]), b["ids"])["logit"]
        hits.append((logit.argmax(1) == torch.arange(len(logit), device=device)).float().cpu())
    return {"accuracy": round(torch.cat(hits).mean().item(), 4)}


@torch.no_grad()
def recognition(trained: nn.Module, batches: list[dict], device: torch.device) -> dict:
    """What an `engine.Trained` sees in crowds: {accuracy}, the share of patches that show a thing whose kind it names."""
    trained.eval()
    hits = []
    for kept in batches:
        out = trained({**moved(kept, device), "seed": 0}, "names", False)
        shown = out["shown"]
        thing = (shown >= 0) & (shown < out["kinds"].shape[1] - 1)
        hits.append((out["kinds"].argmax(1) == shown)[thing].float().cpu())
    return {"accuracy": round(torch.cat(hits).mean().item(), 4)}


def test_batches(split: str, count: int, tokenizer_file: Path, sight: Sight, device: torch.device, workers: int, size: int = 100) -> list[dict]:
    """The first `count` pairs of a test set, painted, one expression a scene."""
    source = SceneSource(split, str(tokenizer_file), sight)
    whole, rest = divmod(count, size)
    made = list(islice(loader(source, size, 0, 0, 1, workers, device), whole))
    if rest:
        made.append(source.finish(source.collate(source.rows(whole * size, rest)), device))
    return made


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def table(rows: list[list[str]]) -> str:
    """Markdown; the first row is the head."""
    head, *rest = rows
    return "\n".join("| " + " | ".join(r) + " |" for r in [head, ["---"] * len(head), *rest]) + "\n"


def markdown(reports: dict[str, dict]) -> str:
    """The figures of several sets as tables, in per cent."""
    main = [["set", "pairs", "IoU ≥ 0.5", "IoU ≥ 0.75", "mean IoU", "expression of another scene", "[REG] in the box", "box's area"]]
    for name, r in reports.items():
        shares = (r["accuracy"], r["accuracy_75"], r["iou"], r["accuracy_other_expression"], r["reg_attention_inside"], r["area_inside"])
        main.append([name, str(r["pairs"]), *map(_percent, shares)])
    families = sorted({f for r in reports.values() for f in r["family"]})
    parts = [
        table(main),
        table([["accuracy by family", *families], *(
            [name, *(_percent(r["family"][f]) if f in r["family"] else "" for f in families)] for name, r in reports.items()
        )]),
    ]
    for key, title, buckets in (("length", "by length in words", LENGTHS), ("distractors", "by others of its kind", RIVALS)):
        rows = [[name, *(_percent(r[key][b]["accuracy"]) if r[key][b]["pairs"] else "" for b in buckets)] for name, r in reports.items()]
        parts.append(table([[f"accuracy {title}", *buckets], *rows]))
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--sets", default=",".join(TEST_SETS), help="by comma")
    parser.add_argument("--count", type=int, help="pairs of each set, the first so many")
    parser.add_argument("--out", type=Path, help="name of the two files, without ending")
    parser.add_argument("--threads", type=int, default=2, help="of the network, on a CPU")
    parser.add_argument("--workers", type=int, default=min(15, (os.cpu_count() or 2) - 1), help="processes that draw scenes")
    options = parser.parse_args()
    unknown = set(options.sets.split(",")) - set(TEST_SETS)
    if unknown:
        parser.error(f"no such set: {', '.join(unknown)}; there are {', '.join(TEST_SETS)}")
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network, _ = load(options.checkpoint)
    network.to(device)
    config = network.config
    sight = Sight(config.image_side, config.grid, config.context)
    reports = {}
    for name in options.sets.split(","):
        count = min(options.count or TEST_SETS[name], TEST_SETS[name])
        batches = test_batches(name, count, options.checkpoint.parent / "tokenizer.json", sight, device, options.workers)
        reports[name] = report(network, batches, device)
        print(name, json.dumps(reports[name]), flush=True)
    out = options.out or options.checkpoint.parent / "evaluation"
    text = json.dumps({"checkpoint": options.checkpoint.name, "sets": reports}, indent=1, ensure_ascii=False) + "\n"
    atomically(lambda part: part.write_text(text), Path(f"{out}.json"))
    atomically(lambda part: part.write_text(markdown(reports)), Path(f"{out}.md"))
    print(markdown(reports))


if __name__ == "__main__":
    main()
