"""What can be wrong with a text file as bytes: encoding, line ends, byte order marks inside."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

__all__ = [
    "Decoded",
    "LineEnds",
    "count_line_ends",
    "decode_utf8",
    "lines_ending_in",
    "minority",
]

EXAMPLES = 5
NAMES = {"LF": b"\n", "CR LF": b"\r\n", "CR": b"\r", "CR CR LF": b"\r\r\n"}
MARKED_LINE = b"\n" + codecs.BOM_UTF8


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEnds:
    """How the lines of a file end.

    Attributes:
        newline: A line feed, or a carriage return for files that hold no line feed.
        longest: Length of the longest line in bytes, to the precision of a chunk.
        longest_number: Number of that line, from 1.
        counts: `LF`, `CR LF`, `CR` or `CR CR LF` to how many lines end so; only what occurs.
        marks: Lines but the first that start with a byte order mark of UTF-8.
    """

    newline: str
    longest: int
    longest_number: int
    counts: Mapping[str, int]
    marks: int


def count_line_ends(chunks: Iterable[bytes]) -> LineEnds:
    """Look through a file once.

    Only runs that cross a whole chunk matter for the longest line, so lines inside one chunk count
    as the chunk's length at most.
    """
    feeds, returns = _Runs(b"\n"), _Runs(b"\r")
    pairs = doubles = marks = 0
    tail = b""
    for chunk in chunks:
        feeds.add(chunk)
        returns.add(chunk)
        window = tail + chunk
        pairs += window.count(b"\r\n") - tail.count(b"\r\n")
        doubles += window.count(b"\r\r\n") - tail.count(b"\r\r\n")
        marks += window.count(MARKED_LINE)
        tail = window[-3:]
    runs = feeds if feeds.count or not returns.count else returns
    runs.end_line()
    counts = {
        "LF": feeds.count - pairs,
        "CR LF": pairs - doubles,
        "CR": returns.count - pairs - doubles,
        "CR CR LF": doubles,
    }
    return LineEnds(
        newline=runs.end.decode(),
        longest=runs.longest,
        longest_number=runs.number,
        counts={name: count for name, count in counts.items() if count > 0},
        marks=marks,
    )


class _Runs:
    """Counts one line end, and how far apart two of them are."""

    def __init__(self, end: bytes) -> None:
        self.end = end
        self.count = self.longest = self.run = 0
        self.number = 1

    def add(self, chunk: bytes) -> None:
        first, last = chunk.find(self.end), chunk.rfind(self.end)
        self.run += len(chunk) if first < 0 else first
        if first >= 0:
            self.end_line()
            self.run = len(chunk) - last - 1
            self.count += chunk.count(self.end)

    def end_line(self) -> None:
        """Compare the line that ends here with the longest one."""
        if self.run > self.longest:
            self.longest, self.number = self.run, self.count + 1


def lines_ending_in(name: str, lines: Iterable[bytes]) -> Iterator[int]:
    """Return the numbers of the lines that end in `name`, or hold it inside when it is `CR`.

    Args:
        name: `LF`, `CR LF`, `CR` or `CR CR LF`.
        lines: The lines with their ends, cut at line feeds.
    """
    for number, line in enumerate(lines, start=1):
        content = line.rstrip(b"\r\n")
        found = b"\r" in content if name == "CR" else line[len(content) :] == NAMES[name]
        if found:
            yield number


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """How a file that should be UTF-8 can be decoded.

    Attributes:
        encoding: Name of a Python codec.
        foreign: How many lines hold bytes that are not UTF-8.
        lines: The first of these lines.
    """

    encoding: str
    foreign: int = 0
    lines: tuple[int, ...] = ()

    @property
    def is_damaged(self) -> bool:
        """Whether it is UTF-8 all the same, so that these lines are damaged."""
        return self.foreign > 0 and self.encoding.startswith("utf-8")


def decode_utf8(chunks: Iterable[bytes], encoding: str) -> Decoded:
    """Tell UTF-8 with damaged places from text in an older encoding, in one pass.

    A file whose characters beyond ASCII are mostly valid UTF-8 is UTF-8; else it is taken for
    Windows-1252 or, where that has no such character, for Latin-1.

    Args:
        chunks: The bytes of the file.
        encoding: `utf-8`, or `utf-8-sig` when there is a byte order mark.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    damage = _Damage()
    control_bytes: set[int] = set()
    for chunk in chunks:
        damage.add(decoder.decode(chunk))
        control_bytes |= set(chunk) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    damage.add(decoder.decode(b"", final=True))
    if damage.good <= damage.bad and encoding != "utf-8-sig":
        encoding = "latin-1" if control_bytes else "cp1252"
    return Decoded(encoding=encoding, foreign=damage.count, lines=tuple(damage.first))


@dataclass
class _Damage:
    """Lines with the character that stands for undecodable bytes."""

    good: int = 0
    bad: int = 0
    ended: int = 0
    last: int = 0
    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, text: str) -> None:
        wrong = text.count("\ufffd")
        self.bad += wrong
        self.good += len(text) - len(text.encode("ascii", "ignore")) - wrong
        if wrong:
            self._count_lines(text)
        self.ended += text.count("\n")

    def _count_lines(self, text: str) -> None:
        for number, line in enumerate(text.split("\n"), start=self.ended + 1):
            if "\ufffd" in line and number != self.last:
                self.last = number
                self.count += 1
                if len(self.first) < EXAMPLES:
                    self.first.append(number)


def minority(counts: Mapping[str, int]) -> tuple[str, int] | None:
    """Return the rarer line end and how often it occurs, None when all lines end alike."""
    ordered = Counter(counts).most_common()
    return ordered[-1] if len(ordered) > 1 else None
