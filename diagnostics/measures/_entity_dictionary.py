"""The entities of a data set as a dictionary, and where its entries stand unannotated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from diagnostics.findings import Place
from diagnostics.measure import keep_first
from diagnostics.measures._kept_sentence import KeptSentence

__all__ = ["ARTICLES", "EntityDictionary", "SurfaceForm"]

_ENGLISH, _GERMAN, _DUTCH = {"the", "a", "an"}, {"der", "die", "das", "den", "dem"}, {"de", "het"}
_FRENCH, _SPANISH = {"le", "la", "les", "l'"}, {"el", "la", "los", "las"}
_ITALIAN, _PORTUGUESE = {"il", "lo", "la", "gli", "le"}, {"o", "os", "a", "as"}
ARTICLES = frozenset(_ENGLISH | _GERMAN | _DUTCH | _FRENCH | _SPANISH | _ITALIAN | _PORTUGUESE)
"""Words before a name that one annotator takes in and another leaves out."""

_MOST_FORMS = 50_000
_LONGEST = 8
"""Words up to which an entry is looked up."""


@dataclass(slots=True, kw_only=True)
class _Form:
    """What is collected about one lower-cased string."""

    types: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[Place]] = field(default_factory=dict)
    bare: Counter[str] = field(default_factory=Counter)
    bare_places: dict[str, list[Place]] = field(default_factory=dict)
    lower: int = 0
    behind_article: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceForm:
    """How one lower-cased string is annotated.

    Attributes:
        types: Entity type to how often the string is annotated so.
        written: The string as written to how often it is annotated.
        places: Entity type to the first places.
        bare: The string as written, in one of the ways in which it is annotated, to how often it
            stands outside all entities. Left out is what is part of a longer name, and what has a
            capital because it starts the sentence while the word is also written small.
        bare_places: The first places of these.
        behind_article: How often an article stands before the entity, outside of it.
    """

    types: Mapping[str, int]
    written: Mapping[str, int]
    places: Mapping[str, tuple[Place, ...]]
    bare: Mapping[str, int]
    bare_places: Mapping[str, tuple[Place, ...]]
    behind_article: int

    @property
    def annotated(self) -> int:
        """How often the string is annotated."""
        return sum(self.types.values())


class EntityDictionary:
    """Learns the entities of sentences, then looks them up outside of entities."""

    def __init__(self) -> None:
        self._forms: dict[str, _Form] = {}
        self._starts: dict[str, int] = {}

    def learn(self, sentence: KeptSentence) -> None:
        """Take the entities of a sentence into the dictionary."""
        if not sentence.entities:
            return
        words = sentence.words
        inside = _inside(sentence)
        for start, end, kind in sentence.entities:
            written = " ".join(words[start:end])
            form = self._form(written.lower())
            if form is None:
                continue
            form.types[kind] += 1
            form.written[written] += 1
            keep_first(form.places.setdefault(kind, []), sentence.place(start, f"{written} {kind}"))
            before = start - 1
            if before >= 0 and before not in inside and words[before].lower() in ARTICLES:
                form.behind_article += 1

    def _form(self, string: str) -> _Form | None:
        form = self._forms.get(string)
        if form is None and len(self._forms) < 4 * _MOST_FORMS:
            form = self._forms[string] = _Form()
        return form

    def close(self) -> None:
        """Forget what is annotated only once, and get ready to look up the rest."""
        often = [(string, form) for string, form in self._forms.items() if form.types.total() > 1]
        often.sort(key=lambda item: -item[1].types.total())
        self._forms = dict(often[:_MOST_FORMS])
        for string in self._forms:
            words = string.split(" ")
            longest = max(len(words), self._starts.get(words[0], 0))
            self._starts[words[0]] = min(longest, _LONGEST)

    def look_up(self, sentence: KeptSentence) -> None:
        """Count the entries that stand outside all entities of a sentence."""
        lower = sentence.text.lower().split("\n")
        if self._starts.keys().isdisjoint(lower):
            return
        words, inside, place = sentence.words, _inside(sentence), 0
        if len(words) != len(lower):
            return
        while place < len(words):
            end = place + 1
            if lower[place] in self._starts and place not in inside:
                found = next(self._entries(lower, inside, place), None)
                if found is not None:
                    end = found
                    self._count(sentence, words, place, end, inside)
            place = end

    def _entries(self, lower: Sequence[str], inside: frozenset[int], start: int) -> Iterator[int]:
        """Yield the ends of the entries that start at a word and stand outside, longest first."""
        for end in range(min(start + self._starts[lower[start]], len(lower)), start, -1):
            if " ".join(lower[start:end]) in self._forms and inside.isdisjoint(range(start, end)):
                yield end

    def _count(
        self,
        sentence: KeptSentence,
        words: Sequence[str],
        start: int,
        end: int,
        inside: frozenset[int],
    ) -> None:
        written = " ".join(words[start:end])
        form = self._forms[written.lower()]
        if written not in form.written:
            form.lower += written == written.lower()
            return
        if _is_part_of_a_name(words, start, end, inside):
            return
        key = written if start else f"{written}\n"  # a capital at the start may mean nothing
        form.bare[key] += 1
        keep_first(form.bare_places.setdefault(key, []), sentence.place(start, written))

    def forms(self) -> dict[str, SurfaceForm]:
        """Return what was found, the most frequent string first."""
        return {string: _frozen(form) for string, form in self._forms.items()}


def _inside(sentence: KeptSentence) -> frozenset[int]:
    return frozenset(word for start, end, _ in sentence.entities for word in range(start, end))


def _is_part_of_a_name(words: Sequence[str], start: int, end: int, inside: frozenset[int]) -> bool:
    """Whether the word before or behind has a capital, too, or is annotated."""
    before, behind = start - 1, end
    if before in inside or behind in inside:
        return True
    first = before > 0 and words[before][:1].isupper()
    return first or (behind < len(words) and words[behind][:1].isupper())


def _frozen(form: _Form) -> SurfaceForm:
    bare = Counter[str]()
    places: dict[str, tuple[Place, ...]] = {}
    for key, count in form.bare.items():
        written = key.rstrip("\n")
        if key != written and form.lower and written != written.lower():
            continue
        bare[written] += count
        places[written] = (*places.get(written, ()), *form.bare_places[key])[:5]
    return SurfaceForm(
        types=dict(form.types.most_common()),
        written=dict(form.written),
        places={kind: tuple(found) for kind, found in form.places.items()},
        bare=dict(bare),
        bare_places=places,
        behind_article=form.behind_article,
    )
