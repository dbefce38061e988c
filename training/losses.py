"""The losses, as the original computes them: box (L1, GIoU), dense alignment and mask (focal, dice), contrastive.

Four are ours: `kinds`, which asks the patches for the name of every object in the scene (heads.py), not only of the
one spoken of; `extents`, `regard` and `miss`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from parallel import Ranks


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


#: How much IoU on either side of the bound still counts in `miss`.
SOFTNESS = 0.15


def miss(iou: Tensor, bound: float = 0.5) -> Tensor:
    """A smooth share of misses: sigmoid((bound − IoU) / SOFTNESS) of IoU [B], mean over the batch.

    L1 is as content with a box between two things as with one that holds either; this wants one or the other, and most
    of all where an overlap is nearly enough.
    """
    return torch.sigmoid((bound - iou) / SOFTNESS).mean()


def focal(logits: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Focal loss, mean over everything (Lin et al. 2017). Both [B, N], targets 0 or 1."""
    # One sigmoid of ±x serves the loss and its weight: ce = −log σ(x) where the target is 1, −log σ(−x) where it is 0.
    signed = logits * (2 * targets - 1)
    weight = (1 - alpha) + (2 * alpha - 1) * targets
    return (weight * torch.sigmoid(-signed) ** gamma * -F.logsigmoid(signed)).mean()


def dice(logits: Tensor, targets: Tensor) -> Tensor:
    """Dice loss, mean over the batch. Both [B, N]."""
    probability = logits.sigmoid()
    overlap = 2 * (probability * targets).sum(1)
    return (1 - (overlap + 1) / (probability.sum(1) + targets.sum(1) + 1)).mean()


def contrastive(out: dict[str, Tensor], scene: Tensor, scale: Tensor, ranks: Ranks) -> Tensor:
    """CLIP's loss over the batches of all processes; expressions of one scene (int64 [B]) share its image.

    With scenes that all differ it is the original's: cross-entropy of the matching pair, both ways.
    """
    texts, images = (ranks.gather(out[name].float()) for name in ("text_embedding", "image_embedding"))
    scenes = ranks.gather(scene)
    logit = texts @ images.T * scale
    same = (scenes[:, None] == scenes[None, :]).float()
    same = same / same.sum(1, keepdim=True)
    loss = (F.cross_entropy(logit, same) + F.cross_entropy(logit.T, same)) / 2
    # Every process has the gradient of its own rows alone and the mean of them is taken: so each counts `world` times.
    return loss + (ranks.world - 1) * (loss - loss.detach())


def kinds(logits: Tensor, shown: Tensor, ranks: Ranks) -> Tensor:
    """Cross-entropy of [V, kinds + 1] against int64 [V], −1 left out, mean over the batches of all processes."""
    count = ranks.average((shown >= 0).sum().float()).clamp(min=1)
    return F.cross_entropy(logits, shown, ignore_index=-1, reduction="sum") / count


def extents(told: Tensor, truth: Tensor, ranks: Ranks) -> Tensor:
    """L1 and generalised IoU of the boxes that patches tell, [B, P, 4] both, cx cy w h; those without a thing left out.

    `truth` is 0 there. The mean is over the patches of all processes' batches.
    """
    told, truth = told.flatten(0, 1), truth.flatten(0, 1)
    shows = (truth[:, 2] > 0).float()
    each = (told - truth).abs().sum(-1) + 1 - iou_and_giou(corners(told), corners(truth))[1]
    return (each * shows).sum() / ranks.average(shows.sum()).clamp(min=1)


def reg_share(reg_attention: Tensor, inside: Tensor) -> Tensor:
    """Share of the last layer's [REG] attention to patches that falls on those inside, [B].

    [B, layers, heads, 2 + P + T] and [B, P], 1 inside; the mean of heads. Padding is masked and so has no attention.
    """
    row = reg_attention[:, -1].float().mean(1)[:, 2 : 2 + inside.shape[1]]
    return (row * inside).sum(1) / row.sum(1).clamp(min=1e-9)


def regard(reg_attention: Tensor, inside: Tensor) -> Tensor:
    """−log of `reg_share`, mean over the batch. Heads are averaged before, so that each may look elsewhere now and then."""
    return -reg_share(reg_attention, inside).clamp(min=1e-6).log().mean()


def total(
    out: dict[str, Tensor], batch: dict[str, Tensor], weights: dict[str, float], scale: Tensor, ranks: Ranks = Ranks()
) -> tuple[Tensor, dict[str, Tensor]]:
    """Network outputs and targets → (weighted sum, {name: unweighted loss, detached}), of the losses that have a weight.

    batch: `box` [B, 4] cx cy w h; `inside` [B, P] 1 where the patch lies in the box; `silhouette` [B, M];
    `number` int64 [B], the scene's. `scale` is exp(logit_scale).
    """
    losses: dict[str, Tensor] = {}
    if "l1" in weights:
        box = out["box"].float()
        losses["l1"] = (box - batch["box"]).abs().sum(-1).mean()
        iou, giou = iou_and_giou(corners(box), corners(batch["box"]))
        losses["giou"] = (1 - giou).mean()
        if "miss" in weights:
            losses["miss"] = miss(iou)
    if "dense_focal" in weights:
        dense = out["token_similarity"].float()
        losses["dense_focal"] = focal(dense, batch["inside"])
        losses["dense_dice"] = dice(dense, batch["inside"])
    if "mask_focal" in weights:
        mask = out["mask_logits"].flatten(1).float()
        losses["mask_focal"] = focal(mask, batch["silhouette"])
        losses["mask_dice"] = dice(mask, batch["silhouette"])
    if "contrastive" in weights:
        losses["contrastive"] = contrastive(out, batch["number"], scale, ranks)
    if "kinds" in weights:
        losses["kinds"] = kinds(out["kinds"], out["shown"], ranks)
    if "extents" in weights:
        losses["extents"] = extents(out["extents"], batch["extents"], ranks)
    if "regard" in weights:
        losses["regard"] = regard(out["reg_attention"], batch["inside"])
    whole = torch.stack([weights[name] * value for name, value in losses.items()]).sum()
    return whole, {name: value.detach() for name, value in losses.items()}
