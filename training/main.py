"""Trains a stage, or the paper's stages one after another, on SynthRef or on data of one's own.

    python main.py --stage full --run runs/mini --minutes 90          (in training/; resumes where it was)
    python main.py --stage all --run runs/paper --pairs 2000000
    torchrun --nproc-per-node 2 -- main.py --stage full --run runs/mini --minutes 90

README.md says what the stages are and how to train on your own images. This file puts a run together; the loop is
engine.py's, what a stage trains stages.py's, and what is on disk runs.py's.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

# Before torch: threads that wait must sleep, or every other process on the machine makes each step several times longer.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from tokenizers import Tokenizer

import parallel
from batches import Beside, SceneSource, Source, loader
from engine import Budget, Plan, Trainer, precision_for, train
from heads import Extents, Trained, synthref_names
from hivg import checkpoint
from hivg.checkpoint import CheckpointError
from hivg.config import MINI, Config
from hivg.hivg import HiVG
from hivg.initialise import initialise
from hivg.transfer import transfer
from optimisers import KINDS, optimiser_for
from parallel import Ranks
from runs import Keeper, Run, RunError, heads_beside, tokenizer_beside
from schedule import SHAPES
from splits_data import SplitError, SplitSource, words_of
from stages import ALL, DENSE, LOSSES, STAGES, Stage, prepare
from synthref.crowds import CrowdSource
from synthref.dataset import Sight
from synthref.tokenizer import write as write_tokenizer
from synthref.words import spoken

#: Expressions that a scene gives in training, at most: describing and painting one takes as long as training on one.
EXPRESSIONS = 4


def data_for(options: argparse.Namespace, run: Run, config: Config, stage: Stage) -> tuple[Source, list[dict]]:
    """What to learn from, SynthRef or the split files given, and the batches to validate on.

    Writes the tokenizer that both are encoded by, where the run has none.
    """
    own = options.data is not None
    if not run.tokenizer.exists():
        run.write_json("words.json", sorted(words_of(options.data)) if own else spoken())
        checkpoint.atomically(lambda part: write_tokenizer(part, words_of(options.data) if own else ()), run.tokenizer)
    sight = Sight(config.image_side, config.grid, config.context)
    if own:
        train_source: Source = SplitSource(options.data, "train", options.images, str(run.tokenizer), sight)
        val: Source = SplitSource(options.data, "val", options.images, str(run.tokenizer), sight, shuffle=False)
    elif stage.reads == "names":
        train_source, val = CrowdSource("train", str(run.tokenizer), sight), CrowdSource("val", str(run.tokenizer), sight)
    else:
        # CLIP alone sees no difference between two expressions of one image: it gets a caption.
        several = 0 if stage.reads == "captions" else EXPRESSIONS
        train_source = SceneSource("train", str(run.tokenizer), sight, (several, several))
        if options.crowds:
            train_source = Beside(train_source, CrowdSource("train", str(run.tokenizer), sight), options.crowds)
        val = SceneSource("val", str(run.tokenizer), sight, (min(several, 1),) * 2)
    size = 50
    starts = range(0, options.validation, size)
    validation = [val.finish(val.collate(val.rows(at, min(size, options.validation - at))), torch.device("cpu")) for at in starts]
    return train_source, validation


def network_for(options: argparse.Namespace, run: Run, stage: Stage, first: bool) -> HiVG:
    """The network at the start of the stage: from `--init`, or new."""
    size = Tokenizer.from_file(str(run.tokenizer)).get_vocab_size()
    sizes = MINI
    if options.init:
        state, args = checkpoint.read(options.init)
        sizes = checkpoint.sizes(state, args)
    model = HiVG(replace(sizes, vocabulary=size, image_side=options.side or sizes.image_side, context=options.context))
    initialise(model)
    prepare(model, stage)
    if options.init:
        before = tokenizer_beside(options.init)
        known = transfer(model, state, Tokenizer.from_file(str(before)), Tokenizer.from_file(str(run.tokenizer)))
        if first:
            print(f"from {options.init}: {known} of {size} tokens known", flush=True)
    return model


def take_heads(module: Trained, file: Path) -> None:
    """Names' and extents' heads from an earlier run, as far as they are of this one's sizes; in place."""
    kept = torch.load(file, map_location="cpu", weights_only=True) if file.exists() else {}
    with torch.no_grad():
        for name, own in module.heads().items():
            if name in kept and kept[name].shape == own.shape:
                own.copy_(kept[name])


