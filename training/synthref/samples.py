"""The sample pictures of the app's gallery: composed by hand, drawn crisply, checked against a trained model.

    npx tsx training/atlas/build-atlas.ts && npx tsx training/atlas/build-atlas.ts --size 256      (once, in the project's root)
    python -m synthref.samples --out ../public/samples [--check runs/mini/best_checkpoint.pth]     (in training/)

Writes a WebP for each and `samples.json`; with `--check` it prints every expression's IoU and fails where one is
under 0.5. Places are in pixels of the picture; an object's size is its longer side.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Tokenizer

from hivg.checkpoint import load
from hivg.preprocess import letterbox
from losses import corners, iou_and_giou

from .atlas import nouns
from .export import art, picture
from .scene import Background, Scene, make_thing
from .tokenizer import encode

N, T, F = "noto", "twemoji", "fluent-emoji-flat"
DAY = ((126, 192, 238), (226, 242, 250), (126, 178, 92))
SAND = ((120, 200, 236), (220, 244, 250), (236, 214, 160))
#: name, size, background and palette, alt text, things (noun, pack, left, top, longer side[, tint][, "flip"]), expressions.
SAMPLES = [
    ("farm", (640, 480), "horizon", DAY, "A farm: two dogs, a cow, a pig and a tractor on a meadow",
     [("dog", N, 40, 270, 150), ("dog", N, 470, 330, 105), ("cow", N, 240, 250, 150), ("pig", N, 480, 190, 115), ("tractor", N, 60, 60, 150)],
     [("the left dog", 0), ("the tractor", 4), ("puppy on the left", 0), ("the pig", 3)]),
    ("street", (640, 480), "horizon", ((176, 206, 232), (238, 240, 244), (128, 132, 140)), "A street: a red car, a blue car, a bus and a bicycle",
     [("car", T, 30, 320, 170, "red"), ("car", T, 430, 330, 170, "blue"), ("bus", T, 200, 150, 230), ("bicycle", T, 470, 205, 130)],
     [("the blue car", 1), ("red car", 0), ("the car on the left", 0), ("the bicycle", 3)]),
    ("beach", (640, 480), "horizon", SAND, "A beach: a palm tree, a crab, a sailboat and an umbrella",
     [("palm tree", N, 30, 60, 250), ("crab", N, 300, 360, 100), ("sailboat", N, 280, 120, 150), ("umbrella", N, 470, 260, 160)],
     [("the palm tree", 0), ("sailboat at the top", 2), ("umbrella", 3), ("the crab", 1)]),
    ("fruit", (640, 480), "gradient", ((250, 236, 214), (240, 208, 170)), "Fruit: two apples, a pineapple, a banana and a lemon",
     [("apple", N, 50, 250, 150), ("apple", N, 420, 60, 130, "green"), ("pineapple", N, 250, 120, 220), ("banana", N, 470, 300, 140), ("lemon", N, 70, 60, 110)],
     [("the apple on the left", 0), ("green apple", 1), ("the pineapple", 2)]),
    ("birthday", (480, 640), "clouds", ((250, 226, 232), (220, 226, 250)), "A birthday: three balloons, a birthday cake and a gift",
     [("balloon", F, 40, 50, 170, "red"), ("balloon", F, 200, 30, 170, "blue"), ("balloon", F, 350, 70, 170, "yellow"), ("birthday cake", F, 40, 380, 190), ("gift", F, 290, 410, 150)],
     [("the blue balloon", 1), ("red balloon", 0), ("birthday cake", 3), ("the present", 4)]),
    ("sea", (640, 480), "gradient", ((24, 86, 140), (110, 190, 216)), "Under water: a whale, a shark, an octopus and two fish",
     [("whale", T, 50, 50, 200), ("shark", T, 400, 70, 190), ("octopus", T, 80, 300, 140), ("fish", T, 290, 300, 90), ("fish", T, 450, 310, 150)],
     [("whale on the left", 0), ("the octopus", 2), ("the animal at the top left", 0)]),
    ("desk", (640, 480), "plain", ((232, 222, 208), (232, 222, 208)), "A desk: a laptop, a phone, a cup of coffee, a book and a light bulb",
     [("laptop", T, 190, 70, 240), ("phone", T, 480, 270, 150), ("coffee", T, 60, 90, 110), ("book", T, 90, 310, 150), ("light bulb", T, 320, 320, 110)],
     [("the laptop", 0), ("coffee", 2), ("the yellow light bulb", 4)]),
    ("winter", (480, 640), "horizon", ((150, 184, 216), (232, 240, 248), (246, 248, 252)), "Winter: two snowmen, a house and a penguin",
     [("snowman", N, 40, 390, 200), ("snowman", N, 320, 430, 110), ("house", N, 240, 170, 180), ("penguin", N, 60, 170, 120)],
     [("the penguin", 3), ("the snowman under the penguin", 0), ("the house", 2)]),
    ("space", (640, 480), "gradient", ((24, 22, 52), (70, 44, 110)), "Space: a rocket, a robot, two stars",
     [("rocket", N, 230, 130, 220), ("robot", N, 480, 280, 140), ("star", N, 60, 60, 130), ("star", N, 90, 330, 90)],
     [("the rocket", 0), ("the robot", 1), ("the star at the top", 2), ("the star at the bottom", 3)]),
    ("zoo", (640, 480), "horizon", ((160, 206, 226), (240, 240, 214), (206, 178, 110)), "A zoo: an elephant, a giraffe, a lion and a monkey",
     [("elephant", N, 40, 230, 200), ("giraffe", N, 270, 90, 250), ("lion", N, 470, 280, 140), ("monkey", N, 450, 60, 120)],
     [("the giraffe", 1), ("monkey", 3), ("the thing under the monkey", 2), ("the elephant", 0)]),
    ("music", (640, 480), "checks", ((236, 228, 238), (206, 196, 222)), "Music: two guitars, a drum and a bell",
     [("guitar", N, 50, 80, 200, "red"), ("guitar", N, 400, 200, 220, "blue"), ("drum", N, 230, 300, 150), ("bell", N, 300, 60, 110)],
     [("red guitar", 0), ("the blue guitar", 1), ("the drum", 2), ("the bell", 3)]),
    ("forest", (480, 640), "horizon", ((170, 214, 196), (232, 244, 220), (98, 146, 84)), "A forest: two mushrooms, a fox, an owl and a rabbit",
     [("mushroom", F, 40, 420, 150), ("mushroom", F, 330, 480, 100), ("fox", F, 180, 280, 150), ("owl", F, 40, 70, 130), ("rabbit", F, 320, 100, 120)],
     [("the fox", 2), ("owl on the left", 3), ("the bunny", 4), ("the bigger mushroom", 0)]),
]


def scene_of(name: str) -> tuple[Scene, tuple[int, int], str, list[tuple[str, int]]]:
    """The composed scene of that name, its size in pixels, its alt text and (expression, index of the thing)."""
    sample = next(s for s in SAMPLES if s[0] == name)
    _, (width, height), background, palette, alt, rows, expressions = sample
    atlas, side = art(), max(width, height)
    kinds = {called: i for i, n in enumerate(nouns()) for called in n.names}
    things = []
    for noun, pack, x, y, size, *look in rows:
        icon = nouns()[kinds[noun]].icons[0]
        aspect = atlas.aspect(pack, icon)
        w, h = (size, size / aspect) if aspect >= 1 else (size * aspect, size)
        if x + w > width or y + h > height:
            raise ValueError(f"{name}: {noun} does not fit")
        tint = next((v for v in look if v != "flip"), None)
        cx, cy = (x + w / 2) / side, (y + h / 2) / side
        things.append(make_thing(atlas, kinds[noun], pack, icon, cx, cy, size / side, flip="flip" in look, tint=tint))
    # Seeds by name: the line of the horizon and the grain of the clouds are the background's own dice.
    ground = Background(background, palette, sum(ord(c) for c in name))
    return Scene(width / side, height / side, ground, tuple(things)), (width, height), alt, expressions


@torch.no_grad()
def check(checkpoint: Path, image: Image.Image, box: list[float], expression: str) -> float:
    """IoU of the model's answer and the thing's box (x y w h in the image's pixels)."""
    model, _ = load(checkpoint)
    config = model.config
    tokenizer = Tokenizer.from_file(str(checkpoint.parent / "tokenizer.json"))
    pixels, mask, (left, top, w, h) = letterbox(image, config.image_side, config.grid)
    ids = torch.from_numpy(encode(tokenizer, expression, config.context))
    got = corners(model(pixels[None], mask[None], ids[None])["box"]).clamp(0, 1)
    sx, sy = w / image.width, h / image.height
    x, y, bw, bh = (float(v) for v in box)
    want = torch.tensor([[left + x * sx, top + y * sy, left + (x + bw) * sx, top + (y + bh) * sy]]) / config.image_side
    return iou_and_giou(got, want)[0].item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--check", type=Path, help="a checkpoint that must find what every expression names")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    listed, wrong = [], 0
    for name, *_ in SAMPLES:
        scene, (width, height), alt, expressions = scene_of(name)
        side = max(width, height)
        file = options.out / f"{name}.webp"
        Image.fromarray(picture(scene, side, name)).save(file, quality=90, method=6)
        listed.append({
            "file": file.name, "width": width, "height": height, "alt": alt, "expressions": [e for e, _ in expressions],
        })
        if options.check:
            for expression, target in expressions:
                thing = scene.things[target]
                iou = check(options.check, Image.open(file), [v * side for v in (thing.x, thing.y, thing.w, thing.h)], expression)
                wrong += iou < 0.5
                print(f"{iou:.2f}  {name}: {expression}")
    (options.out / "samples.json").write_text(json.dumps(listed, indent=2) + "\n")
    print(f"{len(listed)} samples in {options.out}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
