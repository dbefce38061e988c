"""Peers as torch.onnx.export writes them: OWL-ViT, Grounding DINO and Florence-2 with random weights, for timing alone.

    python -m tools.export_peers NAME --out DIR [--eager]

Writes DIR/model.onnx as export_onnx.py beside it does, or, where PyTorch's exporter cannot write a network, DIR/model.json alone,
which says why. With --eager it times the network in PyTorch itself instead, into DIR/eager.json. Architectures are those of `transformers`, sizes those published. No
weights are downloaded, and what the networks answer is noise.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import transformers
from torch import Tensor, nn
from transformers import (
    BartConfig,
    Florence2Config,
    Florence2ForConditionalGeneration,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    OwlViTConfig,
    OwlViTForObjectDetection,
    SwinConfig,
)
from transformers.models.florence2.configuration_florence2 import Florence2VisionConfig
from transformers.models.grounding_dino import modeling_grounding_dino as dino

from .export_onnx import Input, export

#: Threads of a PyTorch timing, as many as ONNX Runtime has in the benchmark.
THREADS = 2
RUNS = 5
#: Words of an expression, start and end included.
WORDS = 8


class OwlViT(nn.Module):
    """One image, one query."""

    def __init__(self):
        super().__init__()
        self.model = OwlViTForObjectDetection(OwlViTConfig())

    def forward(self, pixels: Tensor, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        out = self.model(input_ids=ids, pixel_values=pixels, attention_mask=mask)
        return out.pred_boxes, out.logits


class GroundingDino(nn.Module):
    """Tiny: Swin-T, 900 queries. Its text mask is `one_sentence`'s: the original's needs cummax, which ONNX has not."""

    def __init__(self):
        super().__init__()
        backbone = SwinConfig(window_size=7, image_size=224, out_indices=[2, 3, 4])
        self.model = GroundingDinoForObjectDetection(GroundingDinoConfig(backbone_config=backbone))

    def forward(self, pixels: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        out = self.model(pixel_values=pixels, input_ids=ids)
        return out.pred_boxes, out.logits


def one_sentence(ids: Tensor) -> tuple[Tensor, Tensor]:
    """What `generate_masks_with_special_tokens_and_transfer_map` gives for a single phrase between start and end."""
    at = torch.arange(ids.shape[1])
    said = (at > 0) & (at < len(at) - 1)
    # Not torch.eye: ONNX Runtime has no EyeLike for booleans on the CPU.
    seen = (at[:, None] == at) | (said[:, None] & said)
    return seen[None], (at[None] - 1).clamp(min=0)


class Florence2(nn.Module):
    """Base. Its decoder writes a box as tokens, one after another; here it reads `WORDS` of them at once: a lower bound."""

    def __init__(self):
        super().__init__()
        text = BartConfig(
            vocab_size=51289, d_model=768, encoder_layers=6, decoder_layers=6, encoder_attention_heads=12,
            decoder_attention_heads=12, encoder_ffn_dim=3072, decoder_ffn_dim=3072, max_position_embeddings=1024,
        )  # fmt: skip
        config = Florence2Config(
            text_config=text.to_dict(), vision_config=Florence2VisionConfig(projection_dim=768).to_dict(), image_token_id=51288
        )
        self.model = Florence2ForConditionalGeneration(config)

    def forward(self, pixels: Tensor, ids: Tensor, decoded: Tensor) -> Tensor:
        # Image first, then words, side by side: the model's own way, masked_scatter, comes to the same.
        image = self.model.model.get_image_features(pixels).pooler_output
        words = self.model.get_input_embeddings()(ids)
        both = torch.cat([image.reshape(1, -1, words.shape[-1]), words], dim=1)
        return self.model(inputs_embeds=both, decoder_input_ids=decoded, use_cache=False).logits


def owlvit() -> tuple[nn.Module, list[Input], list[str]]:
    ids = [49406, *range(320, 320 + WORDS - 2), 49407] + [0] * (16 - WORDS)
    inputs = [
        Input("pixels", "float32", (1, 3, 768, 768), "normal"),
        Input("ids", "int64", (1, 16), ids),
        Input("mask", "int64", (1, 16), [1] * WORDS + [0] * (16 - WORDS)),
    ]
    return OwlViT(), inputs, ["boxes", "logits"]


def grounding_dino() -> tuple[nn.Module, list[Input], list[str]]:
    dino.generate_masks_with_special_tokens_and_transfer_map = one_sentence
    inputs = [
        Input("pixels", "float32", (1, 3, 800, 800), "normal"),
        Input("ids", "int64", (1, WORDS), [101, *range(2000, 2000 + WORDS - 3), 1012, 102]),
    ]
    return GroundingDino(), inputs, ["boxes", "logits"]


def florence2() -> tuple[nn.Module, list[Input], list[str]]:
    inputs = [
        Input("pixels", "float32", (1, 3, 768, 768), "normal"),
        Input("ids", "int64", (1, WORDS), [0, *range(100, 100 + WORDS - 2), 2]),
        Input("decoded", "int64", (1, WORDS), [2, *range(200, 200 + WORDS - 1)]),
    ]
    return Florence2(), inputs, ["logits"]


PEERS: dict[str, Callable[[], tuple[nn.Module, list[Input], list[str]]]] = {
    "owlvit": owlvit,
    "grounding-dino": grounding_dino,
    "florence-2": florence2,
}


#: Networks that the newer exporter does not finish with: half an hour was not enough.
TRACED = ("grounding-dino",)


def eager_times(model: nn.Module, inputs: list[Input]) -> list[float]:
    """Milliseconds a run in PyTorch itself."""
    torch.set_num_threads(THREADS)
    values = [each.tensor() for each in inputs]
    times = []
    with torch.inference_mode():
        model(*values)
        for _ in range(RUNS):
            start = time.perf_counter()
            model(*values)
            times.append(1000 * (time.perf_counter() - start))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--eager", action="store_true", help="time the network in PyTorch")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    model, inputs, outputs = PEERS[args.name]()
    model.eval()
    if args.eager:
        (args.out / "eager.json").write_text(json.dumps(eager_times(model, inputs)) + "\n")
        return
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    millions = sum(p.numel() for p in model.parameters()) / 1e6
    path = args.out / "model.onnx"
    try:
        export(model, inputs, outputs, path, traced=args.name in TRACED)
        note = json.loads(path.with_suffix(".json").read_text())
    except Exception as raised:  # whatever the exporter stumbles over is the answer
        error: BaseException = raised
        path.unlink(missing_ok=True)
        while error.__cause__ is not None:
            error = error.__cause__
        lines = [line for line in str(error).splitlines() if line.strip()]
        note = {"failed": f"{type(error).__name__}: {lines[0] if lines else ''}"}
    note |= {**versions, "parameters": round(millions, 1)}
    path.with_suffix(".json").write_text(json.dumps(note, indent=1) + "\n")


if __name__ == "__main__":
    main()
