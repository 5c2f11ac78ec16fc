"""Follows printed text line by line and gathers the trainings that it tells of."""

from __future__ import annotations

import re

from diagnostics.failure_messages import recognise
from diagnostics.readers._figure_rows import row_of_figures
from diagnostics.readers._literal_mapping import printed_mapping
from diagnostics.readers._printed_block import Block
from diagnostics.readers._printed_blocks import block_of
from diagnostics.readers._printed_lines import row_of_line
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._printed_settings import facts_of
from diagnostics.readers._printed_tables import conlleval_type
from diagnostics.readers._progress_bars import KERAS_BAR, bar
from diagnostics.readers._text_lines import plain
from diagnostics.readers._training_log import TrainingLog
from diagnostics.subjects.run_history import RunEvent

__all__ = ["PrintedLog"]

_FACTS = re.compile(r"weights of|device: |\btrain|dataset|: \"|sequencetagger")
_ANYTHING = re.compile(
    r"loss|epoch|accuracy|\bacc\b|f1|f-score|fscore|precision|recall|perplexity|\bstep|score"
    rf"|\bp[:=]|testing using|running|{_FACTS.pattern}"
)
"""Words of which a line with figures or facts holds at least one."""

_RESUMED = re.compile(r"Continuing training from (?:checkpoint|epoch|global)")
_TESTING = re.compile(r"testing using |\*\*\* running (?:prediction|test)")
_BY_DIGIT = re.compile(r"exit|code|status|signal", re.IGNORECASE)
_DIGITS = {ord(digit): "0" for digit in "123456789"}
_MOST_SHAPES = 20_000


class PrintedLog(TrainingLog):
    """Gathers the trainings in printed text; `feed` takes its lines."""

    def __init__(self) -> None:
        super().__init__()
        self._block: Block | None = None
        self._dull: set[str] = set()
        self._testing = False
        self._taken = 1
        self._before = ""
        self._opening: str | None = None

    def feed(self, number: int, line: str) -> None:
        """Read the next line; `number` says where it stands, for notes."""
        self.number = number
        line = plain(line)
        if self._block is not None:
            if self._block.take(line):
                self._taken = number
                return
            self._close_block()
        self._watch_for_another_start(line)
        drawn = bar(line)
        if drawn is not None:
            self.record.counter.watch(drawn)
            if "{" not in line and (drawn.done < drawn.total or "=" not in line):
                return
        self._read(line, drawn=drawn is not None)
        self._before = line

    def end_block(self, number: int | None = None) -> None:
        """Take in a block of lines that ends here; what comes stands at `number`."""
        self._close_block()
        self.number = self.number if number is None else number

    def close(self) -> None:
        """Take in the block that the text broke off in, and a report that is still held."""
        self._close_block()
        self.finish()

    def _watch_for_another_start(self, line: str) -> None:
        """After a failure, begin another attempt where the log begins as it did at first."""
        if self._opening is None:
            self._opening = line.translate(_DIGITS)
        elif self.record.failed and line.translate(_DIGITS) == self._opening:
            self.begin()
            self.record.announced = True

    def _read(self, line: str, *, drawn: bool) -> None:
        """Read a line outside of blocks, maybe a drawn bar."""
        if "{" in line and (printed := printed_mapping(line)) is not None:
            row = row_of_figures(*printed)
            if row is not None:
                self.add(row)
                return
        lower = line.lower()
        if not drawn:
            self._block = block_of(line, number=self.number, before=self._before)
            if self._block is not None:
                self._taken = self.number
                self._testing = _TESTING.search(lower) is not None
                return
        if not self._read_words(line, lower):
            self._read_failure(line)

    def _read_words(self, line: str, lower: str) -> bool:
        """Read figures and facts among words; most lines hold none of the words to look for."""
        if not _ANYTHING.search(lower):
            return False
        if self._read_figures(line):
            return True
        if _TESTING.search(lower):
            self._testing = True
            return True
        return _FACTS.search(lower) is not None and self._read_facts(line)

    def _read_figures(self, line: str) -> bool:
        row = row_of_line(line)
        if row is None or row.epoch is not None:
            self._testing = False
        if row is not None and not self._testing:
            if KERAS_BAR.match(line):
                self.environment.setdefault("library", "keras")
            self.add(row)
            return True
        found = conlleval_type(line)
        if found is not None:
            self.add(Row(per_type=dict([found]), counted=True))
        return found is not None

    def _read_facts(self, line: str) -> bool:
        config, dataset, environment = facts_of(line[:2000])
        self.settings |= config
        self.dataset |= dataset
        self.environment |= environment
        return bool(config or dataset or environment)

    def _read_failure(self, line: str) -> None:
        """Read what a line tells about a failure; lines alike but for their digits only once."""
        shape = line.translate(_DIGITS)
        if shape in self._dull:
            return
        event = None
        if "Continuing training" in line and _RESUMED.search(line):
            event = RunEvent(kind="resumed", message=line.strip()[-200:])
        elif not line.lstrip().startswith("warnings.warn("):  # the source of a warning
            event = recognise(line)
        if event is not None:
            self.event(event)
        elif len(self._dull) < _MOST_SHAPES and not _BY_DIGIT.search(line):
            self._dull.add(shape)

    def _close_block(self) -> None:
        block, self._block = self._block, None
        if block is None:
            return
        here, self.number = self.number, self._taken  # the line after the block is at hand
        block.tell(self)
        self.number = here
