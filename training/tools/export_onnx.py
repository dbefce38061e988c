"""HiVG as torch.onnx.export writes it: the plain way to ONNX, against which the project's own graphs are measured.

    python -m tools.export_onnx best_checkpoint.pth --out DIR

Writes `model.onnx` (fp32, fixed shapes, batch 1; weights beside it) with all that the original's forward pass gives, and
`box.onnx` over the same weights with the box alone, of which a runtime computes no more than the box needs. `model.json`
says what goes in. Nothing here is part of the app's way from checkpoint to bundle.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from hivg import checkpoint

#: Random values of a fixed seed, so that two exports are the same file.
SEED = 1


@dataclass(frozen=True)
class Input:
    """One input of an exported graph. `fill` says how to make its values: a list, or "normal" or "ones" of `shape`."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    fill: str | list[int]

    def tensor(self) -> Tensor:
        dtype = getattr(torch, self.dtype)
        if self.fill == "normal":
            return torch.randn(self.shape, generator=torch.Generator().manual_seed(SEED)).to(dtype)
        if self.fill == "ones":
            return torch.ones(self.shape, dtype=dtype)
        return torch.tensor(self.fill, dtype=dtype).reshape(self.shape)


def export(model: nn.Module, inputs: list[Input], outputs: list[str], path: Path, traced: bool = False) -> None:
    """Writes `path`, its weights as `path`.data (unless traced) and, for whoever runs it, its inputs as JSON.

    `traced`: by PyTorch's older exporter, which runs the network once and writes what it did.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(
            model.eval(),
            tuple(each.tensor() for each in inputs),
            str(path),
            input_names=[each.name for each in inputs],
            output_names=outputs,
            **({"dynamo": False, "opset_version": 17} if traced else {"external_data": True, "verbose": False}),
        )
    description = {"inputs": [asdict(each) for each in inputs], "outputs": outputs, "torch": torch.__version__}
    path.with_suffix(".json").write_text(json.dumps(description, indent=1) + "\n")


def with_outputs(path: Path, names: list[str], other: Path) -> None:
    """Writes the graph of `path` to `other`, beside it, with some of its outputs; the weights are shared."""
    model = onnx.load(str(path), load_external_data=False)
    kept = [output for output in model.graph.output if output.name in names]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    onnx.save(model, str(other))


class Named(nn.Module):
    """A network whose outputs are a tuple in the order of `names`."""

    def __init__(self, model: nn.Module, names: list[str]):
        super().__init__()
        self.model, self.names = model, names

    def forward(self, pixels: Tensor, patch_mask: Tensor, ids: Tensor) -> tuple[Tensor, ...]:
        out = self.model(pixels, patch_mask, ids)
        return tuple(out[name] for name in self.names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    args = parser.parse_args()
    model, _ = checkpoint.load(args.checkpoint)
    c = model.config
    start = [c.vocabulary - 2, *range(320, 326), c.vocabulary - 1]
    inputs = [
        Input("pixels", "float32", (1, 3, c.image_side, c.image_side), "normal"),
        Input("patch_mask", "bool", (1, c.grid**2), [0] * c.grid**2),
        Input("ids", "int64", (1, c.context), start + [0] * (c.context - len(start))),
    ]
    outputs = ["box", "logit", "token_similarity", "mask_logits"]
    path = args.out / "model.onnx"
    export(Named(model, outputs), inputs, outputs, path)
    with_outputs(path, ["box"], args.out / "box.onnx")


if __name__ == "__main__":
    main()
