"""What is saved is read back the same, and a file whose keys do not fit is refused by name."""

from dataclasses import replace

import pytest
import torch

from hivg.checkpoint import CheckpointError, load, namespace, save
from hivg.config import MINI, Tower
from hivg.hivg import HiVG

TINY = replace(MINI, vocabulary=520, vision=Tower(64, 6, 1, 64), text=Tower(64, 2, 1, 64), projection=48, grounding_mlp=64, token_mlp=64, bridge_mlp=64)


@torch.no_grad()
def test_a_saved_network_comes_back_the_same(tmp_path):
    model, file = HiVG(TINY).eval(), tmp_path / "best_checkpoint.pth"
    save(file, model.state_dict(), namespace(TINY, "synthref"), 3, 0.5)
    again, args = load(file)
    assert again.config == TINY and args.model == "mini"
    inputs = torch.randn(2, 3, 128, 128), torch.zeros(2, 64, dtype=torch.bool), torch.randint(1, 519, (2, 32))
    before, after = model(*inputs), again(*inputs)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert [p.name for p in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("change", ["extra", "missing"])
def test_keys_that_do_not_fit_are_named(tmp_path, change):
    state, file = dict(HiVG(TINY).state_dict()), tmp_path / "best_checkpoint.pth"
    if change == "extra":
        state["stray.weight"] = torch.zeros(1)
    else:
        del state["reg_token.weight"]
    save(file, state, namespace(TINY, "synthref"), 0, 0.0)
    with pytest.raises(CheckpointError, match="stray.weight" if change == "extra" else "reg_token.weight"):
        load(file)
