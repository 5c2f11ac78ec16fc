"""Joins sentences that a blank line parts in the middle of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from diagnostics.repair.change_log import ChangeLog
from diagnostics.repair.filed_sentence import FiledSentence
from diagnostics.repair.sentence_repair import LONG
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import SchemeName, TagScheme

__all__ = ["joined"]

_MARKED_STARTS = (SchemeName.IOB2, SchemeName.BIOES, SchemeName.BILOU)
"""Schemes in which `I-` never starts an entity."""


def joined(
    sentences: Iterable[FiledSentence], scheme: TagScheme, changes: ChangeLog
) -> Iterator[FiledSentence]:
    """Yield the sentences, those in one piece that a break inside an entity had parted.

    Sentences that would become over-long stay apart; they are left to a person.
    """
    before: FiledSentence | None = None
    for filed in sentences:
        if before is None or not _goes_on(before, filed, scheme):
            whole = filed
            if before is not None:
                yield before
        elif len(before.sentence.tokens) + len(filed.sentence.tokens) > LONG:
            changes.add("entities-across-sentences", filed.place())
            yield before
            whole = filed
        else:
            changes.add("sentences-joined", filed.place(), after="joined to the sentence before")
            whole = _together(before, filed)
        before = whole
    if before is not None:
        yield before


def _goes_on(before: FiledSentence, filed: FiledSentence, scheme: TagScheme) -> bool:
    """Whether an entity that is open at the end of a sentence goes on in the next."""
    last, first = before.sentence.tags[-1], filed.sentence.tags[0]
    if scheme.name not in _MARKED_STARTS or before.file != filed.file:
        return False
    if not scheme.slips.keys().isdisjoint((last, first)):
        return False
    role, kind = scheme.parsed.get(first, ("O", ""))
    return role in "IE" and _open_type(before.sentence.tags, scheme) == kind


def _open_type(tags: Sequence[str], scheme: TagScheme) -> str | None:
    """Return the type of the entity that is open behind the last tag; None without a start.

    An `I-` at the end without its `B-` is a broken transition of its own, which tells nothing
    about the next sentence.
    """
    last = scheme.parsed.get(tags[-1], ("O", ""))[1]
    for tag in reversed(tags):
        role, kind = scheme.parsed.get(tag, ("O", ""))
        if kind != last or role not in "BI":
            return None
        if role == "B":
            return kind
    return None


def _together(before: FiledSentence, filed: FiledSentence) -> FiledSentence:
    one, other = before.sentence, filed.sentence
    lined = one.lines is not None and other.lines is not None
    sentence = Sentence(
        tokens=one.tokens + other.tokens,
        tags=one.tags + other.tags,
        line=one.line,
        lines=(*(one.lines or ()), *(other.lines or ())) if lined else None,
    )
    return FiledSentence(file=before.file, sentence=sentence)
