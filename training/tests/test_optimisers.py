"""AdamW and Muon: what each is given, that both learn, and that a run goes on where it was."""

import pytest
import torch
from torch import nn

from optimisers import KINDS, Muon, between_layers, levelled, optimiser_for

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


@pytest.mark.parametrize("shape", [(24, 64), (64, 24), (40, 40)])
def test_muon_steps_as_pytorchs_does(shape):
    """In bf16 bit for bit; in fp32 as far as bf16, which PyTorch's own always computes in, can tell."""
    torch.manual_seed(0)
    start, grads = torch.randn(shape), [torch.randn(shape) for _ in range(3)]

    def after(make) -> torch.Tensor:
        p = nn.Parameter(start.clone())
        optimiser = make([p])
        for grad in grads:
            p.grad = grad.clone()
            optimiser.step()
        return p.detach() - start

    theirs = after(lambda ps: torch.optim.Muon(ps, lr=0.01, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"))
    assert torch.equal(after(lambda ps: Muon(ps, 0.01, 0.02, torch.bfloat16)), theirs)
    ours = after(lambda ps: Muon(ps, 0.01, 0.02, torch.float32))
    assert torch.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0) > 0.999
    assert not torch.equal(ours, theirs)


def test_a_levelled_matrix_has_the_singular_vectors_it_had_and_values_near_one():
    torch.manual_seed(0)
    matrix = torch.randn(30, 20, dtype=torch.float64)
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    values = u.T @ levelled(matrix) @ vh.T
    assert (values - values.diag().diag()).abs().max() < 1e-12
    assert 0.6 < values.diag().min() and values.diag().max() < 1.3


def test_muons_products_are_as_exact_as_asked():
    torch.manual_seed(0)
    matrix = torch.randn(64, 48, dtype=torch.float64)
    error = {t: (levelled(matrix.to(t)).double() - levelled(matrix)).abs().max().item() for t in (torch.float32, torch.bfloat16)}
    assert error[torch.float32] < 1e-4 < 1e-3 < error[torch.bfloat16]
