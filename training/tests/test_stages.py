"""What each stage trains, and how a stage takes over from the one before."""

import json

import pytest
import torch
from tokenizers import Tokenizer

from hivg import checkpoint
from hivg.checkpoint import CheckpointError
from hivg.config import MINI
from hivg.hivg import HiVG
from hivg.lora import adapt
from hivg.transfer import regrid, transfer
from stages import ALL, STAGES, adapted_layers
from synthref.tokenizer import document

from .tiny import TINY, batch, network


def trained(model: HiVG) -> set[str]:
    return {name for name, p in model.named_parameters() if p.requires_grad}


def tokenizer(*merges: tuple[str, str]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(document(list(merges))))


def test_the_originals_layers_of_twelve_are_two_four_and_six_of_the_minis():
    shares = [STAGES[s].adapters for s in ("hilora1", "hilora2", "hilora3")]
    assert [adapted_layers(s, 12) for s in shares] == [5, 8, 12]
    assert [adapted_layers(s, MINI.vision.layers) for s in shares] == [2, 4, 6]


def test_from_the_warm_up_on_clip_is_frozen_and_all_behind_it_is_trained():
    for stage in ("warmup", "hilora1", "hilora2", "hilora3", "lora", "frozen"):
        names = trained(network(stage))
        assert not [n for n in names if n.startswith("clip.") and "cross_" not in n and "lora" not in n], stage
        for part in ("cross_mlp.fc1.weight", "vl_transformer", "bbox_embed", "seg_conv1", "text_proj.", "reg_token", "visu_token_mlp"):
            assert any(part in n for n in names), (stage, part)


def test_adapters_open_from_the_first_layers_to_the_last():
    def layers(stage: str) -> set[str]:
        names = [n for n in trained(network(stage)) if "lora_A" in n and "cross_attn" not in n]
        return {".".join(n.split(".")[1:5]) for n in names}

    text, first, second, third = "text_model.encoder.layers.0", *(f"vision_model.encoder.layers.{i}" for i in range(3))
    assert layers("warmup") == set()
    assert layers("hilora1") == {text, first}
    assert layers("hilora2") == {text, first, second}
    assert layers("hilora3") == layers("lora") == {text, first, second, third}


def test_contrastive_training_is_of_clip_alone_and_full_training_of_all_that_is_read():
    alone = trained(network("contrastive"))
    assert "clip.logit_scale" in alone and not [n for n in alone if "cross_" in n or n.startswith(("vl_", "bbox"))]
    model = network("full")
    left = {n for n, _ in model.named_parameters()} - trained(model)
    assert {n.split(".")[0] for n in left} == {"ml_text_feat_perceiver", "reg_pos_embed", "condition_text_pos_embed", "condition_text_proj"}


def test_eyes_are_trained_with_the_bridge_and_with_nothing_behind_it():
    names = trained(network("recognition"))
    for part in ("patch_embedding", "cross_attn.q_proj", "token_embedding", "visu_proj.", "text_proj."):
        assert any(part in n for n in names), part
    assert not [n for n in names if n.startswith(("vl_", "bbox", "seg_conv", "visu_token", "reg_token"))]


def test_shares_of_the_papers_way_make_a_whole():
    assert sum(STAGES[s].share for s in ALL) == pytest.approx(1)


@torch.no_grad()
def test_fresh_adapters_change_nothing_and_trained_ones_are_the_same_merged(tmp_path):
    b = batch(1)
    pixels = torch.randn(6, 3, 32, 32)
    plain = network("full").eval()
    before = plain(pixels, b["patch_mask"], b["ids"])["box"]
    adapt(plain.clip)
    assert torch.equal(plain.eval()(pixels, b["patch_mask"], b["ids"])["box"], before)
    for name, p in plain.named_parameters():
        if "lora_B" in name:
            p.normal_(std=0.2)
    adapted = plain(pixels, b["patch_mask"], b["ids"])["box"]
    assert (adapted - before).abs().max() > 1e-3
    file = tmp_path / "best_checkpoint.pth"
    checkpoint.save(file, plain.state_dict(), checkpoint.namespace(TINY, "synthref"), 1, 0.5, wraps=2)
    stored = torch.load(file, weights_only=False)["model"]
    assert "clip.base_model.model.base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_A.default.weight" in stored
    merged, _ = checkpoint.load(file)
    assert (merged(pixels, b["patch_mask"], b["ids"])["box"] - adapted).abs().max() < 1e-5


