"""A bundle's int8 graphs back to a checkpoint, to train on from what ships where the checkpoint itself is gone.

    python -m tools.from_bundle ../public/models/hivg-mini runs/shipped/best_checkpoint.pth

Exact up to the rounding of the weights: what conversion made one product of comes back as that product beside an
identity, and positions that conversion projected are found again by least squares.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from hivg import checkpoint
from hivg.config import Config, Tower
from hivg.hivg import HiVG


class BundleError(ValueError):
    """A bundle that no checkpoint can be made of."""


def tensors_of(folder: Path) -> dict[str, Tensor]:
    """All tensors of the int8 graphs by name as float32; quantised ones scaled back, linear weights as [out, in]."""
    out: dict[str, Tensor] = {}
    for graph in ("text", "patches", "image", "dense"):
        model = onnx.load(folder / "int8" / f"{graph}.onnx", load_external_data=True)
        found = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
        for name, value in found.items():
            if name.endswith(".weight.int8"):
                scale = found[name.replace(".weight.int8", ".scale.int8")].float()
                value = value.float() * scale
                # A scale a row, [rows, 1], has a table that is looked up; a scale an output, [out], a linear weight.
                out[name.removesuffix(".int8")] = value if scale.ndim == 2 else value.T.contiguous()
            elif value.is_floating_point():
                out[name] = value.float().T.contiguous() if name.startswith("bbox_embed") and value.ndim == 2 else value.float()
    return out


def state_of(found: dict[str, Tensor], config: Config) -> dict[str, Tensor]:
    state = {k: torch.zeros_like(v) for k, v in HiVG(config).state_dict().items()}
    d = config.projection

    def put(name: str, value: Tensor) -> None:
        if state[name].numel() != value.numel():
            raise ValueError(f"{name}: {tuple(value.shape)} does not fit {tuple(state[name].shape)}")
        state[name] = value.reshape(state[name].shape).clone()

    def linear(name: str, weight: Tensor, bias: Tensor | None) -> None:
        put(f"{name}.weight", weight)
        if bias is not None:
            put(f"{name}.bias", bias)

    # What kept its name.
    for name in state:
        if name in found and not name.startswith("seg_conv"):
            put(name, found[name])

    clip = "clip.vision_model.embeddings"
    put("clip.text_model.embeddings.position_embedding.weight", found["clip.text_model.embeddings.position_embedding"])
    put(f"{clip}.patch_embedding.weight", found[f"{clip}.patch_embedding"])
    put(f"{clip}.class_embedding", found[f"{clip}.class_token"])
    state[f"{clip}.position_embedding.weight"][1:] = found[f"{clip}.patch_positions"][0]
    put("clip.logit_scale", found["logit_scale.exp"].log())

    def split(stem: str, joined: str, parts: list[str]) -> None:
        weights, biases = found[f"{joined}.weight"].chunk(len(parts)), found[f"{joined}.bias"].chunk(len(parts))
        for part, w, b in zip(parts, weights, biases):
            linear(f"{stem}.{part}", w, b)

    for side, tower in (("text", config.text), ("vision", config.vision)):
        for i in range(tower.layers):
            attention = f"clip.{side}_model.encoder.layers.{i}.self_attn"
            split(attention, f"{attention}.qkv", ["q_proj", "k_proj", "v_proj"])
    for i in config.bridged_layers:
        layer = f"clip.vision_model.encoder.layers.{i}"
        kv = f"{layer}.cross_attn.kv"
        if f"{kv}_gate.weight" in found:
            # Keys and values with the gate before them: a product of this rank, shared out evenly.
            left, sizes, right = torch.linalg.svd(found[f"{kv}_gate.weight"].double(), full_matrices=False)
            root = sizes[: config.vision.width].sqrt()
            found[f"{kv}.weight"] = (left[:, : len(root)] * root).float()
            found[f"{kv}.bias"] = found[f"{kv}_gate.bias"]
            linear(f"{layer}.cross_gate", (root[:, None] * right[: len(root)]).float(), None)
        split(f"{layer}.cross_attn", kv, ["k_proj", "v_proj"])
        # Conversion multiplied the queries with 1 / √width of a head.
        root = (config.vision.width / config.vision.heads) ** 0.5
        q = f"{layer}.cross_attn.q_proj"
        linear(q, found[f"{q}.weight"] * root, found[f"{q}.bias"] * root)
        linear(f"{layer}.cross_attn.out_proj", torch.eye(config.vision.width), None)
        fused = f"{layer}.cross_mlp.fc1_out_proj"
        linear(f"{layer}.cross_mlp.fc1", found[f"{fused}.weight"], found[f"{fused}.bias"])
        for j in range(len(config.text_states)):
            name = f"{layer}.cross_adaptive_weights.{j}"
            put(f"{name}.weight", found[f"{name}.plus_one"] - 1)

    linear("ml_visual_projection", found["visual_tokens.weight"], found["visual_tokens.bias"])
    linear("visu_proj", torch.eye(d), None)
    projection = found["clip.text_projection.weight"].double()
    linear("text_proj", (found["text_tokens.weight"].double() @ torch.linalg.pinv(projection)).float(), found["text_tokens.bias"])
    put("reg_token.weight", found["reg_token"])

    asked, projected = [], []
    for i in range(config.grounding_layers):
        attention = f"vl_transformer.encoder.layers.{i}.self_attn"
        joined = ["qkv"] if f"{attention}.qkv.weight" in found else ["q", "kv"]
        weight = torch.cat([found[f"{attention}.{j}.weight"] for j in joined])
        put(f"{attention}.in_proj_weight", weight)
        put(f"{attention}.in_proj_bias", torch.cat([found[f"{attention}.{j}.bias"] for j in joined]))
        tables = ["qk_positions"] if joined == ["qkv"] else ["q_positions", "k_positions"]
        asked.append(weight[: 2 * d])
        projected.append(torch.cat([found[f"{attention}.{t}.weight"] for t in tables], dim=1))
    positions = torch.linalg.lstsq(torch.cat(asked).double(), torch.cat(projected, dim=1).T.double()).solution.T
    put("vl_pos_embed.weight", positions.float())

    for i in (1, 2, 3):
        # Rows are cell by cell, in each cell the inputs; the kernel is [in, out, 2, 2].
        put(f"seg_conv{i}.weight", found[f"seg_conv{i}.pulled_back.weight"].view(4, d, d).permute(1, 2, 0).reshape(d, d, 2, 2))
    return state


def config_of(a: dict) -> Config:
    t, v, g = a["text"], a["vision"], a["grounding"]
    return Config(
        vision=Tower(v["width"], v["layers"], v["heads"], v["mlp"]), text=Tower(t["width"], t["layers"], t["heads"], t["mlp"]),
        image_side=a["side"], patch_side=a["patch"], projection=a["projection"], vocabulary=t["vocabulary"], context=t["context"],
        bridged_layers=tuple(a["bridgedLayers"]), vision_states=tuple(a["visionStates"]), text_states=tuple(a["textStates"]),
        adaptive_weights=a["adaptiveWeights"], mixup=a["mixup"], grounding_layers=g["layers"], grounding_heads=g["heads"],
        grounding_mlp=g["mlp"], token_mlp=a.get("tokenMlp", g["mlp"]),
    )


def recover(bundle: Path, out: Path) -> None:
    """Writes the checkpoint of a bundle's int8 weights and its tokenizer beside it. Raises BundleError."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    if "int8" not in manifest["precisions"]:
        raise BundleError(f"{bundle} has no int8 weights, only {', '.join(manifest['precisions'])}: convert with int8 first")
    architecture = manifest["architecture"]
    if architecture["mixup"] or not architecture["adaptiveWeights"]:
        raise BundleError(f"{bundle} is of a network with another text path than the mini one: take its own checkpoint")
    config = config_of(architecture)
    out.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(out, state_of(tensors_of(bundle), config), checkpoint.namespace(config, architecture["dataset"]), 0, 0.0)
    shutil.copy(bundle / "tokenizer.json", out.with_name("tokenizer.json"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    recover(Path(sys.argv[1]), Path(sys.argv[2]))
