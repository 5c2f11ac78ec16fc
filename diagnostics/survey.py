"""Surveys a data set: one pass over its files feeds every measure that rules ask for."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.entity_finder import EntityFinder
from diagnostics.errors import DataError
from diagnostics.measure import Measure, SeenSentence
from diagnostics.once_per_survey import surveying
from diagnostics.scheme_detection import detect_scheme, scheme_of
from diagnostics.split_finder import Sources, SplitSource, find_splits
from diagnostics.subjects.dataset import Dataset, FileProblem, Split
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import TagScheme

__all__ = ["MeasureMakers", "measures_of", "survey", "survey_sample"]

MeasureMakers = Mapping[type, Callable[[], Measure[Any]]]
"""Class of a measure to what makes one for a pass."""

_SCHEME_SENTENCES = 2_000
"""Sentences of each file from which the scheme is guessed before the pass."""

STOPPED = "reading-stopped"
"""Kind of the problem that ended the reading of a file before its end."""


def measures_of(
    rules: Iterable[Any],
    *,
    requested: Collection[str] = frozenset(),
    made: MeasureMakers | None = None,
) -> MeasureMakers:
    """Return what makes the measures that rules need, each once.

    Args:
        rules: The rules that will be asked; those that are not about data need nothing.
        requested: What the user asked for; measures made on any other request are left out.
        made: Measures that cannot be made without arguments, by their key.
    """
    makers: dict[type, Callable[[], Measure[Any]]] = {}
    handed = made or {}
    for measure in (each for rule in rules if isinstance(rule, DataRule) for each in rule.measures):
        if measure.key() in handed:
            makers[measure.key()] = handed[measure.key()]
        elif not measure.handed_in and measure.on_request in {"", *requested}:
            makers[measure.key()] = measure
    return makers


def survey(
    sources: Sources,
    makers: MeasureMakers,
    *,
    source: str,
    options: ReadOptions | None = None,
    wanted: Callable[[str, int], bool] | None = None,
    named: Callable[[Path], str] = str,
) -> Dataset:
    """Read every split once and measure it. Nothing is judged, and defects do not stop it.

    Args:
        sources: Where to read each split from.
        makers: What to measure.
        source: What the user gave, for reports.
        options: Which columns to read.
        wanted: Split and number of a sentence (from 0) to whether it takes part; None takes all.
        named: What a file is called in the places of findings.

    Returns:
        The data set, without a plan and a model.

    Raises:
        DataError: A file cannot be read at all.
    """
    chosen = options or ReadOptions()
    how = _Way(sources=sources, options=chosen, makers=makers, wanted=wanted, named=named)
    with surveying():
        surveyed = _pass(how, _guessed_scheme(sources, chosen))
        final, fault = _final_scheme(surveyed.follows)
        if final is not None and not surveyed.finder.agrees_with(final):
            surveyed = _pass(how, final)  # the beginning of the files misled us
    return Dataset(
        source=source,
        splits=surveyed.splits,
        scheme=None if final is None else final.name.value,
        scheme_fault=fault,
        outside="O" if final is None else final.outside,
        measured={key: measure.result() for key, measure in surveyed.measures.items()},
    )


def survey_sample(sample: DataSample, rules: Sequence[Any]) -> Dataset:
    """Survey an example as if it were files called `train.txt`, `dev.txt` and `test.txt`."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {split: Path(folder, f"{split}.txt") for split in sample.contents}
        for split, text in sample.contents.items():
            paths[split].write_bytes(text.encode("utf-8", "surrogateescape"))
        sources = find_splits(
            paths["train"],
            dev=paths.get("dev"),
            test=paths.get("test"),
            data_format=sample.format,
        )
        named = {measure.on_request for rule in rules for measure in rule.measures}
        makers = measures_of(rules, requested=named)
        found = survey(sources, makers, source="example", named=lambda path: path.name)
    return replace(
        found,
        plan=sample.plan,
        model=sample.model,
        measured={**found.measured, **sample.measured},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What to read and how, the same in every pass."""

    sources: Sources
    options: ReadOptions
    makers: MeasureMakers
    wanted: Callable[[str, int], bool] | None
    named: Callable[[Path], str]


@dataclass
class _Pass:
    """What one pass over the files has come to; it grows while they are read."""

    finder: EntityFinder
    measures: dict[type, Measure[Any]]
    follows: Counter[tuple[str, str]] = field(default_factory=Counter)
    splits: dict[str, Split] = field(default_factory=dict)


def _pass(how: _Way, scheme: TagScheme | None) -> _Pass:
    measures = {key: make() for key, make in how.makers.items()}
    surveyed = _Pass(finder=EntityFinder(scheme), measures=measures)
    for name, places in how.sources.items():
        logs = [ReadingLog(how.named(place.path), strict=False) for place in places]
        counted = Counter[str]()
        for number, (file, sentence) in enumerate(_sentences(places, how.options, logs)):
            if how.wanted is None or how.wanted(name, number):
                _take(surveyed, name, file, sentence)
                counted["sentences"] += 1
                counted["tokens"] += len(sentence.tokens)
        surveyed.splits[name] = _split(name, places, logs, counted)
    return surveyed


def _take(surveyed: _Pass, split: str, file: str, sentence: Sentence) -> None:
    tags = sentence.tags
    surveyed.follows.update(zip(("", *tags), tags, strict=False))
    seen = SeenSentence(split, file, sentence, surveyed.finder.entities(tags))
    for measure in surveyed.measures.values():
        measure.add(seen)


def _sentences(
    places: Sequence[SplitSource], options: ReadOptions, logs: Sequence[ReadingLog]
) -> Iterator[tuple[str, Sentence]]:
    """Yield the sentences of a split with their file, as far as each file can be read.

    Raises:
        DataError: A file cannot be read from its very beginning.
    """
    for place, log in zip(places, logs, strict=True):
        read = 0
        try:
            for sentence in place.format.read(place.path, replace(options, split=place.split), log):
                read += 1
                yield log.source, sentence
        except DataError as error:
            if not read:
                raise
            log.note(STOPPED, f"Nothing behind this place could be read: {error.message}")


def _split(
    name: str, places: Sequence[SplitSource], logs: Sequence[ReadingLog], counted: Counter[str]
) -> Split:
    problems: dict[str, tuple[FileProblem, ...]] = {}
    counts = Counter[str]()
    for log in logs:
        counts.update(log.counts)
        for kind, found in log.problems.items():
            told = (
                FileProblem(kind=kind, message=each.message, file=log.source, line=each.line)
                for each in found
            )
            problems[kind] = (*problems.get(kind, ()), *told)
    return Split(
        name=name,
        files=tuple(log.source for log in logs),
        format=places[0].format.name,
        sentences=counted["sentences"],
        tokens=counted["tokens"],
        facts=dict(logs[0].facts),
        problems=problems,
        counts=dict(counts),
    )


def _guessed_scheme(sources: Sources, options: ReadOptions) -> TagScheme | None:
    """Return the scheme that the beginnings of the files suggest, None when they make no sense."""
    tags: list[tuple[str, ...]] = []
    for place in (place for places in sources.values() for place in places):
        log = ReadingLog(str(place.path), strict=False)
        read = place.format.read(place.path, replace(options, split=place.split), log)
        with contextlib.suppress(DataError):  # the pass itself will say it
            tags.extend(sentence.tags for sentence in islice(read, _SCHEME_SENTENCES))
    try:
        return detect_scheme(tags)
    except DataError:
        return None


def _final_scheme(follows: Mapping[tuple[str, str], int]) -> tuple[TagScheme | None, str]:
    try:
        return scheme_of(follows), ""
    except DataError as error:
        return None, error.message
