"""`tuner check` beside spaCy's `debug data`: the same defects, the same files, side by side.

One defect is planted at a time in made-up data that is fine otherwise. Each row says whether spaCy
failed, warned or passed, and what ours said. The rows are every check of the NER and span part of
`debug data` that a data set can fail, and the five defects of `debug data` itself that its source
shows: no development documents passes, leakage of everything is one warning, the check for
documents without a label never runs on labels with many examples, labels of train and development
split are not compared, and there is no check of sub-tokens, contradictions or missing annotations.

spaCy is installed into an environment of its own (`--environment`), which needs the package index
once; its version is printed. Speed: both check the same large file (`--sentences`), spaCy's
conversion to its binary format counted apart. The RATIO is time of spaCy's check over ours.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.corruptions.corpora import Corpus, Sentence, in_scheme, make_corpus
from benchmarks.corruptions.files import write
from benchmarks.support.report import print_table
from diagnostics.data_checkup import check
from diagnostics.errors import DiagnosticsError

REQUIREMENT = "spacy>=3.8,<3.9"
DEFAULT_ENVIRONMENT = Path.home() / ".cache" / "tuner-benchmarks" / "spacy"
SECONDS = 900
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
MARKS = {"✘": "fails", "⚠": "warns", "✔": "passes it as good"}

CONVERT = textwrap.dedent(
    """
    import sys
    import spacy
    from spacy.tokens import Doc, DocBin, Span

    nlp = spacy.blank("en")
    for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
        docs = DocBin()
        words, tags = [], []
        def flush():
            if not words:
                return
            doc = Doc(nlp.vocab, words=words)
            entities, start = [], None
            for place, tag in enumerate([*tags, "O"]):
                if start is not None and not tag.startswith("I-"):
                    entities.append(Span(doc, start, place, label=tags[start][2:]))
                    start = None
                if tag.startswith("B-"):
                    start = place
            doc.set_ents(entities)
            docs.add(doc)
            words.clear()
            tags.clear()
        for line in open(source, encoding="utf-8"):
            word, _, tag = line.rstrip("\\n").rpartition("\\t")
            if tag:
                words.append(word)
                tags.append(tag)
            else:
                flush()
        flush()
        docs.to_disk(target)
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing that is wrong.

    Attributes:
        name: What is wrong.
        damage: Makes it so.
        spacy: Pattern of the line in which spaCy would say it.
        ours: Names of our rules that say it; empty where the data is refused.
        deep: Whether ours is asked with `--deep`.
    """

    name: str
    damage: Callable[[Corpus], Corpus]
    spacy: str
    ours: frozenset[str]


def main(arguments: Sequence[str] | None = None) -> None:
    """Install, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--environment", type=Path, default=DEFAULT_ENVIRONMENT, help="folder of spaCy's venv"
    )
    parser.add_argument(
        "--sentences", type=int, default=50_000, help="size of the file for the speed; 0: none"
    )
    options = parser.parse_args(arguments)
    python = _spacy_python(options.environment)
    version = _run([python, "-c", "import spacy; print(spacy.__version__)"]).strip()
    print(f"spaCy {version}")
    rows = [_row(python, defect) for defect in DEFECTS]
    print_table("Planted defects", ("defect", "spaCy debug data", "tuner check"), rows)
    if options.sentences:
        _speed(python, options.sentences)


def _spacy_python(environment: Path) -> str:
    """Return the Python that has spaCy; make its environment first where there is none."""
    python = environment / "bin" / "python"
    if not python.exists():
        print(f"Installing {REQUIREMENT} into {environment} ...")
        venv.create(environment, with_pip=True)
    known = subprocess.run([str(python), "-c", "import spacy"], capture_output=True, check=False)
    if known.returncode:
        _run([str(python), "-m", "pip", "install", "--quiet", REQUIREMENT])
    return str(python)


