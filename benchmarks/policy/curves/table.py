"""The table of fine-tuning curves: one row per training, read from and added to one small file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tuner.values import from_plain

__all__ = ["TABLE", "TrainedCurve", "append_curve", "read_curves", "rewrite"]

TABLE = Path(__file__).parent / "curves.jsonl.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedCurve:
    """One training of the table.

    Attributes:
        corpus: Name of the data set.
        learning_rate: Peak learning rate.
        batch_size: Sentences per step.
        epochs: Length of the training and of its linear decay.
        seed: Of the head, the order of the batches and dropout.
        state: How it ended: `finished`, or `failed` where the loss became NaN.
        dev_f1: F1 on the development sentences after each epoch.
        held_out_f1: F1 on the sentences that nobody chooses by, after each epoch.
        loss: Mean loss per word over both, after each epoch; None where it was not finite.
        seconds: Wall time of each epoch, on a busy machine.
    """

    corpus: str
    learning_rate: float
    batch_size: int
    epochs: int
    seed: int
    state: str
    dev_f1: tuple[float, ...]
    held_out_f1: tuple[float, ...]
    loss: tuple[float | None, ...]
    seconds: tuple[float, ...]

    @property
    def key(self) -> tuple[str, int, int, int, float]:
        """What tells it from the other trainings; the order of the file."""
        return self.corpus, self.seed, self.epochs, self.batch_size, self.learning_rate


def read_curves(path: Path = TABLE) -> list[TrainedCurve]:
    """Read the table; empty when there is no file."""
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [from_plain(TrainedCurve, json.loads(line)) for line in stream]


def append_curve(curve: TrainedCurve, path: Path = TABLE) -> None:
    """Add a training, as a gzip member of its own: what was there stays, whatever happens."""
    with path.open("ab") as stream:
        stream.write(gzip.compress(_line(curve), mtime=0))


def rewrite(curves: Iterable[TrainedCurve], path: Path = TABLE) -> None:
    """Write the whole table anew, sorted and compressed as one: equal rows make equal bytes."""
    lines = b"".join(_line(curve) for curve in sorted(curves, key=lambda one: one.key))
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(gzip.compress(lines, compresslevel=9, mtime=0))
    partial.replace(path)


def _line(curve: TrainedCurve) -> bytes:
    return (json.dumps(asdict(curve), separators=(",", ":")) + "\n").encode()
