"""How the tags of each split are read for a copy, and which slips of spelling can be mended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from diagnostics.errors import DataError
from diagnostics.measure import SeenSentence
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.repair.change_log import ChangeLog
from diagnostics.repair.filed_sentence import FiledSentence
from diagnostics.rules.data._evidence.split_schemes import OtherScheme, other_schemes
from diagnostics.scheme_detection import detect_scheme
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.table_layout import is_header
from diagnostics.tag_scheme import OUTSIDE, SchemeName, TagScheme

__all__ = ["CERTAIN", "mended", "mended_slips", "split_schemes", "types_disagree"]

CERTAIN = 3
"""Tags that must contradict the scheme of train, as in the rule about mixed schemes."""

_SEPARATORS = re.compile("[-_:/]")
_ZEROS = frozenset({"0", "o"})
"""What is typed in the place of the outside tag `O`."""

_SHOWN = 4


def split_schemes(splits: Mapping[str, Sequence[FiledSentence]]) -> dict[str, TagScheme]:
    """Return how the tags of each split are read: by its own scheme where it differs from train's.

    All others are read together, since small splits alone allow several readings.

    Raises:
        DataError: The tags make no sense, or the splits share no type of entity.
    """
    others = _others(splits)
    alike = [part for name, part in splits.items() if name not in others]
    common = detect_scheme(each.sentence.tags for part in alike for each in part)
    _refuse_prefixes_as_types(common)
    for split, other in others.items():
        if types_disagree(other):
            raise DataError(
                f"The entity types of {split} ({_types(other.own)}) are all others than those of "
                f"train ({_types(other.train)}), and they are written in another scheme.",
                f"Rename the types of {split} to those of train, then try again.",
            )
    return {split: others[split].own if split in others else common for split in splits}


def types_disagree(other: OtherScheme) -> bool:
    """Whether a split in another scheme than train shares no type of entity with it."""
    return _kinds(other.own).isdisjoint(_kinds(other.train))


def mended_slips(scheme: TagScheme) -> dict[str, str]:
    """Return tags that are slips of spelling, to the tags of the data that they stand for.

    `B_PER` and `b-per` stand for `B-PER` where that is the only tag which differs in nothing but
    separator and letter case; `0` and `o` stand for `O` where the data writes `O`.
    """
    spelled: dict[str, list[str]] = {}
    for tag in scheme.parsed:
        if tag not in scheme.slips:
            spelled.setdefault(_plain_form(tag), []).append(tag)
    found = {tag: spelled.get(_plain_form(tag), []) for tag in scheme.slips}
    mended = {tag: tags[0] for tag, tags in found.items() if len(tags) == 1}
    if scheme.outside == OUTSIDE:
        mended.update(dict.fromkeys(_ZEROS & scheme.parsed.keys(), OUTSIDE))
    return mended


def mended(
    sentences: Iterable[FiledSentence], scheme: TagScheme, changes: ChangeLog
) -> Iterator[FiledSentence]:
    """Yield the sentences with slips of spelling mended, cut where a header line stands."""
    slips = mended_slips(scheme)
    odd = slips.keys() | scheme.slips.keys()
    for filed in sentences:
        if odd.isdisjoint(filed.sentence.tags):
            yield filed
            continue
        for part in _without_headers(filed, odd, changes):
            yield _with_tags(part, slips, changes)


def _without_headers(
    filed: FiledSentence, odd: AbstractSet[str], changes: ChangeLog
) -> Iterator[FiledSentence]:
    start, sentence = 0, filed.sentence
    for word, row in enumerate(zip(sentence.tokens, sentence.tags, strict=True)):
        if row[1] in odd and is_header(row):
            changes.add("headers-removed", filed.place(word))
            yield from _part(filed, start, word)
            start = word + 1
    yield from _part(filed, start, len(sentence.tags)) if start else (filed,)


def _part(filed: FiledSentence, start: int, end: int) -> Iterator[FiledSentence]:
    sentence, lines = filed.sentence, filed.sentence.lines
    if start < end:
        part = Sentence(
            tokens=sentence.tokens[start:end],
            tags=sentence.tags[start:end],
            line=sentence.line_of(start),
            lines=None if lines is None else lines[start:end],
        )
        yield FiledSentence(file=filed.file, sentence=part)


def _with_tags(filed: FiledSentence, slips: Mapping[str, str], changes: ChangeLog) -> FiledSentence:
    tags = filed.sentence.tags
    for word, tag in enumerate(tags):
        if tag in slips:
            after = f"{filed.sentence.tokens[word]} {slips[tag]}"
            changes.add("tags-mended", filed.place(word), after=after)
    meant = tuple(slips.get(tag, tag) for tag in tags)
    return FiledSentence(file=filed.file, sentence=replace(filed.sentence, tags=meant))


def _others(splits: Mapping[str, Sequence[FiledSentence]]) -> dict[str, OtherScheme]:
    pairs = TagPairs()
    for split, sentences in splits.items():
        for filed in sentences:
            pairs.add(SeenSentence(split, filed.file, filed.sentence, ()))
    return other_schemes(pairs.result(), fewest=CERTAIN)


def _refuse_prefixes_as_types(scheme: TagScheme) -> None:
    """Refuse tags of which so many lack their prefix that those with one would become types."""
    if scheme.name is not SchemeName.PLAIN:
        return
    kinds = Counter(tag[2:] if tag[:2] in ("B-", "I-") else tag for tag in _kinds(scheme))
    mixed = next((kind for kind, count in kinds.items() if count > 1), None)
    if mixed is not None:
        raise DataError(
            f"The type `{mixed}` is tagged with and without a prefix in the same split, too often "
            "for a slip.",
            f"Write `B-{mixed}` at first words and `I-{mixed}` behind them throughout.",
        )


def _kinds(scheme: TagScheme) -> set[str]:
    return {kind for role, kind in scheme.parsed.values() if role != "O"}


def _types(scheme: TagScheme) -> str:
    kinds = sorted(_kinds(scheme))
    return ", ".join(kinds[:_SHOWN]) + (", ..." if len(kinds) > _SHOWN else "")


def _plain_form(tag: str) -> str:
    return _SEPARATORS.sub("-", tag).casefold()
