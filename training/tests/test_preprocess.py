"""Letterboxing against the original's transforms, on pictures of awkward sizes and modes."""

import json

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from hivg.preprocess import letterbox

from .conftest import FIXTURES

CASES = json.loads((FIXTURES / "preprocess.json").read_text())


@pytest.fixture(scope="module")
def expected():
    return load_file(FIXTURES / "preprocess.safetensors")


@pytest.mark.parametrize("name", sorted(CASES))
def test_pixels_and_patch_masks_are_the_originals(name, expected):
    case = CASES[name]
    image = Image.open(FIXTURES / "images" / case["image"])
    masks = {int(k.rsplit("_", 1)[1]): v for k, v in expected.items() if k.startswith(f"{name}/patch_mask_")}
    assert masks
    for patch, mask in masks.items():
        pixels, got, rect = letterbox(image, case["size"], case["size"] // patch)
        assert rect == tuple(case["content_rect_xywh"])
        assert torch.equal(got, mask.flatten().bool())
    assert (pixels - expected[f"{name}/pixels"]).abs().max() <= 1e-6
