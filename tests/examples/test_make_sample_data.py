"""The sample data: made again byte for byte, well-formed, and varied enough to be a test."""

from __future__ import annotations

import importlib.util
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "tuner" / "sample_data"
SPLITS = ("train", "dev", "test")

Sentence = tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location(
        "make_sample_data", ROOT / "examples" / "make_sample_data.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def shipped(split: str) -> list[Sentence]:
    text = (SHIPPED / f"{split}.txt").read_text(encoding="utf-8")
    return [
        tuple(_pair(line) for line in block.split("\n")) for block in text.strip("\n").split("\n\n")
    ]


def _pair(line: str) -> tuple[str, str]:
    token, tag = line.split(" ")
    return token, tag


def entities(sentences: list[Sentence]) -> list[tuple[str, str]]:
    """Return the (type, lower-cased text) of every entity."""
    found: list[tuple[str, list[str]]] = []
    for sentence in sentences:
        for token, tag in sentence:
            if tag.startswith("B-"):
                found.append((tag[2:], [token]))
            elif tag.startswith("I-"):
                found[-1][1].append(token)
    return [(entity_type, " ".join(tokens).lower()) for entity_type, tokens in found]


def test_script_makes_the_shipped_files(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["make_sample_data.py", str(tmp_path)])
    script.main()
    for split in SPLITS:
        made = (tmp_path / f"{split}.txt").read_bytes()
        assert made == (SHIPPED / f"{split}.txt").read_bytes()


def test_another_seed_makes_other_sentences(script: ModuleType) -> None:
    grammar = script.tomllib.loads(script.GRAMMAR.read_text(encoding="utf-8"))
    assert script.make(grammar, seed=1) != script.make(grammar, seed=2)


@pytest.mark.parametrize("split", SPLITS)
def test_tags_are_iob2(split: str) -> None:
    for sentence in shipped(split):
        before = "O"
        for _, tag in sentence:
            assert re.fullmatch(r"O|[BI]-(PER|ORG|LOC|MISC)", tag)
            assert not tag.startswith("I-") or before[1:] == tag[1:]
            before = tag


@pytest.mark.parametrize("split", SPLITS)
def test_no_mark_of_the_grammar_is_left(split: str) -> None:
    tokens = {token for sentence in shipped(split) for token, _ in sentence}
    assert not [token for token in tokens if re.search(r"[\[\]{}|~\0]", token)]


def test_no_sentence_is_in_two_places() -> None:
    texts = [
        " ".join(token.lower() for token, _ in sentence)
        for split in SPLITS
        for sentence in shipped(split)
    ]
    assert len(texts) == len(set(texts)) == 400


@pytest.mark.parametrize("split", ["dev", "test"])
def test_most_entities_of_the_evaluation_are_new(split: str) -> None:
    known = set(entities(shipped("train")))
    met = entities(shipped(split))
    assert 0.5 < sum(entity not in known for entity in met) / len(met) < 0.95


@pytest.mark.parametrize("split", SPLITS)
def test_every_type_occurs_often_enough_to_be_scored(split: str) -> None:
    types = [entity_type for entity_type, _ in entities(shipped(split))]
    assert min(types.count(entity_type) for entity_type in ("PER", "ORG", "LOC", "MISC")) >= 15


def test_some_names_belong_to_several_types() -> None:
    types: dict[str, set[str]] = {}
    for split in SPLITS:
        for entity_type, text in entities(shipped(split)):
            types.setdefault(text, set()).add(entity_type)
    assert sum(len(of_name) > 1 for of_name in types.values()) >= 5


def test_choices_may_be_nested(script: ModuleType) -> None:
    grammar = {
        "words": {"day": ["Monday"]},
        "entities": {},
        "seen": {},
        "unseen": {},
        "sentences": {},
    }
    made = {
        " ".join(
            token
            for token, _ in script.Writer(
                grammar=grammar, chance=random.Random(seed), unseen_share=0.0
            ).write("it (rose|fell) [on {day} [and [then] later]] .")
        )
        for seed in range(200)
    }
    assert "It rose on Monday and then later ." in made
    assert "It fell ." in made
    assert len(made) == 2 * 4


def test_overlooked_entities_lose_all_their_tags(script: ModuleType) -> None:
    sentence = (("New", "B-LOC"), ("York", "I-LOC"), ("and", "O"), ("May", "B-PER"))

    class AlwaysFirst(random.Random):
        def random(self) -> float:
            return 0.0

    assert [tag for _, tag in script.mislabelled(sentence, AlwaysFirst())] == ["O"] * 4


def test_licence_is_stated_beside_the_data() -> None:
    note = (SHIPPED / "README.md").read_text(encoding="utf-8")
    assert "CC0 1.0" in note
    assert "invented" in note
