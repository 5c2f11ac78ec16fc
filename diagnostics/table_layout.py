"""Finds out how lines of a token table are built: separator, number of columns, tags, header."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diagnostics.data_format import Columns
from diagnostics.errors import DataError

__all__ = [
    "CHUNK_TYPES",
    "DOCUMENT_START",
    "LOOKS_TAGGED",
    "WHITESPACE",
    "TableLayout",
    "detect_layout",
    "is_header",
    "splitter",
]

DOCUMENT_START = "-DOCSTART-"
LOOKS_TAGGED = re.compile(r"O|[BIESLUMW][-_].+|.+[-_][BIESLUMW]|[BI]")
"""What the tags of the common schemes look like."""

PREFIXED = re.compile(r"[BIESLU]-.+")
CHUNK_TYPES = frozenset(
    ("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP")
)
"""Types of chunks in CoNLL-2000, which look like entities to a program."""

OUTSIDE_WORDS = frozenset({"o", "other", "outside", "none"})
TOKEN_NAMES = frozenset({"token", "tokens", "word", "words", "text", "form"})
TAG_NAMES = frozenset({"tag", "tags", "ner", "ner_tag", "ner_tags", "label", "labels", "entity"})
GLUED_TAG = re.compile(r".+?(?P<separator>[\W_]+)(?:O|[BIESLUMW][-_]\w.*)")
LONGEST_GLUED = 200
WHITESPACE = "whitespace"
ENOUGH_REGULAR = 0.6
"""Share of lines with the usual number of columns below which a separator is not believed."""

ENOUGH_TAGGED = 0.8
"""Share of tags that must look like tags, where neither header nor outside tag speaks for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """How the lines of a token table are built.

    Attributes:
        separator: `whitespace` (runs of blanks and tabs) or the exact string between two columns.
        width: Number of columns.
        token: Column of the words, from 0.
        tag: Column of the tags, from 0.
        header: Names of the columns when the first line gives them, else ().
        regular: Share of the sampled lines that have `width` columns.
        tagged: Share of the sampled tags that look like tags of a known scheme.
        tags: Tags in the sample.
        tabs: Share of the sampled lines that hold a tab.
        entities: Columns whose values look like tags of a scheme with entities, from 0.
    """

    separator: str
    width: int
    token: int
    tag: int
    header: tuple[str, ...]
    regular: float
    tagged: float
    tags: frozenset[str]
    tabs: float = 0.0
    entities: tuple[int, ...] = ()

    def split(self) -> Callable[[str], Sequence[str]]:
        """The function that cuts a line into its columns."""
        return splitter(self.separator)

    def describe(self) -> str:
        """The columns as `--columns` takes them."""
        return f"token={self.token},tag={self.tag}"


def splitter(separator: str) -> Callable[[str], Sequence[str]]:
    """The function that cuts a line at a separator.

    Only the separator itself separates: `str.split()` would also cut at no-break and other Unicode
    spaces, which are part of words.
    """
    if separator == WHITESPACE:
        return _split_whitespace
    if separator in (",", ";"):
        return lambda line: _split_quoted(line, separator)
    return lambda line: line.split(separator)


def _split_whitespace(line: str) -> list[str]:
    fields = line.replace("\t", " ").split(" ")
    return [field for field in fields if field] if "" in fields else fields


def _split_quoted(line: str, separator: str) -> list[str]:
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def detect_layout(lines: Sequence[str], columns: Columns) -> TableLayout | None:
    """The layout of a token table, from a sample of its lines.

    Args:
        lines: Lines of the file without their line ends, blank ones included.
        columns: What the user said; it decides where it says something.

    Returns:
        The layout under the separator that explains most lines, or None when the lines do not look
        like a token table.

    Raises:
        DataError: If a column was chosen that does not exist.
    """
    content = [line for line in lines if line.strip() and not line.startswith(DOCUMENT_START)]
    plain = [line for line in content if not line.startswith("#")] or content
    if not plain:
        return None
    candidates = [columns.separator] if columns.separator else _candidates(plain)
    layouts = (_layout(plain, separator, columns) for separator in candidates)
    believable = [layout for layout in layouts if layout and _believable(layout, columns)]
    return max(believable, key=lambda layout: (layout.regular, layout.tagged), default=None)


