"""Versions of libraries: how they compare, and which of them do not go together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diagnostics.subjects.run_history import RunHistory

__all__ = ["Requirement", "unmet_requirements", "versions_of"]

_NAMES = {"pytorch": "torch"}
_RELEASE = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,4}")
_UNRELEASED = re.compile(r"dev|git|a\d|b\d|rc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What the releases of one library, from `since` to before `until`, ask of another.

    Attributes:
        library: The library that asks.
        since: First release that asks it.
        until: First release that no longer does; empty: none yet.
        other: The library that it needs.
        least: First release of it that will do.
        below: First release of it that will not do; empty: none.
    """

    library: str
    since: str
    until: str
    other: str
    least: str
    below: str

    @property
    def wanted(self) -> str:
        """The requirement in the words of pip."""
        above = f">={self.least}" if self.least != "0" else ""
        return ",".join(part for part in (above, f"<{self.below}" if self.below else "") if part)


def _needs(library: str, span: str, other: str, wanted: str) -> Requirement:
    since, _, until = span.partition("-")
    least, _, below = wanted.partition("-")
    return Requirement(
        library=library, since=since, until=until, other=other, least=least, below=below
    )


REQUIREMENTS = (
    _needs("transformers", "4.6-4.16", "tokenizers", "0.10.1-0.11"),
    _needs("transformers", "4.18-4.34", "tokenizers", "0.11.1-0.14"),
    _needs("transformers", "4.40-4.45", "tokenizers", "0.19-0.20"),
    _needs("transformers", "4.45-4.47", "tokenizers", "0.20-0.21"),
    _needs("transformers", "5.23-5.24", "tokenizers", "0.23.1-0.24.0"),
    _needs("transformers", "5.23-5.24", "torch", "2.6-"),
    _needs("transformers", "5.23-5.24", "accelerate", "1.1.0-"),
    _needs("torch", "1.0-2.3", "numpy", "0-2"),
    _needs("scikit-learn", "0-1.4.2", "numpy", "0-2"),
    _needs("pandas", "0-2.2.2", "numpy", "0-2"),
    _needs("pyarrow", "0-16", "numpy", "0-2"),
    _needs("pyarrow", "26-27", "numpy", "2.0-"),
    _needs("datasets", "0-2.14.6", "fsspec", "0-2023.10"),
)
"""From the table of dependencies that transformers ships and checks at its import, and from its
error messages. The first releases built for NumPy 2, by their release notes: PyTorch 2.3,
scikit-learn 1.4.2, pandas 2.2.2, pyarrow 16; pyarrow 26 refuses NumPy 1 when it is imported.
Datasets before 2.14.6 takes local files for remote ones under fsspec 2023.10 (its issue 6352).
Releases between the spans are not judged."""


def versions_of(run: RunHistory) -> dict[str, str]:
    """Return library to version from what the run recorded about its environment."""
    recorded: Mapping[str, Any] = run.environment
    nested = recorded.get("versions")
    found = {**recorded, **(nested if isinstance(nested, Mapping) else {})}
    return {
        _NAMES.get(name.lower(), name.lower()): value
        for name, value in found.items()
        if isinstance(value, str) and _RELEASE.match(value)
    }


def unmet_requirements(versions: Mapping[str, str]) -> Iterator[Requirement]:
    """Yield what recorded versions ask of each other and do not get.

    Development versions are passed over: they change their requirements from day to day.
    """
    for asked in REQUIREMENTS:
        own, other = _parsed(versions.get(asked.library)), _parsed(versions.get(asked.other))
        if own is None or other is None:
            continue
        if _within(own, asked.since, asked.until) and not _within(other, asked.least, asked.below):
            yield asked


def _within(version: tuple[int, ...], least: str, below: str) -> bool:
    first, end = _parsed(least), _parsed(below)
    return (first is None or version >= first) and (end is None or version < end)


def _parsed(version: str | None) -> tuple[int, ...] | None:
    match = _RELEASE.match(version or "")
    if version is None or match is None or _UNRELEASED.search(version.partition("+")[0]):
        return None
    return tuple(int(part) for part in match[0].split("."))
