"""What takes the steps: AdamW, as the original; or Muon for the matrices between layers, and AdamW for all else.

Muon (Jordan et al. 2024) makes the directions of a matrix's step equally large. Its rate is scaled so that its steps are
as large as AdamW's: one schedule serves both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

KINDS = ("adamw", "muon")
#: AdamW's averages; Muon's momentum is its own default.
BETAS = (0.9, 0.98)
#: Jordan's quintic: so many rounds of it bring all but the smallest singular values of a matrix near 1.
QUINTIC, ROUNDS = (3.4445, -4.7750, 2.0315), 5


def groups(named: list[tuple[str, nn.Parameter]], decay: float) -> list[dict]:
    """What AdamW takes: weight decay for matrices alone, not for norms, biases and embeddings."""
    heavy = [p for n, p in named if p.ndim >= 2 and "embed" not in n]
    light = [p for n, p in named if p.ndim < 2 or "embed" in n]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]


def between_layers(name: str, parameter: nn.Parameter) -> bool:
    """Whether it is a matrix that takes one layer's output to another: no table of positions or tokens, no last layer."""
    others = ("embed", "reg_token", "cross_adaptive_weights", "extents")
    return parameter.ndim == 2 and not any(o in name for o in others)


def levelled(matrix: Tensor) -> Tensor:
    """A matrix's singular vectors with singular values of about 1, float [m, n], computed in the matrix's own precision."""
    a, b, c = QUINTIC
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if matrix.shape[0] > matrix.shape[1] else x


class Muon(torch.optim.Muon):
    """PyTorch's Muon, but for the precision of its products.

    PyTorch's are bf16 always. A CPU that emulates bf16 spends longer on them than on the rest of a step.
    """

    def __init__(self, params: list[nn.Parameter], lr: float, decay: float, precision: torch.dtype):
        super().__init__(params, lr=lr, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        self.precision = precision

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(p)
                mean = state["momentum_buffer"].lerp_(p.grad, 1 - momentum)
                step = levelled(p.grad.lerp(mean, momentum).to(self.precision))
                p.mul_(1 - lr * group["weight_decay"])
                p.add_(step, alpha=-0.2 * lr * max(p.shape) ** 0.5)


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


def optimiser_for(
    module: nn.Module, kind: str, lr: float, decay: float, precision: torch.dtype = torch.float32
) -> torch.optim.Optimizer | Joined:
    """The optimiser of that kind for what the module has to train. `precision`: of Muon's products."""
    named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    if kind == "adamw":
        return torch.optim.AdamW(groups(named, decay), lr=lr, betas=BETAS, fused=True)
    inner = [(n, p) for n, p in named if between_layers(n, p)]
    outer = [(n, p) for n, p in named if not between_layers(n, p)]
    return Joined([
        Muon([p for _, p in inner], lr, decay, precision),
        torch.optim.AdamW(groups(outer, decay), lr=lr, betas=BETAS, fused=True),
    ])
