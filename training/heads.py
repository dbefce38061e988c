"""What training asks of patches besides the network's own outputs; left behind when the network is put to use.

Ours, not the paper's. `Names`: what a patch shows is held against what the text encoder makes of each kind's name;
CLIP's own idea, patch by patch. `Extents`: every patch that shows some of a thing tells where it begins and ends. Through
both every thing in a scene teaches, not only the one spoken of, so that a network that starts from nothing learns to
see, and which word means what it sees, much faster than from boxes alone. `Trained` is the network with these heads.
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
from synthref.dataset import pixels_of

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


class Extents(nn.Module):
    """Patches [..., d] as the grounding encoder is given them → boxes [..., 4], cx cy w h, fractions of the square.

    Linear, as a linear map is all that attention has between a patch and what [REG] takes from it: a mean of such
    patches is the mean of their boxes.
    """

    def __init__(self, width: int):
        super().__init__()
        self.read = nn.Linear(width, 4)

    def forward(self, patches: Tensor) -> Tensor:
        return self.read(F.layer_norm(patches, patches.shape[-1:])).float().sigmoid()


def firsts_of(number: Tensor) -> tuple[Tensor | slice, Tensor | None]:
    """Scene of each row, int64 [B] → rows with one of each scene, and which of these each row has.

    On a CPU alone: elsewhere a batch whose sizes change costs more than the work that it saves.
    """
    if number.device.type != "cpu":
        return slice(None), None
    _, owner, counts = number.unique_consecutive(return_inverse=True, return_counts=True)
    return counts.cumsum(0) - counts, owner


class Trained(nn.Module):
    """HiVG and what training may need besides: the names of things, and the head that is told their extents.

    A batch may have views of crowds beside it, as `crowd`: what they show is asked with the rest.

    → the network's outputs; where there are names, `kinds` [V, kinds + 1]: logits of the patches whose kind is
    decided (on a CPU; elsewhere of all), with `shown` int64 [V], what they show (−1: undecided); and with the head,
    `extents` [B, P, 4]: the box of what each patch shows. `watched`: `reg_attention` too, for a loss on it.
    """

    def __init__(self, network: HiVG, names: Names | None = None, extents: Extents | None = None, watched: bool = False):
        super().__init__()
        self.network, self.names, self.extents, self.watched = network, names, extents, watched

    def heads(self) -> dict[str, Tensor]:
        """The parameters besides the network's, by name."""
        return {name: p for name, p in self.named_parameters() if not name.startswith("network.")}

    def forward(self, batch: dict, reads: str, mix_texts: bool) -> dict[str, Tensor]:
        if reads == "names":
            out = self._crowd(batch)
        elif reads == "captions":
            out = self.network.contrast(pixels_of(batch["image"], batch["rect"]), batch["ids"])
        else:
            first, owner = firsts_of(batch["number"])
            pixels = pixels_of(batch["image"][first], batch["rect"][first])
            out = self.network(
                pixels, batch["patch_mask"], batch["ids"], mix_texts_in_batch=mix_texts, owner=owner, want_reg_attention=self.watched
            )
            if self.extents is not None:
                out["extents"] = self.extents(out["patches"])
        if self.names is None:
            return out
        shown, patches = batch["kinds"].flatten(), out["patches"].flatten(0, 1)
        if "crowd" in batch:
            shown = torch.cat([shown, batch["crowd"]["kinds"].flatten()])
            patches = torch.cat([patches, self._crowd(batch["crowd"])["patches"].flatten(0, 1)])
        if shown.device.type == "cpu":
            decided = (shown >= 0).nonzero().flatten()
            shown, patches = shown[decided], patches[decided]
        return {**out, "kinds": self.names(self.network, patches, int(batch["seed"])), "shown": shown}

    def _crowd(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Views of crowds, each crowd with one text for all of its views."""
        first, owner = firsts_of(batch["number"])
        return self.network.see(pixels_of(batch["image"], batch["rect"]), batch["ids"][first], owner)
