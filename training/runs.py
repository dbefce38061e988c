"""The folder of a run: what it can resume from, its best checkpoint, its log; and when each of them is written.

Every file is written whole or not at all.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import torch

from engine import Meter, Progress, Trainer
from evaluate import recognition, retrieval, scores
from hivg import checkpoint
from hivg.checkpoint import atomically
from schedule import Clock
from stages import Stage

#: Seconds between two writings of `last.pt`, and between two lines of progress.
SAVE_EVERY, SAY_EVERY = 120, 20


class RunError(ValueError):
    """A run that can't start or go on as asked."""


def heads_beside(best: Path) -> Path:
    """Where what a run trains besides the network is kept, by its checkpoint: a checkpoint is the network's alone."""
    return best.with_name("heads.pt")


def tokenizer_beside(best: Path) -> Path:
    """The tokenizer that a checkpoint was trained with, by it. Raises RunError where it is missing."""
    file = best.with_name("tokenizer.json")
    if not file.exists():
        raise RunError(f"{file} is missing: put the tokenizer of {best.name} beside it")
    return file


def outcome(folder: Path) -> Path:
    """The folder of what a run came to: its end where that is here, else the best on validation."""
    end = folder / "end"
    return end if (folder / "ended.json").exists() and end.exists() else folder


class Run:
    """`last.pt` to resume, `best_checkpoint.pth` and `heads.pt`, the same of the end, `log.jsonl`, `options.json`."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.last = folder / "last.pt"
        self.best = folder / "best_checkpoint.pth"
        self.log = folder / "log.jsonl"
        self.tokenizer = folder / "tokenizer.json"

    def write_json(self, name: str, value: object) -> None:
        atomically(lambda part: part.write_text(json.dumps(value, indent=1) + "\n"), self.folder / name)

    def end(self) -> Path:
        """Where the checkpoint of the run's end goes, in a folder made for it, tokenizer and words copied there."""
        folder = self.folder / "end"
        folder.mkdir(exist_ok=True)
        for file in (self.tokenizer, self.folder / "words.json"):
            if file.exists():
                atomically(lambda part: shutil.copyfile(file, part), folder / file.name)
        return folder / self.best.name

    def note(self, row: dict) -> None:
        """A line in the log."""
        with open(self.log, "a") as log:
            log.write(json.dumps(row) + "\n")

    def save(self, trainer: Trainer, progress: Progress, setting: dict) -> None:
        """All that is needed to go on; `setting` is what must be the same then."""
        state = {
            "module": trainer.module.state_dict(),
            "average": trainer.average.state_dict(),
            "optimiser": trainer.optimiser.state_dict(),
            "scaler": trainer.scaler.state_dict(),
            "step": progress.step, "pairs": progress.pairs, "item": progress.item, "best": progress.best,
            "spent": progress.clock.spent, "recent": list(progress.clock.recent),
            "setting": setting,
        }
        atomically(lambda part: torch.save(state, part), self.last)

    def resume(self, trainer: Trainer, setting: dict) -> Progress:
        """Where the run was, or its beginning. Raises RunError where it was begun with another setting."""
        if not self.last.exists():
            return Progress()
        kept = torch.load(self.last, map_location="cpu", weights_only=True)
        other = {k: v for k, v in kept["setting"].items() if setting.get(k) != v}
        if other:
            said = ", ".join(f"{k} {v}" for k, v in other.items())
            raise RunError(f"{self.folder} was begun with {said}: give the same, or another --run")
        trainer.module.load_state_dict(kept["module"])
        trainer.average.load_state_dict(kept["average"])
        trainer.optimiser.load_state_dict(kept["optimiser"])
        trainer.scaler.load_state_dict(kept["scaler"])
        clock = Clock(kept["spent"], kept["recent"])
        return Progress(kept["step"], kept["pairs"], kept["item"], kept["best"], clock)


class Keeper:
    """What happens between the steps of a run: progress said, validation, saving, and stopping when asked to.

    Called by `engine.train` before every step; only the first process does anything.
    """

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
            atomically(lambda part: torch.save(heads, part), heads_beside(file))
