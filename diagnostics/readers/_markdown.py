"""The parts of a Markdown document that hold facts: front matter, lists under a heading, tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._documents import mapping
from diagnostics.text_head import decode_head

__all__ = ["Table", "front_matter", "items_under", "read_head_text", "read_text", "tables"]

LARGEST = 4 * 2**20
"""Bytes of a document that are read; results stand far before its end."""

_HEAD = 64 * 2**10
_LARGEST_FRONT_MATTER = 32 * 2**10
_MOST_ROWS = 20_000
_MOST_COLUMNS = 1_000
_MOST_BRACKETS = 200
"""Brackets of metadata that are parsed: thousands inside each other take a YAML parser minutes."""
_MARKUP = "*_`~ \t"


@dataclass(frozen=True, slots=True)
class Table:
    """A pipe table: its column names and its rows, which may be shorter or longer."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_text(path: Path) -> str:
    """Return a document's text.

    Raises:
        DiagnosticsError: It cannot be opened, is empty, or is no text.
    """
    text = _text(path, LARGEST)
    if text is None:
        raise DiagnosticsError(f"`{path}` is no text.")
    if not text.strip():
        raise DiagnosticsError(f"`{path}` is empty.")
    if text.startswith("version https://git-lfs"):
        raise DiagnosticsError(
            f"`{path}` is a Git LFS pointer, not the file itself.", "Run `git lfs pull` there."
        )
    return text


def read_head_text(path: Path) -> str:
    """Return the beginning of a document; empty for what is no text or cannot be opened."""
    try:
        return _text(path, _HEAD) or ""
    except DiagnosticsError:
        return ""


def front_matter(text: str) -> dict[str, Any]:
    """Return the YAML metadata at the start of a document; empty when there is none to be read."""
    head = text.lstrip("\ufeff \n")[: _LARGEST_FRONT_MATTER + 8]
    if not head.startswith("---\n"):
        return {}
    end = head.find("\n---", 3)
    if end < 0:
        return {}
    if head.count("{", 0, end) + head.count("[", 0, end) > _MOST_BRACKETS:
        return {}
    try:
        import yaml

        return dict(mapping(yaml.safe_load(head[4 : end + 1])))
    except ImportError:
        return {}
    except Exception:  # noqa: BLE001 - a YAML tag with a senseless value raises almost anything
        return {}


def items_under(text: str, start: str) -> dict[str, str]:
    """Return the `- name: value` items that follow a line holding `start`, up to the next heading.

    Of a name that is there twice the first counts.
    """
    items: dict[str, str] = {}
    place = text.lower().find(start.lower())
    if place < 0:
        return items
    for line in text[place:].split("\n", 500)[1:500]:
        bare = line.strip()
        if bare.startswith("#") or (items and bare and ":" not in bare):
            break
        name, colon, value = bare.lstrip("-* ").partition(":")
        # Some cards write `f1: 0.91` in lines of their own, without a dash.
        listed = bare.startswith(("-", "*")) or value.strip()[:1].isdigit()
        if listed and colon and len(name) <= 80:
            items.setdefault(name.strip(_MARKUP), value.strip(_MARKUP))
    return items


def tables(text: str) -> Iterator[Table]:
    """Yield the pipe tables of a document, those with a line of dashes under their columns.

    A cell that breaks over several lines ends its row; the rows after it are read on.
    """
    columns: Sequence[str] = ()
    before: Sequence[str] = ()
    rows: list[tuple[str, ...]] = []
    for line in text.split("\n"):
        bare = line.strip()
        if bare.startswith("#") and columns:
            yield Table(tuple(columns), tuple(rows))
            columns, rows = (), []
        if not bare.startswith("|"):
            continue
        cells = _cells(bare)
        if _is_rule(cells):
            if columns:
                yield Table(tuple(columns), tuple(rows[:-1] if rows else rows))
            columns, rows = before, []
        elif columns and len(rows) < _MOST_ROWS:
            rows.append(tuple(cells))
        before = cells
    if columns:
        yield Table(tuple(columns), tuple(rows))


def _cells(line: str) -> list[str]:
    inner = line.removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    parts = inner.replace("\\|", "\0").split("|", _MOST_COLUMNS)
    return [part.replace("\0", "|").strip(_MARKUP) for part in parts[:_MOST_COLUMNS]]


def _is_rule(cells: Sequence[str]) -> bool:
    """Whether these are the dashes under the columns."""
    return all(cell and not cell.strip(":-") and "-" in cell for cell in cells) and bool(cells)


def _text(path: Path, most: int) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(most)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise DiagnosticsError(f"`{path}` cannot be read: {error}.") from error
    try:
        text = None if b"\0" in content else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    if text is None:
        text = decode_head(content)
    return None if text is None else text.replace("\r\n", "\n").replace("\r", "\n")
