"""Where training gets its batches: a source numbers what it has, workers make batches of it, the device finishes them.

Batch k is a function of k, the batch's size and where the run began to count, so that a run that was stopped goes on
with the very batches it would have seen. What is in one: synthref/dataset.py (`collate`, `Painter`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from synthref.atlas import Atlas
from synthref.dataset import Sight, captioned, collate, rows_of
from synthref.render import Painter
from synthref.splits import packs_of


class Source(Protocol):
    """Numbered items without end; picklable, so that workers can have it."""

    def rows(self, first: int, count: int) -> list[dict]:
        """`count` rows made of the items `first` to `first + count − 1`, no others."""

    def collate(self, rows: list[dict]) -> dict:
        """Rows → a batch that `finish` takes."""

    def finish(self, batch: dict, device: torch.device) -> dict:
        """A batch → the same on the device, images included."""


class SceneSource:
    """SynthRef: item n is scene n of the split; a scene gives up to `count[1]` expressions, or one caption where that is 0."""

    def __init__(self, split: str, tokenizer_file: str, sight: Sight, count: tuple[int, int] = (1, 1)):
        self.split, self.tokenizer_file, self.sight, self.count = split, str(tokenizer_file), sight, count
        self._atlas: Atlas | None = None
        self._tokenizer: Tokenizer | None = None
        self._painter: Painter | None = None

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_atlas": None, "_tokenizer": None, "_painter": None}

    def _open(self) -> tuple[Atlas, Tokenizer]:
        if self._atlas is None or self._tokenizer is None:
            self._atlas, self._tokenizer = Atlas(), Tokenizer.from_file(self.tokenizer_file)
        return self._atlas, self._tokenizer

    def rows(self, first: int, count: int) -> list[dict]:
        atlas, tokenizer = self._open()
        if not self.count[1]:
            numbers = range(first, first + count)
            return [captioned(self.split, n, atlas, packs_of(self.split), tokenizer, self.sight) for n in numbers]
        out: list[dict] = []
        # A scene gives at least one row, so as many scenes as rows always do.
        for number in range(first, first + count):
            out += rows_of(self.split, number, atlas, packs_of(self.split), tokenizer, self.sight, self.count)
            if len(out) >= count:
                break
        return out[:count]

    def collate(self, rows: list[dict]) -> dict:
        return collate(rows)

    def finish(self, batch: dict, device: torch.device) -> dict:
        if "scenes" not in batch:
            return moved(batch, device)
        if self._painter is None or self._painter.device != device:
            self._painter = Painter(self._open()[0], self.sight.side, self.sight.grid, device)
        return self._painter(batch)


class Beside:
    """Scenes with some views of crowds (synthref/crowds.py) beside every batch of theirs: `crowd` in a finished batch."""

    def __init__(self, scenes: Source, crowds: Source, views: int):
        self.scenes, self.crowds, self.views = scenes, crowds, views

    def rows(self, first: int, count: int) -> list[dict]:
        """Of the views too, the items from `first` on: there are fewer crowds in a batch than scenes."""
        return self.scenes.rows(first, count) + [{"crowd": row} for row in self.crowds.rows(first, self.views)]

    def collate(self, rows: list[dict]) -> dict:
        scenes, views = rows[: -self.views], [row["crowd"] for row in rows[-self.views :]]
        return {**self.scenes.collate(scenes), "crowd": self.crowds.collate(views)}

    def finish(self, batch: dict, device: torch.device) -> dict:
        crowd = self.crowds.finish(batch.pop("crowd"), device)
        return {**self.scenes.finish(batch, device), "crowd": crowd}


def moved(batch: dict, device: torch.device) -> dict:
    """The batch with its tensors on the device."""
    return {k: v.to(device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in batch.items()}


class Batches(IterableDataset):
    """Endless batches of one rank from item `start` on. For a DataLoader with `batch_size=None`."""

    def __init__(self, source: Source, batch: int, start: int = 0, rank: int = 0, world: int = 1, finish: bool = False):
        self.source, self.batch, self.start, self.rank, self.world, self.finished = source, batch, start, rank, world, finish

    def __iter__(self) -> Iterator[dict]:
        info = torch.utils.data.get_worker_info()
        workers, worker = (info.num_workers, info.id) if info else (1, 0)
        if info:
            torch.set_num_threads(1)
        # A DataLoader asks its workers in turn, so worker w makes every batch whose number leaves w.
        step = worker
        while True:
            first = self.start + (step * self.world + self.rank) * self.batch
            batch = self.source.collate(self.source.rows(first, self.batch))
            yield self.source.finish(batch, torch.device("cpu")) if self.finished else batch
            step += workers


def loader(source: Source, batch: int, start: int, rank: int, world: int, workers: int, device: torch.device) -> Iterator[dict]:
    """Batches on the device, made ahead by worker processes; painted by these too where the device is the CPU."""
    on_cpu = device.type == "cpu"
    data = Batches(source, batch, start, rank, world, finish=on_cpu)
    several = {"prefetch_factor": 4, "persistent_workers": True} if workers else {}
    for made in DataLoader(data, batch_size=None, num_workers=workers, pin_memory=not on_cpu and workers > 0, **several):
        yield made if on_cpu else source.finish(made, device)
