"""What takes the steps: AdamW, as the original; or Muon for the matrices between layers, and AdamW for all else.

Muon (Jordan et al. 2024; PyTorch's own) makes the directions of a matrix's step equally large. Its rate is scaled so
that its steps are as large as AdamW's: one schedule serves both.
"""

from __future__ import annotations

import torch
from torch import nn

KINDS = ("adamw", "muon")
#: AdamW's averages; Muon's momentum is its own default.
BETAS = (0.9, 0.98)


def groups(named: list[tuple[str, nn.Parameter]], decay: float) -> list[dict]:
    """What AdamW takes: weight decay for matrices alone, not for norms, biases and embeddings."""
    heavy = [p for n, p in named if p.ndim >= 2 and "embed" not in n]
    light = [p for n, p in named if p.ndim < 2 or "embed" in n]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]


def between_layers(name: str, parameter: nn.Parameter) -> bool:
    """Whether it is a matrix that takes one layer's output to another: no table of positions or tokens, no last layer."""
    others = ("embed", "reg_token", "cross_adaptive_weights", "extents")
    return parameter.ndim == 2 and not any(o in name for o in others)


class Joined:
    """Two optimisers as one, as far as the training loop asks."""

    def __init__(self, parts: list[torch.optim.Optimizer]):
        self.parts = parts

    @property
    def param_groups(self) -> list[dict]:
        return [group for part in self.parts for group in part.param_groups]

    def step(self) -> None:
        for part in self.parts:
            part.step()

    def zero_grad(self, set_to_none: bool = True) -> None:
        for part in self.parts:
            part.zero_grad(set_to_none)

    def state_dict(self) -> dict:
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: dict) -> None:
        for part, kept in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(kept)


def optimiser_for(module: nn.Module, kind: str, lr: float, decay: float) -> torch.optim.Optimizer | Joined:
    """The optimiser of that kind for what the module has to train."""
    named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    if kind == "adamw":
        return torch.optim.AdamW(groups(named, decay), lr=lr, betas=BETAS, fused=True)
    inner = [(n, p) for n, p in named if between_layers(n, p)]
    outer = [(n, p) for n, p in named if not between_layers(n, p)]
    return Joined([
        torch.optim.Muon([p for _, p in inner], lr=lr, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(groups(outer, decay), lr=lr, betas=BETAS, fused=True),
    ])
