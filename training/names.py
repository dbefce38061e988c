"""The names of things as classes: what a patch shows is held against what the text encoder makes of each name.

Ours, not the paper's. A network that starts from nothing learns to see, and which word means what it sees, much faster
so than from boxes alone: every thing in a scene teaches, not only the one spoken of. CLIP's own idea, patch by patch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from hivg.hivg import HiVG
from synthref.atlas import nouns

#: What stands before a name.
ARTICLES = ("", "the ", "a ")
#: The sharpest that the likeness may become; exp(4.6) = 99.
SHARPEST = 4.6


class Names(nn.Module):
    """Every way to say each kind's name, and the two weights that the loss needs besides the network's.

    `ids` int64 [N, L]: start and end token, padded with 0; `first` int64 [K]: where each kind's rows begin, `ways`
    int64 [K]: how many there are. Class K is a patch that shows nothing.
    """

    def __init__(self, ids: Tensor, ways: Tensor, width: int):
        super().__init__()
        # Not in the state: they follow from the words.
        self.register_buffer("ids", ids, persistent=False)
        self.register_buffer("ways", ways, persistent=False)
        self.register_buffer("first", ways.cumsum(0) - ways, persistent=False)
        self.nothing = nn.Parameter(torch.randn(width) * width**-0.5)
        self.scale = nn.Parameter(torch.tensor(math.log(30.0)))

    def classes(self, network: HiVG, dice: torch.Generator) -> Tensor:
        """One way to say each kind by lot → what the grounding encoder is given for it, of length 1: [K + 1, d]."""
        way = (torch.rand(len(self.ways), generator=dice).to(self.ways.device) * self.ways).long()
        ids = self.ids[self.first + way]
        last, _ = network.clip.text_model(ids)
        words = network.text_proj(network.clip.text_projection(last)).float()
        # The name's own tokens: neither the start nor the end nor padding.
        place = torch.arange(ids.shape[1], device=ids.device)
        own = ((place > 0) & (place < ids.argmax(1, keepdim=True))).float()[..., None]
        return F.normalize(torch.cat([(words * own).sum(1) / own.sum(1), self.nothing[None]]), dim=-1)

    def forward(self, network: HiVG, patches: Tensor, seed: int) -> Tensor:
        """Patches [V, d] as the grounding encoder is given them → logits [V, K + 1]; the lot falls by the seed."""
        classes = self.classes(network, torch.Generator().manual_seed(seed))
        return F.normalize(patches.float(), dim=-1) @ classes.T * self.scale.clamp(max=SHARPEST).exp()


def _said() -> Iterator[tuple[str, ...]]:
    for noun in nouns():
        yield tuple(article + name for name in noun.names for article in (ARTICLES[:2] if noun.plural else ARTICLES))


def synthref_names(tokenizer: Tokenizer, width: int) -> Names:
    """The names of SynthRef's kinds, in the order of their numbers."""
    said = list(_said())
    rows = [tokenizer.encode(text).ids for ways in said for text in ways]
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.int64)
    for row, encoded in zip(ids, rows):
        row[: len(encoded)] = torch.tensor(encoded)
    return Names(ids, torch.tensor([len(ways) for ways in said]), width)
