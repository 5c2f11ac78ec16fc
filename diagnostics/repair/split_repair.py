"""Repairs splits: sentences that stand in two of them, and a development split that is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from diagnostics.development_split import make_development_split
from diagnostics.errors import DataError
from diagnostics.findings import Place
from diagnostics.measures.repeats import LEAST_WORDS
from diagnostics.repair.change_log import ChangeLog
from diagnostics.repair.filed_sentence import FiledSentence
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["Splits", "different_splits", "with_development_split", "without_duplicates"]

Splits = Mapping[str, Sequence[FiledSentence]]
"""Split to its sentences, `train` first."""

_SHOWN_WORDS = 12


def different_splits(splits: Splits, changes: ChangeLog) -> dict[str, Sequence[FiledSentence]]:
    """Drop splits that hold the same sentences as another, since nothing would be left of that.

    What is the same as train goes; of dev and test with the same sentences dev does, so that
    scores on test stay comparable with those of others.
    """
    kept = dict(splits)
    contents = {
        name: Counter(_text(each.sentence) for each in sentences)
        for name, sentences in splits.items()
    }
    for name, other in (("test", "train"), ("dev", "train"), ("dev", "test")):
        if kept.get(name) and other in kept and contents[name] == contents[other]:
            changes.split = name
            text = f"{name}: {len(kept[name]):,} sentences, the same as in {other}"
            changes.add("same-split-dropped", replace(kept[name][0].place(), text=text))
            del kept[name]
    return kept


def without_duplicates(splits: Splits, changes: ChangeLog) -> dict[str, list[FiledSentence]]:
    """Remove from train what stands in dev or test, and from dev what stands in test.

    Nothing is ever removed from test, so that scores stay comparable with those of others.
    Sentences count as the same as in the rules about splits: letter case and white space aside,
    from six words on; shorter ones are headings and phrases.
    """
    kept = {name: list(sentences) for name, sentences in splits.items()}
    test = _texts(kept.get("test", ()))
    if "dev" in kept:
        changes.split = "dev"
        kind = "duplicates-removed-from-dev"
        kept["dev"] = _others(kept["dev"], test, lambda each: changes.add(kind, _shown(each)))
    held = test | _texts(kept.get("dev", ()))
    changes.split = "train"
    kind_of_train = "duplicates-removed-from-train"
    kept["train"] = _others(
        kept["train"], held, lambda each: changes.add(kind_of_train, _shown(each))
    )
    return kept


def _shown(filed: FiledSentence) -> Place:
    return replace(filed.place(), text=" ".join(filed.sentence.tokens[:_SHOWN_WORDS])[:80])


def _texts(sentences: Iterable[FiledSentence]) -> set[str]:
    return {_text(each.sentence) for each in sentences if len(each.sentence.tokens) >= LEAST_WORDS}


def _text(sentence: Sentence) -> str:
    return " ".join(" ".join(sentence.tokens).casefold().split())


def _others(
    sentences: Sequence[FiledSentence], held: set[str], note: Callable[[FiledSentence], None]
) -> list[FiledSentence]:
    kept = []
    for each in sentences:
        if len(each.sentence.tokens) >= LEAST_WORDS and _text(each.sentence) in held:
            note(each)
        else:
            kept.append(each)
    return kept


def with_development_split(
    splits: Splits, changes: ChangeLog, *, share: float, seed: int
) -> dict[str, list[FiledSentence]]:
    """Take a development split out of train where there is none; tags have to be IOB2."""
    kept = {name: list(sentences) for name, sentences in splits.items()}
    if kept.get("dev"):
        return kept
    numbered = [replace(each.sentence, line=number) for number, each in enumerate(kept["train"])]
    try:
        _, dev, _ = make_development_split(numbered, share=share, seed=seed)
    except DataError:
        changes.add("no-development-split")
        return kept
    chosen = {sentence.line for sentence in dev}
    taken = [each for number, each in enumerate(kept["train"]) if number in chosen]
    changes.split = "train"
    for each in taken:
        changes.add("development-split-made", _shown(each), after="moved to dev")
    rest = [each for number, each in enumerate(kept["train"]) if number not in chosen]
    order = {"train": rest, "dev": taken, "test": kept.get("test", [])}
    return {name: sentences for name, sentences in order.items() if name != "test" or sentences}
