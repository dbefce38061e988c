"""The stages of training: what is trained in each, how fast, and by which losses. Paper: section on HiLoRA.

Facts are the original's (its `hivg_train.py`, `models/HiVG.py` and scripts): CLIP is frozen from the warm-up on; the
bridge, the grounding encoder and the heads are always trained; adapters of the text encoder in all three HiLoRA
stages, of the vision encoder up to layer 4, 7 and 11 of 12, the same pair of matrices going on from stage to stage.
Not the original: how CLIP came about (`contrastive`), and the two comparisons `lora` and `full`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from torch import nn

from hivg.hivg import HiVG
from hivg.lora import adapt

#: The original's losses and weights.
PAPER = {
    "l1": 2.0, "giou": 2.0, "contrastive": 1.0, "dense_focal": 20.0, "dense_dice": 2.0, "mask_focal": 20.0, "mask_dice": 2.0,
}
#: For a network that starts from nothing: the mask lighter, the contrastive loss a mere hint, and four of ours
#: (losses.py): `kinds`, `extents`, `regard` and `miss`.
SCRATCH = {
    "l1": 3.0, "giou": 2.0, "contrastive": 0.1, "dense_focal": 20.0, "dense_dice": 2.0, "mask_focal": 5.0, "mask_dice": 0.5,
    "kinds": 2.0, "extents": 1.0, "regard": 0.5, "miss": 2.0,
}
#: Losses that ask what every patch shows: own data doesn't tell.
DENSE = ("kinds", "extents")
LOSSES = {"paper": PAPER, "scratch": SCRATCH}


@dataclass(frozen=True)
class Stage:
    name: str
    #: Peak learning rate; the original's where it has one. `--lr-factor` multiplies it.
    lr: float
    #: CLIP's own weights: "trained", "frozen", or "alone" (trained, with nothing behind it but projections).
    clip: str
    #: What it learns from: "expressions" of scenes, "captions" of scenes, or "names" of what stands in crowds.
    reads: str = "expressions"
    #: Share of the vision encoder's layers, from the first, whose adapters are trained; None: no adapters at all.
    adapters: float | None = None
    weights: dict[str, float] = field(default_factory=lambda: PAPER)
    #: `hi_lora_stage` of the checkpoint; peft's wraps are one more. None: a checkpoint without adapters.
    number: int | None = None
    #: Share of the whole in `--stage all`: as the original's 60, 20, 20 and 20 epochs after a CLIP.
    share: float = 0.0


STAGES = {
    s.name: s
    for s in (
        Stage("recognition", 2.5e-4, "alone", weights={"kinds": 1.0}, reads="names"),
        Stage("contrastive", 2.5e-4, "alone", weights={"contrastive": 1.0, "kinds": 2.0}, reads="captions", share=0.2),
        Stage("warmup", 2.5e-4, "frozen", adapters=0.0, number=0, share=0.4),
        Stage("hilora1", 1e-4, "frozen", adapters=5 / 12, number=1, share=0.4 / 3),
        Stage("hilora2", 5e-5, "frozen", adapters=8 / 12, number=2, share=0.4 / 3),
        Stage("hilora3", 2.5e-5, "frozen", adapters=1.0, number=3, share=0.4 / 3),
        Stage("lora", 2.5e-4, "frozen", adapters=1.0, number=0),
        Stage("frozen", 2.5e-4, "frozen"),
        Stage("full", 2.5e-4, "trained", weights=SCRATCH),
    )
}
#: The paper's way, in order.
ALL = ("contrastive", "warmup", "hilora1", "hilora2", "hilora3")

_BRIDGE = ("cross_attn", "cross_norm", "cross_mlp", "cross_gate", "cross_adaptive_weights")
#: Stored by the original, read by nothing.
_UNUSED = ("ml_text_feat_perceiver.", "reg_pos_embed.", "condition_text_pos_embed.")


def adapted_layers(share: float, layers: int) -> int:
    """How many layers of the vision encoder: the original's 5, 8 and 12 of 12 are 2, 4 and 6 of the mini's 6."""
    return math.floor(share * layers + 1e-6)


def is_trained(name: str, stage: Stage, model: HiVG) -> bool:
    """Whether the parameter of that name is trained in the stage."""
    if name.startswith(_UNUSED) or (name.startswith("condition_text_proj.") and not model.config.mixup):
        return False
    parts = name.split(".")
    bridge = any(part in _BRIDGE for part in parts)
    if stage.clip == "alone":
        # Names are held against patches as the grounding encoder is given both.
        joining = ("visu_proj", "ml_visual_projection", "text_proj") if stage.reads == "names" else ("visu_proj", "ml_visual_projection")
        return (parts[0] == "clip" and (stage.reads == "names" or not bridge)) or parts[0] in joining
    if parts[0] != "clip" or bridge:
        return True
    if "lora_A" in parts or "lora_B" in parts:
        if not stage.adapters:
            return False
        if parts[1] == "text_model":
            return True
        return int(parts[parts.index("layers") + 1]) < adapted_layers(stage.adapters, model.config.vision.layers)
    return stage.clip == "trained"


def prepare(model: HiVG, stage: Stage) -> None:
    """Puts adapters in where the stage has them, and freezes what it doesn't train; in place."""
    if stage.adapters is not None:
        adapt(model.clip)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(is_trained(name, stage, model))
