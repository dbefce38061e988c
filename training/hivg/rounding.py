"""Weights as a bundle's q4 stores them, so that the end of a run can make the best of that rounding.

The same numbers as the converter's (src/onnx/quantise.ts, `quantiseBlocks` with half scales): each run of 32 weights of
a row shares a scale, of a few candidates the one of least squared error; a weight is a code from −8 to 7 times it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BLOCK = 32
#: Scales to try: the block's extreme weight over each of these.
DIVISORS = (-9.0, -8.5, -8.0, -7.5, -7.0, 7.0)

#: Parameters that a bundle stores as they are, in 4 bits. Those that conversion takes into products with one another
#: (the bridge's text side, the projections before the grounding encoder) and the box head are not among them.
_STORED = re.compile(
    r"clip\.(text|vision)_model\.encoder\.layers\.\d+\.(self_attn\.[qkv]_proj|self_attn\.out_proj|mlp\.fc[12]|cross_attn\.q_proj|cross_mlp\.fc2)\.weight"
    r"|clip\.text_model\.embeddings\.token_embedding\.weight"
    r"|vl_transformer\.encoder\.layers\.\d+\.(self_attn\.in_proj_weight|self_attn\.out_proj\.weight|linear[12]\.weight)"
)


def stored_in_q4(name: str) -> bool:
    """Whether q4 keeps the network's parameter of that name in 4 bits, as it is."""
    return _STORED.fullmatch(name) is not None


def _codes(blocks: Tensor, scale: Tensor) -> Tensor:
    """[n, b, BLOCK] and scales [n, b, 1] → whole numbers from −8 to 7; 0 where the scale is 0."""
    inverse = torch.where(scale == 0, 0, 1 / scale)
    return (blocks * inverse + 8.5).floor().clamp(0, 15) - 8


def rounded(weight: Tensor) -> Tensor:
    """float32 [outputs, inputs] → the same shape: the weights that MatMulNBits computes with."""
    rows, width = weight.shape
    blocks = F.pad(weight, (0, -width % BLOCK)).view(rows, -1, BLOCK)
    low, high = blocks.aminmax(dim=-1, keepdim=True)
    extreme = torch.where(-low > high, low, high)
    most, scale = torch.zeros_like(extreme), torch.zeros_like(extreme)
    for divisor in DIVISORS:
        codes = _codes(blocks, extreme / divisor)
        along, size = (codes * blocks).sum(-1, keepdim=True), codes.square().sum(-1, keepdim=True)
        # The error is least at this scale, where it is Σx² less what is explained.
        refined = along / size.clamp(min=1)
        explained = along * refined
        scale = torch.where(explained > most, refined, scale)
        most = torch.maximum(explained, most)
    scale = scale.half().float()
    return (_codes(blocks, scale) * scale).view(rows, -1)[:, :width]


@contextmanager
def as_q4(network: nn.Module) -> Iterator[None]:
    """Inside, the network computes with the rounded weights; after it, it has its own again.

    Gradients taken inside are thereby those at the rounded weights, and move the exact ones (Bengio et al. 2013,
    the straight-through estimator).
    """
    with torch.no_grad():
        parameters = [p for name, p in network.named_parameters() if stored_in_q4(name)]
        kept = [p.clone() for p in parameters]
        for p in parameters:
            p.copy_(rounded(p))
    try:
        yield
    finally:
        with torch.no_grad():
            for p, own in zip(parameters, kept):
                p.copy_(own)
