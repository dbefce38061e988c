"""A network small enough for tests that train it, batches for it, and data in the original's form."""

from dataclasses import replace
from pathlib import Path
from random import Random

import torch
from PIL import Image, ImageDraw

from engine import Budget, Plan, Trainer
from heads import Extents, Names, Trained
from hivg.config import Config, Tower
from hivg.hivg import HiVG
from hivg.initialise import initialise
from parallel import Ranks
from optimisers import optimiser_for
from stages import PAPER, STAGES, prepare

#: Classes of a patch: four kinds, and nothing.
KINDS = 5
TINY = Config(
    vision=Tower(64, 3, 1, 64), text=Tower(64, 1, 1, 64), image_side=32, patch_side=16, projection=64, vocabulary=40, context=12,
    bridged_layers=(1,), vision_states=(1, 3), text_states=(1,), adaptive_weights=True, mixup=False,
    grounding_layers=1, grounding_heads=2, grounding_mlp=64, token_mlp=64,
)


def network(stage: str = "full", seed: int = 0, **sizes) -> HiVG:
    torch.manual_seed(seed)
    model = HiVG(replace(TINY, **sizes))
    initialise(model)
    prepare(model, STAGES[stage])
    return model


def names() -> Names:
    """Of four kinds, the second with two names, one of them of two words."""
    torch.manual_seed(1)
    ids = torch.tensor([[38, 1, 39, 0], [38, 2, 39, 0], [38, 3, 4, 39], [38, 5, 39, 0], [38, 6, 39, 0]])
    return Names(ids, torch.tensor([1, 2, 1, 1]), TINY.projection)


def trainer(stage: str = "full", pairs: int = 10**6, ranks: Ranks = Ranks(), lr: float = 1e-3) -> Trainer:
    """On the paper's losses and our own, so that all of them are in play."""
    alone = STAGES[stage].clip == "alone"
    module = Trained(network(stage), names(), None if alone else Extents(TINY.projection), watched=not alone)
    weights = STAGES[stage].weights if alone else {**PAPER, "kinds": 1.0, "extents": 1.0, "regard": 1.0, "miss": 1.0}
    plan = Plan(weights, lr, Budget(pairs=pairs), reads=STAGES[stage].reads)
    return Trainer(module, plan, optimiser_for(module, "adamw", lr, 0.02), ranks)


def batch(number: int, size: int = 6) -> dict[str, torch.Tensor]:
    """Random pairs, three to a scene; the same for the same number."""
    dice = torch.Generator().manual_seed(number)

    def noise(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=dice)

    grid = TINY.grid
    scene = torch.arange(size) // 3
    images = (noise(size, 32, 32, 3) * 255).byte()[scene]
    ids = torch.zeros(size, TINY.context, dtype=torch.int64)
    for row in range(size):
        length = 3 + row % 4
        ids[row, 0], ids[row, length] = 38, 39
        ids[row, 1:length] = (noise(length - 1) * 37).long() + 1
    mask = torch.zeros(size, grid * grid, dtype=torch.bool)
    mask[:3, -grid:] = True
    kinds = (noise(size, grid * grid) * (KINDS + 1)).long() - 1
    extents = torch.cat([0.3 + 0.3 * noise(size, grid * grid, 2), 0.1 + 0.2 * noise(size, grid * grid, 2)], 2)
    rect = torch.tensor([[0, 0, 32, 16]] * 3 + [[0, 0, 32, 32]] * (size - 3))
    return {
        "image": images, "rect": rect, "patch_mask": mask, "ids": ids, "number": scene + 100 * number,
        "box": torch.cat([0.3 + 0.3 * noise(size, 2), 0.1 + 0.2 * noise(size, 2)], 1),
        "inside": (noise(size, grid * grid) > 0.5).float(), "silhouette": (noise(size, 64 * grid * grid) > 0.5).float(),
        "kinds": kinds, "extents": extents * ((kinds >= 0) & (kinds < KINDS - 1))[..., None],
    }


def write_data(folder: Path, pairs: int = 12) -> tuple[Path, Path]:
    """Split files in the original's form and their images: a red box on grey. → (their folder, images' folder)."""
    splits, images, dice = folder / "boxes", folder / "images", Random(1)
    splits.mkdir(parents=True)
    images.mkdir()
    for split in ("train", "val"):
        rows = []
        for number in range(pairs):
            width, height = dice.choice(((60, 40), (40, 60), (50, 50)))
            x, y = dice.randrange(20), dice.randrange(20)
            image = Image.new("RGB", (width, height), "grey")
            ImageDraw.Draw(image).rectangle((x, y, x + 14, y + 11), fill="red")
            name = f"{split}-{number}.png"
            image.save(images / name)
            rows.append((name, {"height": height, "width": width}, [x, y, 15, 12], "the reddish box", None))
        torch.save(rows, splits / f"boxes_{split}.pth")
    return splits, images
