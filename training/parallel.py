"""One process or several of `torchrun`: who I am, on which device, and the few sums that processes share.

Gradients are averaged in one piece after the backward pass. Not DistributedDataParallel: which weights are trained
changes from stage to stage, and the same loop runs with one process and with many.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist

# Its functions take the group of when it was imported as their default, and optimisers import it. Imported once there is
# a group, it keeps that alive after `stop`: gloo's threads then run into the interpreter's end, which aborts the process
# now and then.
import torch.distributed.nn.functional
from torch import Tensor, nn


@dataclass(frozen=True)
class Ranks:
    """This process among all."""

    rank: int = 0
    world: int = 1
    device: torch.device = torch.device("cpu")

    @property
    def first(self) -> bool:
        """Whether this is the process that logs, validates and saves."""
        return self.rank == 0

    def agree(self, *values: float) -> tuple[float, ...]:
        """The first process's values, for all."""
        if self.world == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return tuple(shared.tolist())

    def average_gradients(self, parameters: list[nn.Parameter]) -> None:
        """Mean over processes of every gradient, in place; one that a process lacks counts as zero."""
        if self.world == 1:
            return
        flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in parameters])
        dist.all_reduce(flat)
        flat /= self.world
        for p, part in zip(parameters, flat.split([p.numel() for p in parameters])):
            p.grad = part.view_as(p)

    def average(self, values: Tensor) -> Tensor:
        """Mean over processes of a tensor that carries no gradient."""
        if self.world == 1:
            return values
        values = values.clone()
        dist.all_reduce(values)
        return values / self.world

    def gather(self, values: Tensor) -> Tensor:
        """Rows of all processes, in order [world · B, …]; gradients reach this process's own rows alone."""
        if self.world == 1:
            return values
        parts = [torch.empty_like(values) for _ in range(self.world)]
        dist.all_gather(parts, values.detach().contiguous())
        parts[self.rank] = values
        return torch.cat(parts)

    def same_weights(self, module: nn.Module) -> None:
        """The first process's weights, for all; in place."""
        if self.world > 1:
            for tensor in module.state_dict().values():
                dist.broadcast(tensor, 0)

    def wait(self) -> None:
        if self.world > 1:
            dist.barrier()


def start() -> Ranks:
    """Joins the processes that torchrun started, if it did: NCCL where there are GPUs, gloo where not."""
    gpu = torch.cuda.is_available()
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Ranks(device=torch.device("cuda" if gpu else "cpu"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if gpu else torch.device("cpu")
    if gpu:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if gpu else "gloo", timeout=timedelta(minutes=30))
    return Ranks(int(os.environ["RANK"]), world, device)


def stop() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
