"""Where a thing begins and ends, asked of every patch that shows some of it.

Ours, not the paper's. The box that [REG] gives is of one thing a picture, and told by few patches; asked so, every thing
in a scene teaches its extent. A linear map reads it, as a linear map is all that attention has between a patch and
what [REG] takes from it: a mean of such patches is the mean of their boxes.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class Extents(nn.Module):
    """Patches [..., d] as the grounding encoder is given them → boxes [..., 4], cx cy w h, fractions of the square."""

    def __init__(self, width: int):
        super().__init__()
        self.read = nn.Linear(width, 4)

    def forward(self, patches: Tensor) -> Tensor:
        return self.read(F.layer_norm(patches, patches.shape[-1:])).float().sigmoid()
