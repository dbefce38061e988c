"""HiVG: from an image and an expression to a box, and what else the network can say. Paper: figure 2.

Keys of `state_dict` are the original checkpoint's (see checkpoint.py). Some parameters exist only because the
original stores them (`condition_text_proj` outside mixup, `ml_text_feat_perceiver`, `reg_pos_embed`,
`condition_text_pos_embed`): nothing reads them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .clip import Clip, Mlp
from .config import Config
from .grounding_encoder import GroundingEncoder


class BoxHead(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, 4)])

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.layers[1](F.relu(self.layers[0](x))))
        return self.layers[2](x)


def pooled_masks(features: Tensor, query: Tensor, w1: Tensor, w2: Tensor, w3: Tensor) -> Tensor:
    """q · conv3(conv2(conv1(features))), all transposed convolutions 2 × 2 of stride 2 without bias.

    No nonlinearity stands between them, so the query is taken inwards first: the same sum in another order, at a
    sixtieth of the cost. features [B, P, d], query [B, d], weights [d, d, 2, 2] → [B, 8·grid, 8·grid].
    """
    b, p, d = features.shape
    grid = round(p**0.5)
    # Each step leaves, for every input channel, one kernel of twice the side.
    kernel = torch.einsum("ioyx,bo->biyx", w3, query)
    kernel = torch.einsum("iocd,boef->bicedf", w2, kernel).reshape(b, d, 4, 4)
    kernel = torch.einsum("iocd,boef->bicedf", w1, kernel).reshape(b, d, 64)
    out = (features @ kernel).view(b, grid, grid, 8, 8)
    return out.transpose(2, 3).reshape(b, grid * 8, grid * 8)


class HiVG(nn.Module):
    def __init__(self, config: Config, dropout: float = 0.0):
        super().__init__()
        self.config = config
        d, patches = config.projection, config.grid**2
        self.clip = Clip(config)
        self.ml_visual_projection = nn.Linear(config.vision.width * len(config.vision_states), d)
        self.visu_proj = nn.Linear(d, d)
        self.text_proj = nn.Linear(d, d)
        self.condition_text_proj = nn.Linear(d, config.vision.width)
        self.reg_token = nn.Embedding(1, d)
        self.vl_pos_embed = nn.Embedding(2 + patches + config.context, d)
        self.vl_transformer = GroundingEncoder(config, dropout)
        self.bbox_embed = BoxHead(d)
        self.visu_token_norm = nn.LayerNorm(d)
        self.visu_token_mlp = Mlp(d, config.token_mlp)
        self.seg_conv1 = nn.ConvTranspose2d(d, d, 2, 2, bias=False)
        self.seg_conv2 = nn.ConvTranspose2d(d, d, 2, 2, bias=False)
        self.seg_conv3 = nn.ConvTranspose2d(d, d, 2, 2, bias=False)
        # Stored by the original, read by nothing.
        self.ml_text_feat_perceiver = nn.Linear(config.text.width * len(config.text_states), config.vision.width)
        self.reg_pos_embed = nn.Embedding(1, d)
        self.condition_text_pos_embed = nn.Embedding(config.context, config.vision.width)

    def forward(
        self,
        pixels: Tensor,
        patch_mask: Tensor,
        ids: Tensor,
        want_attention: bool = False,
        mix_texts_in_batch: bool = False,
        owner: Tensor | None = None,
        want_reg_attention: bool = False,
    ) -> dict[str, Tensor]:
        """
        pixels      float [B, 3, S, S], normalised, letterboxed (preprocess.py)
        patch_mask  bool [B, P], true on padding, rows of the grid one after another
        ids         int64 [B, T], start and end token, padded with 0
        mix_texts_in_batch  mixes the texts of a batch in the bridge as the original does; nothing at B = 1
        owner       int64 [B] where several expressions share an image: `pixels` then has fewer rows than `ids`, and
                    expression b is about row `owner[b]`. The same result, for less
        want_reg_attention  that alone of what attention there is (for losses): all else of it takes time and memory

        Returns
        box               [B, 4] cx cy w h, fractions of the padded square
        logit             [B, B] CLIP similarity, texts × images: the two embeddings' cosine times exp(logit_scale)
        text_embedding    [B, d], image_embedding [B, d], of length 1
        token_similarity  [B, P] end token · patches
        mask_logits       [B, 8·grid, 8·grid]; a sigmoid makes it a probability
        patches           [B, P, d] what the grounding encoder was given for the patches (for auxiliary losses)
        where wanted:
        reg_attention     [B, grounding layers, heads, 2 + P + T], the [REG] row over [REG, CLS, patches, words]
        cls_attention     [B, vision layers, heads, 1 + P]
        word_attention    [B, bridges, heads, 1 + P, T] which words each patch reads
        """
        c = self.config
        b, p = ids.shape[0], c.grid**2
        rows, end = torch.arange(b, device=ids.device), ids.argmax(-1)
        last, states = self.clip.text_model(ids)
        text_features = self.clip.text_projection(last)
        bridge_states = [self.condition_text_proj(text_features)] if c.mixup else [states[i] for i in c.text_states]
        vision = self.clip.vision_model(pixels, bridge_states, mix_texts_in_batch, want_attention, owner)

        taken = [vision["states"][i] for i in c.vision_states]
        levels = torch.cat([s if owner is None or len(s) == b else s[owner] for s in taken], dim=-1)
        image = self.visu_proj(self.ml_visual_projection(levels))
        # In training on a CPU, words that are padding in the whole batch are left out: as keys they are masked, and
        # nothing reads what becomes of them.
        spoken = int(end.max()) + 1 if self.training and ids.device.type == "cpu" else c.context
        words = self.text_proj(text_features[:, :spoken])
        reg = self.reg_token.weight.expand(b, 1, -1).to(image.dtype)
        shown = torch.zeros(b, 2, dtype=torch.bool, device=ids.device)
        masked = torch.cat([shown, patch_mask, ids[:, :spoken] == 0], dim=1)
        h, reg_attention = self.vl_transformer(
            torch.cat([reg, image, words], dim=1), self.vl_pos_embed.weight[: masked.shape[1]], masked,
            want_attention or want_reg_attention,
        )

        features = h[:, 2 : 2 + p]
        query = F.normalize(h[rows, 2 + p + end], dim=-1)
        keys = self.visu_token_mlp(self.visu_token_norm(features))
        text_embed = F.normalize(text_features[rows, end], dim=-1)
        image_embed = F.normalize(self.clip.visual_projection(vision["pooled"]), dim=-1)
        out = {
            "box": self.bbox_embed(h[:, 0]).float().sigmoid(),
            "logit": text_embed @ image_embed.T * self.clip.logit_scale.exp(),
            "text_embedding": text_embed,
            "image_embedding": image_embed,
            "token_similarity": torch.einsum("bpd,bd->bp", keys, query.to(keys.dtype)),
            "mask_logits": pooled_masks(
                features, query, self.seg_conv1.weight, self.seg_conv2.weight, self.seg_conv3.weight
            ),
            "patches": image[:, 1:],
        }
        if reg_attention is not None:
            out["reg_attention"] = reg_attention
        if want_attention:
            out["cls_attention"] = vision["cls_attention"]
            if "word_attention" in vision:
                out["word_attention"] = vision["word_attention"]
        return out

    def see(self, pixels: Tensor, ids: Tensor, owner: Tensor | None = None) -> dict[str, Tensor]:
        """Both encoders and the bridge, without grounding encoder: `patches` as in forward.

        pixels as in forward; ids int64 [texts, T]; row b of the pixels goes with text `owner[b]`, or with text b.
        """
        _, states = self.clip.text_model(ids)
        if owner is not None:
            states = [s[owner] for s in states]
        vision = self.clip.vision_model(pixels, [states[i] for i in self.config.text_states])
        levels = torch.cat([vision["states"][i] for i in self.config.vision_states], dim=-1)
        return {"patches": self.visu_proj(self.ml_visual_projection(levels))[:, 1:]}

    def contrast(self, pixels: Tensor, ids: Tensor) -> dict[str, Tensor]:
        """CLIP alone, without bridges and grounding encoder: `logit`, both embeddings and `patches` as in forward."""
        end = ids.argmax(-1)
        last, _ = self.clip.text_model(ids)
        text = self.clip.text_projection(last[torch.arange(len(ids), device=ids.device), end])
        vision = self.clip.vision_model(pixels, None)
        levels = torch.cat([vision["states"][i] for i in self.config.vision_states], dim=-1)
        text_embed = F.normalize(text, dim=-1)
        image_embed = F.normalize(self.clip.visual_projection(vision["pooled"]), dim=-1)
        return {
            "logit": text_embed @ image_embed.T * self.clip.logit_scale.exp(),
            "text_embedding": text_embed,
            "image_embedding": image_embed,
            "patches": self.visu_proj(self.ml_visual_projection(levels))[:, 1:],
        }
