"""The paper's comparison at equal compute, by one command: frozen CLIP, vanilla LoRA, HiLoRA after each stage, full.

    python -m tools.compare --run runs/compare --pairs 400000 [--clip runs/paper/contrastive/best_checkpoint.pth] [--processes 2]

All start from the same small CLIP, trained contrastively first (`--clip-pairs`) unless one is given (what its checkpoint
has behind CLIP is gone on with too, by all alike), and see the same pairs, as many each; HiLoRA's warm-up and three
stages share them as the original's epochs do (60, 20, 20, 20). All use the paper's losses. Goes on where it was. Writes comparison.json and comparison.md into the run's folder.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from .commands import divided, python
from evaluate import table
from hivg.checkpoint import atomically
from runs import Run, outcome
from stages import STAGES

HILORA = ("warmup", "hilora1", "hilora2", "hilora3")
SETS = ("test", "style", "combination", "long")


@dataclass(frozen=True)
class Entry:
    """A line of the table: what to train, from which other entry, and for which share of the pairs."""

    stage: str
    title: str
    start: str
    share: float


def entries() -> list[Entry]:
    whole = sum(STAGES[s].share for s in HILORA)
    titles = ("HiLoRA, warm-up", "HiLoRA, stage 1", "HiLoRA, stage 2", "HiLoRA, stage 3")
    starts = ("contrastive", *HILORA[:-1])
    return [
        Entry("frozen", "frozen CLIP", "contrastive", 1.0),
        Entry("lora", "vanilla LoRA", "contrastive", 1.0),
        *(Entry(s, t, b, STAGES[s].share / whole) for s, t, b in zip(HILORA, titles, starts)),
        Entry("full", "full fine-tuning", "contrastive", 1.0),
    ]


def begin(options: argparse.Namespace) -> None:
    """Notes in the folder what is asked, and ends where it holds a comparison of something else: one table, one question."""
    asked = {
        "pairs": options.pairs, "count": options.count,
        **({"clip": str(options.clip.resolve())} if options.clip else {"clip pairs": options.clip_pairs}),
    }
    run = Run(options.run)
    noted = run.folder / "asked.json"
    if not noted.exists():
        return run.write_json(noted.name, asked)
    other = [f"{name}: {was}" for name, was in json.loads(noted.read_text()).items() if asked.get(name) != was]
    if other:
        sys.exit(f"{options.run} holds a comparison of another question ({', '.join(other)}): ask the same, or give --run another folder")


def train(options: argparse.Namespace, stage: str, pairs: int, init: Path | None) -> Path:
    """Trains a stage unless it was trained to its end before; → the checkpoint it ended with, whatever validation preferred."""
    folder = (options.run / stage).resolve()
    ended = folder / "ended.json"
    if not ended.exists():
        start = ["--init", init.resolve()] if init else []
        # Nothing of the comparison may see what the paper's losses do not say: no loss on kinds behind CLIP.
        losses = [] if stage == "contrastive" else ["--losses", "paper"]
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", options.processes, "--"]
        several = torchrun if options.processes > 1 else []
        python(*several, "main.py", "--stage", stage, "--run", folder, "--pairs", pairs, *start, *losses, *options.rest)
    if not ended.exists():
        sys.exit(f"{stage} was stopped: give the same command to go on")
    return outcome(folder) / "best_checkpoint.pth"


def compare(options: argparse.Namespace) -> dict:
    clip = options.clip or train(options, "contrastive", options.clip_pairs, None)
    made = {"contrastive": clip}
    rows, before = [], 0
    for entry in entries():
        pairs = round(options.pairs * entry.share)
        made[entry.stage] = train(options, entry.stage, pairs, made[entry.start])
        evaluation = made[entry.stage].with_name("evaluation.json")
        if not evaluation.exists():
            python("evaluate.py", made[entry.stage], "--count", options.count)
        sets = json.loads(evaluation.read_text())["sets"]
        ended = json.loads((options.run / entry.stage / "ended.json").read_text())
        # A stage of HiLoRA has its own pairs and those of the stages before it behind it.
        before = before + pairs if entry.stage in HILORA else 0
        rows.append({"title": entry.title, "stage": entry.stage, "pairs": before or pairs, **ended["weights"], "sets": sets})
    return {"pairs": options.pairs, "clip": str(clip.name), "rows": rows}


def markdown(found: dict) -> str:
    head = ["", "pairs seen", "weights trained, M", *SETS, "[REG] in the box, test"]
    lines = [head]
    for row in found["rows"]:
        lines.append([
            row["title"], f"{row['pairs']:,}", f"{row['trained'] / 1e6:.2f}",
            *(f"{100 * row['sets'][s]['accuracy']:.1f}" for s in SETS), f"{100 * row['sets']['test']['reg_attention_inside']:.1f}",
        ])
    return table(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, epilog="What follows -- goes to main.py."
    )
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--pairs", type=int, required=True, help="pairs for each way of training")
    parser.add_argument("--clip-pairs", type=int, default=200_000, help="pairs to pre-train CLIP on")
    parser.add_argument("--clip", type=Path, help="a checkpoint of `--stage contrastive` instead")
    parser.add_argument("--count", type=int, default=1000, help="pairs of each test set")
    parser.add_argument("--processes", type=int, default=1, help="of torchrun, to train in: one for each GPU, or of a CPU")
    own, rest = divided(sys.argv[1:])
    options = parser.parse_args(own)
    options.rest = rest
    if options.processes < 1:
        sys.exit(f"--processes {options.processes}: at least one")
    begin(options)
    found = compare(options)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    atomically(lambda part: part.write_text(text), options.run / "comparison.json")
    atomically(lambda part: part.write_text(markdown(found)), options.run / "comparison.md")
    print(markdown(found))


if __name__ == "__main__":
    main()
