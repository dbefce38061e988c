"""Weights rounded in training are the weights that a converted bundle computes with."""

import json

import onnx
import pytest
import torch

from engine import Progress
from hivg.rounding import as_q4, rounded, stored_in_q4
from .conftest import TRAINING
from .tiny import batch, network, trainer


def test_a_matrix_is_rounded_as_conversion_rounds_it():
    # What the converter makes of it: src/onnx/quantise.test.ts holds the same file against that.
    case = json.loads((TRAINING.parent / "fixtures" / "q4-rounding.json").read_text())
    weight, read = torch.tensor(case["weight"]), torch.tensor(case["read"])
    assert torch.equal(rounded(weight), read)
    assert 0.02 < ((read - weight).norm() / weight.norm()).item() < 0.2


def test_what_is_rounded_is_what_a_bundle_keeps_in_4_bits_as_it_is():
    folder = TRAINING.parent / "public" / "models" / "hivg-mini" / "q4"
    graphs = [onnx.load(path, load_external_data=False) for path in folder.glob("*.onnx") if ".f16." not in path.name]
    kept = {t.name.removesuffix(".weight.q4") for g in graphs for t in g.graph.initializer if t.name.endswith(".weight.q4")}
    model = network()
    ours = {name for name, _ in model.named_parameters() if stored_in_q4(name)}
    # Conversion lays the matrices of queries, keys and values one under the other.
    joined = {"q_proj": "qkv", "k_proj": "qkv", "v_proj": "qkv"}

    def as_stored(name: str) -> set[str]:
        stem, last = name.removesuffix("_weight").removesuffix(".weight").rsplit(".", 1)
        if last == "in_proj":
            return {f"{stem}.qkv", f"{stem}.q", f"{stem}.kv"}
        return {f"{stem}.{last if 'cross' in stem else joined.get(last, last)}"}

    layers = {name for name in ours if ".layers.0." in name or "token_embedding" in name}
    assert len(layers) >= 14 and all(as_stored(name) & kept for name in layers)


def test_the_network_has_its_own_weights_again_whatever_happens_meanwhile():
    model = network()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with pytest.raises(KeyError), as_q4(model):
        changed = {k for k, v in model.state_dict().items() if not torch.equal(v, before[k])}
        raise KeyError
    assert changed and all(stored_in_q4(name) for name in changed)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_steps_late_in_a_run_take_the_gradient_at_the_rounded_weights():
    a, b = trainer(), trainer()
    b.plan.q4_from = 0.5
    assert a.step(batch(1), Progress(), 0.4)["l1"] == b.step(batch(1), Progress(), 0.4)["l1"]
    assert a.step(batch(1), Progress(step=1), 0.6)["l1"] != b.step(batch(1), Progress(step=1), 0.6)["l1"]
    first = b.step(batch(1), Progress(step=2), 0.7)
    for _ in range(40):
        last = b.step(batch(1), Progress(step=3), 0.7)
    assert last["l1"] < first["l1"]
