"""Which finds most: what a training began with, what it ended with, or an average of the two (average.py).

    python -m tools.choose runs/before/best_checkpoint.pth runs/after/best_checkpoint.pth --out runs/chosen/best_checkpoint.pth

Each is validated (main.py with `--pairs 0`), and the best lies at `--out` then, with what belongs beside it; of equals
the one that is more of the first. Where the two have no average, the second is taken. What follows -- goes to main.py.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from .commands import divided, python
from hivg.checkpoint import CheckpointError, atomically
from runs import Run
from .average import AverageError, average

#: The second's part in what is compared.
SHARES = (0.0, 0.5, 0.75, 1.0)


def validated(init: Path, folder: Path, more: list[str]) -> float:
    """Share of validation pairs that a checkpoint finds. `folder` is filled by main.py."""
    python("main.py", "--stage", "full", "--init", init, "--run", folder, "--pairs", 0, "--validation", 1000, *more, quiet=True)
    return json.loads(Run(folder).log.read_text().splitlines()[-1])["val"]["accuracy"]


def choose(first: Path, second: Path, out: Path, more: list[str]) -> dict[str, float]:
    """Accuracy by the second's part; the best is at `out`. Raises AverageError where the two have no average."""
    work = out.parent / "compared"
    found: dict[float, float] = {}
    for share in SHARES:
        made = work / str(share) / out.name
        average(first, second, share, made)
        shutil.rmtree(work / f"{share}-validated", ignore_errors=True)
        found[share] = validated(made, work / f"{share}-validated", more)
        print(f"{share:.0%} of the second: {found[share]:.1%}", flush=True)
    best = max(SHARES, key=lambda share: found[share])
    taken(work / str(best) / out.name, out)
    return {str(share): accuracy for share, accuracy in found.items()}


def taken(file: Path, out: Path) -> None:
    """Copies a checkpoint to `out`, after what lies beside it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "words.json", "heads.pt", file.name):
        if (source := file.with_name(name)).exists():
            atomically(lambda part, source=source: shutil.copyfile(source, part), out if name == file.name else out.with_name(name))


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("first", type=Path)
    p.add_argument("second", type=Path)
    p.add_argument("--out", type=Path, required=True, help="the checkpoint to write, in a folder of its own")
    own, more = divided(sys.argv[1:])
    options = p.parse_args(own)
    first, second, out = (file.resolve() for file in (options.first, options.second, options.out))
    try:
        found = choose(first, second, out, more)
    except AverageError as refused:
        print(f"no average of the two: {refused}", flush=True)
        taken(second, out)
        found = {}
    except (CheckpointError, FileNotFoundError) as failed:
        sys.exit(str(failed))
    Run(out.parent).write_json("chosen.json", found)
    print(out, flush=True)


if __name__ == "__main__":
    main()
