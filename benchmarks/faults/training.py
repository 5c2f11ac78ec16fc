"""One real training with transformers' own Trainer, left as a stranger's run is left."""

from __future__ import annotations

import contextlib
import io
import json
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from transformers import Trainer

from benchmarks.faults.corpora import Splits, draw, label_names
from benchmarks.faults.mishaps import Mishap
from benchmarks.faults.rows import IGNORED, Collator, encoded
from benchmarks.faults.run_scores import Tags, clean_f1, scored_plainly, tags_of
from benchmarks.faults.setup import Setup
from benchmarks.faults.trainers import Material, new_trainer

__all__ = ["Outcome", "train"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a training came to, besides the files in its folder.

    Attributes:
        printed: Everything it printed.
        f1: Development F1 of the kept weights as the run itself computes it; None without any.
        clean_f1: The same on the untouched development sentences; None when it broke off.
        gold: Tags of the development sentences as the run sees them.
        predicted: The tags predicted for them.
    """

    printed: str
    f1: float | None = None
    clean_f1: float | None = None
    gold: tuple[tuple[str, ...], ...] = ()
    predicted: tuple[tuple[str, ...], ...] = ()


def train(material: Material, folder: Path) -> Outcome:
    """Train, evaluate, and save state, results, configuration and model card into a folder."""
    printed = io.StringIO()
    with _into(printed):
        try:
            return replace(_trained(material, folder), printed=printed.getvalue())
        except Mishap as mishap:
            printed.write(mishap.last_words)
        except BaseException:
            if material.setup.failure is None and material.setup.stop_at is None:
                raise
            traceback.print_exc(file=printed)
    return Outcome(printed=printed.getvalue())


def _trained(material: Material, folder: Path) -> Outcome:
    setup, clean = material.setup, _clean(material)
    splits = clean if setup.change is None else setup.change(clean, Random(material.seed))
    labels = label_names(splits)
    trainer = new_trainer(material, splits, labels, folder)
    result = trainer.train()
    if setup.resume_at is not None:
        second = replace(material, setup=replace(setup, resume_at=None))
        trainer = new_trainer(second, splits, labels, folder)
        result = trainer.train(resume_from_checkpoint=True)
    trainer.save_metrics("train", {**result.metrics, "train_samples": len(splits.train)})
    trainer.save_state()
    model: Any = trainer.model
    model.config.architectures = [type(model).__name__]  # as save_pretrained does
    model.config.save_pretrained(folder)
    trainer.create_model_card()
    (folder / "arguments.json").write_text(json.dumps(trainer.args.to_dict()), encoding="utf-8")
    return _evaluated(material, trainer, splits, clean)


def _evaluated(material: Material, trainer: Trainer, splits: Splits, clean: Splits) -> Outcome:
    setup, labels = material.setup, label_names(splits)
    f1 = None
    if trainer.args.eval_strategy != "no":
        scores = trainer.evaluate()
        f1 = scores.get("eval_f1", scores.get("eval_overall_f1"))
        trainer.save_metrics("eval", {**scores, "eval_samples": len(splits.dev)})
    gold: Tags = []
    predicted: Tags = []
    if material.predictions:
        gold, predicted = _predicted(trainer, trainer.eval_dataset, labels)
    if "O" not in labels:  # no entities, so no F1 of them
        return Outcome(printed="", f1=f1)
    untouched = f1 is not None and scored_plainly(setup)
    return Outcome(
        printed="",
        f1=f1,
        clean_f1=f1 if untouched else _clean_f1(trainer, clean, labels),
        gold=tuple(map(tuple, gold)),
        predicted=tuple(map(tuple, predicted)),
    )


def _predicted(trainer: Trainer, rows: Any, labels: Sequence[str]) -> tuple[Tags, Tags]:
    return tags_of(trainer.predict(rows), labels)


def _clean(material: Material) -> Splits:
    setup = material.setup
    return draw(material.corpus, setup.sentences, setup.dev_sentences, material.seed)


def _clean_f1(trainer: Trainer, clean: Splits, labels: tuple[str, ...]) -> float:
    """Score what is kept on development sentences that nobody tampered with."""
    both = (*labels, *(name for name in label_names(clean) if name not in labels))
    tokenizer: Any = trainer.processing_class
    rows = encoded(clean.dev, both, tokenizer, Setup())
    gold = [[both[label] for label in row["labels"] if label != IGNORED] for row in rows]
    for row in rows:  # the loss knows the model's own labels only
        row["labels"] = [label if label < len(labels) else 0 for label in row["labels"]]
    trainer.compute_metrics = None
    trainer.data_collator = Collator(tokenizer.pad_token_id, IGNORED)
    return clean_f1(gold, _predicted(trainer, rows, labels)[1])


@contextlib.contextmanager
def _into(printed: io.StringIO) -> Iterator[None]:
    """Catch what a training prints and warns of."""
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        yield
