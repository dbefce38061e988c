"""The training loop, one for every stage. One step: a batch, the losses, AdamW, and the average of the weights.

After DETR's engine.py. What is trained is decided in stages.py; what is logged, validated and kept on disk in runs.py.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from heads import Trained
from losses import corners, iou_and_giou, total
from parallel import Ranks
from hivg.rounding import as_q4
from schedule import Clock, rate

#: So many steps without a finite gradient in a row mean that nothing will come of the run any more.
HOPELESS = 25


class Diverged(RuntimeError):
    """The losses stopped being numbers."""


@dataclass
class Budget:
    """How much a run may take: so many seconds in steps, or so many pairs."""

    seconds: float | None = None
    pairs: int | None = None

    def progress(self, clock: Clock, pairs: int) -> float:
        """Share of the run that is over."""
        return pairs / self.pairs if self.pairs else clock.spent / self.seconds if self.seconds else 1.0

    def left(self, clock: Clock, pairs: int, speed: float) -> float:
        """Seconds still to go at so many pairs a second."""
        if self.pairs:
            return max(0, self.pairs - pairs) / max(speed, 1e-9)
        return max(0.0, (self.seconds or 0) - clock.spent)


@dataclass
class Plan:
    """How to train: everything about the loop that doesn't change while it runs."""

    weights: dict[str, float]
    lr: float
    budget: Budget
    shape: str = "trapezoid"
    #: What a batch is: Stage.reads.
    reads: str = "expressions"
    mix_texts: bool = False
    clip_norm: float = 1.0
    #: Largest decay of the average of the weights; the first steps use less.
    decay: float = 0.999
    precision: str = "fp32"
    compile: bool = False
    #: Share of the run from which on steps are taken with weights as q4 rounds them; 1: never.
    q4_from: float = 1.0


@dataclass
class Progress:
    """What a run has behind it. `item` is the source's next item that no batch has used."""

    step: int = 0
    pairs: int = 0
    item: int = 0
    best: float = -1.0
    clock: Clock = field(default_factory=Clock)


def precision_for(device: torch.device) -> str:
    """bf16 or fp16 where the machine computes in it, else fp32: emulated bf16 is several times slower."""
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if fast else "fp32"


def autocast(device: torch.device, precision: str):
    types = {"bf16": torch.bfloat16, "fp16": torch.float16}
    return torch.autocast(device.type, types[precision]) if precision in types else nullcontext()


@torch.no_grad()
def average_weights(average: nn.Module, module: nn.Module, step: int, decay: float) -> None:
    """Moves the average a little towards the weights; in place. It follows closely at first."""
    pairs = [(a, p) for a, p in zip(average.parameters(), module.parameters()) if p.requires_grad]
    follow = 1 - min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_([a for a, _ in pairs], [p for _, p in pairs], follow)


class Trainer:
    """A network, its average and its optimiser. `step` is one step; `train` the loop around it."""

    def __init__(self, module: Trained, plan: Plan, optimiser: torch.optim.Optimizer, ranks: Ranks):
        self.module, self.plan, self.optimiser, self.ranks = module, plan, optimiser, ranks
        self.average = copy.deepcopy(module).requires_grad_(False).eval()
        self.scaler = torch.amp.GradScaler(ranks.device.type, enabled=plan.precision == "fp16")
        self.trained = [p for p in module.parameters() if p.requires_grad]
        self.forward = torch.compile(module) if plan.compile else module
        self.skipped = 0

    def step(self, batch: dict[str, Tensor], progress: Progress, done: float) -> dict[str, Tensor]:
        """One step at the share `done` of the run; → the losses and `iou` (where there is a box), unweighted."""
        plan, ranks = self.plan, self.ranks
        for group in self.optimiser.param_groups:
            group["lr"] = plan.lr * rate(progress.step, done, plan.shape)
        self.module.train()
        batch = {**batch, "seed": progress.step}
        self.optimiser.zero_grad(set_to_none=True)
        with as_q4(self.module.network) if done >= plan.q4_from else nullcontext():
            with autocast(ranks.device, plan.precision):
                out = self.forward(batch, plan.reads, plan.mix_texts)
            scale = self.module.network.clip.logit_scale.exp()
            whole, losses = total(out, batch, plan.weights, scale, ranks)
            self.scaler.scale(whole).backward()
        ranks.average_gradients(self.trained)
        self.scaler.unscale_(self.optimiser)
        norm = nn.utils.clip_grad_norm_(self.trained, plan.clip_norm)
        if self.scaler.is_enabled() or torch.isfinite(norm):
            self.scaler.step(self.optimiser)
            self.skipped = 0
        else:
            self.skipped += 1
            if self.skipped >= HOPELESS:
                raise Diverged(f"no finite gradient in {HOPELESS} steps: start again from a checkpoint with a smaller --lr-factor")
        self.scaler.update()
        average_weights(self.average, self.module, progress.step, plan.decay)
        with torch.no_grad():
            # CLIP's own limit; beyond it the contrastive loss is numerically a coin.
            self.module.network.clip.logit_scale.clamp_(max=4.6052)
            if "box" in out:
                iou = iou_and_giou(corners(out["box"].float()), corners(batch["box"]))[0]
                losses |= {"iou": iou.mean(), "hit": (iou >= 0.5).float().mean()}
        return losses


@dataclass
class Meter:
    """Means of what steps report, kept on the device until they are asked for."""

    sums: dict[str, Tensor] = field(default_factory=dict)
    count: int = 0

    def add(self, values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums[name] + value if name in self.sums else value.clone()
        self.count += 1

    def take(self) -> dict[str, float]:
        """The means since the last time."""
        means = {name: round(float(value) / self.count, 4) for name, value in self.sums.items()}
        self.sums, self.count = {}, 0
        return means


def train(
    trainer: Trainer,
    batches: Iterator[dict],
    progress: Progress,
    between: Callable[[Meter, float], bool],
) -> None:
    """Steps until the budget is spent. `between(meter, done)` is called before every step and at the end.

    It logs, validates and saves when it sees fit, and says whether to stop before the end (for a signal).
    """
    plan, ranks, meter = trainer.plan, trainer.ranks, Meter()
    while True:
        done = plan.budget.progress(progress.clock, progress.pairs)
        # The first process's clock and its signals hold for all.
        done, stop = ranks.agree(done, float(between(meter, done)))
        if stop or done >= 1:
            return
        began = time.monotonic()
        batch = next(batches)
        meter.add(trainer.step(batch, progress, done))
        if ranks.device.type == "cuda" and progress.step % 20 == 0:
            torch.cuda.synchronize()
        progress.step += 1
        progress.pairs += len(batch["ids"]) * ranks.world
        progress.item += len(batch["ids"]) * ranks.world
        progress.clock.add(time.monotonic() - began)
