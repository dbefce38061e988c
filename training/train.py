"""Trains the mini network from nothing on generated scenes, for a given time, and saves it in HiVG's own format.

    python train.py --run runs/mini --minutes 90        (in training/; resumes where it was if it was stopped)

The learning rate follows the clock, not the step count: warm-up, a plateau, and a decay that takes the last 40 %
of the minutes whatever else the machine is doing, so that a run always ends well. Written, each atomically:
`last.pt` (to resume), `best_checkpoint.pth` (the original's format, best on validation), `log.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.utils.data import DataLoader

from evaluate import accuracy_on
from hivg import checkpoint
from hivg.config import MINI
from hivg.hivg import HiVG
from losses import total
from synthref.atlas import TRAINING_PACKS, Atlas, nouns
from synthref.dataset import Scenes, examples, pixels_of
from synthref.tokenizer import write as write_tokenizer
from synthref.words import spoken

#: The box and the dense alignment as in the original; the mask lighter, the contrastive loss a mere hint.
WEIGHTS = {
    "l1": 3.0, "giou": 2.0, "dense_focal": 20.0, "dense_dice": 2.0,
    "mask_focal": 5.0, "mask_dice": 0.5, "contrastive": 0.1, "kinds": 2.0,
}
WARM_UP_STEPS = 400
#: Share of the time after which the learning rate falls.
PLATEAU = 0.6
VALIDATION = 400


def rate(step: int, progress: float) -> float:
    """Factor on the peak learning rate; progress is the share of the time that is over, 0 to 1."""
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    fall = 0.0 if progress < PLATEAU else min(1.0, (progress - PLATEAU) / (1 - PLATEAU))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fall)))


def waves(grid: int, width: int) -> Tensor:
    """Sines and cosines of row and column (Vaswani et al. 2017, in two dimensions): [grid², width], of size about 0.7."""
    at = (torch.arange(grid) + 0.5) / grid * 2 * math.pi
    angles = at[:, None] * 2 ** torch.linspace(-1, math.log2(grid / 2), width // 4)
    line = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = line[:, None, :].expand(-1, grid, -1), line[None, :, :].expand(grid, -1, -1)
    return torch.cat([rows, columns], dim=-1).reshape(grid * grid, width)


def initialise(model: HiVG) -> None:
    """Weights that keep the size of what passes through, shrunk where they end a residual branch.

    There is no pretrained CLIP here, and the time is short: signals must be of order one from the first step, the
    words' on their way through the bridge above all, and positions are waves, so that neighbours are alike at once.
    """
    config = model.config
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=module.in_features**-0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.zeros_(module.weight) if "cross_adaptive" in name else nn.init.normal_(module.weight, std=0.1)
    with torch.no_grad():
        branches = 2 * config.vision.layers + len(config.bridged_layers)
        for layer in model.clip.vision_model.encoder.layers:
            for end in (layer.self_attn.out_proj, layer.mlp.fc2, *([layer.cross_mlp.fc2] if layer.bridged else [])):
                end.weight.mul_(branches**-0.5)
        for layer in model.vl_transformer.encoder.layers:
            nn.init.xavier_uniform_(layer.self_attn.in_proj_weight)
            for end in (layer.self_attn.out_proj, layer.linear2):
                end.weight.mul_((2 * config.grounding_layers) ** -0.5)
        model.clip.text_model.embeddings.token_embedding.weight.normal_(std=0.5)
        model.clip.vision_model.embeddings.position_embedding.weight[1:] = 0.5 * waves(config.grid, config.vision.width)
        model.vl_pos_embed.weight[2 : 2 + config.grid**2] = 0.5 * waves(config.grid, config.projection)
        model.bbox_embed.layers[-1].weight.mul_(0.2)


def atomically(write, file: Path) -> None:
    part = file.with_name(file.name + ".part")
    write(part)
    os.replace(part, file)


def groups(modules: list[nn.Module], decay: float) -> list[dict]:
    """Weight decay for matrices alone, not for norms, biases and embeddings of positions."""
    named = [(n, p) for m in modules for n, p in m.named_parameters()]
    heavy = [p for n, p in named if p.ndim >= 2 and "embed" not in n]
    light = [p for n, p in named if p.ndim < 2 or "embed" in n]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=Path("runs/mini"), help="folder of this run")
    parser.add_argument("--minutes", type=float, default=90, help="wall-clock time in all, decay included")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--lr", type=float, default=8e-4, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=0.02, help="weight decay")
    parser.add_argument("--workers", type=int, default=1, help="processes drawing scenes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=float, default=2, help="minutes between validations")
    options = parser.parse_args()

    torch.manual_seed(13)
    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    tokenizer_file = options.run / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(tokenizer_file)) if tokenizer_file.exists() else write_tokenizer(tokenizer_file)
    (options.run / "words.json").write_text(json.dumps(spoken(), indent=1) + "\n")

    config = replace(MINI, vocabulary=tokenizer.get_vocab_size())
    model = HiVG(config)
    initialise(model)
    kinds = nn.Linear(config.projection, len(nouns()) + 1)
    optimizer = torch.optim.AdamW(groups([model, kinds], options.decay), lr=options.lr, betas=(0.9, 0.98), fused=True)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {config}", flush=True)

    spent, step, pairs, best = 0.0, 0, 0, 0.0
    last = options.run / "last.pt"
    if last.exists():
        kept = torch.load(last, weights_only=True)
        model.load_state_dict(kept["model"])
        kinds.load_state_dict(kept["kinds"])
        optimizer.load_state_dict(kept["optimizer"])
        spent, step, pairs, best = kept["spent"], kept["step"], kept["pairs"], kept["best"]
        print(f"resumed after {pairs} pairs and {spent / 60:.1f} minutes", flush=True)

    atlas = Atlas()
    sight = (TRAINING_PACKS, tokenizer, config.image_side, config.grid, config.context)
    validation: list[dict] = []
    number = 0
    while len(validation) < VALIDATION:
        validation += examples("val", number, atlas, *sight, count=1)
        number += 1

    # Scenes already seen are passed over on resuming: a pair never comes twice.
    scenes = Scenes("train", TRAINING_PACKS, str(tokenizer_file), config.image_side, config.grid, config.context, options.batch, start=pairs)
    loader = iter(DataLoader(scenes, batch_size=None, num_workers=options.workers, prefetch_factor=6))
    budget, began, validated = options.minutes * 60, time.monotonic() - spent, spent
    sums: dict[str, float] = {}
    count = 0

    def args_of(accuracy: float):
        plain = {k: v for k, v in vars(options).items() if k != "run"}
        return checkpoint.namespace(config, "synthref", **plain, pairs=pairs, val_accuracy=accuracy, seed=13)

    while True:
        spent = time.monotonic() - began
        over = spent >= budget
        if over or spent - validated >= options.every * 60:
            validated = spent
            scores = accuracy_on(model, validation)
            row = {
                "minutes": round(spent / 60, 1), "step": step, "pairs": pairs, "val": scores,
                "train": {k: round(v / max(1, count), 4) for k, v in sums.items()},
            }
            print(json.dumps(row), flush=True)
            with open(options.run / "log.jsonl", "a") as log:
                log.write(json.dumps(row) + "\n")
            sums, count = {}, 0
            if scores["accuracy"] >= best:
                best = scores["accuracy"]
                checkpoint.save(
                    options.run / "best_checkpoint.pth", model.state_dict(), args_of(best), step, best
                )
            state = {
                "model": model.state_dict(), "kinds": kinds.state_dict(), "optimizer": optimizer.state_dict(),
                "spent": spent, "step": step, "pairs": pairs, "best": best,
            }
            atomically(lambda f: torch.save(state, f), last)
        if over:
            break
        for group in optimizer.param_groups:
            group["lr"] = options.lr * rate(step, spent / budget)
        losses, iou = update(model, kinds, optimizer, next(loader))
        step, pairs, count = step + 1, pairs + len(iou), count + 1
        for name, value in {**losses, "iou": iou.mean(), "hit": (iou >= 0.5).float().mean()}.items():
            sums[name] = sums.get(name, 0.0) + float(value)


def update(model: HiVG, kinds: nn.Module, optimizer, batch: dict) -> tuple[dict[str, Tensor], Tensor]:
    """One step of AdamW on one batch; → unweighted losses, IoU of each pair."""
    model.train()
    pixels = pixels_of(batch["image"], batch["rect"])
    with torch.autocast("cpu", torch.bfloat16):
        out = model(pixels, batch["patch_mask"], batch["ids"])
        kind_logits = kinds(out["patches"])
    loss, losses, iou = total(out, batch, kind_logits, WEIGHTS)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], 1.0)
    optimizer.step()
    return losses, iou


if __name__ == "__main__":
    main()
