"""The bundled model's training on one large GPU that is only had in pieces: each ends in time and can be gone on with.

    python gpu.py prepare STATE [--init CHECKPOINT]      (where npm packages are: what ships, or CHECKPOINT, into STATE)
    python gpu.py piece STATE OUT [--seconds 540]        (on the GPU, again and again; OUT becomes the next one's STATE; or once with --whole)
    python gpu.py unpack OUT runs/gpu                    (afterwards: the checkpoint and the logs)

The machine may be a fresh one each time and takes and gives small files alone: so a run's state is cut to what it
can't do without, and into parts of 15 MiB. Two phases, `--minutes` in all: at 192 pixels at a constant rate, then at
256 with the rate falling. Nothing here trains; train.py does.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shutil
import sys
import tarfile
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from commands import HERE, divided, python
from hivg import checkpoint
from hivg.checkpoint import CheckpointError, atomically
from hivg.config import MINI
from runs import RunError, heads_beside, outcome, tokenizer_beside

SHIPPED = HERE.parent / "public/models/hivg-mini"
#: Bytes of a part.
PART = 15 * 2**20
#: Seconds that packing a piece takes at most, and that evaluation takes.
PACKING, EVALUATION = 20, 100
MANIFEST = "pieces.json"
#: What a run reads and knows words by.
WORDS = ("tokenizer.json", "words.json")
#: Folder in the state of the checkpoint that the first phase starts from.
BEGIN = "begin"


class GpuError(ValueError):
    """A folder of parts that is not whole, or a checkpoint that is not trained here."""


@dataclass(frozen=True)
class Phase:
    name: str
    share: float
    options: tuple[str, ...]


#: A rate that falls in the last phase alone: the first is gone on with from its average at the end. Scenes that nothing
#: before has reached. On the GPU making scenes should be what takes the time, not pixels: so many from the beginning.
PHASES = (
    Phase("flat", 0.6, ("--first", "20000000", "--side", "192", "--batch", "512", "--crowds", "512", "--shape", "flat")),
    Phase("large", 0.4, (
        "--first", "30000000", "--side", "256", "--batch", "512", "--crowds", "384", "--q4-from", "0.65", "--shape", "cosine",
    )),
)
#: For the whole of the GPU: scenes are described by this many processes and painted on the GPU.
COMMON = (
    "--stage", "full", "--kinds", "3", "--optimiser", "muon", "--lr-factor", "4", "--workers", "15", "--every", "2", "--validation", "1000",
)


def of_adamw(optimiser: dict, change: Callable[[dict], dict]) -> dict:
    """An optimiser's state with the moments of AdamW changed, and without Muon's, which begin again at 0."""
    if "parts" in optimiser:
        return {"parts": [of_adamw(part, change) for part in optimiser["parts"]]}
    return {**optimiser, "state": {i: change(s) for i, s in optimiser["state"].items() if "exp_avg_sq" in s}}


def shrink(kept: dict) -> dict:
    """A run's `last.pt` → a quarter of its size: weights in half precision, one moment of two, no average."""

    def half(state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {k: v.half() if v.is_floating_point() else v for k, v in state.items()}

    def second(state: dict) -> dict:
        return {"step": state["step"], "exp_avg_sq": state["exp_avg_sq"].bfloat16()}

    rest = {k: v for k, v in kept.items() if k not in ("module", "average", "optimiser")}
    return {**rest, "module": half(kept["module"]), "optimiser": of_adamw(kept["optimiser"], second)}


def grow(small: dict) -> dict:
    """What `shrink` left → a `last.pt` to go on from. The average starts again at the weights, the first moment at 0."""
    module = {k: v.float() if v.is_floating_point() else v for k, v in small["module"].items()}

    def both(state: dict) -> dict:
        squares = state["exp_avg_sq"].float()
        return {"step": state["step"], "exp_avg": torch.zeros_like(squares), "exp_avg_sq": squares}

    # A best that isn't here any more can't be kept.
    return {**small, "module": module, "average": module, "optimiser": of_adamw(small["optimiser"], both), "best": -1.0}


def halved(file: Path, out: Path) -> Path:
    """→ `out`, written with the checkpoint's weights in half precision; hivg/checkpoint.py reads either."""
    with torch.serialization.safe_globals([argparse.Namespace]):
        kept = torch.load(file, map_location="cpu", weights_only=True)
    kept["model"] = OrderedDict((k, v.half()) for k, v in kept["model"].items())
    atomically(lambda part: torch.save(kept, part), out)
    return out


def write_parts(files: dict[str, Path], name: str, folder: Path) -> dict:
    """{name inside: file} as an archive in parts `NAME-00`, …; → its entry in the manifest."""
    whole = folder / f"{name}.tar"
    with tarfile.open(whole, "w") as tar:
        for inside, file in files.items():
            tar.add(file, inside)
    data = whole.read_bytes()
    whole.unlink()
    parts = [f"{name}-{at // PART:02d}" for at in range(0, max(1, len(data)), PART)]
    for number, part in enumerate(parts):
        (folder / part).write_bytes(data[number * PART : (number + 1) * PART])
    return {"parts": parts, "sha256": hashlib.sha256(data).hexdigest()}


def read_parts(name: str, folder: Path, into: Path) -> bool:
    """Unpacks an archive of `write_parts`; → whether there was one. Raises GpuError where it is damaged."""
    manifest = folder / MANIFEST
    entry = json.loads(manifest.read_text()).get(name) if manifest.exists() else None
    if entry is None:
        return False
    missing = [part for part in entry["parts"] if not (folder / part).exists()]
    if missing:
        raise GpuError(f"{folder} lacks {', '.join(missing)}: copy the whole folder")
    data = b"".join((folder / part).read_bytes() for part in entry["parts"])
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise GpuError(f"{name} in {folder} is damaged: copy the folder again")
    into.mkdir(parents=True, exist_ok=True)
    whole = into / f"{name}.tar"
    whole.write_bytes(data)
    with tarfile.open(whole) as tar:
        tar.extractall(into, filter="data")
    whole.unlink()
    return True


def prepare(state: Path, init: Path | None) -> None:
    """The state before the first piece: the checkpoint to start from, what ships where None, and the tokenizer of today's words.

    Raises GpuError where it is of another network than the mini: a later piece knows no other sizes.
    """
    from from_bundle import recover
    from synthref.atlas import Atlas
    from synthref.tokenizer import write
    from synthref.words import spoken

    Atlas()
    if init is not None:
        sizes = checkpoint.sizes(*checkpoint.read(init))
        if replace(sizes, image_side=MINI.image_side, context=MINI.context, vocabulary=MINI.vocabulary) != MINI:
            raise GpuError(f"{init} is not of the mini's sizes, which alone are trained here: train.py trains it")
    state.mkdir(parents=True, exist_ok=True)
    write(state / "tokenizer.json")
    (state / "words.json").write_text(json.dumps(spoken(), indent=1) + "\n")
    with tempfile.TemporaryDirectory() as folder:
        if init is None:
            init = Path(folder) / "best_checkpoint.pth"
            recover(SHIPPED, init)
        begin(state, init)


def begin(state: Path, init: Path) -> None:
    """Packs the state's tokenizer and words with a checkpoint and what lies beside it, for the first piece. Raises RunError."""
    files = {name: state / name for name in WORDS}
    beside = [file for file in (tokenizer_beside(init), heads_beside(init)) if file.exists()]
    with tempfile.TemporaryDirectory() as folder:
        files[f"{BEGIN}/best_checkpoint.pth"] = halved(init, Path(folder) / "half.pth")
        pack({**files, **{f"{BEGIN}/{file.name}": file for file in beside}}, {}, state)


def pack(state: dict[str, Path], best: dict[str, Path], out: Path) -> None:
    """The two archives and the manifest, which is written last."""
    out.mkdir(parents=True, exist_ok=True)
    manifest = {"state": write_parts(state, "state", out)}
    if best:
        manifest["best"] = write_parts(best, "best", out)
    atomically(lambda part: part.write_text(json.dumps(manifest, indent=1) + "\n"), out / MANIFEST)


def restore(state: Path, runs: Path) -> None:
    """Unpacks the state and grows what can be gone on with."""
    if not read_parts("state", state, runs):
        raise GpuError(f"{state} holds no state: run `python gpu.py prepare {state}` first")
    for small in runs.glob("*/state.pt"):
        last = small.with_name("last.pt")
        if not last.exists():
            kept = grow(torch.load(small, map_location="cpu", weights_only=True))
            atomically(lambda part: torch.save(kept, part), last)


def carried(runs: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """What goes into the two archives: the state without what later phases don't need, and the best checkpoint."""
    begun = [p for p in PHASES if any((runs / p.name / name).exists() for name in ("last.pt", "ended.json"))]
    state = {name: runs / name for name in WORDS}
    if not begun:
        state |= {str(file.relative_to(runs)): file for file in (runs / BEGIN).iterdir()}
    best: dict[str, Path] = {}
    for phase in begun:
        folder = runs / phase.name
        for name in (*WORDS, "log.jsonl", "options.json", "ended.json", "evaluation.json", "evaluation.md"):
            if (folder / name).exists():
                state[f"{phase.name}/{name}"] = folder / name
        newest, ended = phase is begun[-1], (folder / "ended.json").exists()
        if newest and not ended:
            kept = shrink(torch.load(folder / "last.pt", map_location="cpu", weights_only=True))
            atomically(lambda part: torch.save(kept, part), folder / "state.pt")
            state[f"{phase.name}/state.pt"] = folder / "state.pt"
        found = outcome(folder)
        if newest and (found / "best_checkpoint.pth").exists():
            beside = (*WORDS, "heads.pt")
            best = {f"{phase.name}/{name}": found / name for name in beside if (found / name).exists()}
            best[f"{phase.name}/best_checkpoint.pth"] = halved(found / "best_checkpoint.pth", found / "half.pth")
            # The next phase, or a last piece that evaluates, starts from it.
            state |= best if ended else {}
    return state, best


def piece(state: Path, out: Path, runs: Path, seconds: float, minutes: float, more: list[str]) -> None:
    """As much training as fits into so many seconds, from the state to the out folder. Evaluated only where time is counted."""
    began, counted = time.monotonic(), math.isfinite(seconds)

    def left() -> float:
        return seconds - PACKING - (time.monotonic() - began)

    restore(state, runs)
    before = runs / BEGIN / "best_checkpoint.pth"
    for phase in PHASES:
        folder = runs / phase.name
        folder.mkdir(exist_ok=True)
        for name in WORDS:
            if not (folder / name).exists():
                shutil.copy(runs / name, folder / name)
        if not (folder / "ended.json").exists() and left() > 0:
            init = ["--init", before] if not (folder / "last.pt").exists() else []
            stop = ["--stop-after", left() / 60] if counted else []
            python("train.py", "--run", folder, *COMMON, *phase.options, "--minutes", phase.share * minutes, *stop, *more, *init)
        before = outcome(folder) / "best_checkpoint.pth"
        if not (folder / "ended.json").exists():
            break
    else:
        report = folder / "evaluation"
        if counted and left() > EVALUATION and not report.with_suffix(".json").exists():
            # First what was trained: a machine that is taken away meanwhile takes the figures alone.
            pack(*carried(runs), out)
            python("evaluate.py", before, "--out", report)
    pack(*carried(runs), out)
    over = all((runs / p.name / "ended.json").exists() for p in PHASES)
    print(f"{'all is trained' if over else 'to be gone on with'}: {out}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("prepare")
    first.add_argument("state", type=Path)
    first.add_argument("--init", type=Path, help="checkpoint to start from, in place of what ships")
    middle = commands.add_parser("piece", epilog="What follows -- goes to train.py.")
    middle.add_argument("state", type=Path)
    middle.add_argument("out", type=Path)
    middle.add_argument("--runs", type=Path, default=HERE / "runs/gpu")
    length = middle.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=float, default=540, help="time for this piece, in all")
    length.add_argument("--whole", action="store_const", dest="seconds", const=math.inf, help="all of it in one piece, and no evaluation")
    middle.add_argument("--minutes", type=float, default=25, help="time in steps for the whole training")
    last = commands.add_parser("unpack")
    last.add_argument("out", type=Path)
    last.add_argument("runs", type=Path)
    own, more = divided(sys.argv[1:])
    options = parser.parse_args(own)
    try:
        if options.command == "prepare":
            prepare(options.state, options.init)
        elif options.command == "piece":
            piece(options.state.resolve(), options.out.resolve(), options.runs.resolve(), options.seconds, options.minutes, more)
        else:
            read_parts("state", options.out, options.runs)
            read_parts("best", options.out, options.runs)
    except (GpuError, RunError, CheckpointError, FileNotFoundError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