def settle(options: argparse.Namespace) -> Config:
    """The sizes that the data is made for, before there is a network."""
    sizes = MINI
    if options.init:
        state, args = checkpoint.read(options.init)
        sizes = checkpoint.sizes(state, args)
    side = options.side or sizes.image_side
    if side % sizes.patch_side:
        raise RunError(f"--side must be a multiple of {sizes.patch_side}")
    return replace(sizes, image_side=side, context=options.context)


def run_stage(options: argparse.Namespace, stage: Stage, ranks: Ranks) -> bool:
    """Trains one stage to its end or until asked to stop; → whether it reached its end."""
    if stage.reads == "names" and options.data is not None:
        raise RunError(f"{stage.name} learns from SynthRef's crowds alone: leave out --data, or take --stage contrastive")
    run = Run(options.run)
    config = settle(options)
    torch.manual_seed(options.seed)
    if ranks.first:
        source, validation = data_for(options, run, config, stage)
    ranks.wait()
    if not ranks.first:
        source, validation = data_for(options, run, config, stage)
    chosen = LOSSES[options.losses] if options.losses and stage.clip != "alone" else stage.weights
    weights = {**chosen, **({"kinds": options.kinds} if options.kinds is not None else {})}
    if options.data is not None:
        weights = {k: v for k, v in weights.items() if k not in DENSE}
    tokenizer = Tokenizer.from_file(str(run.tokenizer))
    names = synthref_names(tokenizer, config.projection) if weights.get("kinds") else None
    extents = Extents(config.projection) if weights.get("extents") else None
    module = Trained(network_for(options, run, stage, ranks.first), names, extents, watched=bool(weights.get("regard")))
    if options.init:
        take_heads(module, heads_beside(options.init))
    module.to(ranks.device)
    ranks.same_weights(module)

    plan = Plan(
        weights={k: v for k, v in weights.items() if v}, lr=stage.lr * options.lr_factor,
        budget=Budget(options.minutes * 60 if options.minutes else None, options.pairs),
        shape=options.shape, reads=stage.reads, mix_texts=options.mix_texts,
        decay=options.average, precision=options.precision or precision_for(ranks.device), compile=options.compile,
        q4_from=options.q4_from,
    )
    products = torch.bfloat16 if plan.precision == "bf16" else torch.float32
    optimiser = optimiser_for(module, options.optimiser, plan.lr, options.decay, products)
    trainer = Trainer(module, plan, optimiser, ranks)
    setting = {"stage": stage.name, "side": config.image_side, "context": config.context, "seed": options.seed}
    progress = run.resume(trainer, setting)
    if not progress.step:
        progress.item = options.first
    keeper = Keeper(options, stage, run, trainer, progress, validation, setting)
    signal.signal(signal.SIGTERM, keeper.ask_to_stop)
    signal.signal(signal.SIGINT, keeper.ask_to_stop)
    if ranks.first:
        trained, held = (sum(p.numel() for p in ps) / 1e6 for ps in (trainer.trained, module.parameters()))
        print(
            f"{stage.name}: {trained:.2f} M of {held:.2f} M weights trained, "
            f"{config.image_side} px, batches of {options.batch} × {ranks.world}, {plan.precision} on {ranks.device}, "
            f"peak rate {plan.lr:.2g}" + (f"; goes on after {progress.pairs} pairs" if progress.step else ""),
            flush=True,
        )
        run.write_json("options.json", {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()})
    batches = loader(source, options.batch, progress.item, ranks.rank, ranks.world, options.workers, ranks.device)
    train(trainer, batches, progress, keeper)
    ended = plan.budget.progress(progress.clock, progress.pairs) >= 1
    if ranks.first and ended:
        weights = {"trained": sum(p.numel() for p in trainer.trained), "all": sum(p.numel() for p in module.parameters())}
        run.write_json("ended.json", {"pairs": progress.pairs, "minutes": round(progress.clock.spent / 60, 1), "weights": weights})
    (ended,) = ranks.agree(float(ended))
    return bool(ended)


