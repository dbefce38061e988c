"""AdamW and Muon: what each is given, that both learn, and that a run goes on where it was."""

import pytest
import torch

from optimisers import KINDS, between_layers, optimiser_for

from .tiny import network


def test_muon_is_given_the_matrices_between_layers_and_nothing_else():
    named = dict(network("full").named_parameters())
    inner = {n for n, p in named.items() if between_layers(n, p)}
    assert {"clip.vision_model.encoder.layers.0.mlp.fc1.weight", "visu_proj.weight", "vl_transformer.encoder.layers.0.self_attn.in_proj_weight"} <= inner
    tables = ("token_embedding", "position_embedding", "pos_embed", "reg_token", "cross_adaptive_weights", "bbox_embed", "patch_embedding", "bias", "norm")
    assert not [n for n in inner if any(t in n for t in tables)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_trained_weight_moves(kind):
    model = network("full")
    optimiser = optimiser_for(model, kind, 1e-3, 0.02)
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    before = {n: p.detach().clone() for n, p in trained.items()}
    for p in trained.values():
        p.grad = torch.randn_like(p)
    optimiser.step()
    assert not [n for n, p in trained.items() if torch.equal(p, before[n])]
    optimiser.zero_grad(set_to_none=True)
    assert all(p.grad is None for p in trained.values())


@pytest.mark.parametrize("kind", KINDS)
def test_an_optimiser_goes_on_where_its_state_was_kept(kind):
    def steps(model, optimiser, first: int, last: int) -> None:
        for k in range(first, last):
            torch.manual_seed(k)
            for p in model.parameters():
                if p.requires_grad:
                    p.grad = torch.randn_like(p)
            optimiser.step()

    whole, halves = network("full"), network("full")
    steps(whole, optimiser_for(whole, kind, 1e-3, 0.02), 0, 4)
    first = optimiser_for(halves, kind, 1e-3, 0.02)
    steps(halves, first, 0, 2)
    second = optimiser_for(halves, kind, 1e-3, 0.02)
    second.load_state_dict(first.state_dict())
    steps(halves, second, 2, 4)
    for (name, a), b in zip(whole.named_parameters(), halves.parameters()):
        assert torch.equal(a, b), name
