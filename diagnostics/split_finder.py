"""Finds the training, development and test split in what the user gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from diagnostics.data_format import DataFormat
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format, guess_format

__all__ = ["SPLITS", "SplitSource", "find_splits", "split_of_name"]

SPLITS = ("train", "dev", "test")
NAMES = {
    "train": ("training", "train", "trn"),
    "dev": ("development", "devel", "dev", "validation", "valid", "val", "testa"),
    "test": ("testing", "testb", "test", "tst"),
}
SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.|$)")
NOT_DATA = frozenset({
    ".py", ".ipynb", ".sh", ".md", ".rst", ".html", ".yaml", ".yml", ".toml", ".cfg", ".ini",
    ".log", ".lock", ".png", ".jpg", ".svg", ".pdf", ".bin", ".pt", ".safetensors", ".spacy",
    ".bak", ".tmp", ".swp",
})  # fmt: skip
PACKED = ".spacy"
"""Ending of what spaCy packs for its own training; as a rule what it was made from lies beside."""

SHOWN_ENTRIES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSource:
    """One place to read sentences of one split from.

    Attributes:
        path: A file, a folder, or a hub id.
        format: The format that reads it.
        split: Name of the split inside `path`, where the format holds several; else None.
    """

    path: Path
    format: DataFormat
    split: str | None = None


Sources = Mapping[str, tuple[SplitSource, ...]]


def find_splits(
    source: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    data_format: str | None = None,
) -> Sources:
    """Where to read each split from.

    Args:
        source: A file (then it is the training split, unless its format holds several), a folder
            with one file per split, a saved `datasets` folder, or a hub id.
        dev: File of the development split; comes before what `source` holds.
        test: File of the test split; the same.
        data_format: Name of the format, or None to detect it for each file.

    Returns:
        `train`, and `dev` and `test` where there are any, each with the places to read in order.

    Raises:
        DataError: If something cannot be found or is a pipe, or several files could be the same
            split.
    """
    for given in (source, dev, test):
        _refuse_no_file(given)
    found = dict(_splits_of(Path(source), data_format))
    for split, chosen in (("dev", dev), ("test", test)):
        if chosen is not None:
            found[split] = (_whole(Path(chosen), split, data_format),)
    if "train" not in found:
        held = ", ".join(found)
        raise DataError(
            f"{source} holds no training split, only {held}.",
            "Name its file `train`, or give the file to train on itself.",
        )
    return {split: found[split] for split in SPLITS if split in found}


def _refuse_no_file(given: str | Path | None) -> None:
    """Refuse what names neither a file nor a folder: an empty path, standard input, a pipe.

    Raises:
        DataError: It is one of these.
    """
    if given is None:
        return
    if not str(given).strip():
        raise DataError(
            "The path of the data is empty.", "Give a file or a folder; `.` is the current folder."
        )
    path = Path(given)
    piped = path.exists() and not (path.is_file() or path.is_dir())
    if piped or (str(given) == "-" and not path.exists()):
        raise DataError(
            f"Data cannot be read from a pipe such as {given}: it is read more than once.",
            "Write it to a file first, then give the file.",
        )


def split_of_name(name: str) -> str | None:
    """The split that a file, folder or split name speaks of, or None.

    The word must stand by itself or between other characters than letters (`eng.testa`,
    `wnut17-train`, `train_v2`), so `trainer_state` and `latest` are none.
    """
    for split, words in NAMES.items():
        if re.search(rf"(?<![a-z])(?:{'|'.join(words)})(?![a-z])", name.lower()):
            return split
    return None


def _splits_of(path: Path, data_format: str | None) -> Sources:
    if path.is_dir() and guess_format(path) is None:
        return _splits_of_folder(path, data_format)
    found_format = find_format(path, data_format)
    inside = found_format.splits(path)
    if not inside:
        return {"train": (SplitSource(path=path, format=found_format),)}
    return _splits_inside(path, found_format, inside)


def _splits_inside(path: Path, found_format: DataFormat, inside: Iterable[str]) -> Sources:
    names = list(inside)
    if len(names) == 1:
        return {"train": (SplitSource(path=path, format=found_format, split=names[0]),)}
    found: dict[str, tuple[SplitSource, ...]] = {}
    for name in names:
        split = split_of_name(name)
        if split is not None and split not in found:
            found[split] = (SplitSource(path=path, format=found_format, split=name),)
    if not found:
        raise DataError(
            f"{path} holds the splits {', '.join(names)}, and none is named like a training split.",
            "Name them `train`, `validation` and `test`.",
        )
    return found


def _whole(path: Path, split: str, data_format: str | None) -> SplitSource:
    """The one place behind `--dev` or `--test`."""
    if not path.exists():
        raise DataError(f"The {split} file {path} does not exist.", "Check the path.")
    if path.is_dir() and guess_format(path) is None:
        raise DataError(f"{path} is a folder; `--{split}` takes a file.", "Give the file in it.")
    found_format = find_format(path, data_format)
    inside = found_format.splits(path)
    fitting = [name for name in inside if split_of_name(name) == split] or list(inside[:1])
    return SplitSource(path=path, format=found_format, split=fitting[0] if fitting else None)


def _splits_of_folder(folder: Path, data_format: str | None) -> Sources:
    """Splits by the names of files, else of sub-folders, else the only data file there is."""
    entries = _entries(folder)
    files = [path for path in entries if path.is_file() and path.suffix.lower() not in NOT_DATA]
    found = _by_name(files)
    if "train" not in found:
        packed = [path for path in entries if path.is_file() and path.suffix.lower() == PACKED]
        found = {**_by_name(packed), **found}
    for place in (path for path in entries if path.is_dir()):
        if "train" in found:
            break
        inner = _entries(place)
        split = split_of_name(place.name)
        if split is not None and split not in found:
            found[split] = [path for path in inner if path.is_file() and guess_format(path)]
        elif place.name == "data":
            found = _by_name([path for path in inner if path.is_file()])
    if not any(found.values()):
        found = _the_only_one(folder, files)
    return {
        split: tuple(
            SplitSource(path=path, format=find_format(path, data_format)) for path in paths
        )
        for split, paths in found.items()
        if paths
    }


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder} cannot be listed: {error.strerror or error}.") from error


def _by_name(files: Iterable[Path]) -> dict[str, list[Path]]:
    named: dict[str, list[Path]] = {}
    for path in files:
        split = split_of_name(path.stem if path.suffix else path.name) or split_of_name(path.name)
        if split is not None:
            named.setdefault(split, []).append(path)
    return {split: _one_file_or_shards(split, paths) for split, paths in named.items()}


def _one_file_or_shards(split: str, paths: list[Path]) -> list[Path]:
    """The file of a split among those named after it.

    Raises:
        DataError: If several are equally likely.
    """
    if len({SHARD.sub("", path.name) for path in paths}) == 1:
        return paths
    readable = [path for path in paths if guess_format(path) is not None] or paths
    exact = [path for path in readable if path.stem.lower() in NAMES[split]] or readable
    if len(exact) > 1:
        names = ", ".join(path.name for path in exact)
        raise DataError(
            f"Several files could be the {split} split: {names}.",
            "Give the training file itself, with `--dev FILE` and `--test FILE` beside it.",
        )
    return exact


def _the_only_one(folder: Path, files: Iterable[Path]) -> dict[str, list[Path]]:
    readable = [path for path in files if guess_format(path) is not None]
    if len(readable) == 1:
        return {"train": readable}
    entries = [path.name + "/" * path.is_dir() for path in _entries(folder)]
    shown = ", ".join(entries[:SHOWN_ENTRIES]) or "nothing"
    more = f" and {len(entries) - SHOWN_ENTRIES} more" if len(entries) > SHOWN_ENTRIES else ""
    raise DataError(
        f"{folder} holds no file named like a training split; it was searched for train, dev (or "
        f"valid, validation, val, testa) and test (or testb) with any extension, and holds "
        f"{shown}{more}.",
        "Name the files so, or give the training file itself.",
    )
