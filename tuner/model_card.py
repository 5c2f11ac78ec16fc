"""The model card of a trained model: how it was made, how well it does, on which data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.trial import EpochReport, Scores, TrialSpec
from tuner.trunk import is_trunk, plan_of

__all__ = ["CardFacts", "model_card"]

_SCORES = ("precision", "recall", "f1", "accuracy")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a model card tells.

    Attributes:
        name: Title of the card.
        base_model: The pretrained model as the user named it: a folder or a hub id.
        data_name: Short name of the data set.
        data_lines: Facts about the data, as sentences.
        spec: Hyperparameters.
        reports: One per epoch.
        best_epoch: Epoch whose weights are saved.
        dev: Scores on the development split.
        test: Scores on the test split, or None.
        notes: How the settings were chosen and what the reader must know, as sentences.
        versions: Library to version.
    """

    name: str
    base_model: str
    data_name: str
    data_lines: Sequence[str]
    spec: TrialSpec
    reports: Sequence[EpochReport]
    best_epoch: int
    dev: Scores
    test: Scores | None
    notes: Sequence[str]
    versions: Mapping[str, str]


def model_card(facts: CardFacts) -> str:
    """Write a model card as Markdown with the hub's metadata.

    The sections follow the cards that the transformers Trainer writes, so that tools which read
    those read this one too.
    """
    return "\n".join(_lines(facts)) + "\n"


def _lines(facts: CardFacts) -> Iterator[str]:
    yield from _metadata(facts)
    yield from ("", f"# {_text(facts.name)}", "")
    yield f"Fine-tuned from {_base(facts)} for token classification (named-entity recognition)."
    yield from _results(facts)
    yield from ("", "## Training data", "")
    yield from (f"- {_text(line)}" for line in facts.data_lines)
    yield from ("", "## Training procedure", "", "### Training hyperparameters", "")
    yield from (f"- {name}: {value}" for name, value in _hyperparameters(facts.spec))
    yield from ("", "### Training results", "")
    yield from _epochs(facts)
    if facts.notes:
        yield from ("", "### How the settings were chosen", "")
        yield from (f"- {_text(note)}" for note in facts.notes)
    yield from ("", "### Framework versions", "")
    yield from (f"- {name}: {version}" for name, version in facts.versions.items())


def _is_folder(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or Path(name).is_dir()


def _base(facts: CardFacts) -> str:
    """Name the base model without giving away where a local folder lies."""
    if _is_folder(facts.base_model):
        return f"the local model `{_text(Path(facts.base_model).name)}`"
    return f"[{_text(facts.base_model)}](https://huggingface.co/{_text(facts.base_model)})"


def _metadata(facts: CardFacts) -> Iterator[str]:
    """Give the hub's YAML header."""
    best, split = (facts.test, "test") if facts.test else (facts.dev, "validation")
    yield from ("---", "library_name: transformers", "pipeline_tag: token-classification")
    yield from ("tags:", "- token-classification", "- generated_from_trainer", "- tuner")
    if not _is_folder(facts.base_model):
        yield f"base_model: {_yaml(facts.base_model)}"
    yield from ("metrics:", *(f"- {name}" for name in _SCORES))
    yield from ("model-index:", f"- name: {_yaml(facts.name)}", "  results:", "  - task:")
    yield from ("      type: token-classification", "      name: Token Classification")
    yield from ("    dataset:", f"      name: {_yaml(facts.data_name)}")
    yield from (
        f"      type: {_yaml(facts.data_name)}",
        f"      split: {split}",
        "    metrics:",
    )
    for name in _SCORES:
        yield from (f"    - type: {name}", f"      value: {getattr(best, name):.6f}")
        yield f"      name: {name.capitalize()}"
    yield "---"


def _results(facts: CardFacts) -> Iterator[str]:
    yield from ("", "## Results", "")
    yield from (
        "| Split | Precision | Recall | F1 | Accuracy | Loss |",
        "|---|---|---|---|---|---|",
    )
    for title, scores in (("development", facts.dev), ("test", facts.test)):
        if scores is not None:
            numbers = " | ".join(f"{getattr(scores, name):.4f}" for name in _SCORES)
            loss = "" if scores.loss is None else f"{scores.loss:.4f}"
            yield f"| {title} | {numbers} | {loss} |"
    split, scores = ("test", facts.test) if facts.test else ("development", facts.dev)
    yield from ("", f"Strict entity-level scores per type ({split} split):", "")
    yield from ("| Type | Precision | Recall | F1 | Entities |", "|---|---|---|---|---|")
    for kind, values in scores.per_type.items():
        yield (
            f"| {_text(kind)} | {values.precision:.4f} | {values.recall:.4f} | {values.f1:.4f} "
            f"| {values.support} |"
        )


def _hyperparameters(spec: TrialSpec) -> Iterator[tuple[str, Any]]:
    yield "learning_rate", f"{spec.learning_rate:.6g}"
    yield "train_batch_size", spec.batch_size
    yield "seed", spec.seed
    yield "optimizer", spec.extra.get("optim", "AdamW") + f" (weight decay {spec.weight_decay:g})"
    yield "lr_scheduler_type", _schedule(spec)
    yield "lr_scheduler_warmup_ratio", f"{spec.warmup_ratio:g}"
    yield "num_epochs", spec.epochs
    if spec.dropout is not None:
        yield "dropout", f"{spec.dropout:g}"
    if spec.label_smoothing:
        yield "label_smoothing_factor", f"{spec.label_smoothing:g}"
    if spec.frozen_layers:
        yield "frozen_layers", spec.frozen_layers
    for name, value in spec.extra.items():
        if name != "optim":
            yield _text(name), _text(str(value))


def _schedule(spec: TrialSpec) -> str:
    """Name the schedule; a branch of a trunk by what transformers calls it."""
    if not is_trunk(spec):
        return spec.schedule
    falling = plan_of(spec).cooldown
    return f"warmup_stable_decay (linear to zero over the last {falling:.0%} of the steps)"


def _epochs(facts: CardFacts) -> Iterator[str]:
    yield (
        "| Training Loss | Epoch | Step | Validation Loss | Precision | Recall | F1 | Accuracy |"
    )
    yield "|:---:|:---:|:---:|:---:|:---:|:---:|:---:|:---:|"
    for report in facts.reports:
        scores = report.scores
        loss = "No log" if scores.loss is None else f"{scores.loss:.4f}"
        numbers = " | ".join(f"{getattr(scores, name):.4f}" for name in _SCORES)
        yield (
            f"| {report.train_loss:.4f} | {report.epoch:.1f} | {report.step} | {loss} | {numbers} |"
        )
    yield ""
    if is_trunk(facts.spec):
        yield (
            "Each row is a branch of one training at a constant learning rate: the same as a "
            "training of so many epochs whose rate falls to zero at its end. The saved weights "
            f"are those of the branch at {facts.best_epoch} epochs."
        )
    else:
        yield f"The saved weights are those of epoch {facts.best_epoch}."


def _line(text: str) -> str:
    """Make one printable line of a string from outside, whatever characters it holds."""
    line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+", " ", text)
    return line.encode("utf-8", "replace").decode("utf-8").strip()


def _text(text: str) -> str:
    """Make a string from outside harmless in Markdown: one line, no markup."""
    escaped = re.sub(r"([\\`*\[\]<>|])", r"\\\1", _line(text))
    return re.sub(r"^#", r"\\#", escaped)


def _yaml(text: str) -> str:
    """Write a string as YAML, which every JSON string of printable characters is."""
    return json.dumps(_line(text), ensure_ascii=False)
