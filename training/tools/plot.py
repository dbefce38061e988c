"""Draws the curves of one or several runs to a PNG: accuracy and overlap on validation, losses and learning rate, by pairs.

    python -m tools.plot runs/mini [runs/other …] [--out runs/mini/curves.png]        (needs matplotlib)
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def rows_of(folder: Path) -> list[dict]:
    """The log of a run, or of the runs inside the folder, one after another with their pairs added up."""
    logs = [folder / "log.jsonl"] if (folder / "log.jsonl").exists() else sorted(
        folder.glob("*/log.jsonl"), key=lambda log: log.stat().st_mtime
    )
    rows: list[dict] = []
    for log in logs:
        before = rows[-1]["pairs"] if rows else 0
        for line in log.read_text().splitlines():
            row = json.loads(line)
            rows.append({**row, "pairs": row["pairs"] + before})
    return rows


def draw(folders: list[Path], out: Path) -> None:
    """Writes the picture. Raises ValueError where there is nothing to draw."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(11, 7), layout="constrained")
    drawn = 0
    for folder in folders:
        rows = rows_of(folder)
        drawn += len(rows)
        pairs = [r["pairs"] for r in rows]
        axes[0][0].plot(pairs, [100 * r["val"]["accuracy"] for r in rows], ".-", label=folder.name)
        axes[0][1].plot(pairs, [r["val"].get("iou") for r in rows], ".-", label=folder.name)
        for name in sorted({name for r in rows for name in r["train"] if name not in ("iou", "hit")}):
            axes[1][0].plot(pairs, [r["train"].get(name) for r in rows], label=name if len(folders) == 1 else f"{folder.name} {name}")
        axes[1][1].plot(pairs, [r["lr"] for r in rows], label=folder.name)
    if not drawn:
        raise ValueError(f"nothing logged yet in {', '.join(map(str, folders))}")
    titles = ("accuracy on validation, %", "mean IoU on validation", "losses in training, not weighted", "learning rate")
    for axis, title in zip(axes.flat, titles):
        axis.set_title(title)
        axis.set_xlabel("pairs seen")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    axes[1][0].set_yscale("log")
    figure.savefig(out, dpi=120)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out = options.out or options.runs[0] / "curves.png"
    draw(options.runs, out)
    print(out)


if __name__ == "__main__":
    main()