def test_the_next_stage_goes_on_with_the_same_adapters_and_full_training_merges_them(tmp_path):
    b, words, pixels = batch(1), tokenizer(), torch.randn(6, 3, 32, 32)
    sizes = {"vocabulary": words.get_vocab_size()}
    one = network("hilora1", **sizes)
    with torch.no_grad():
        for name, p in one.named_parameters():
            if "lora_B" in name:
                p.normal_(std=0.1)
    file = tmp_path / "best_checkpoint.pth"
    checkpoint.save(file, one.state_dict(), checkpoint.namespace(one.config, "synthref"), 1, 0.5, wraps=2)
    state, _ = checkpoint.read(file)
    two, full = network("hilora2", seed=5, **sizes), network("full", seed=5, **sizes)
    assert transfer(two, state, words, words) == words.get_vocab_size()
    transfer(full, state, words, words)
    assert all(torch.equal(v, one.state_dict()[k]) for k, v in two.state_dict().items())
    with torch.no_grad():
        boxes = [m.eval()(pixels, b["patch_mask"], b["ids"])["box"] for m in (one, full)]
    assert (boxes[0] - boxes[1]).abs().max() < 1e-5


def test_tokens_keep_their_embedding_by_their_text():
    before, after = tokenizer(("o", "x</w>")), tokenizer(("b", "y</w>"), ("o", "x</w>"))
    old = network(vocabulary=before.get_vocab_size())
    new = network(seed=3, vocabulary=after.get_vocab_size())
    name = "clip.text_model.embeddings.token_embedding.weight"
    fresh = new.state_dict()[name][after.get_vocab()["by</w>"]].clone()
    assert transfer(new, old.state_dict(), before, after) == before.get_vocab_size()
    rows, table = new.state_dict()[name], old.state_dict()[name]
    for token in ("ox</w>", "!", "<|endoftext|>"):
        assert torch.equal(rows[after.get_vocab()[token]], table[before.get_vocab()[token]])
    assert torch.equal(rows[after.get_vocab()["by</w>"]], fresh)


def test_positions_of_patches_are_interpolated_and_a_longer_text_keeps_the_old_ones():
    words = tokenizer()
    size = words.get_vocab_size()
    old, new = network(vocabulary=size), network(seed=3, vocabulary=size, image_side=64, context=15)
    last = new.vl_pos_embed.weight[-1].clone()
    transfer(new, old.state_dict(), words, words)
    assert torch.equal(new.vl_pos_embed.weight[:2], old.vl_pos_embed.weight[:2])
    assert torch.equal(new.vl_pos_embed.weight[2 + 16 : 2 + 16 + 12], old.vl_pos_embed.weight[2 + 4 :])
    assert torch.equal(new.vl_pos_embed.weight[-1], last)
    assert len(new.clip.vision_model.embeddings.position_embedding.weight) == 17
    ramp = torch.arange(4.0).repeat(4, 1).reshape(16, 1)
    wider = regrid(ramp, 8).reshape(8, 8)
    assert torch.allclose(wider[0], wider[7]) and (wider[0].diff() > 0).all()


def test_another_width_is_refused_by_name():
    words = tokenizer()
    old, new = network(vocabulary=words.get_vocab_size()), network(vocabulary=words.get_vocab_size(), token_mlp=128)
    with pytest.raises(CheckpointError, match="visu_token_mlp.fc1.weight"):
        transfer(new, old.state_dict(), words, words)
