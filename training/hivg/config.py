"""The sizes of a HiVG network, and how they are read off a checkpoint's `args` and shapes.

Four sizes were released (ViT-B/16, ViT-B/32, ViT-L/14, ViT-L/14-336); `mini` is ours, whose checkpoints spell
out the layer lists in `args` instead of implying them by the model's name.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass

from torch import Tensor

#: Model name → (bridged layers, vision states taken). State 0 is the input of layer 0, state n the output of layer n − 1.
RELEASED = {
    "ViT-B/16": ((0, 3, 7, 11), (1, 4, 8, 12)),
    "ViT-B/32": ((0, 3, 7, 11), (1, 4, 8, 12)),
    "ViT-L/14": ((4, 10, 16, 22), (6, 12, 18, 24)),
    "ViT-L/14-336": ((11, 15, 19, 23), (12, 16, 20, 24)),
}
#: Training set → text states fed to the bridge; every other set takes the last.
TEXT_STATES = {"unc+": (6, 12), "referit": (6, 12), "gref": tuple(range(1, 13)), "gref_umd": tuple(range(1, 13))}


@dataclass(frozen=True)
class Tower:
    """One of CLIP's two transformers."""

    width: int
    layers: int
    heads: int
    mlp: int


@dataclass(frozen=True)
class Config:
    vision: Tower
    text: Tower
    image_side: int
    patch_side: int
    projection: int
    vocabulary: int
    #: Positions of the text, padding included.
    context: int
    bridged_layers: tuple[int, ...]
    vision_states: tuple[int, ...]
    text_states: tuple[int, ...]
    adaptive_weights: bool
    #: The bridge reads the projected text features instead of the text encoder's states.
    mixup: bool
    grounding_layers: int
    grounding_heads: int
    grounding_mlp: int
    token_mlp: int
    normalize_before: bool = True
    bridge_mlp: int = 0

    @property
    def grid(self) -> int:
        return self.image_side // self.patch_side


#: The network that ships with the app.
MINI = Config(
    vision=Tower(192, 6, 3, 768),
    text=Tower(192, 2, 3, 768),
    image_side=128,
    patch_side=16,
    projection=192,
    vocabulary=0,
    context=32,
    bridged_layers=(1, 3, 5),
    vision_states=(2, 4, 6),
    text_states=(1, 2),
    adaptive_weights=True,
    mixup=False,
    grounding_layers=3,
    grounding_heads=6,
    grounding_mlp=768,
    token_mlp=768,
)


def _count(state: dict[str, Tensor], before: str, after: str) -> int:
    n = 0
    while f"{before}{n}{after}" in state:
        n += 1
    return n


def from_checkpoint(args: Namespace, state: dict[str, Tensor], clip_config: dict | None = None) -> Config:
    """The sizes of a checkpoint whose LoRA is merged and whose keys have no peft prefixes (see checkpoint.py).

    Heads are not stored: width / 64, unless a Hugging Face CLIP configuration is given.
    """

    def tower(prefix: str, which: str) -> Tower:
        fc1 = state[f"{prefix}.encoder.layers.0.mlp.fc1.weight"]
        heads = clip_config[which]["num_attention_heads"] if clip_config else fc1.shape[1] // 64
        return Tower(fc1.shape[1], _count(state, f"{prefix}.encoder.layers.", ".layer_norm1.weight"), heads, fc1.shape[0])

    if hasattr(args, "bridged_layers"):
        bridged, vision_states, text_states = args.bridged_layers, args.vision_states, args.text_states
    else:
        bridged, vision_states = RELEASED[args.model]
        text_states = TEXT_STATES.get(args.dataset, (12,))
        if args.model == "ViT-L/14" and getattr(args, "warmup", False):
            bridged = ()
    mixup = bool(args.mixup_pretrain)
    bridges = [state[k].shape[0] for k in state if k.endswith("cross_mlp.fc1.weight")]
    return Config(
        vision=tower("clip.vision_model", "vision_config"),
        text=tower("clip.text_model", "text_config"),
        image_side=args.imsize,
        patch_side=state["clip.vision_model.embeddings.patch_embedding.weight"].shape[-1],
        projection=state["clip.text_projection.weight"].shape[0],
        vocabulary=state["clip.text_model.embeddings.token_embedding.weight"].shape[0],
        context=state["clip.text_model.embeddings.position_embedding.weight"].shape[0],
        bridged_layers=tuple(bridged),
        vision_states=tuple(vision_states),
        text_states=tuple(text_states[-1:] if mixup else text_states),
        adaptive_weights=bool(args.enable_adaptive_weights),
        mixup=mixup,
        grounding_layers=_count(state, "vl_transformer.encoder.layers.", ".norm1.weight"),
        grounding_heads=args.vl_nheads,
        grounding_mlp=state["vl_transformer.encoder.layers.0.linear1.weight"].shape[0],
        token_mlp=state["visu_token_mlp.fc1.weight"].shape[0],
        normalize_before=bool(args.normalize_before),
        bridge_mlp=bridges[0] if bridges else 0,
    )
