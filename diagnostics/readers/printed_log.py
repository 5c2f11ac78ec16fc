"""Reads what a training printed into a text file: rows of figures, tables, and how it failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from diagnostics.folder_listing import files_among, listing_of
from diagnostics.reader import Reader
from diagnostics.readers._printed import read_lines
from diagnostics.readers._printed_parser import PrintedLog
from diagnostics.readers._text_lines import lines_of_file, lines_of_text, samples
from diagnostics.readers._training_record import TrainingRecord
from diagnostics.subjects.run_history import RunHistory

__all__ = ["PrintedLogFile"]

_LOGS = frozenset({".log", ".out", ".err"})
_TEXTS = frozenset({".txt", ".md"})
_OTHERS = (
    frozenset(
        (".json", ".jsonl", ".csv", ".tsv", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".ipynb")
    )
    | frozenset(
        (
            ".py",
            ".sh",
            ".html",
            ".xml",
            ".bib",
            ".tex",
            ".pdf",
            ".png",
            ".jpg",
            ".svg",
            ".zip",
            ".gz",
        )
    )
    | frozenset(
        (".pt", ".bin", ".safetensors", ".model", ".parquet", ".arrow", ".conll", ".conllu", ".bio")
    )
)
"""Endings of files that hold something else, whatever stands in them."""

_JOB_OUTPUT = re.compile(r"(?:slurm|nohup|stdout|stderr|console|output)[\w.-]*|.+\.[oe]\d{2,12}")
_NO_LOGS = re.compile(
    r"vocab.*|merges.*|.*tokens?|labels?|classes|requirements.*|license.*|notice.*|.*requirements"
    r"|(?:train|dev|valid|val|test)(?:ing|elopment|ation)?|changelog|contributing|authors"
)
_MOST_FILES = 60
_HEAD = {True: 1 << 16, False: 1 << 17}
_TAIL = 1 << 16
_ANY_SIGN = re.compile(
    r"loss|epoch|f1|accuracy|\*\*\*\*\*|error|exception|memory|kill|ne tag", re.IGNORECASE
)
_ROW_SIGN = re.compile(
    r"\*\*\*\*\* |['\"]loss['\"]|['\"]eval_|\b(?:epoch|step|loss)\W{0,3}\d|training loss",
    re.IGNORECASE,
)
"""What a document shows that holds rows of a training: their words next to figures."""


class PrintedLogFile(Reader):
    """Text file that holds what a training printed: its console, the output of a batch job."""

    name: ClassVar[str] = "printed_log"
    looks_for: ClassVar[str] = "*.log, *.out, *.err, *.txt (what a training printed)"
    precedence: ClassVar[int] = 20

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a log by what stands at its start and end; in a folder the one that tells most."""
        try:
            if listing_of(path) is None:
                wanted = path.is_file() and path.suffix.lower() not in _OTHERS
                return (path,) if wanted and _tells(path, in_folder=False) else ()
            files = _logs_in(path)[:_MOST_FILES]
            told = [(score, file) for file in files if (score := _tells(file, in_folder=True))]
        except (OSError, ValueError):
            return ()
        return tuple(file for _, file in sorted(told, key=lambda item: (-item[0], item[1])))

    def find_more(self, folder: Path) -> Iterator[Path]:
        """Yield the logs behind those that are looked into at once."""
        return (file for file in _logs_in(folder)[_MOST_FILES:] if _tells(file, in_folder=True))

    def read(self, path: Path) -> RunHistory:
        """Read the training of a log that tells most; the others are named in the notes."""
        notes: list[str] = []
        history = read_lines(lines_of_file(path, notes), str(path), notes)
        return _with_errors_of(path.with_suffix(".err"), path, history)


def _logs_in(folder: Path) -> list[Path]:
    return sorted(path for name in files_among(folder) if _may_be_log(path := folder / name))


def _may_be_log(path: Path) -> bool:
    suffix = path.suffix.lower()
    named = _JOB_OUTPUT.fullmatch(path.name.lower()) is not None and suffix not in _OTHERS
    if not (suffix in _LOGS or suffix in _TEXTS or named):
        return False
    return _NO_LOGS.fullmatch(path.stem.lower()) is None or suffix in _LOGS


def _tells(path: Path, *, in_folder: bool) -> int:
    """Return how much of a training the start and the end of a file tell; 0 for nothing.

    A failure alone makes a log of a file that is named like one, or that the user names; never of
    a document, which may only speak about failures.
    """
    if not path.is_file():
        return 0
    parts = samples(path, _HEAD[in_folder], _TAIL)
    suffix = path.suffix.lower()
    sign = _ROW_SIGN if suffix == ".md" or (in_folder and suffix == ".txt") else _ANY_SIGN
    if not any(map(sign.search, parts)):
        return 0
    log = PrintedLog()
    for part in parts:
        for number, line in lines_of_text(part, []):
            log.feed(number, line)
        log.end_block()
    log.close()
    strict = in_folder or suffix == ".md"
    rows = sum(_rows_of(record, strict=strict) for record in log.records)
    failed = any(record.events for record in log.records)
    by_failure = failed and suffix != ".md" and (not in_folder or suffix != ".txt")
    return 2 * rows or int(by_failure)


def _rows_of(record: TrainingRecord, *, strict: bool) -> int:
    """Return how many rows surely are of a training: with a place in it, or as a Trainer's."""
    rows = len(record.steps) + len(record.points) + (record.mean_loss is not None)
    if record.by_share or record.summed_up:
        return rows
    places = {(point.epoch, point.step) for point in record.points}
    places |= {(step.epoch, step.step) for step in record.steps}
    return rows if len(places - {(None, None)}) >= (2 if strict else 1) else 0


def _with_errors_of(beside: Path, path: Path, history: RunHistory) -> RunHistory:
    """Return a history with the failures that a batch system kept in a file of their own."""
    if beside == path or not beside.is_file() or any(not _is_note(e) for e in history.events):
        return history
    log = PrintedLog()
    for number, line in lines_of_file(beside, []):
        log.feed(number, line)
    log.close()
    events = tuple(event for record in log.records for event in record.events)
    if not events or any(record.has_rows for record in log.records):
        return history
    died = any(record.failed for record in log.records)
    return replace(
        history,
        config={**history.config, **({"state": "failed"} if died else {})},
        events=(*history.events, *events),
        notes=(*history.notes, f"{len(events)} failures come from {beside.name}."),
    )


def _is_note(event: object) -> bool:
    return getattr(event, "kind", "") == "resumed"
