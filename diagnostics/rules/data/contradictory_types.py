"""D212: the same words annotated with different types."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.surface_forms import SurfaceForm, SurfaceForms
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, percent
from diagnostics.rules.data._evidence.tag_reading import readable
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.statistics import wilson_interval
from diagnostics.subjects.dataset import Dataset

__all__ = ["ContradictoryTypes"]

_SELDOM_SMALL = 0.2
"""Share up to which a name is written without a capital."""

_ORG = "Washington B-ORG\nsaid O\n\n"
_LOC = "Washington B-LOC\nis O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictoryTypes(DataRule):
    """The same words are annotated with different entity types.

    Why it matters: contradictions cannot be learned; they bound the score that any model can reach,
    and on the development split they make good models look bad. Names that really mean two things
    (a city and its club) are among them.

    What to change: look at the strings, the most contradictory first; write down a rule for each
    pair of types and correct what breaks it.

    Source: a string counts when it is annotated at least five times and its types have an entropy
    of more than 0.5 bits (about one in nine differs). In public data sets (400 to 5,700 sentences),
    strings annotated five times have another type than their usual one in 0 to 4 % of
    the cases. It is a warning when among names, which have a capital where the script knows
    capitals, the lower end of the 95 % Wilson interval of this share is above 10 %.
    """

    id: ClassVar[str] = "D212"
    name: ClassVar[str] = "contradictory-types"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.STATISTICAL
    measures = (TagPairs, SurfaceForms)
    needs = (readable,)
    doubt: ClassVar[str] = "Names that mean two things, and are annotated by what they mean."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one string": DataSample(train=_LOC * 6 + _ORG * 4),
        "in another split": DataSample(train=_LOC * 4, dev=_ORG * 4),
        "everywhere": DataSample(train=(_LOC * 6 + _ORG * 3).replace("is", "Paris B-ORG\nis")),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "one exception": DataSample(train=_LOC * 12 + _ORG),
        "seldom": DataSample(train=_LOC * 2 + _ORG * 2),
    }

    fewest: int = 5
    """Annotations of a string from which it is looked at."""

    entropy: float = 0.5
    """Entropy of its types in bits above which a string is contradictory."""

    much: float = 0.1
    """Share of unusual types among repeated strings above which it is a warning."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at strings that are annotated often enough."""
        forms = SurfaceForms.of(subject).forms
        often = {name: form for name, form in forms.items() if form.annotated >= self.fewest}
        torn = [(name, form) for name, form in often.items() if _entropy(form) > self.entropy]
        torn.sort(key=lambda item: -_unusual(item[1]))
        return [self._of(subject, often, torn)] if torn else []

    def _of(
        self,
        subject: Dataset,
        often: Mapping[str, SurfaceForm],
        torn: Sequence[tuple[str, SurfaceForm]],
    ) -> Finding:
        unusual, mentions = _totals(often.values())
        names = _totals(form for name, form in often.items() if _is_name(name, form))
        low, high = wilson_interval(names[0] / names[1], names[1]) if names[1] else (0.0, 1.0)
        grave = low > self.much
        shown = listed([f"{named(name)} ({_described(form)})" for name, form in torn], 3)
        return self.finding(
            f"{counted(len(torn), 'string')} {'has' if len(torn) == 1 else 'have'} contradictory "
            f"types: {shown}. Of {counted(mentions, 'annotation')} of repeated strings, "
            f"{percent(unusual / mentions)} differ from their usual type"
            f"{SurfaceForms.of(subject).sampled}.",
            evidence=[
                Evidence(label="contradictory strings", value=len(torn)),
                Evidence(label="share of unusual types", value=unusual / mentions),
                Evidence(label="the same of names alone, at least", value=low),
                Evidence(label="the same of names alone, at most", value=high),
            ],
            fixes=[_fix([name for name, _ in torn])],
            severity=Severity.WARNING if grave else Severity.INFO,
            tier=Tier.STATISTICAL if grave else Tier.HEURISTIC,
            places=tuple(_places(torn))[:5],
        )


def _fix(strings: Sequence[str]) -> Fix:
    return Fix(
        text=f"Look at {listed([named(string) for string in strings], 5)} and correct what breaks "
        "your annotation rules."
    )


def _entropy(form: SurfaceForm) -> float:
    shares = [count / form.annotated for count in form.types.values()]
    return -sum(share * math.log2(share) for share in shares)


def _unusual(form: SurfaceForm) -> int:
    return form.annotated - max(form.types.values())


def _totals(forms: Iterable[SurfaceForm]) -> tuple[int, int]:
    """Return how many annotations are unusual, and how many there are."""
    held = list(forms)
    return sum(map(_unusual, held)), sum(form.annotated for form in held)


def _is_name(string: str, form: SurfaceForm) -> bool:
    """Whether a string is a name rather than a pronoun, a noun or a sign.

    By its capital where the script has capitals; pronouns and nouns mean different things at
    different places wherever they are annotated.
    """
    small = sum(count for written, count in form.written.items() if written.islower())
    return len(string) > 1 and small <= _SELDOM_SMALL * form.annotated


def _described(form: SurfaceForm) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in list(form.types.items())[:3])


def _places(ranked: Sequence[tuple[str, SurfaceForm]]) -> Iterator[Place]:
    """Yield one usual and the first unusual places of each string, the worst string first."""
    for _, form in ranked:
        usual, *others = form.types
        yield from (place for kind in others for place in form.places[kind][:2])
        yield from form.places[usual][:1]
