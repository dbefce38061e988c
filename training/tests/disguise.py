"""A device that is a CPU in disguise: it computes as one, but refuses tensors of another device as a GPU does.

Where there is no GPU this shows what of the code would fail on one (a tensor made on the CPU and forgotten there), and
that what is done differently off the CPU comes to the same. Its name is `meta`, the one other device that every build
of PyTorch knows; kernels, precisions and speed of a GPU are not shown by it.
"""

from contextlib import contextmanager
from unittest import mock

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map_only

DEVICE = torch.device("meta")
#: Take what lies elsewhere, as on a GPU.
_COPIES = ("aten::copy_", "aten::_to_copy")
#: Make the CPU wait for a GPU.
_WAITS = ("aten::_local_scalar_dense", "aten::nonzero", "aten::equal", "aten::unique_consecutive", "aten::_unique2")


class Disguised(Tensor):
    """A tensor of the device, around one of the CPU."""

    plain: Tensor

    @staticmethod
    def __new__(cls, plain: Tensor):
        made = torch.Tensor._make_wrapper_subclass(
            cls, plain.size(), strides=plain.stride(), storage_offset=plain.storage_offset(), dtype=plain.dtype, device=DEVICE
        )
        made.plain = plain
        return made

    def __repr__(self) -> str:
        return f"Disguised({self.plain})"

    def __deepcopy__(self, memo: dict):
        copied = Disguised(self.plain.clone())
        return nn.Parameter(copied, self.requires_grad) if isinstance(self, nn.Parameter) else copied

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


class _Device(TorchDispatchMode):
    """Also where no tensor of the device is given: copies to it, and tensors made on it."""

    def __init__(self, waits: list[str]):
        super().__init__()
        self.waits = waits

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {}, self.waits)


def _run(func, args: tuple, kwargs: dict, waits: list[str] | None = None):
    name = func._schema.name
    tensors = [v for v in tree_flatten((args, kwargs))[0] if isinstance(v, Tensor)]
    here = [t for t in tensors if isinstance(t, Disguised)]
    # A single number may come from the CPU.
    elsewhere = [t for t in tensors if not isinstance(t, Disguised) and t.dim()]
    if here and elsewhere and name not in _COPIES:
        raise RuntimeError(f"{func} is given tensors of two devices, of shapes {[tuple(t.shape) for t in (*here, *elsewhere)]}")
    if here and name in _WAITS and waits is not None:
        waits.append(name)
    asked = kwargs.get("device")
    to_device = bool(here) if asked is None else torch.device(asked) == DEVICE
    if asked is not None and to_device:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    given = args
    args, kwargs = tree_map_only(Disguised, lambda t: t.plain, (args, {k: v for k, v in kwargs.items() if k != "pin_memory"}))
    found = func(*args, **kwargs)
    if name.endswith("_") and found is not None:
        return given[0]
    return tree_map_only(Tensor, Disguised, found) if to_device else found


@contextmanager
def other_device():
    """Within it the device can be used. Gives a list that fills with what would make the CPU wait for a GPU."""
    made, enabled, waits = torch.tensor, torch.is_autocast_enabled, []

    def tensor(data, *args, device=None, **kwargs):
        here = device is not None and torch.device(device) == DEVICE
        plain = made(data, *args, device=None if here else device, **kwargs)
        return Disguised(plain) if here else plain

    def is_autocast_enabled(kind: str | None = None) -> bool:
        return kind != DEVICE.type and (enabled() if kind is None else enabled(kind))

    with mock.patch.object(torch, "tensor", tensor), mock.patch.object(torch, "is_autocast_enabled", is_autocast_enabled), _Device(waits):
        yield waits


def moved(module: nn.Module) -> nn.Module:
    """The module with its parameters and buffers on the device; in place."""
    for part in module.modules():
        for name, p in part.named_parameters(recurse=False):
            part.register_parameter(name, nn.Parameter(Disguised(p.data.clone()), p.requires_grad))
        for name, b in part.named_buffers(recurse=False):
            part._buffers[name] = Disguised(b.clone())
    return module
