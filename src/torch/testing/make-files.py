"""Makes the small files that the tests read, and says in expected.jsonl what PyTorch and numpy see in them.

    pip install torch==2.13.0 numpy
    python src/torch/testing/make-files.py

The form of expected.jsonl is that of describe.ts: numbers as the hex of a big-endian double, tensors and
arrays as the hex of their row-major bytes, so that a comparison is exact.
"""

import argparse
import collections
import json
import pathlib
import pickle
import struct

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent


def describe(value):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (np.bool_, np.generic)) and not isinstance(value, (str, bytes, float)):
        return describe(value.item())
    if isinstance(value, int) and abs(value) >= 2**53:
        return {"bigint": str(value)}
    if isinstance(value, (int, float)):
        return {"number": struct.pack(">d", value).hex()}
    if isinstance(value, str):
        return {"str": str(value)}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, tuple):
        return {"tuple": [describe(item) for item in value]}
    if isinstance(value, list):
        return {"list": [describe(item) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[describe(key), describe(item)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((describe(item) for item in value), key=json.dumps)}
    if isinstance(value, argparse.Namespace):
        return {"namespace": [[key, describe(item)] for key, item in vars(value).items()]}
    if isinstance(value, torch.dtype):
        return {"global": str(value)}
    if isinstance(value, torch.Tensor):
        plain = value.detach()
        return {
            "tensor": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "strides": list(value.stride()),
            "data": raw(plain),
            "float32": raw(plain.float()),
        }
    if isinstance(value, torch.UntypedStorage):
        return {"storage": None, "data": bytes(value.tolist()).hex()}
    if isinstance(value, torch.storage.TypedStorage):
        untyped = value.untyped()
        return {"storage": str(value.dtype).removeprefix("torch."), "data": bytes(untyped.tolist()).hex()}
    if isinstance(value, np.dtype):
        return {"dtype": value.name}
    if isinstance(value, np.ndarray):
        if value.dtype == object or value.dtype.kind in "US":
            name = {"O": "object", "U": "str", "S": "bytes"}[value.dtype.kind]
            return {"array": name, "shape": list(value.shape), "items": [describe(item) for item in value.flat]}
        return {"array": value.dtype.name, "shape": list(value.shape), "data": value.tobytes("C").hex()}
    raise TypeError(type(value))


def raw(tensor):
    """The bytes of a tensor in row-major order, as hex."""
    flat = tensor.contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).tolist()).hex() if flat.numel() else ""


def dtypes():
    floats = torch.tensor([[0.0, -0.0, 1.0, -2.5], [float("inf"), float("-inf"), float("nan"), 1 / 3]])
    tensors = {name: floats.to(getattr(torch, name)) for name in ("float32", "float16", "bfloat16", "float64")}
    tensors["float16_edges"] = torch.tensor([2**-24, 2**-14, 65504.0, -(2**-15)], dtype=torch.float16)
    tensors["float64_fine"] = torch.tensor([1e-300, 1e300, 0.1, 16777217.0], dtype=torch.float64)
    for name in ("int8", "int16", "int32", "int64"):
        limits = torch.iinfo(getattr(torch, name))
        tensors[name] = torch.tensor([limits.min, -1, 0, 1, limits.max], dtype=getattr(torch, name))
    tensors["uint8"] = torch.tensor([0, 1, 127, 128, 255], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([[True], [False], [True]])
    tensors["scalar"] = torch.tensor(2.6592)
    tensors["empty"] = torch.zeros(0, 3)
    return tensors


def views():
    base = torch.arange(24.0).reshape(4, 6)
    cube = torch.arange(24, dtype=torch.int64).reshape(2, 3, 4)
    return {
        "base": base,
        "transposed": base.t(),
        "row": base[2],
        "column": base[:, 1],
        "steps": base[1:3, ::2],
        "rows": base[1:3],
        "expanded": base[0, :3].expand(2, 3),
        "permuted": cube.permute(2, 0, 1),
        "one wide": torch.arange(6, dtype=torch.float16).reshape(2, 3)[:, :1],
        "diagonal": base.diagonal(),
        "parameter": torch.nn.Parameter(base[0]),
        "shared storage": base.view(-1)[5:7],
    }


def values():
    shared = [1, 2]
    objects = np.empty(3, dtype=object)
    objects[:] = [("a.jpg", [1, 2]), None, {"size": 3}]
    return {
        "none and bools": [None, True, False],
        "ints": [0, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**31, 2**53 - 1, 2**53, -(2**63), 2**64, 2**90],
        "floats": [0.0, -0.0, 0.5, 1e300, float("inf"), float("-inf"), float("nan"), 3.141592653589793],
        "strings": ["", "plain", "line\nend\\u0041\\", "größer", "犬", "🐕", "a" * 300, 'quote\'"'],
        "bytes": [b"", b"\x00\x80\xff\x9f", bytearray(b"\x01\xfe")],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "sets": [set(), {1, 2, 3}, frozenset({"a", "b"})],
        "shared": [shared, shared],
        "keys": {1: "int", "s": "str", 0.5: "float"},
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "namespace": argparse.Namespace(dataset="unc+", lr=0.00025, layers=[0, 3], nothing=None),
        "size": torch.Size([2, 3]),
        "dtype": torch.float32,
        "tensor": torch.arange(3, dtype=torch.int32),
        "untyped storage": torch.arange(2, dtype=torch.int16).untyped_storage(),
        "typed storage": torch.arange(2, dtype=torch.float64)._typed_storage(),
        "arrays": [np.array([1, -2, 3], dtype=kind) for kind in ("i1", "i2", "i4", "i8", "f4", "f8", "f2")]
        + [np.array([1, 200], dtype=kind) for kind in ("u1", "u2", "u4", "u8")],
        "array orders": [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3)), np.array(1.5)],
        "array bools": np.array([True, False]),
        "array empty": np.zeros((0, 4)),
        "array text": [np.array(["left dog", "犬"]), np.array([b"ab", b"c"])],
        "array objects": objects,
        "numpy dtypes": [np.dtype("f8"), np.dtype("O")],
        "numpy scalars": [np.float64(0.25), np.float32(0.1), np.float16(0.5), np.int64(-7), np.uint8(200), np.bool_(True)],
    }


