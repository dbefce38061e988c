"""Checkpoints in the original's format: read (LoRA merged, either peft's names) and written.

Strict both ways: every key is used or known to be unused, and every parameter is found, else the names are said.
Only weights and plain values are unpickled (`weights_only`), so a file cannot run code.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor

from .config import Config, from_checkpoint
from .hivg import HiVG

#: alpha / rank of the original's LoRA (16 / 32); not stored in the file.
LORA_SCALE = 0.5


class CheckpointError(ValueError):
    """A checkpoint whose keys do not fit."""


def plain_state(model: dict[str, Tensor]) -> dict[str, Tensor]:
    """The original's `model` dict → the same without peft: prefixes off, base layers named plainly, LoRA merged."""
    renamed: dict[str, Tensor] = {}
    for key, value in model.items():
        key = re.sub(r"^clip\.(base_model\.model\.)+", "clip.", key).replace(".base_layer.", ".")
        if key in renamed:
            raise CheckpointError(f"two tensors for {key}")
        renamed[key] = value
    out: dict[str, Tensor] = {}
    for key, value in renamed.items():
        if ".lora_" in key or key.endswith(".position_ids"):
            continue
        stem = key.removesuffix("weight")
        a, b = renamed.get(stem + "lora_A.default.weight"), renamed.get(stem + "lora_B.default.weight")
        if (a is None) != (b is None):
            raise CheckpointError(f"half a LoRA pair at {key}")
        out[key] = value if a is None else value + LORA_SCALE * (b.float() @ a.float())
    stray = [k for k in renamed if ".lora_" in k and re.sub(r"lora_[AB]\.default\.", "", k) not in renamed]
    if stray:
        raise CheckpointError(f"LoRA without a base weight: {', '.join(stray)}")
    return out


def load(file: Path | str, clip_config: Path | str | None = None) -> tuple[HiVG, argparse.Namespace]:
    """The network of a checkpoint, in evaluation mode, and the checkpoint's `args`. Raises CheckpointError."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        stored = torch.load(file, map_location="cpu", weights_only=True)
    state = plain_state(stored["model"])
    sizes = json.loads(Path(clip_config).read_text()) if clip_config else None
    model = HiVG(from_checkpoint(stored["args"], state, sizes))
    missing, unexpected = model.load_state_dict(state, strict=False)
    # Without adaptive weights, or with mixup's text path, the original still stores a gate; ours has it too.
    if missing or unexpected:
        raise CheckpointError(f"missing: {', '.join(missing) or 'none'}; not used: {', '.join(unexpected) or 'none'}")
    return model.eval(), stored["args"]


def namespace(config: Config, dataset: str, **more) -> argparse.Namespace:
    """`args` as the original names things; layer lists spelt out for a model it has no name for."""
    return argparse.Namespace(
        **{
            "model": "mini", "model_name": "HiVG", "dataset": dataset, "imsize": config.image_side,
            "max_query_len": config.context, "normalize_before": config.normalize_before,
            "vl_enc_layers": config.grounding_layers, "vl_nheads": config.grounding_heads,
            "vl_hidden_dim": config.projection, "vl_dim_feedforward": config.grounding_mlp, "vl_dropout": 0.0,
            "enable_adaptive_weights": config.adaptive_weights, "mixup_pretrain": config.mixup, "warmup": False,
            "hi_lora_stage": 0, "prompt": "", "use_mask_loss": True, "use_seg_mask": True,
            "bridged_layers": list(config.bridged_layers), "vision_states": list(config.vision_states),
            "text_states": list(config.text_states),
            **more,
        }
    )


def save(file: Path, state: dict[str, Tensor], args: argparse.Namespace, epoch: int, accuracy: float) -> None:
    """Writes a checkpoint without optimizer state, whole or not at all."""
    weights = OrderedDict((k, v.detach().float().contiguous().clone()) for k, v in state.items())
    whole = {
        "model": weights, "optimizer": {}, "lr_scheduler": {}, "epoch": epoch, "args": args, "val_accu": accuracy,
    }
    part = file.with_name(file.name + ".part")
    torch.save(whole, part)
    os.replace(part, file)
