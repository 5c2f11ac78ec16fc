"""Data sets of the Hugging Face hub, by their id."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from diagnostics.arrow_records import table_sentences
from diagnostics.data_format import DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

__all__ = ["HubFormat"]

HUB_ID = re.compile(r"(?:\w[\w.-]*/)?\w[\w.-]*(?::[\w.-]+)?", re.ASCII)
FILE_EXTENSIONS = frozenset(
    (
        *(".txt", ".conll", ".tsv", ".csv", ".json", ".jsonl", ".bio", ".iob", ".iob2", ".parquet"),
        *(".arrow", ".zip", ".gz", ".tar", ".conllu", ".xml", ".spacy", ".data", ".feather"),
    )
)


class HubFormat(DataFormat):
    """`name`, `owner/name` or `owner/name:configuration`; read with the library `datasets`."""

    name: ClassVar[str] = "hub"
    title: ClassVar[str] = "the id of a data set on the Hugging Face hub (owner/name)"

    def find(self, path: Path, head: bytes) -> float | None:
        """Possible for anything that does not exist here and is written like an id."""
        del head
        is_id = HUB_ID.fullmatch(path.as_posix()) and path.suffix.lower() not in FILE_EXTENSIONS
        return 0.5 if is_id and not path.exists() else None

    def splits(self, path: Path) -> tuple[str, ...]:
        """Names of the splits of the data set.

        Raises:
            DataError: If it cannot be found or downloaded.
        """
        return tuple(str(name) for name in _load(path.as_posix()))

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """One sentence per row of the chosen split.

        Raises:
            DataError: If it cannot be downloaded, or its columns do not fit.
        """
        loaded = _load(path.as_posix())
        split = options.split or next(iter(loaded))
        return table_sentences(path, _batches(loaded[split]), options.columns, log)


def _batches(dataset: datasets.Dataset) -> Iterator[pa.RecordBatch]:
    for table in dataset.with_format("arrow").iter(batch_size=1_000):
        yield from table.replace_schema_metadata(
            dataset.features.arrow_schema.metadata
        ).to_batches()


@functools.cache
def _load(source: str) -> datasets.DatasetDict:
    """The data set behind an id; `datasets` from version 4 runs no code that it may carry."""
    try:
        import datasets
    except ImportError as error:
        raise DataError(
            f"`{source}` is no file or folder; to fetch it from the hub, the package datasets is "
            "needed, which is not installed.",
            "Check the path, or install it with `pip install datasets`.",
        ) from error
    name, _, configuration = source.partition(":")
    try:
        with _without_vain_retries():
            return datasets.load_dataset(name, configuration or None)
    except Exception as error:
        raise _not_loaded(source, error) from error


@contextmanager
def _without_vain_retries() -> Iterator[None]:
    """Read only what is cached while the hub's name does not resolve.

    The library would try for 23 seconds before it says so, also when a path is merely misspelt.
    """
    from datasets import config
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, config.HF_HUB_OFFLINE
    if not _resolves(constants.ENDPOINT):
        constants.HF_HUB_OFFLINE = config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, config.HF_HUB_OFFLINE = before


def _resolves(address: str) -> bool:
    # Imported where they are needed: every check of a file would wait for them.
    import socket
    import urllib.parse
    import urllib.request

    if urllib.request.getproxies():
        return True  # the proxy resolves names
    try:
        socket.getaddrinfo(urllib.parse.urlsplit(address).hostname, 443)
    except OSError:
        return False
    return True


def _not_loaded(source: str, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:300]
    return DataError(
        f"`{source}` is neither a file nor a folder, and fetching it from the Hugging Face hub "
        f"failed: {type(error).__name__}: {reason}.",
        "Check the spelling. Without access to the hub, fetch the data elsewhere with "
        "`datasets.load_dataset(...).save_to_disk(FOLDER)` and give that folder.",
    )
