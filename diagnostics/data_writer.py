"""The contract of a data writer: one way in which labelled sentences can be written down.

A writer is one module of `diagnostics/writers/` with one class derived from `DataWriter`. Its
name is the name of the data format that reads the file back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from diagnostics.subjects.labelled_data import Sentence

__all__ = ["DataWriter"]


class DataWriter(ABC):
    """Writes sentences so that the format of the same name reads the same sentences again.

    Class variables:
        name: What `--convert` calls it; the name of a data format.
        title: What it is, in a few words, for lists and error messages.
        suffix: Extension of its files, with the dot.
        scheme_bound: Whether it holds entities, not tags: then tags have to be IOB2.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suffix: ClassVar[str]
    scheme_bound: ClassVar[bool] = False

    @abstractmethod
    def write(self, sentences: Iterable[Sentence], path: Path) -> None:
        """Write all sentences into a new file, UTF-8 with line feeds where it is text.

        Raises:
            DataError: A word or a tag cannot be written in this format; nothing is altered to fit.
        """
