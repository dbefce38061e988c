"""What float32 leaves open in the reference outputs, as `fixtures/reference-rounding.json`.

The reference cases have random weights, and some of them amplify rounding: scores beyond 100 before a bridge's
softmax, where float32 keeps five digits. This runs the network in float64 on every case and notes, for every output, the
larger of two distances from that: the reference's own, and that of the same network with every weight shaken by one
part in 2^23, the last digit that float32 has. No implementation can be expected to come closer to the reference than
that. Run: python -m tools.reference_rounding (in training/).
"""

import copy
import json
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file

from hivg.checkpoint import load
from hivg.preprocess import letterbox

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


#: Throws of the dice; the largest shift counts.
SEEDS = (0, 1, 2)


@torch.no_grad()
def shaken(network: torch.nn.Module, seed: int) -> torch.nn.Module:
    """The network with every weight off by about one part in 2^23."""
    network, dice = copy.deepcopy(network), torch.Generator().manual_seed(seed)
    for weight in network.parameters():
        weight.mul_(1 + 2**-23 * torch.randn(weight.shape, generator=dice, dtype=torch.float64))
    return network


@torch.no_grad()
def rounding_of(folder: Path) -> dict[str, float]:
    """{"case/output": what float32 leaves open} of one variant; `mask_logits` relative to its largest value."""
    network, _ = load(folder / "best_checkpoint.pth", folder / "clip-config.json")
    network = network.double().eval()
    others = [shaken(network, seed) for seed in SEEDS]
    expected = load_file(folder / "expected.safetensors")
    found = {}
    for i, case in enumerate(json.loads((folder / "case.json").read_text())["cases"]):
        image = Image.open(FIXTURES / "images" / case["image"])
        pixels, mask, _ = letterbox(image, network.config.image_side, network.config.grid)
        ids = expected[f"{i}/ids"].reshape(1, -1).long()
        exact, *moved = (n(pixels[None].double(), mask[None], ids, want_attention=True) for n in (network, *others))
        for name, value in exact.items():
            reference = expected.get(f"{i}/{name}")
            if reference is None or name in ("ids", "patch_mask"):
                continue
            candidates = [reference.double().reshape(value.shape), *(other[name] for other in moved)]
            difference = max((candidate - value).abs().max().item() for candidate in candidates)
            scale = reference.abs().max().item() if name == "mask_logits" else 1.0
            found[f"{i}/{name}"] = float(f"{difference / scale:.2e}")
    return found


if __name__ == "__main__":
    folders = sorted(file.parent for file in FIXTURES.glob("*/expected.safetensors"))
    result = {folder.name: rounding_of(folder) for folder in folders}
    (FIXTURES / "reference-rounding.json").write_text(json.dumps(result, indent=1) + "\n")
