"""What ships, taken back to a checkpoint, must answer as the bundle says its fp32 graphs did."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer

from .conftest import TRAINING
from tools.from_bundle import BundleError, recover
from hivg import checkpoint
from hivg.preprocess import letterbox
from synthref.tokenizer import encode

BUNDLE = TRAINING.parent / "public" / "models" / "hivg-mini"
#: The probes of src/grounding/probe.ts: expressions, and widths and heights of the images.
EXPRESSIONS = ("the left dog", "a red car behind the big tree", "second person from the right")
SIZES = ((320, 240), (180, 320), (256, 256))


def probe_image(index: int) -> np.ndarray:
    """uint8 [height, width, 3], as src/grounding/probe.ts draws it."""
    width, height = SIZES[index]
    state = (0x9E3779B9 ^ (index * 0x85EBCA6B)) & 0xFFFFFFFF

    def random() -> float:
        nonlocal state
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        return state / 2**32

    waves = [(random() * 0.08, random() * 0.08, random() * 6.3) for _ in range(9)]
    noise = np.array([random() for _ in range(width * height * 3)]).reshape(height, width, 3)
    image = 128 + (noise - 0.5) * 30
    y, x = np.mgrid[:height, :width]
    for channel in range(3):
        for fx, fy, phase in waves[channel::3]:
            image[..., channel] += 40 * np.sin(fx * x + fy * y + phase)
    # JavaScript rounds halves up.
    return np.clip(np.floor(image + 0.5), 0, 255).astype(np.uint8)


def test_a_recovered_checkpoint_grounds_the_probes_as_the_bundle_did(tmp_path: Path) -> None:
    file = tmp_path / "best_checkpoint.pth"
    recover(BUNDLE, file)
    model, _ = checkpoint.load(file)
    tokenizer = Tokenizer.from_file(str(file.with_name("tokenizer.json")))
    manifest = json.loads((BUNDLE / "manifest.json").read_text())
    allowed = 0.02 + manifest["precisions"]["int8"]["error"]["float32"]["box"]
    for index, expected in enumerate(manifest["probeBoxes"]):
        pixels, mask, _ = letterbox(Image.fromarray(probe_image(index)), model.config.image_side, model.config.grid)
        ids = torch.as_tensor(encode(tokenizer, EXPRESSIONS[index], model.config.context))[None]
        with torch.no_grad():
            box = model(pixels[None], mask[None], ids)["box"][0]
        assert max(abs(a - b) for a, b in zip(box.tolist(), expected)) < allowed
        assert all(math.isfinite(v) for v in box.tolist())


def test_a_bundle_without_int8_is_refused_by_name(tmp_path: Path) -> None:
    manifest = json.loads((BUNDLE / "manifest.json").read_text())
    del manifest["precisions"]["int8"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="int8"):
        recover(tmp_path, tmp_path / "out.pth")
    assert not (tmp_path / "out.pth").exists()
