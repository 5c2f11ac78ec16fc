"""D215: entities that start or end where no name does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.entity_shapes import EntityShapes, OddEntities
from diagnostics.measures.surface_forms import ARTICLES, SurfaceForms
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, percent, times
from diagnostics.rules.data._evidence.odd_shares import OddShares, far_more_in_train
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

    What to change: draw the boundaries by one rule. Where train has far more of them than dev or
    test, its tags are rather shifted against its words: align them anew.

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
        "tags of train shifted by one word": DataSample(
            train="Anna O\n, B-PER\nhe O\nleft O\n\n" * 40,
            dev="Anna B-PER\n, O\nhe O\nleft O\n\n" * 40,
        ),
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

    least: float = 0.05
    """Share of odd entities in train from which it is compared with the other splits."""

    ratio: float = 5.0
    """How many times the share of dev or test makes the tags of train suspect."""

    chance: float = 0.001
    """Chance of such a difference below which it is a warning. Two-proportion z test."""

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
        every = [each for odd, _, _ in found for each in odd.values()]
        suspect = self._suspect(every, shapes.splits)
        if suspect is not None:
            return [suspect, *signs, *self._articles(subject)]
        return [*signs, *self._articles(subject)]

    def _suspect(self, odd: Sequence[OddEntities], sizes: Mapping[str, int]) -> Finding | None:
        """Compare train with the other splits: shifted tags show as signs inside entities."""
        counts = Counter[str]()
        for each in odd:
            counts.update(each.splits)
        found = far_more_in_train(
            counts, sizes, least=self.least, ratio=self.ratio, chance=self.chance
        )
        return None if found is None else self._far_more(found, odd)

    def _far_more(self, found: OddShares, odd: Sequence[OddEntities]) -> Finding:
        other = f"only {percent(found.other_share)}" if found.other_share else "none"
        return self.finding(
            f"{percent(found.train_share)} of the entities of train are signs, or start or end "
            f"with one, but {other} of those of {found.other}: the tags "
            "of train may have slipped to the next word or the one before.",
            evidence=[
                Evidence(label="share of odd entities in train", value=found.train_share),
                Evidence(label=f"share of odd entities in {found.other}", value=found.other_share),
            ],
            fixes=[
                Fix(
                    text="Compare words and tags of train with the source, and move the tags back "
                    "if they are shifted by one word."
                )
            ],
            severity=Severity.WARNING,
            tier=Tier.STATISTICAL,
            places=first_places(place for each in odd for place in each.places),
        )

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
