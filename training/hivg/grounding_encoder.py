"""The grounding encoder: [REG, CLS, patches, words] through a few transformer layers (DETR's encoder layer).

Positions are added to queries and keys, not to values. Keys of padding, image's and text's, are masked.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .clip import narrowed
from .config import Config

#: Added to the logits of masked keys: finite, so that a mask costs one addition, and far enough for a weight of exactly 0.
HIDDEN = -1e9


class StackedAttention(nn.Module):
    """`nn.MultiheadAttention`'s parameters (q, k and v stacked), computed openly so that weights can be had."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, x: Tensor, positions: Tensor, masked: Tensor, want_weights: bool):
        """x [B, N, C], positions [N, C], masked [B, N] → ([B, N, C], weights [B, heads, N, N] or None)."""
        b, n, c = x.shape
        wq, wv = self.in_proj_weight.split((2 * c, c))
        bq, bv = self.in_proj_bias.split((2 * c, c))
        q, k = F.linear(x + positions, wq, bq).chunk(2, dim=-1)
        q, k, v = (t.view(b, n, self.heads, -1).transpose(1, 2) for t in (q, k, F.linear(x, wv, bv)))
        keep = ~masked[:, None, None, :]
        weights = None
        if want_weights or (self.training and x.device.type == "cpu"):
            # In training too: on a CPU the fused kernel's backward pass is several times slower than plain products.
            logits = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
            weights = (logits + masked[:, None, None, :].to(logits.dtype) * HIDDEN).softmax(-1)
            out = F.dropout(weights, self.dropout, self.training) @ v
        else:
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=keep)
        return self.out_proj(out.transpose(1, 2).reshape(b, n, c)), weights if want_weights else None


class GroundingLayer(nn.Module):
    def __init__(self, config: Config, dropout: float):
        super().__init__()
        width = config.projection
        self.normalize_before = config.normalize_before
        self.self_attn = StackedAttention(width, config.grounding_heads, dropout)
        self.linear1 = nn.Linear(width, config.grounding_mlp)
        self.linear2 = nn.Linear(config.grounding_mlp, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def _mlp(self, x: Tensor) -> Tensor:
        return self.dropout(self.linear2(self.dropout(F.relu(self.linear1(x)))))

    def forward(self, x: Tensor, positions: Tensor, masked: Tensor, want_weights: bool):
        if self.normalize_before:
            y, weights = self.self_attn(self.norm1(x), positions, masked, want_weights)
            x = x + self.dropout(y)
            return x + self._mlp(self.norm2(x)), weights
        y, weights = self.self_attn(x, positions, masked, want_weights)
        x = self.norm1(x + self.dropout(y))
        return self.norm2(x + self._mlp(x)), weights


class GroundingEncoder(nn.Module):
    def __init__(self, config: Config, dropout: float = 0.0):
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(GroundingLayer(config, dropout) for _ in range(config.grounding_layers))
        if config.normalize_before:
            self.encoder.norm = nn.LayerNorm(config.projection)

    def forward(self, x: Tensor, positions: Tensor, masked: Tensor, want_weights: bool = False):
        """x [B, 2 + P + T, d], positions [2 + P + T, d], masked [B, 2 + P + T] (true = not a key).

        → (the same shape, [REG] rows of the attention [B, layers, heads, 2 + P + T] or None).
        """
        rows = []
        x, positions = narrowed(x, positions)
        for layer in self.encoder.layers:
            x, weights = layer(x, positions, masked, want_weights)
            if weights is not None:
                rows.append(weights[:, :, 0])
        if hasattr(self.encoder, "norm"):
            x = self.encoder.norm(x)
        return x, torch.stack(rows, 1) if rows else None