class LegacyWriter(pickle.Pickler):
    """Writes a storage as part of another, as PyTorch before 0.4 did."""

    def persistent_id(self, value):
        if isinstance(value, torch.storage.TypedStorage):
            return ("storage", torch.FloatStorage, "root", "cpu", 6, ("part", 2, 3))
        return None


def legacy_view(path):
    with open(path, "wb") as file:
        for fact in (torch.serialization.MAGIC_NUMBER, torch.serialization.PROTOCOL_VERSION):
            pickle.dump(fact, file, protocol=2)
        pickle.dump({"protocol_version": 1001, "little_endian": True, "type_sizes": {}}, file, protocol=2)
        LegacyWriter(file, protocol=2).dump(torch.zeros(3))
        pickle.dump(["root"], file, protocol=2)
        file.write(struct.pack("<q6f", 6, *range(6)))
    return torch.tensor([2.0, 3.0, 4.0])


def main():
    expected = {}
    for name, make in (("dtypes", dtypes), ("views", views)):
        content = make()
        for form in ("zip", "legacy"):
            torch.save(content, HERE / f"{name}-{form}.pth", _use_new_zipfile_serialization=form == "zip")
        expected[name] = describe(content)
    for protocol in range(1, 6):
        torch.save(values(), HERE / f"values-{protocol}.pth", pickle_protocol=protocol)
        torch.save(values(), HERE / f"values-{protocol}-legacy.pth", pickle_protocol=protocol, _use_new_zipfile_serialization=False)
    expected["values"] = describe(values())
    expected["legacy-view"] = describe(legacy_view(HERE / "legacy-view.pth"))

    # What must be refused, as PyTorch itself writes it.
    torch.save({"c": torch.zeros(2, dtype=torch.complex64)}, HERE / "refused-complex64.pth")
    torch.save({"f": torch.zeros(2).to(torch.float8_e4m3fn)}, HERE / "refused-float8.pth")
    torch.save({"u": torch.zeros(2, dtype=torch.uint16)}, HERE / "refused-uint16.pth")
    torch.save({"s": torch.zeros(2, 2).to_sparse()}, HERE / "refused-sparse.pth")
    torch.save(np.zeros(1, dtype=[("a", "f4")]), HERE / "refused-structured-array.pth")
    torch.save(np.zeros(1, dtype=">f8"), HERE / "refused-big-endian-array.pth")
    torch.save(torch.nn.Linear(1, 1), HERE / "refused-module.pth")
    torch.save([slice(1, 2)], HERE / "refused-slice.pth")
    cycle = [1]
    cycle.append({"self": cycle})
    torch.save(cycle, HERE / "refused-cycle.pth")
    torch.jit.save(torch.jit.script(torch.nn.Identity()), str(HERE / "refused-torchscript.pth"))
    with open(HERE / "refused-plain-pickle.pth", "wb") as file:
        pickle.dump({"a": 1}, file, protocol=2)

    lines = (json.dumps({"file": name, "value": value}, separators=(",", ":")) for name, value in expected.items())
    (HERE / "expected.jsonl").write_text("\n".join(lines) + "\n")


main()
