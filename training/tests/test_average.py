"""The average of two checkpoints is one; what has no average is refused by name and leaves nothing behind."""

import json
from pathlib import Path

import pytest
import torch

from hivg import checkpoint
from tools.average import AverageError, average

from .tiny import TINY, network

NAME = "best_checkpoint.pth"
TOKENIZER = {"model": {"vocab": {"dog": 1}}}


def saved(folder: Path, seed: int, words: list[str], tokenizer: dict = TOKENIZER, wraps: int = 0, **sizes) -> Path:
    """A checkpoint as a run leaves it, with all that lies beside it."""
    folder.mkdir()
    model = network("lora" if wraps else "full", seed, **sizes)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            # They begin at nothing.
            torch.nn.init.normal_(weight, std=0.1)
    checkpoint.save(folder / NAME, model.state_dict(), checkpoint.namespace(model.config, "synthref"), 0, 0.0, wraps)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "words.json").write_text(json.dumps(words))
    torch.save({"names.scale": torch.tensor(float(seed))}, folder / "heads.pt")
    return folder / NAME


def test_each_weight_is_between_the_two_by_the_share(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a", 1, ["dog", "left"]), saved(tmp_path / "b", 2, ["cat", "dog"])
    out = tmp_path / "average" / NAME
    average(first, second, 0.75, out)
    (a, _), (b, _) = checkpoint.read(first), checkpoint.read(second)
    model, _ = checkpoint.load(out)
    name = "clip.text_projection.weight"
    assert not torch.equal(a[name], b[name])
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, 0.25 * a[key] + 0.75 * b[key], rtol=0, atol=1e-6)
    assert torch.load(out.with_name("heads.pt"), weights_only=True)["names.scale"].item() == pytest.approx(1.75)
    assert json.loads(out.with_name("words.json").read_text()) == ["cat", "dog", "left"]
    assert json.loads(out.with_name("tokenizer.json").read_text()) == TOKENIZER


def test_adapters_are_merged_before_their_average(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a", 1, [], wraps=1), saved(tmp_path / "b", 2, [], wraps=1)
    out = tmp_path / "average" / NAME
    average(first, second, 0.5, out)
    (a, _), (b, _) = checkpoint.load(first), checkpoint.load(second)
    model, args = checkpoint.load(out)
    assert args.hi_lora_stage == 0 and not any("lora" in name for name in checkpoint.read(out)[0])
    for mean, x, y in zip(model.parameters(), a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(mean, (x + y) / 2, rtol=0, atol=1e-6)


def test_heads_of_one_alone_are_left_out(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a", 1, []), saved(tmp_path / "b", 2, [])
    first.with_name("heads.pt").unlink()
    average(first, second, 0.5, tmp_path / "average" / NAME)
    assert sorted(f.name for f in (tmp_path / "average").iterdir()) == [NAME, "tokenizer.json", "words.json"]


@pytest.mark.parametrize(
    "other, share, said",
    [
        ({}, 1.5, "--share 1.5"),
        ({"image_side": 64}, 0.5, "different sizes"),
        ({"tokenizer": {"model": {"vocab": {"cat": 1}}}}, 0.5, "different tokenizers"),
    ],
)
def test_what_has_no_average_is_refused_and_nothing_written(tmp_path: Path, other: dict, share: float, said: str) -> None:
    first, second = saved(tmp_path / "a", 1, []), saved(tmp_path / "b", 2, [], **other)
    with pytest.raises(AverageError, match=said):
        average(first, second, share, tmp_path / "average" / NAME)
    assert not (tmp_path / "average").exists()


def test_neither_of_the_two_is_written_over(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "a", 1, []), saved(tmp_path / "b", 2, [])
    before = second.read_bytes()
    with pytest.raises(AverageError, match="folder that is read"):
        average(first, second, 0.5, second)
    assert second.read_bytes() == before
