"""D215: entities that start or end where no name does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.entity_shapes import EntityShapes, OddEntities
from diagnostics.measures.surface_forms import ARTICLES, SurfaceForms
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, times
from diagnostics.rules.data._evidence.tag_reading import first_places, readable
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["OddEntityBoundaries"]

_GOOD = "the O\nBronx B-LOC\nis O\n\nYahoo B-ORG\n! I-ORG\n\nAcme B-ORG\nInc I-ORG\n. I-ORG\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OddEntityBoundaries(DataRule):
    """Entities have no letters, start or end with a sign, or take in the article now and then.

    Why it matters: a score counts an entity only when both ends are right. Where the same name has
    its comma or its article now inside, now outside, the model is wrong half of the time whatever
    it does.

    What to change: draw the boundaries by one rule.

    Source: judgement. Brackets, quotation marks, currency and question marks belong to names now
    and then and are left out, and so is the dot at the end.
    """

    id: ClassVar[str] = "D215"
    name: ClassVar[str] = "odd-entity-boundaries"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures = (TagPairs, EntityShapes, SurfaceForms)
    needs = (readable,)
    doubt: ClassVar[str] = "Names and symbols that are written so."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a sign alone": DataSample(train=_GOOD + "@ B-PER\nanna O\n"),
        "a comma at the end": DataSample(train=_GOOD + "Bell B-PER\n, I-PER\nof O\n"),
        "the article, now and then": DataSample(
            train=_GOOD * 3 + "The B-LOC\nBronx I-LOC\nis O\n\n" * 2
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "abbreviations, signs of names, articles outside": DataSample(train=_GOOD * 3),
        "an article that belongs to the name": DataSample(
            train=_GOOD + "The B-MISC\nBeatles I-MISC\nsang O\n\n" * 4
        ),
    }

    start_signs: str = ",;:.)]}!?"
    """Signs that no name starts with."""

    end_signs: str = ",;:([{/-@"
    """Signs that no name ends with."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at each kind of odd boundary."""
        shapes = EntityShapes.of(subject)
        total = sum(shapes.lengths.values())
        starts, ends = _only(shapes.starts, self.start_signs), _only(shapes.ends, self.end_signs)
        found = (
            (shapes.without_letters, "has no letter or digit", "have no letter or digit"),
            (starts, "starts with a sign", "start with a sign"),
            (ends, "ends with a sign", "end with a sign"),
        )
        signs = [self._signs(odd, one, many, total) for odd, one, many in found if odd]
        return [*signs, *self._articles(subject)]

    def _signs(self, odd: Mapping[str, OddEntities], one: str, many: str, total: int) -> Finding:
        count = sum(found.count for found in odd.values())
        shown = listed([f"{named(sign)} {times(found.count)}" for sign, found in odd.items()], 4)
        what = one if count == 1 else many
        return self.finding(
            f"{count:,} of {counted(total, 'entity')} {what}: {shown}.",
            evidence=[
                Evidence(label=f"entities that {what}", value=count),
                Evidence(label="entities", value=total),
            ],
            fixes=[Fix(text="Leave the sign outside, or remove the entity if it is nothing else.")],
            places=first_places(place for found in odd.values() for place in found.places),
        )

    def _articles(self, subject: Dataset) -> Iterator[Finding]:
        forms = SurfaceForms.of(subject).forms
        torn: dict[str, tuple[int, int]] = {}
        places: list[Place] = []
        for string, form in forms.items():
            article, _, rest = string.partition(" ")
            outside = forms[rest].behind_article if rest in forms else 0
            if article in ARTICLES and outside:
                torn[string] = form.annotated, outside
                places.extend(place for found in form.places.values() for place in found[:1])
        if torn:
            shown = [
                f"{named(string)} ({inside:,} inside, {outside:,} outside)"
                for string, (inside, outside) in torn.items()
            ]
            yield self.finding(
                f"The article belongs to the entity now and then: {listed(shown, 3)}.",
                evidence=[Evidence(label="names with and without article", value=len(torn))],
                fixes=[Fix(text="Take the article into the entity always, or never.")],
                places=places[:5],
            )


def _only(odd: Mapping[str, OddEntities], wanted: str) -> dict[str, OddEntities]:
    return {sign: found for sign, found in odd.items() if set(sign) <= set(wanted)}
