"""CLIP's two encoders, with the bridge between them inside the vision encoder's layers.

Names of modules are those of Hugging Face's CLIP and of the original HiVG, so that `state_dict` has the
checkpoint's keys (`pre_layrnorm` is spelt so there). Activations are QuickGELU, x·sigmoid(1.702 x).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import Config, Tower

#: QuickGELU's constant.
QUICK = 1.702


def narrowed(*inputs: Tensor) -> tuple[Tensor, ...]:
    """Inputs in the precision that matrix products are taken in: cast once here, not by each product that reads them."""
    kind = inputs[0].device.type
    if not torch.is_autocast_enabled(kind):
        return inputs
    cast = {id(x): x.to(torch.get_autocast_dtype(kind)) for x in inputs}
    return tuple(cast[id(x)] for x in inputs)


class Attention(nn.Module):
    """Multi-head attention with separate projections; over itself or over other tokens."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor, causal: bool = False, want_weights: bool = False):
        """x [B, N, C] attends to context [B, M, C] → ([B, N, C], weights [B, heads, N, M] or None)."""
        b, n, c = x.shape
        x, context = narrowed(x, context)

        def split(t: Tensor) -> Tensor:
            return t.view(b, t.shape[1], self.heads, -1).transpose(1, 2)

        q, k, v = split(self.q_proj(x)), split(self.k_proj(context)), split(self.v_proj(context))
        if want_weights or (self.training and x.device.type == "cpu"):
            # In training too: on a CPU the fused kernel's backward pass is several times slower than plain products.
            logits = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
            if causal:
                logits = logits + torch.full_like(logits[0, 0], float("-inf")).triu(1)
            weights = logits.softmax(-1)
            out = weights @ v
        else:
            weights = None
            out = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(out.transpose(1, 2).reshape(b, n, c)), weights if want_weights else None


class Mlp(nn.Module):
    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            x = self.fc1(x)
            return self.fc2(F.silu(QUICK * x) / QUICK)
        (x,) = narrowed(x)
        # The same but for rounding: the factors go to the small weights instead of twice over the wide activations.
        x = F.silu(F.linear(x, self.fc1.weight * QUICK, self.fc1.bias * QUICK))
        return F.linear(x, self.fc2.weight / QUICK, self.fc2.bias)


class Layer(nn.Module):
    """A pre-norm transformer layer of the text encoder."""

    def __init__(self, tower: Tower):
        super().__init__()
        self.self_attn = Attention(tower.width, tower.heads)
        self.layer_norm1 = nn.LayerNorm(tower.width)
        self.mlp = Mlp(tower.width, tower.mlp)
        self.layer_norm2 = nn.LayerNorm(tower.width)

    def forward(self, h: Tensor) -> Tensor:
        x = self.layer_norm1(h)
        h = h + self.self_attn(x, x, causal=True)[0]
        return h + self.mlp(self.layer_norm2(h))


class BridgedLayer(nn.Module):
    """A layer of the vision encoder; where `bridged`, the words come in between self-attention and MLP.

    Paper: multi-layer adaptive cross-modal bridge. There is no residual between `cross_attn` and `cross_mlp`,
    and no mask: every text position is a key.
    """

    def __init__(self, config: Config, bridged: bool):
        super().__init__()
        tower = config.vision
        self.self_attn = Attention(tower.width, tower.heads)
        self.bridged, self.adaptive = bridged, config.adaptive_weights
        if bridged:
            states, text = len(config.text_states), config.text.width
            self.cross_norm = nn.LayerNorm(tower.width)
            self.cross_attn = Attention(tower.width, tower.heads)
            self.cross_mlp = Mlp(tower.width, config.bridge_mlp or tower.mlp)
            self.cross_gate = nn.Linear(text * states, tower.width)
            self.cross_adaptive_weights = nn.ModuleList(nn.Embedding(config.context, text) for _ in range(states))
        self.layer_norm1 = nn.LayerNorm(tower.width)
        self.mlp = Mlp(tower.width, tower.mlp)
        self.layer_norm2 = nn.LayerNorm(tower.width)

    def text(self, states: list[Tensor], mix: bool) -> Tensor:
        """Text states, each [B, T, text width] → the bridge's keys and values [B, T, vision width]."""
        if self.adaptive:
            gated = [narrowed(w.weight)[0] * s + s for w, s in zip(self.cross_adaptive_weights, states)]
            t = self.cross_gate(torch.cat(gated, dim=-1))
        else:
            t = states[-1]
        if mix:
            # The original swaps the first two axes, then reads the memory as if it had not.
            t = t.transpose(0, 1).reshape(t.shape)
        return t

    def forward(
        self, h: Tensor, states: list[Tensor] | None, mix: bool = False, want_weights: bool = False, owner: Tensor | None = None
    ):
        """h [B, 1 + P, C] → (h, self-attention [B, heads, 1 + P, 1 + P], words read [B, heads, 1 + P, T]).

        The weights are None unless wanted, and the words None where there is no bridge. Without text states the
        layer is CLIP's own. With `owner`, int64 [texts], `h` has a row an image and becomes a row a text on the way.
        """
        x = self.layer_norm1(h)
        x, looked = self.self_attn(x, x, want_weights=want_weights)
        h = h + x
        if owner is not None:
            h = h.index_select(0, owner)
        words = None
        if self.bridged and states is not None:
            x, words = self.cross_attn(self.cross_norm(h), self.text(states, mix), want_weights=want_weights)
            h = h + self.cross_mlp(x)
        return h + self.mlp(self.layer_norm2(h)), looked, words


