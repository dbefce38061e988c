"""The folder of a run: what it can resume from, its best checkpoint, its log. Every file is written whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from engine import Progress, Trainer
from hivg.checkpoint import atomically
from schedule import Clock


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