def _run(command: Sequence[str]) -> str:
    """Run a command and return what it printed; one that cannot start the comparison ends it."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def _row(python: str, defect: Defect) -> tuple[str, str, str]:
    corpus = defect.damage(make_corpus("latin", scheme="IOB2", seed=1))
    with tempfile.TemporaryDirectory() as folder:
        _write(corpus, Path(folder))
        ours = _ours(Path(folder), defect.ours)
        said, status = _spacy_says(python, Path(folder), defect.spacy)
    return defect.name, f"{said} (exit {status})", ours


def _write(corpus: Corpus, folder: Path) -> None:
    for split, sentences in corpus.splits.items():
        text = write("conll-tab", sentences).text if sentences else ""
        (folder / f"{split}.tsv").write_text(text, encoding="utf-8")


def _spacy_says(python: str, folder: Path, pattern: str) -> tuple[str, int]:
    """Return what `debug data` says about a defect, and its exit status."""
    _convert(python, folder)
    done = _debug_data(python, folder)
    for line in ESCAPE.sub("", done.stdout).splitlines():
        if re.search(pattern, line, re.IGNORECASE):
            return MARKS.get(line.strip()[:1], "mentions it"), done.returncode
    return "silent", done.returncode


def _convert(python: str, folder: Path) -> None:
    pairs = [
        str(folder / f"{split}.{ending}")
        for split in ("train", "dev")
        for ending in ("tsv", "spacy")
    ]
    _run([python, "-c", CONVERT, *pairs])
    config = str(folder / "config.cfg")
    _run([python, "-m", "spacy", "init", "config", config, "--pipeline", "ner", "--force"])


def _debug_data(python: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [python, "-m", "spacy", "debug", "data", str(folder / "config.cfg")]
    for split in ("train", "dev"):
        command += [f"--paths.{split}", str(folder / f"{split}.spacy")]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def _ours(folder: Path, names: frozenset[str]) -> str:
    try:
        checkup = check(folder)
    except DiagnosticsError as error:
        return "refuses: " + error.message.replace(str(folder), "")[:60]
    about = [found for found in checkup.findings if found.name in names]
    if not about:
        return "silent"
    found = min(about, key=lambda each: each.severity.rank)
    lines = ", with lines" if any(place.line for place in found.places) else ""
    return f"{found.severity} {found.rule} {found.name}{lines}"


# ----------------------------------------------------------------------------------------- defects


def _changed(corpus: Corpus, **splits: list[Sentence]) -> Corpus:
    return replace(corpus, splits={**corpus.splits, **splits})


def _nothing(corpus: Corpus) -> Corpus:
    return corpus


def _no_dev(corpus: Corpus) -> Corpus:
    return _changed(corpus, dev=[])


def _one_copy(corpus: Corpus) -> Corpus:
    return _changed(corpus, train=[*corpus.splits["train"], *corpus.splits["dev"][:8]])


def _all_copies(corpus: Corpus) -> Corpus:
    return _changed(corpus, dev=corpus.splits["train"])


def _near_copies(corpus: Corpus) -> Corpus:
    near = [
        replace(each, words=(*each.words[:-1], "!"))
        for each in corpus.splits["dev"]
        if len(each.words) >= 16
    ]
    return _changed(corpus, train=[*corpus.splits["train"], *near])


def _few(corpus: Corpus) -> Corpus:
    return _changed(corpus, train=corpus.splits["train"][:60])


def _retyped(sentence: Sentence, kinds: Callable[[str], str]) -> Sentence:
    entities = tuple((start, end, kinds(kind)) for start, end, kind in sentence.entities)
    tags = in_scheme("IOB2", len(sentence.words), entities)
    return replace(sentence, entities=entities, tags=tags)


def _rare(corpus: Corpus) -> Corpus:
    train = list(corpus.splits["train"])
    with_entities = [number for number, each in enumerate(train) if each.entities]
    for number in with_entities[:6]:
        train[number] = _retyped(train[number], lambda kind: "DRUG")
    return _changed(corpus, train=train)


def _everywhere(corpus: Corpus) -> Corpus:
    splits = {
        split: [each for each in found if any(one[2] == "PER" for one in each.entities)]
        for split, found in corpus.splits.items()
    }
    return replace(corpus, splits=splits)


def _only_dev(corpus: Corpus) -> Corpus:
    dev = [
        _retyped(each, lambda kind: "DRUG" if kind == "LOC" else kind)
        for each in corpus.splits["dev"]
    ]
    return _changed(corpus, dev=dev)


def _blank_entities(corpus: Corpus) -> Corpus:
    train = list(corpus.splits["train"])
    with_entities = [number for number, each in enumerate(train) if each.entities]
    for number in with_entities[:4]:
        words = list(train[number].words)
        words[train[number].entities[0][0]] = "\u00a0"
        train[number] = replace(train[number], words=tuple(words))
    return _changed(corpus, train=train)


def _nameless(corpus: Corpus) -> Corpus:
    train = list(corpus.splits["train"])
    with_entities = [number for number, each in enumerate(train) if each.entities]
    for number in with_entities[:4]:
        tags = tuple(f"{tag[:2]}" if tag != "O" else tag for tag in train[number].tags)
        train[number] = replace(train[number], tags=tags)
    return _changed(corpus, train=train)


def _unlabelled(corpus: Corpus) -> Corpus:
    chance = random.Random(5)
    splits = {}
    for split, found in corpus.splits.items():
        splits[split] = [
            replace(
                each,
                tags=in_scheme(
                    "IOB2",
                    len(each.words),
                    [one for one in each.entities if chance.random() > 0.4],
                ),
            )
            for each in found
        ]
    return replace(corpus, splits=splits)


def _contradictory(corpus: Corpus) -> Corpus:
    chance = random.Random(5)
    train = [
        each if number % 3 else _retyped(each, lambda _: chance.choice(("PER", "ORG", "LOC")))
        for number, each in enumerate(corpus.splits["train"])
    ]
    return _changed(corpus, train=train)


def _crossing(corpus: Corpus) -> Corpus:
    train = list(corpus.splits["train"])
    for number in (20, 60, 100, 140):
        first, second = train[number], train[number + 1]
        train[number] = replace(first, tags=(*first.tags[:-1], "B-ORG"))
        train[number + 1] = replace(second, tags=("I-ORG", *second.tags[1:]))
    return _changed(corpus, train=train)


def _tiny_dev(corpus: Corpus) -> Corpus:
    return _changed(corpus, dev=[each for each in corpus.splits["dev"] if each.entities][:8])


DEFECTS = (
    Defect(name="nothing is wrong", damage=_nothing, spacy="(?!)", ours=frozenset()),
    Defect(
        name="no development sentences",
        damage=_no_dev,
        spacy="evaluation docs",
        ours=frozenset({"no-development-split", "empty-split"}),
    ),
    Defect(
        name="8 development sentences in train",
        damage=_one_copy,
        spacy="overlap|in evaluation data are also|training examples also in",
        ours=frozenset({"sentences-in-two-splits"}),
    ),
    Defect(
        name="all development sentences are train",
        damage=_all_copies,
        spacy="overlap|training examples also in",
        ours=frozenset({"same-data-twice"}),
    ),
    Defect(
        name="development sentences in train but for a word",
        damage=_near_copies,
        spacy="overlap|training examples also in",
        ours=frozenset({"near-copies-in-two-splits"}),
    ),
    Defect(
        name="60 training sentences",
        damage=_few,
        spacy="low number of examples to train|not enough|examples to train a new pipeline",
        ours=frozenset({"few-sentences"}),
    ),
    Defect(
        name="a label with 6 examples",
        damage=_rare,
        spacy=r"low number of examples for label 'DRUG'",
        ours=frozenset({"few-examples-of-a-label"}),
    ),
    Defect(
        name="a label in every sentence",
        damage=_everywhere,
        spacy=r"no examples for texts WITHOUT|examples without occurrences",
        ours=frozenset({"label-in-every-sentence"}),
    ),
    Defect(
        name="a label that only the development split has",
        damage=_only_dev,
        spacy=r"only in (dev|evaluation)|label.*missing.*train",
        ours=frozenset({"unlearnable-types"}),
    ),
    Defect(
        name="entities of white space",
        damage=_blank_entities,
        spacy="whitespace|consisting of or starting/ending",
        ours=frozenset({"invisible-characters", "empty-words"}),
    ),
    Defect(
        name="entities without a label",
        damage=_nameless,
        spacy=r"empty label|missing values|missing value",
        ours=frozenset({"tags-make-no-sense", "tags-without-prefix"}),
    ),
    Defect(
        name="entities across sentence ends",
        damage=_crossing,
        spacy="crossing sentence",
        ours=frozenset({"entities-cross-sentences", "broken-transitions"}),
    ),
    Defect(
        name="four of ten entities unlabelled",
        damage=_unlabelled,
        spacy="missing annotation|unlabel",
        ours=frozenset({"missing-annotations"}),
    ),
    Defect(
        name="types drawn by chance in a third",
        damage=_contradictory,
        spacy="contradict|inconsistent",
        ours=frozenset({"contradictory-types"}),
    ),
    Defect(
        name="8 development sentences in all",
        damage=_tiny_dev,
        spacy="evaluation docs.*low|low number of evaluation",
        ours=frozenset({"dev-split-cannot-rank"}),
    ),
)


# ------------------------------------------------------------------------------------------- speed


def _speed(python: str, sentences: int) -> None:
    """Check one large file with both, each in a process of its own; the faster of two counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = make_corpus("latin", scheme="IOB2", seed=2)
        block = corpus.splits["train"]
        chance = random.Random(3)
        with (folder / "train.tsv").open("w", encoding="utf-8") as file:
            for _ in range(sentences):
                each = block[chance.randrange(len(block))]
                words = list(each.words)
                chance.shuffle(words[:3])
                file.writelines(
                    f"{word}{chance.randrange(99)}\t{tag}\n"
                    for word, tag in zip(words, each.tags, strict=True)
                )
                file.write("\n")
        (folder / "dev.tsv").write_text(write("conll-tab", corpus.splits["dev"]).text, "utf-8")
        converted = _seconds(lambda: _convert(python, folder))
        theirs = min(_seconds(lambda: _debug_data(python, folder)) for _ in range(2))
        ours_command = [sys.executable, "-m", "tuner", "check", str(folder), "--fail-on", "never"]
        ours = min(_seconds(lambda: _run(ours_command)) for _ in range(2))
    print(f"{sentences} sentences: spaCy converts in {converted:.1f} s, checks in {theirs:.1f} s; ")
    print(f"tuner check in {ours:.1f} s")
    print(f"RATIO spaCy debug data / tuner check: {theirs / ours:.2f}")


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
