"""Finds dictionaries of figures as Python or JSON prints them inside a line, without evaluating.

`ast.literal_eval` knows neither `nan` nor `np.float64(0.5)`, and wants the braces alone; this
scanner reads at most a few thousand marks per line and nothing deeper than a few braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

__all__ = ["Figures", "number", "printed_mapping"]

_FLAT = re.compile(
    r"\{ ?(?:(?:'[^'{}]{1,80}'|\"[^\"{}]{1,80}\"): ?['\"]?[-+\w.]{1,40}['\"]?(?:, ?)?)+ ?\}"
)
_BRACE = re.compile(r"\{ ?['\"]")
_PAIR = re.compile(r"['\"]([^'\"{}]{1,80})['\"]: ?['\"]?([-+\w.]{1,40})")
_MARK = re.compile(
    r"[ \t]*(?:(?P<text>'[^'\\]{0,200}'|\"[^\"\\]{0,200}\")"
    r"|(?P<number>[-+]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][-+]?\d{1,6})?)"
    r"|(?P<name>[-+]?[A-Za-z_][\w.]{0,60})"
    r"|(?P<sign>[{}\[\](),:=]))"
)
_DEEPEST = 4
_MOST_MARKS = 4000
_MOST_BRACES = 4

Figures = Mapping[str, "float | Figures"]
"""Names and their figures; an inner mapping holds the scores of one entity type."""


def number(text: str) -> float | None:
    """Return what a written number says, NaN and infinity included; None for anything else.

    Thousands separators are understood, a percent sign divides by 100.
    """
    try:
        return float(text)
    except ValueError:
        pass
    bare = text.strip().replace(",", "")
    try:
        value = float(bare.removesuffix("%"))
    except ValueError:
        return None
    return round(value / 100, 12) if bare.endswith("%") else value


def printed_mapping(line: str) -> tuple[str, Figures] | None:
    """Return what stands before the first dictionary with a figure in a line, and the figures.

    None when there is no such dictionary. Values that are no figures are left out; a figure may be
    quoted, or wrapped as in `np.float64(0.5)` and `tensor(0.5, device='cuda:0')`.
    """
    for brace in islice(_BRACE.finditer(line), _MOST_BRACES):
        start = brace.start()
        flat = _FLAT.match(line, start)
        figures = _flat_figures(flat[0]) if flat else _Scanner(line, start).mapping(0)
        if figures:
            return line[:start], figures
    return None


def _flat_figures(text: str) -> dict[str, float | Figures]:
    pairs = ((name, number(value)) for name, value in _PAIR.findall(text))
    return {name: value for name, value in pairs if value is not None}


class _Scanner:
    """Walks over the marks of one line; the first that does not fit ends the walk."""

    def __init__(self, line: str, position: int) -> None:
        self._line = line
        self._position = position
        self._marks = 0

    def mapping(self, depth: int) -> dict[str, float | Figures]:
        """Read a dictionary from its brace on, as far as it is whole."""
        figures: dict[str, float | Figures] = {}
        self._take("{")
        while (key := self._next()) is not None and key.lastgroup == "text" and self._take(":"):
            value = self._value(depth)
            if isinstance(value, str):
                value = number(value)
            closed = self._take("}")
            if value is not None and (closed or self._ahead(",")):
                figures[key["text"][1:-1]] = value  # a torn line may have torn its last figure
            if closed or not self._take(","):
                break
        return figures

    def _value(self, depth: int) -> float | str | Figures | None:
        """Read a figure, a text, an inner dictionary; None for what is none of these."""
        here = self._position
        mark = self._next()
        if mark is None:
            return None
        match mark.lastgroup:
            case "number":
                return number(mark["number"])
            case "text":
                return mark["text"][1:-1]
            case "name":
                return self._wrapped(depth) if self._take("(") else number(mark["name"])
        if mark["sign"] == "{" and depth < _DEEPEST:
            self._position = here
            return self.mapping(depth + 1) or None
        self._skip(mark["sign"])
        return None

    def _wrapped(self, depth: int) -> float | str | Figures | None:
        """Read the first argument of a call that prints a number, and pass over the others."""
        value = self._value(depth + 1) if depth < _DEEPEST else None
        self._skip("(")
        return value

    def _skip(self, opened: str) -> None:
        """Pass over everything up to the sign that closes `opened`."""
        depth = 1 if opened in "([{" else 0
        while depth > 0 and (mark := self._next()) is not None:
            sign = mark["sign"] or " "
            depth += (sign in "([{") - (sign in ")]}")

    def _take(self, sign: str) -> bool:
        """Pass over one sign if it comes next."""
        here = self._position
        mark = self._next()
        if mark is not None and mark["sign"] == sign:
            return True
        self._position = here
        return False

    def _ahead(self, sign: str) -> bool:
        here = self._position
        found = self._take(sign)
        self._position = here
        return found

    def _next(self) -> re.Match[str] | None:
        self._marks += 1
        found = _MARK.match(self._line, self._position) if self._marks < _MOST_MARKS else None
        if found is not None:
            self._position = found.end()
        return found
