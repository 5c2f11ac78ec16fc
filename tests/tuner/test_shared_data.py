"""Real data of many formats, where it lies beside the repository: read or rightly refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.scheme_detection import detect_scheme
from diagnostics.tag_scheme import entities
from tuner.data import load_data

SHARED = Path(__file__).parents[2].parent / "shared"
FILES = SHARED / "ner_formats"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared folder with real data")

# Beginning and end of the file name: format, sentences, scheme, entities.
READ = {
    ("AriBandyo", "sample.conll"): ("conll", 2, "IOB2", 16),
    ("AriBandyo", "train.conll"): ("conll", 1, "IOB2", 3),
    ("AriBandyo", "valid.conll"): ("conll", 1, "IOB2", 3),
    ("allenai", "conll2003.txt"): ("conll", 2, "IOB1", 6),
    ("doccano__doccano-tr", "labeling.conll2003.user1"): ("conll", 3, "IOB2", 5),
    ("doccano__doccano-tr", "labeling.conll2003.user2"): ("conll", 6, "IOB2", 11),
    ("doccano__doccano-tr", "labeling.jsonl"): ("json-spans", 2, "IOB2", 11),
    ("doccano__doccano-tr", "label.conll2003.user0"): ("conll", 6, "IOB2", 11),
    ("doccano__doccano-tr", "text_label.jsonl"): ("json-spans", 2, "IOB2", 11),
    ("doccano__doccano__", "example.conll"): ("conll", 2, "IOB2", 2),
    ("doccano__doccano__", "overlapping.jsonl"): ("json-spans", 1, "IOB2", 1),
    ("doccano__doccano__", "trailing.conll"): ("conll", 1, "IOB2", 2),
    ("find_string", ".csv"): ("kaggle-csv", 2, "IOB2", 3),
    ("guxuloop", ".jsonl"): ("json-tokens", 10, "IOB2", 12),
    ("jaggusuperhit", ".csv"): ("csv-sentences", 3000, "IOB2", 6002),
    ("juand-r", "e.conll"): ("conll", 200, "IOB2", 325),
    ("juand-r", "f.conll"): ("conll", 2000, "IOB2", 4376),
    ("juand-r", "worship.tsv"): ("conll", 8, "none", 21),
    ("juand-r", "gum-test.conll"): ("conll", 1000, "IOB2", 3439),
    ("juand-r", "FIN3.txt"): ("conll", 303, "IOB1", 318),
    ("juand-r", "emerging.dev.conll"): ("conll", 1009, "IOB2", 836),
    ("juand-r", "3095FB15AFF7B552702E9EF46C083FDD.conll"): ("conll", 11, "IOB2", 41),
    ("juand-r", "001C9C3F3DFE16B4921B1E906F66E161.conll"): ("conll", 7, "IOB2", 35),
    ("kasintha98", "annotations_v1.0.json"): ("json-spans", 116, "IOB2", 228),
    ("kasintha98", "ner_dataset1.3.csv"): ("kaggle-csv", 578, "none", 1390),
    ("kasintha98", "ner_dataset2.csv"): ("kaggle-csv", 116, "none", 91),
    ("kasintha98", "ner_dataset6.csv"): ("kaggle-csv", 116, "none", 227),
}
REFUSED = {
    ("allenai", "sequence_tagging.tsv"): "in none of the known formats",
    ("doccano__doccano__", "example.jsonl"): "line 3: the record holds no text",
    ("doccano__doccano__", "invalid.conll"): "line 1: 1 column where the other lines have 2",
    ("kasintha98", "example.csv"): "in none of the known formats",
    ("kasintha98", "ner_dataset3.csv"): "in none of the known formats",
    ("kasintha98", "ner_dataset.csv"): "holds no sentences",
    ("vedantgoswami", "TRUNCATED.json"): "are numbers, and nothing says what they mean",
    ("vedantgoswami", "validation.json"): "are numbers, and nothing says what they mean",
}


def file(beginning: str, end: str) -> Path:
    fitting = [
        path
        for path in FILES.iterdir()
        if path.name.startswith(beginning) and path.name.endswith(end)
    ]
    return min(fitting, key=lambda path: len(path.name))


def test_no_file_is_forgotten() -> None:
    known = {file(*key) for key in (*READ, *REFUSED)}
    assert known == set(FILES.iterdir())


@pytest.mark.parametrize("key", READ, ids="..".join)
def test_read(key: tuple[str, str]) -> None:
    path = file(*key)
    found, log = find_format(path), ReadingLog(str(path))
    sentences = list(found.read(path, ReadOptions(), log))
    scheme = detect_scheme(each.tags for each in sentences)
    count = sum(1 for each in sentences for _ in entities(scheme.convert(each.tags).tags))
    assert (found.name, len(sentences), scheme.name.value, count) == READ[key]


@pytest.mark.parametrize("key", REFUSED, ids="..".join)
def test_refused(key: tuple[str, str]) -> None:
    with pytest.raises(DataError, match=REFUSED[key]):
        load_data(file(*key))


def test_fin() -> None:
    data = load_data(SHARED / "data" / "fin")
    assert data.name == "fin"
    assert len(data.train) + len(data.dev) == 1164
    assert len(data.test) == 303
    assert data.facts["scheme"] == "IOB1"
    assert data.facts["repaired_tags"] == 0
    assert data.entity_types == ("LOC", "MISC", "ORG", "PER")
    assert all(count > 0 for count in data.facts["splits"]["dev"]["per_type"].values())


def test_wnut17() -> None:
    data = load_data(SHARED / "data" / "wnut17")
    assert (len(data.train), len(data.dev), len(data.test)) == (3394, 1009, 1287)
    assert len(data.entity_types) == 6
    assert not data.dev_made_from_train
