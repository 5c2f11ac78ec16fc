"""Fixtures that several packages' tests share."""

from __future__ import annotations

import gc
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from diagnostics.subjects.labelled_data import Sentence

# Several tests run at once, and so do the processes that they start: threads of theirs would only
# wait for each other. What is set already stays; torch must not be loaded before.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes depends on what else the machine does, and is no test. Examples are the
# same in each run, so that a change fails by what it changed; `--hypothesis-profile=explore` draws.
settings.register_profile("explore", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that none is left to one process at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Let collections of garbage skip what stays: the imported libraries and ten thousand tests.

    A training collects three times, which took three quarters of the time of a tiny one.
    """
    gc.collect()
    gc.freeze()


NAMES = {
    "ORG": ("Acme Corp", "Globex", "Initech Holdings", "Umbrella Bank", "Stark Group"),
    "LOC": ("Paris", "New York", "Lake Placid", "Boston", "Rome"),
    "PER": ("Alice Brown", "Bob", "Carla Diaz", "Dan", "Eve Stone"),
}
TEMPLATES = (
    "{PER} joined {ORG} in {LOC} .",
    "The board of {ORG} met in {LOC} last week .",
    "{ORG} sued {ORG} .",
    "{PER} and {PER} live near {LOC} and work for {ORG} .",
    "Nothing happened on that day .",
)


def make_sentences(count: int, seed: int = 0) -> tuple[Sentence, ...]:
    """Make easy labelled sentences, the same for the same seed."""
    generator = random.Random(seed)
    sentences = []
    for _ in range(count):
        tokens: list[str] = []
        tags: list[str] = []
        for word in generator.choice(TEMPLATES).split():
            kind = word.strip("{}")
            name = generator.choice(NAMES[kind]).split() if kind in NAMES else [word]
            tokens.extend(name)
            tags.extend(
                [f"{'I' if number else 'B'}-{kind}" for number in range(len(name))]
                if kind in NAMES
                else ["O"]
            )
        sentences.append(Sentence(tokens=tuple(tokens), tags=tuple(tags)))
    return tuple(sentences)


def write_conll(path: Path, sentences: tuple[Sentence, ...]) -> Path:
    """Write sentences as a two-column CoNLL file."""
    blocks = [
        "\n".join(f"{token} {tag}" for token, tag in zip(s.tokens, s.tags, strict=True))
        for s in sentences
    ]
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def sentences() -> Callable[..., tuple[Sentence, ...]]:
    """A maker of easy labelled sentences."""
    return make_sentences


@pytest.fixture(scope="session")
def easy_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train, dev and test files that a tiny model can learn."""
    folder = tmp_path_factory.mktemp("easy")
    for number, (split, count) in enumerate((("train", 48), ("dev", 24), ("test", 16))):
        write_conll(folder / f"{split}.conll", make_sentences(count, seed=number))
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a randomly initialised two-layer BERT and a WordPiece tokenizer."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("tiny-bert")
    words = {word.lower() for sentence in make_sentences(200, seed=9) for word in sentence.tokens}
    pieces = [chr(number) for number in range(33, 127)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    vocabulary += [f"##{piece}" for piece in pieces] + sorted(words - set(vocabulary))
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"), do_lower_case=True)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    return folder
