"""D213: names that are annotated elsewhere, but not here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.surface_forms import SurfaceForm, SurfaceForms
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, percent, times
from diagnostics.rules.data._evidence.tag_reading import readable
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.statistics import wilson_interval
from diagnostics.subjects.dataset import Dataset

__all__ = ["MissingAnnotations"]

_PAIR = "in O\nAcme B-ORG\n\nby O\nBell B-PER\n\n"
_BARE = "in O\nAcme O\n\nby O\nBell O\n\n"
_BANK = "the O\nbank B-ORG\nsaid O\n\n" * 4 + "a O\nbank O\n\n" * 6 + "Bank O\nof O\n\n" * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingAnnotations(DataRule):
    """Names that are annotated at other places stand here as if they were ordinary words.

    Why it matters: each of them teaches the model not to find the name. Recall suffers most, and
    what the model rightly finds in the development split counts as a mistake.

    What to change: annotate them. Where whole sentences or documents were left out, drop them.

    Source: the recall of the data's own dictionary: strings that are annotated at least three
    times, found again outside of entities as they are written inside. Words that are mostly
    ordinary words do not count, nor do parts of longer names, nor capitals at the start of a
    sentence of words that are written small elsewhere. On public data sets (200 to 5,700
    sentences) this recall is 0.92 to 0.99. It is a warning when the upper end of its 95 % Wilson
    interval is below 0.8.
    """

    id: ClassVar[str] = "D213"
    name: ClassVar[str] = "missing-annotations"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.STATISTICAL
    measures = (TagPairs, SurfaceForms)
    needs = (readable,)
    doubt: ClassVar[str] = "Names that are also ordinary words, or that shall count once per text."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a third": DataSample(train=_PAIR * 20 + _BARE * 12),
        "not in dev": DataSample(train=_PAIR * 10, dev=_BARE * 8),
        "a few: a remark": DataSample(train=_PAIR * 20 + _BARE * 2),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "an ordinary word": DataSample(train=_BANK),
        "part of a longer name": DataSample(
            train=_PAIR * 3 + "by O\nBell B-PER\nLabs I-PER\n\nthe O\nAcme O\nTower O\n\n" * 4
        ),
        "two are no pattern": DataSample(train=_PAIR * 20 + _BARE),
    }

    fewest: int = 3
    """Annotations of a string from which it belongs to the dictionary."""

    fewest_missing: int = 3
    """Occurrences outside entities from which it is said at all."""

    recall: float = 0.8
    """Recall of the dictionary below which it is a warning."""

    least_use: float = 1 / 3
    """Share of its occurrences that must be annotated for a string with a capital to count."""

    least_use_small: float = 0.8
    """The same for a string without a capital."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look up the dictionary."""
        forms = SurfaceForms.of(subject).forms
        entries = {
            name: self._missing(form)
            for name, form in forms.items()
            if form.annotated >= self.fewest and len(name) > 1 and any(map(str.isalpha, name))
        }
        missing = sum(sum(bare.values()) for bare in entries.values())
        return [self._of(subject, entries, missing)] if missing >= self.fewest_missing else []

    def _of(
        self, subject: Dataset, entries: Mapping[str, Mapping[str, int]], missing: int
    ) -> Finding:
        found = SurfaceForms.of(subject)
        annotated = sum(found.forms[name].annotated for name in entries)
        recall = annotated / (annotated + missing)
        low, high = wilson_interval(recall, annotated + missing)
        grave = high < self.recall
        ranked = [name for name, bare in entries.items() if bare]
        ranked.sort(key=lambda name: -sum(entries[name].values()))
        shown = [
            f"{named(name)} {times(sum(entries[name].values()))} (annotated "
            f"{times(found.forms[name].annotated)})"
            for name in ranked
        ]
        return self.finding(
            f"{counted(missing, 'occurrence')} of names that are annotated elsewhere have no "
            f"annotation: {listed(shown, 3)}. Of all occurrences of such names {percent(recall)} "
            f"are annotated{found.sampled}.",
            evidence=[
                Evidence(label="probably missing annotations", value=missing),
                Evidence(label="recall of the data's own dictionary", value=recall),
                Evidence(label="lower end of its 95 % interval", value=low),
                Evidence(label="upper end of its 95 % interval", value=high),
            ],
            fixes=[_fix(ranked)],
            severity=Severity.WARNING if grave else Severity.INFO,
            tier=Tier.STATISTICAL if grave else Tier.HEURISTIC,
            places=tuple(_places(found.forms, entries, ranked))[:5],
        )

    def _missing(self, form: SurfaceForm) -> dict[str, int]:
        """Return the writings of a string that look like a name where it is not annotated."""
        bare = sum(form.bare.values())
        use = form.annotated / (form.annotated + bare)
        return {
            written: count
            for written, count in form.bare.items()
            if (
                form.written[written] / (form.written[written] + count) > self.least_use_small
                if written.islower()
                else use >= self.least_use
            )
        }


def _fix(names: Sequence[str]) -> Fix:
    return Fix(
        text=f"Look for {listed([named(name) for name in names], 5)} outside of entities, and "
        "annotate what is missing."
    )


def _places(
    forms: Mapping[str, SurfaceForm], entries: Mapping[str, Mapping[str, int]], names: Sequence[str]
) -> Iterator[Place]:
    """Yield two places of each string, the most frequent first."""
    for name in names:
        places = [place for written in entries[name] for place in forms[name].bare_places[written]]
        yield from places[: 2 if len(names) > 2 else 5]
