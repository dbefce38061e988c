"""The comparison: what is trained from what, for how long, and the table made of it."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import commands, compare


def option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


@pytest.fixture
def trained(monkeypatch) -> list[list[str]]:
    """Commands started, each writing at once what training or evaluation leaves behind. Accuracies grow from one to the next."""
    started: list[list[str]] = []

    def run(words: list[str], **_: object) -> SimpleNamespace:
        started.append(words)
        if "evaluate.py" in words:
            share = len(started) / 100
            sets = {name: {"accuracy": share, "reg_attention_inside": share / 2} for name in compare.SETS}
            Path(words[words.index("evaluate.py") + 1]).with_name("evaluation.json").write_text(json.dumps({"sets": sets}))
        else:
            folder = Path(option(words, "--run"))
            (folder / "end").mkdir(parents=True)
            weights = {"trained": 1_500_000, "all": 2_000_000}
            (folder / "ended.json").write_text(json.dumps({"pairs": int(option(words, "--pairs")), "weights": weights}))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(commands.subprocess, "run", run)
    return started


def ask(monkeypatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["tools.compare", *map(str, words)])
    compare.main()


def test_every_way_starts_from_one_clip_and_sees_as_many_pairs(trained, tmp_path, monkeypatch):
    run = tmp_path / "run"
    ask(monkeypatch, "--run", run, "--pairs", 1200, "--clip-pairs", 500, "--", "--batch", 8)
    trainings = {option(words, "--stage"): words for words in trained if "main.py" in words}
    assert {stage: int(option(words, "--pairs")) for stage, words in trainings.items()} == {
        "contrastive": 500, "frozen": 1200, "lora": 1200, "warmup": 600, "hilora1": 200, "hilora2": 200, "hilora3": 200, "full": 1200,
    }
    assert "--init" not in trainings.pop("contrastive")
    starts = {stage: Path(option(words, "--init")).relative_to(run.resolve()).parts for stage, words in trainings.items()}
    assert starts == {
        stage: (before, "end", "best_checkpoint.pth")
        for stage, before in {
            "frozen": "contrastive", "lora": "contrastive", "full": "contrastive",
            "warmup": "contrastive", "hilora1": "warmup", "hilora2": "hilora1", "hilora3": "hilora2",
        }.items()
    }
    # The paper's losses everywhere, and what is said after "--".
    assert all(option(words, "--losses") == "paper" and option(words, "--batch") == "8" for words in trainings.values())
    rows = json.loads((run / "comparison.json").read_text())["rows"]
    assert [(row["stage"], row["pairs"]) for row in rows] == [
        ("frozen", 1200), ("lora", 1200), ("warmup", 600), ("hilora1", 800), ("hilora2", 1000), ("hilora3", 1200), ("full", 1200),
    ]
    # The frozen CLIP is evaluated by the third command, so to 3 in a hundred.
    table = (run / "comparison.md").read_text()
    assert [line.split("|")[2:5] for line in table.splitlines() if line.startswith("| frozen CLIP")] == [[" 1,200 ", " 1.50 ", " 3.0 "]]
    assert table.count("\n") == 9


def test_a_comparison_goes_on_where_it_was_and_refuses_another_question(trained, tmp_path, monkeypatch):
    words = ["--run", tmp_path, "--pairs", 1200]
    ask(monkeypatch, *words)
    table, count = (tmp_path / "comparison.md").read_text(), len(trained)
    assert count == 15
    ask(monkeypatch, *words)
    assert len(trained) == count and (tmp_path / "comparison.md").read_text() == table
    for other, said in (
        (["--pairs", 2400], "pairs: 1200"),
        (["--count", 50], "count: 1000"),
        (["--clip", "elsewhere.pth"], "clip pairs: 200000"),
    ):
        with pytest.raises(SystemExit, match=said):
            ask(monkeypatch, *words, *other)
    assert len(trained) == count and (tmp_path / "comparison.md").read_text() == table
