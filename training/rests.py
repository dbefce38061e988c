"""What happens between the steps of a run: a word now and then, validation, saving, and stopping when asked to."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch

from engine import Meter, Progress, Trainer
from evaluate import recognition, retrieval, scores
from hivg import checkpoint
from runs import Run, heads_beside
from stages import Stage

#: When this process began, in seconds.
STARTED = time.monotonic()
#: Seconds between two writings of `last.pt`, and between two lines of progress.
SAVE_EVERY, SAY_EVERY = 120, 20


class Rests:
    """Called by `engine.train` before every step; only the first process does anything."""

    def __init__(
        self, options: argparse.Namespace, stage: Stage, run: Run, trainer: Trainer, progress: Progress,
        validation: list[dict], setting: dict
    ):
        self.options, self.stage, self.run, self.trainer = options, stage, run, trainer
        self.progress, self.validation, self.setting = progress, validation, setting
        now = time.monotonic()
        self.said = self.saved = self.validated = now
        self.said_pairs, self.said_spent = progress.pairs, progress.clock.spent
        self.asked_to_stop = False

    def ask_to_stop(self, *_: object) -> None:
        self.asked_to_stop = True

    def __call__(self, meter: Meter, done: float) -> bool:
        """→ whether to stop before the end."""
        if not self.trainer.ranks.first:
            return False
        now, over = time.monotonic(), done >= 1
        if self.options.stop_after and now - STARTED > self.options.stop_after * 60:
            self.asked_to_stop = True
        if now - self.said >= SAY_EVERY or over:
            self._say(done)
        if over or now - self.validated >= self.options.every * 60:
            accuracy = self._validate(meter)
            self.validated = time.monotonic()
            if over:
                self._save_network(self.run.end(), accuracy)
        if over or self.asked_to_stop or now - self.saved >= SAVE_EVERY:
            self.run.save(self.trainer, self.progress, self.setting)
            self.saved = time.monotonic()
        return self.asked_to_stop

    def _say(self, done: float) -> None:
        progress, clock = self.progress, self.progress.clock
        seconds = clock.spent - self.said_spent
        speed = (progress.pairs - self.said_pairs) / seconds if seconds > 0 else 0.0
        left = self.trainer.plan.budget.left(clock, progress.pairs, speed)
        print(
            f"{self.stage.name} {100 * done:5.1f} %  step {progress.step}  {progress.pairs} pairs  {speed:.1f} pairs/s  "
            f"{clock.spent / 60:.1f} min, {left / 60:.1f} to go",
            flush=True,
        )
        self.said, self.said_pairs, self.said_spent = time.monotonic(), progress.pairs, clock.spent

    def _validate(self, meter: Meter) -> float:
        """→ the accuracy on validation, which the best so far is kept by."""
        progress, average, device = self.progress, self.trainer.average, self.trainer.ranks.device
        if self.stage.reads == "names":
            found = recognition(average, self.validation, device)
        else:
            found = (retrieval if self.stage.reads == "captions" else scores)(average.network, self.validation, device)
        row = {
            "stage": self.stage.name, "minutes": round(progress.clock.spent / 60, 2), "step": progress.step, "pairs": progress.pairs,
            "lr": self.trainer.optimiser.param_groups[0]["lr"], "val": found, "train": meter.take(),
        }
        print(json.dumps(row), flush=True)
        self.run.note(row)
        if found["accuracy"] >= progress.best:
            progress.best = found["accuracy"]
            self._save_network(self.run.best, found["accuracy"])
        return found["accuracy"]

    def _save_network(self, file: Path, accuracy: float) -> None:
        """The average of the weights, in the original's format, and the heads beside it."""
        plain = {k: v for k, v in vars(self.options).items() if isinstance(v, (int, float, str, bool))}
        args = checkpoint.namespace(
            self.trainer.average.network.config, "synthref" if self.options.data is None else self.options.data.name,
            **{**plain, "run": self.run.folder.name, "stage": self.stage.name, "pairs": self.progress.pairs, "val_accuracy": accuracy,
               "hi_lora_stage": self.stage.number or 0},
        )
        wraps = 0 if self.stage.number is None else self.stage.number + 1
        average = self.trainer.average
        checkpoint.save(file, average.network.state_dict(), args, self.progress.step, accuracy, wraps)
        heads = {name: p.detach() for name, p in average.heads().items()}
        if heads:
            checkpoint.atomically(lambda part: torch.save(heads, part), heads_beside(file))