def _candidates(lines: Sequence[str]) -> list[str]:
    found = ["\t", WHITESPACE, ",", ";", "|"]
    glued = Counter(
        match["separator"]
        for line in lines
        if len(line) < LONGEST_GLUED and (match := GLUED_TAG.fullmatch(line.strip()))
    )
    found += [separator for separator, _ in glued.most_common(1) if separator.strip()]
    return list(dict.fromkeys(found))


def _layout(lines: Sequence[str], separator: str, columns: Columns) -> TableLayout | None:
    separator = WHITESPACE if separator == " " else separator
    rows = [splitter(separator)(line) for line in lines]
    width, regular = Counter(len(row) for row in rows).most_common(1)[0]
    if width < 2:
        return None
    header = _header(rows[0], width)
    usual = [row for row in rows if len(row) == width and not (header and _header(row, width))]
    token = _column(columns.token, width, header)
    tag = _column(columns.tag, width, header)
    token = _first_word_column(usual, header) if token is None else token
    tag = _tag_column(header, width) if tag is None else tag
    tags = Counter(row[tag] for row in usual)
    tagged = sum(count for value, count in tags.items() if LOOKS_TAGGED.fullmatch(value))
    return TableLayout(
        separator=separator,
        width=width,
        token=token,
        tag=tag,
        header=header,
        regular=regular / len(rows),
        tagged=tagged / max(len(usual), 1),
        tags=frozenset(tags),
        tabs=sum("\t" in line for line in lines) / len(lines),
        entities=tuple(column for column in range(width) if _holds_entities(usual, column)),
    )


def _holds_entities(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether a column holds tags such as `O` and `B-PER`, but not of chunks (`B-NP`)."""
    values = {row[column].strip() for row in rows}
    named = [value for value in values if PREFIXED.fullmatch(value)]
    chunks = sum(value[2:] in CHUNK_TYPES for value in named)
    return "O" in values and 0 < len(named) == len(values) - 1 and chunks * 2 < len(named)


def is_header(row: Sequence[str]) -> bool:
    """Whether a row names columns: one as words, another as tags."""
    return bool(_header(row, len(row)))


def _header(row: Sequence[str], width: int) -> tuple[str, ...]:
    names = tuple(value.strip().lower() for value in row)
    is_header = len(names) == width and TOKEN_NAMES & set(names) and TAG_NAMES & set(names)
    return names if is_header else ()


def _column(chosen: str | None, width: int, header: Sequence[str]) -> int | None:
    """The number of a column that was chosen by number or by name; None when none was."""
    if chosen is None:
        return None
    if chosen.lower() in header:
        return header.index(chosen.lower())
    named = f" named {', '.join(header)}" if header else ""
    try:
        number = int(chosen)
    except ValueError:
        raise DataError(
            f"There is no column `{chosen}`: the file has {_columns(width)}{named}.",
            "Choose columns by their number from 0, or by a name of the header line.",
        ) from None
    if not -width <= number < width:
        raise DataError(
            f"There is no column {number}: the file has {_columns(width)}{named}.",
            f"Choose from 0 to {width - 1}; -1 is the last.",
        )
    return number % width


def _first_word_column(rows: Sequence[Sequence[str]], header: Sequence[str]) -> int:
    """The first column, unless that merely counts the words of the sentence (1, 2, 3, ...)."""
    named = [place for place, name in enumerate(header) if name in TOKEN_NAMES]
    if named:
        return named[0]
    counters = [row[0] for row in rows]
    if not all(value.isascii() and value.isdigit() and len(value) < 9 for value in counters):
        return 0
    steps = sum(int(after) == int(before) + 1 for before, after in itertools.pairwise(counters))
    return 1 if steps * 2 > len(counters) and len(rows[0]) > 2 else 0


def _tag_column(header: Sequence[str], width: int) -> int:
    named = [place for place, name in enumerate(header) if name in TAG_NAMES]
    return named[-1] if named else width - 1


def _believable(layout: TableLayout, columns: Columns) -> bool:
    if columns.separator or columns.tag:
        return layout.regular >= 0.5
    if 2 * sum(" " in tag.strip() for tag in layout.tags) > len(layout.tags):
        return False  # the tags of whole sentences in one cell are another format
    if layout.regular < ENOUGH_REGULAR:
        return False
    outside = {tag.lower() for tag in layout.tags} & OUTSIDE_WORDS
    return layout.tagged >= ENOUGH_TAGGED or bool(outside or layout.header)


def _columns(width: int) -> str:
    return "1 column" if width == 1 else f"{width} columns"
