"""Blocks of lines that the Hugging Face Trainer and its scripts print around a training."""

from __future__ import annotations

import re

from diagnostics.readers._figure_rows import row_of_figures
from diagnostics.readers._literal_mapping import number
from diagnostics.readers._printed_block import MOST_LINES, Block, Gatherer
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._printed_settings import arguments_of, header_figures, training_header
from diagnostics.readers._training_arguments import config_of_arguments

__all__ = ["Arguments", "Header", "Metrics"]

_FIGURE = re.compile(r"(?:^|\s)([A-Za-z_][\w.-]{0,80})\s{1,60}=\s{1,60}(\S{1,60})\s*$")
_SAMPLES = (("train_samples", "train_sentences"), ("eval_samples", "dev_sentences"))
_DEVELOPMENT = frozenset({"eval", "evaluation", "validation", "val", "dev"})
_LONGEST_CALL = 20_000


class Header(Block):
    """The figures under `***** Running training *****` and its like."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._figures: list[tuple[str, int]] = []

    def take(self, line: str) -> bool:
        """Take in a line such as `  Num examples = 14,041`."""
        found = header_figures(line)
        if found is None or len(self._figures) >= MOST_LINES:
            return False
        self._figures.append(found)
        return True

    def tell(self, log: Gatherer) -> None:
        """Begin a training with these figures, or say how large the development split is."""
        examples = dict(self._figures).get("num examples")
        if self._title == "running training":
            log.begin()
            config, dataset = training_header(self._figures)
            log.record.config = {**log.settings, **log.record.config, **config}
            log.record.dataset |= dataset
            log.record.announced = True
        elif self._title == "running evaluation" and examples:
            log.record.dataset.setdefault("dev_sentences", examples)


class Metrics(Block):
    """The figures under `***** eval metrics *****` and its like."""

    def __init__(self, title: str) -> None:
        self._split = title.partition(" ")[0]
        self._figures: dict[str, float] = {}
        self._lines = 0

    def take(self, line: str) -> bool:
        """Take in a line such as `  eval_f1 = 0.71`."""
        found = _FIGURE.search(line[-300:])
        self._lines += 1
        if found is None or self._lines > MOST_LINES:
            return False
        value = _seconds(found[2]) if ":" in found[2] else number(found[2])
        if value is not None:
            self._figures[found[1]] = value
        return True

    def tell(self, log: Gatherer) -> None:
        """Give the log what the block says of the development split or of the whole training."""
        row = self._row()
        if row is None:
            return
        if row.ends and log.record.summed_up:
            log.begin()  # a second summary is another training's
        log.add(row)
        log.record.summed_up = log.record.summed_up or row.ends
        for name, key in _SAMPLES:
            if 0 < self._figures.get(name, 0) < 1e12:
                log.record.dataset.setdefault(key, int(self._figures[name]))

    def _row(self) -> Row | None:
        if self._split == "train":
            figures = {"train_runtime": 0.0, **self._figures}
            return row_of_figures("", figures)
        if self._split not in _DEVELOPMENT:
            return None
        return row_of_figures(
            "",
            {
                name if name.startswith("eval_") or name == "epoch" else f"eval_{name}": value
                for name, value in self._figures.items()
            },
        )


class Arguments(Block):
    """A printed call such as `TrainingArguments(...)`, over one or many lines."""

    def __init__(self, text: str) -> None:
        self._parts = [text]
        self._length = len(text)
        self._open = not text.rstrip().endswith(")")

    def take(self, line: str) -> bool:
        """Take in a line such as `learning_rate=2e-05,`, up to the closing bracket."""
        closes = line[:1] == ")"
        if not self._open or self._length > _LONGEST_CALL or not ("=" in line or closes):
            return False
        self._open = not closes
        self._parts.append(line)
        self._length += len(line)
        return True

    def tell(self, log: Gatherer) -> None:
        """Give the log the hyperparameters of the call."""
        log.settle(config_of_arguments(arguments_of("\n".join(self._parts))))


def _seconds(text: str) -> float | None:
    """Return what `1:08:59.29` says in seconds."""
    seconds = 0.0
    for part in text.split(":", 4)[:4]:
        value = number(part)
        if value is None:
            return None
        seconds = 60 * seconds + value
    return seconds