def run_all(options: argparse.Namespace, ranks: Ranks) -> None:
    """The paper's stages, each in a folder of its own, from the checkpoint of the one before."""
    init, root = options.init, options.run
    for name in ALL:
        stage = STAGES[name]
        part = argparse.Namespace(**{
            **vars(options), "run": root / name, "init": init,
            "pairs": options.pairs and round(options.pairs * stage.share),
            "minutes": options.minutes and options.minutes * stage.share,
        })
        if not run_stage(part, stage, ranks):
            return
        init = Run(part.run).best


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--stage", default="full", choices=(*STAGES, "all"))
    p.add_argument("--run", type=Path, required=True, help="folder of this run; one that exists is gone on with")
    p.add_argument("--init", type=Path, help="checkpoint to start from, its tokenizer.json beside it")
    p.add_argument("--minutes", type=float, help="time in steps, in all; may be changed when a run goes on")
    p.add_argument("--pairs", type=int, help="length by pairs seen instead of by time")
    p.add_argument("--side", type=int, help="input side in pixels, a multiple of the patch (16): 128, 160, 192 …")
    p.add_argument("--context", type=int, default=MINI.context, help="tokens of an expression, padding included")
    p.add_argument("--batch", type=int, default=48, help="pairs a step and process")
    p.add_argument("--lr-factor", type=float, default=3.2, help="times the stage's peak learning rate; 1 is the original's")
    p.add_argument("--shape", choices=tuple(SHAPES), default="trapezoid", help="of the learning rate; the original's is cosine")
    p.add_argument("--optimiser", choices=KINDS, default="adamw", help="the original's is adamw")
    p.add_argument("--decay", type=float, default=0.02, help="weight decay")
    p.add_argument("--average", type=float, default=0.999, help="decay of the average of the weights that is kept")
    p.add_argument("--kinds", type=float, help="weight of the loss on the kinds of things, in place of the stage's")
    p.add_argument("--crowds", type=int, default=0, help="views of crowds beside a batch of scenes, for the loss on kinds")
    p.add_argument("--losses", choices=tuple(LOSSES), help="weights of the losses, in place of the stage's")
    p.add_argument("--mix-texts", action="store_true", help="mix the texts of a batch in the bridge as the original does")
    p.add_argument("--precision", choices=("fp32", "bf16", "fp16"), help="chosen by the machine if not given")
    p.add_argument("--compile", action="store_true", help="torch.compile the network")
    p.add_argument("--q4-from", type=float, default=1.0, help="share of the run from which on weights are rounded as in q4")
    p.add_argument("--workers", type=int, default=1, help="processes that make batches")
    p.add_argument("--threads", type=int, default=2, help="threads of a process on a CPU")
    p.add_argument("--every", type=float, default=5, help="minutes between validations")
    p.add_argument("--validation", type=int, default=500, help="pairs to validate on")
    p.add_argument("--seed", type=int, default=13)
    p.add_argument("--first", type=int, default=0, help="number of the first scene: beyond those of the run it starts from")
    p.add_argument("--data", type=Path, help="folder of split files in the original's form, in place of SynthRef")
    p.add_argument("--images", type=Path, help="folder of their images")
    return p


def main() -> None:
    options = parser().parse_args()
    if (options.minutes is None) == (options.pairs is None):
        sys.exit("give --minutes or --pairs")
    if options.data is not None and options.images is None:
        sys.exit("--data needs --images")
    asked = [STAGES[name] for name in (ALL if options.stage == "all" else (options.stage,))]
    adapted = [stage.name for stage in asked if stage.adapters is not None]
    if options.q4_from < 1 and adapted:
        sys.exit(f"{', '.join(adapted)}: q4 rounds what adapters add up to, not what is trained there; leave out --q4-from")
    torch.set_num_threads(options.threads)
    # Moments that fade towards zero would otherwise become denormal numbers, which CPUs compute with very slowly.
    torch.set_flush_denormal(True)
    torch.set_float32_matmul_precision("high")
    ranks = parallel.start()
    try:
        if options.stage == "all":
            run_all(options, ranks)
        else:
            run_stage(options, STAGES[options.stage], ranks)
    except (RunError, CheckpointError, SplitError) as error:
        sys.exit(str(error))
    finally:
        parallel.stop()


if __name__ == "__main__":
    main()
