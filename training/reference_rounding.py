"""How far the reference outputs lie from the exact ones: their own float32 rounding, as `fixtures/reference-rounding.json`.

The reference cases have random weights, and some of them amplify rounding: scores beyond 100 before a bridge's
softmax, where float32 keeps five digits. This runs the network in float64 on every case and notes, for every output, the
largest difference between the reference and that. No implementation can be expected to come closer to the reference
than the reference is to the truth. Run: python -m reference_rounding (in training/).
"""

import json
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file

from hivg.checkpoint import load
from hivg.preprocess import letterbox

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


@torch.no_grad()
def rounding_of(folder: Path) -> dict[str, float]:
    """{"case/output": largest |reference − exact|} of one variant; `mask_logits` relative to its largest value."""
    network, _ = load(folder / "best_checkpoint.pth", folder / "clip-config.json")
    network = network.double().eval()
    expected = load_file(folder / "expected.safetensors")
    found = {}
    for i, case in enumerate(json.loads((folder / "case.json").read_text())["cases"]):
        image = Image.open(FIXTURES / "images" / case["image"])
        pixels, mask, _ = letterbox(image, network.config.image_side, network.config.grid)
        ids = expected[f"{i}/ids"].reshape(1, -1).long()
        exact = network(pixels[None].double(), mask[None], ids, want_attention=True)
        for name, value in exact.items():
            reference = expected.get(f"{i}/{name}")
            if reference is None or name in ("ids", "patch_mask"):
                continue
            difference = (value.reshape(reference.shape) - reference.double()).abs().max().item()
            scale = reference.abs().max().item() if name == "mask_logits" else 1.0
            found[f"{i}/{name}"] = float(f"{difference / scale:.2e}")
    return found


if __name__ == "__main__":
    folders = sorted(file.parent for file in FIXTURES.glob("*/expected.safetensors"))
    result = {folder.name: rounding_of(folder) for folder in folders}
    (FIXTURES / "reference-rounding.json").write_text(json.dumps(result, indent=1) + "\n")