class TextModel(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.embeddings = nn.Module()
        self.embeddings.token_embedding = nn.Embedding(config.vocabulary, config.text.width)
        self.embeddings.position_embedding = nn.Embedding(config.context, config.text.width)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(Layer(config.text) for _ in range(config.text.layers))
        self.final_layer_norm = nn.LayerNorm(config.text.width)

    def forward(self, ids: Tensor) -> tuple[Tensor, list[Tensor]]:
        """ids int64 [B, T], at most the context → (last state after the final norm [B, T, C], [embeddings, after layer 0, …] each [B, T, C])."""
        (h,) = narrowed(self.embeddings.token_embedding(ids) + self.embeddings.position_embedding.weight[: ids.shape[1]])
        states = [h]
        for layer in self.encoder.layers:
            h = layer(h)
            states.append(h)
        return self.final_layer_norm(h), states


class VisionModel(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        width = config.vision.width
        self.embeddings = nn.Module()
        self.embeddings.class_embedding = nn.Parameter(torch.randn(width) * width**-0.5)
        self.embeddings.patch_embedding = nn.Conv2d(3, width, config.patch_side, config.patch_side, bias=False)
        self.embeddings.position_embedding = nn.Embedding(config.grid**2 + 1, width)
        self.pre_layrnorm = nn.LayerNorm(width)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(
            BridgedLayer(config, i in config.bridged_layers) for i in range(config.vision.layers)
        )
        self.post_layernorm = nn.LayerNorm(width)

    def forward(
        self, pixels: Tensor, states: list[Tensor] | None, mix: bool = False, want_weights: bool = False,
        owner: Tensor | None = None,
    ) -> dict:
        """pixels [B, 3, S, S], text states each [B, T, text width] or None for CLIP without bridges → dict:

        `states`: [after pre-layernorm, after layer 0, …], each [B, 1 + P, C], class token first; `pooled` [B, C];
        where wanted `cls_attention` [B, layers, heads, 1 + P] and `word_attention` [B, bridges, heads, 1 + P, T].

        With `owner`, int64 [B], there are fewer images than texts, and row b of the result is of image `owner[b]`: what
        comes before the first bridge is computed once an image. States before it then have a row an image.
        """
        patches = self.embeddings.patch_embedding(pixels).flatten(2).transpose(1, 2)
        start = self.embeddings.class_embedding.expand(patches.shape[0], 1, -1).to(patches.dtype)
        h = torch.cat([start, patches], dim=1) + self.embeddings.position_embedding.weight
        (h,) = narrowed(self.pre_layrnorm(h))
        out, looks, reads = [h], [], []
        for layer in self.encoder.layers:
            shared = owner if layer.bridged else None
            h, looked, words = layer(h, states, mix, want_weights, shared)
            owner = None if layer.bridged else owner
            out.append(h)
            if looked is not None:
                looks.append(looked[:, :, 0])
            if words is not None:
                reads.append(words)
        if owner is not None:
            h = out[-1] = h.index_select(0, owner)
        result = {"states": out, "pooled": self.post_layernorm(h[:, 0])}
        if want_weights:
            result["cls_attention"] = torch.stack(looks, 1)
            if reads:
                result["word_attention"] = torch.stack(reads, 1)
        return result


class Clip(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(2.6592))
        self.text_model = TextModel(config)
        self.vision_model = VisionModel(config)
        self.visual_projection = nn.Linear(config.vision.width, config.projection, bias=False)
        self.text_projection = nn.Linear(config.text.width, config.projection, bias=False)
