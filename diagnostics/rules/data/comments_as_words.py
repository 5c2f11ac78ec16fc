"""D114: comments that were read as words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.measures.odd_words import OddWords
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.reading_problems import either
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset
from diagnostics.table_layout import LOOKS_TAGGED

__all__ = ["CommentsAsWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsAsWords(DataRule):
    """Sentences begin with what seems to be a comment, such as `//` or `%`.

    Why it matters: the rest of the comment became a tag, so there are labels that nobody meant.

    What to change: remove these lines, or let them begin with `#`.

    Source: CoNLL-U, in which comments begin with `#`.
    """

    id: ClassVar[str] = "D114"
    name: ClassVar[str] = "comments-as-words"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures = (OddWords, TagPairs)
    doubt: ClassVar[str] = (
        "The mark is the first word of the text, and its type occurs nowhere else."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {
        "comments of two words": DataSample(
            train="// file1\nBell B-PER\nleft O\n\n// file2\nBell B-PER\n"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a percent sign": DataSample(train="% O\nBell B-PER\nleft O\n"),
        "a percentage": DataSample(train="% B-NUM\nBell B-PER\nleft O\n7 B-NUM\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with tags that only such marks have."""
        words, pairs = OddWords.of(subject), TagPairs.of(subject)
        findings = []
        for name, comments in words.comments.items():
            total: Counter[str] = Counter()
            for (_, tag), count in pairs.counts.get(name, {}).items():
                total[tag] += count
            own = [tag for tag, count in comments.items() if _is_odd(tag) and total[tag] == count]
            if own:
                findings.append(
                    self._finding(
                        name,
                        sum(comments[tag] for tag in own),
                        [place for tag in own for place in words.comment_places[name][tag]],
                    )
                )
        return findings

    def _finding(self, name: str, count: int, places: Sequence[Place]) -> Finding:
        verb = either(count, "begins", "begin")
        return self.finding(
            f"{counted(count, 'sentence')} of {SPLITS.get(name, name)} {verb} with a comment mark "
            "whose tag stands nowhere else.",
            evidence=[Evidence(label=f"comments read as words in {name}", value=count)],
            fixes=[Fix(text="Remove these lines, or let comments begin with `# `.")],
            places=sorted(places, key=lambda place: place.line or 0)[:5],
        )


def _is_odd(tag: str) -> bool:
    return not LOOKS_TAGGED.fullmatch(tag)
