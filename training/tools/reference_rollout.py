"""[REG]'s attention rollout of every reference case, as `fixtures/reference-rollout.safetensors`.

The original has no rollout, so the reference is computed here from its definition (Abnar & Zuidema 2020, section 3) in
float64: the product over layers of (A + 1) / 2 as whole matrices, A the mean of heads with masked keys left out, of
which [REG]'s row is kept. Run: python -m tools.reference_rollout (in training/).
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from hivg.checkpoint import load
from hivg.preprocess import letterbox
from .reference_rounding import FIXTURES


@torch.no_grad()
def rollouts_of(folder: Path) -> dict[str, Tensor]:
    """{"variant/case": [2 + patches + context]} of one variant."""
    network, _ = load(folder / "best_checkpoint.pth", folder / "clip-config.json")
    network = network.double().eval()
    matrices: list[Tensor] = []
    for layer in network.vl_transformer.encoder.layers:
        layer.self_attn.register_forward_hook(lambda _module, _inputs, outputs: matrices.append(outputs[1][0].mean(0)))
    expected = load_file(folder / "expected.safetensors")
    found = {}
    for i, case in enumerate(json.loads((folder / "case.json").read_text())["cases"]):
        image = Image.open(FIXTURES / "images" / case["image"])
        pixels, mask, _ = letterbox(image, network.config.image_side, network.config.grid)
        matrices.clear()
        network(pixels[None].double(), mask[None], expected[f"{i}/ids"].reshape(1, -1).long(), want_attention=True)
        rolled = torch.eye(matrices[0].shape[0], dtype=torch.float64)
        for matrix in matrices:
            rolled = (matrix + torch.eye(len(matrix), dtype=torch.float64)) / 2 @ rolled
        found[f"{folder.name}/{i}"] = rolled[0].float()
    return found


if __name__ == "__main__":
    folders = sorted(file.parent for file in FIXTURES.glob("*/expected.safetensors"))
    result = {name: row for folder in folders for name, row in rollouts_of(folder).items()}
    save_file(result, FIXTURES / "reference-rollout.safetensors")
