"""Labelled data as a training needs it: splits, IOB2 tags, labels, and how they came about."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from diagnostics.data_format import Columns, ReadingLog, ReadOptions
from diagnostics.development_split import make_development_split, sample_sentences
from diagnostics.errors import DataError
from diagnostics.files_left_aside import notes_on_files_left_aside
from diagnostics.scheme_detection import detect_scheme
from diagnostics.split_finder import SPLITS, Sources, SplitSource, find_splits, split_of_name
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import SchemeName, TagScheme, entities
from tuner.errors import UsageError

__all__ = ["TaskData", "load_data"]

Splits = dict[str, tuple[Sentence, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskData:
    """A data set, ready to train on.

    Attributes:
        name: Short name for files and studies, such as `fin`.
        source: What the user gave.
        train: Training sentences; tags are IOB2 here and in the other splits.
        dev: Development sentences, from the user or taken out of train.
        test: Test sentences; empty when there is no test split.
        dev_made_from_train: Whether `dev` was taken out of train.
        labels: `O` first, then `B-X` and `I-X` for each type in sorted order.
        entity_types: The types in sorted order.
        fingerprint: SHA-256 over the words and tags of all splits.
        facts: Format, encoding, scheme, files, and counts per split, JSON-serialisable.
        notes: Sentences for the user about what was detected, converted, made or repaired.
    """

    name: str
    source: str
    train: tuple[Sentence, ...]
    dev: tuple[Sentence, ...]
    test: tuple[Sentence, ...]
    dev_made_from_train: bool
    labels: tuple[str, ...]
    entity_types: tuple[str, ...]
    fingerprint: str
    facts: Mapping[str, Any]
    notes: tuple[str, ...]


def load_data(
    source: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    seed: int = 42,
    dev_share: float = 0.15,
    data_format: str | None = None,
    columns: str | None = None,
    sample: int | None = None,
) -> TaskData:
    """Read a labelled data set, whatever its format and tag scheme, for training.

    Args:
        source: A file, a folder with splits, a saved `datasets` folder or a hub id. A single file
            is the training split.
        dev: Development file, where `source` holds none or another shall be used.
        test: Test file, likewise.
        seed: Decides the development split when one is made from train, and the sample.
        dev_share: Share of train that a made development split gets.
        data_format: Name of the format (see `diagnostics.formats`); None detects it.
        columns: `token=0,tag=3` (numbers or names) and `separator=tab`, where detection fails.
        sample: Train on this many sentences only, in proportion to the entity types; None: all.

    Returns:
        The data set with all tags in IOB2.

    Raises:
        DataError: If the data cannot be found or read, or holds nothing to learn from.
        UsageError: If `dev_share` or `sample` is out of range.
    """
    _check_options(dev_share, sample)
    sources = find_splits(source, dev=dev, test=test, data_format=data_format)
    options = ReadOptions(columns=Columns.parse(columns))
    notes = list(notes_on_files_left_aside(source, sources))
    splits, facts = _read_all(sources, options, notes)
    splits = _in_iob2(splits, facts, notes)
    _refuse_unlabelled(splits, str(source))
    dev_made = "dev" not in splits
    if dev_made:
        _add_development_split(splits, dev_share, seed, notes)
    if sample is not None and sample < len(splits["train"]):
        _sample_train(splits, sample, seed, notes)
    _refuse_one_label(splits["train"], str(source))
    types = _entity_types(splits)
    _note_overlaps(splits, notes)
    _note_unseen_types(splits, notes)
    facts["splits"] = {split: _counts(sentences) for split, sentences in splits.items()}
    return TaskData(
        name=_name(Path(source)),
        source=str(source),
        train=splits["train"],
        dev=splits["dev"],
        test=splits.get("test", ()),
        dev_made_from_train=dev_made,
        labels=("O", *(f"{role}-{kind}" for kind in types for role in "BI")),
        entity_types=types,
        fingerprint=_fingerprint(splits),
        facts=facts,
        notes=tuple(notes),
    )


def _check_options(dev_share: float, sample: int | None) -> None:
    if not 0 < dev_share < 1:
        raise UsageError(
            f"`0 < dev_share < 1` must hold, but got {dev_share}.",
            "Give the share of train that becomes the development split, such as 0.15.",
        )
    if sample is not None and sample < 1:
        raise UsageError(f"`sample >= 1` must hold, but got {sample}.", "Leave it out to use all.")


def _read_all(
    sources: Sources, options: ReadOptions, notes: list[str]
) -> tuple[Splits, dict[str, Any]]:
    """Sentences of every split with tags as written, and the facts about the files."""
    splits: Splits = {}
    facts: dict[str, Any] = {"files": {}}
    for split, places in sources.items():
        sentences: list[Sentence] = []
        for place in places:
            log = ReadingLog(str(place.path))
            sentences.extend(_read(place, options, log))
            notes.extend(_reading_notes(log))
            facts = {"format": place.format.name, **log.facts, **facts}
        facts["files"][split] = [str(place.path) for place in places]
        if not sentences:
            raise DataError(
                f"{places[0].path} ({split}) holds no sentences.",
                "Check that the file was written completely.",
            )
        splits[split] = tuple(sentences)
    return splits, facts


def _read(place: SplitSource, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
    return place.format.read(place.path, replace(options, split=place.split), log)


def _reading_notes(log: ReadingLog) -> Iterator[str]:
    for kind, problems in log.problems.items():
        first = problems[0]
        place = Path(log.source).name + (f", line {first.line}" if first.line else "")
        more = f" ({log.counts[kind]} times)" if log.counts[kind] > 1 else ""
        yield f"{place}: {first.message}{more}"


def _in_iob2(splits: Splits, facts: dict[str, Any], notes: list[str]) -> Splits:
    scheme = detect_scheme(each.tags for split in splits.values() for each in split)
    repairs = 0
    converted: Splits = {}
    for split, sentences in splits.items():
        results = [scheme.convert(each.tags) for each in sentences]
        repairs += sum(result.repairs for result in results)
        converted[split] = tuple(
            replace(each, tags=result.tags) for each, result in zip(sentences, results, strict=True)
        )
    facts["scheme"] = scheme.name.value
    facts["repaired_tags"] = repairs
    notes.extend(_scheme_notes(scheme, repairs))
    return converted


def _scheme_notes(scheme: TagScheme, repairs: int) -> Iterator[str]:
    if scheme.name is SchemeName.PLAIN:
        yield (
            "The tags are types without a scheme: each run of one type is taken for one entity, so "
            "neighbouring entities of the same type count as one."
        )
    elif scheme.name is not SchemeName.IOB2:
        yield f"The tags are {scheme.name} and were converted to IOB2."
    if scheme.outside != "O":
        yield f"`{scheme.outside}` was taken for the tag of words outside all entities."
    if repairs:
        yield (
            f"{repairs} tags break the rules of {scheme.name} (such as `I-X` without a start "
            "before it) and were repaired; no word lost its type."
        )
    if scheme.slips:
        shown = ", ".join(f"`{tag}`" for tag in sorted(scheme.slips)[:5])
        count = sum(scheme.slips.values())
        yield f"{count} tags have no prefix ({shown}) and were read as inside their type."


def _refuse_unlabelled(splits: Splits, source: str) -> None:
    for split in ("train", "dev"):
        if split in splits and not _entity_types({split: splits[split]}):
            raise DataError(
                f"The {split} split of {source} holds {len(splits[split])} sentences and no "
                "entity: every tag is `O`.",
                "Choose the column of the tags with `--columns token=0,tag=-1`.",
            )


def _entity_types(splits: Mapping[str, Sequence[Sentence]]) -> tuple[str, ...]:
    tags = {tag for split in splits.values() for each in split for tag in each.tags}
    return tuple(sorted({tag[2:] for tag in tags if tag != "O"}))


def _add_development_split(splits: Splits, share: float, seed: int, notes: list[str]) -> None:
    total = len(splits["train"])
    splits["train"], splits["dev"], together = make_development_split(
        splits["train"], share=share, seed=seed
    )
    grouped = f"; {together} sentences that stand there more than once were kept together"
    notes.append(
        f"There is no development split: {len(splits['dev'])} of {total} training sentences were "
        f"taken for it with seed {seed}, in proportion to the entity types"
        f"{grouped if together else ''}."
    )


def _sample_train(splits: Splits, count: int, seed: int, notes: list[str]) -> None:
    total = len(splits["train"])
    splits["train"] = sample_sentences(splits["train"], count=count, seed=seed)
    notes.append(f"Training uses a sample of {count} of {total} sentences (seed {seed}).")
    if not _entity_types({"train": splits["train"]}):
        raise DataError(
            f"The sample of {count} training sentences holds no entity.", "Take a larger sample."
        )


def _refuse_one_label(train: Sequence[Sentence], source: str) -> None:
    tags = {tag for each in train for tag in each.tags}
    if len(tags) == 1:
        raise DataError(
            f"There is nothing to tell apart in {source}: every word of train has the label "
            f"{tags.pop()}.",
            "Words outside all entities must be there too, with the tag `O`.",
        )


def _note_overlaps(splits: Splits, notes: list[str]) -> None:
    in_train = {each.tokens for each in splits["train"]}
    for split in ("dev", "test"):
        held = splits.get(split, ())
        seen = sum(each.tokens in in_train for each in held)
        if seen:
            notes.append(
                f"{seen} of {len(held)} {split} sentences stand word for word in train; the "
                f"{split} score is too good by that."
            )


def _note_unseen_types(splits: Splits, notes: list[str]) -> None:
    known = set(_entity_types({"train": splits["train"]}))
    for split in ("dev", "test"):
        unseen = set(_entity_types({split: splits.get(split, ())})) - known
        if unseen:
            notes.append(
                f"Entity types of {split} that never occur in train cannot be learned: "
                f"{', '.join(sorted(unseen))}."
            )


def _counts(sentences: Sequence[Sentence]) -> dict[str, Any]:
    per_type = Counter(kind for each in sentences for _, _, kind in entities(each.tags))
    return {
        "sentences": len(sentences),
        "tokens": sum(len(each.tokens) for each in sentences),
        "entities": per_type.total(),
        "per_type": dict(sorted(per_type.items())),
    }


def _fingerprint(splits: Splits) -> str:
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update(f"\x1d{split}".encode())
        for each in splits.get(split, ()):
            text = "\x1f".join(each.tokens) + "\x1e" + "\x1f".join(each.tags) + "\x1d"
            digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _name(source: Path) -> str:
    """Name after the folder, or after the file unless that is only called after its split."""
    stem = source.resolve().name if source.is_dir() else source.stem
    if split_of_name(stem) and stem.lower().isalpha():
        stem = source.resolve().parent.name
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-").lower() or "data"
