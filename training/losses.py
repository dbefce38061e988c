"""The losses, as the original weighs them: box (L1, GIoU), dense alignment and mask (focal, dice), contrastive.

One is ours: `kinds`, which asks the patches for the kind of every object in the scene, not only of the one
spoken of. A network that starts from nothing learns to see much faster so; its small head is thrown away.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def corners(box: Tensor) -> Tensor:
    """cx cy w h [..., 4] → x1 y1 x2 y2 [..., 4]."""
    centre, half = box[..., :2], box[..., 2:] / 2
    return torch.cat([centre - half, centre + half], dim=-1)


def iou_and_giou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Pairwise by row: corners [B, 4] and [B, 4] → IoU [B], generalised IoU [B]."""

    def area(low: Tensor, high: Tensor) -> Tensor:
        return (high - low).clamp(min=0).prod(-1)

    inter = area(torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:]))
    union = area(a[:, :2], a[:, 2:]) + area(b[:, :2], b[:, 2:]) - inter
    hull = area(torch.minimum(a[:, :2], b[:, :2]), torch.maximum(a[:, 2:], b[:, 2:]))
    iou = inter / union.clamp(min=1e-9)
    return iou, iou - (hull - union) / hull.clamp(min=1e-9)


def focal(logits: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Focal loss, mean over everything (Lin et al. 2017). Both [B, N]."""
    probability = logits.sigmoid()
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    right = probability * targets + (1 - probability) * (1 - targets)
    weight = alpha * targets + (1 - alpha) * (1 - targets)
    return (weight * (1 - right) ** gamma * loss).mean()


def dice(logits: Tensor, targets: Tensor) -> Tensor:
    """Dice loss, mean over the batch. Both [B, N]."""
    probability = logits.sigmoid()
    overlap = 2 * (probability * targets).sum(1)
    return (1 - (overlap + 1) / (probability.sum(1) + targets.sum(1) + 1)).mean()


def total(out: dict[str, Tensor], batch: dict[str, Tensor], kinds: Tensor, weights: dict[str, float]):
    """Network outputs, targets and kind logits [B, P, kinds + 1] → (sum, {name: unweighted loss}).

    batch: `box` [B, 4] cx cy w h; `inside` [B, P] 1 where the patch lies in the box; `silhouette` [B, M]; `kinds`
    int64 [B, P], the kind of the object on the patch, the last class where there is none, −1 where undecided.
    """
    box = out["box"].float()
    iou, giou = iou_and_giou(corners(box), corners(batch["box"]))
    dense, mask = out["token_similarity"].float(), out["mask_logits"].flatten(1).float()
    logit = out["logit"].float()
    same = torch.arange(len(logit))
    losses = {
        "l1": (box - batch["box"]).abs().sum(-1).mean(),
        "giou": (1 - giou).mean(),
        "dense_focal": focal(dense, batch["inside"]),
        "dense_dice": dice(dense, batch["inside"]),
        "mask_focal": focal(mask, batch["silhouette"]),
        "mask_dice": dice(mask, batch["silhouette"]),
        "contrastive": (F.cross_entropy(logit, same) + F.cross_entropy(logit.T, same)) / 2,
        "kinds": F.cross_entropy(kinds.flatten(0, 1).float(), batch["kinds"].flatten(), ignore_index=-1),
    }
    whole = sum(weights[name] * value for name, value in losses.items())
    return whole, {name: value.detach() for name, value in losses.items()}, iou.detach()
