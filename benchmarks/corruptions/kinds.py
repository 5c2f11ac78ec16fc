"""What is done to clean data: each kind plants a few defects and says on which lines they stand.

A kind changes sentences (before they are written) or lines (after). At most five defects are
planted where lines count, since that many are named in a report.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.corruptions.corpora import Corpus, Sentence, in_scheme
from benchmarks.corruptions.files import SEPARATORS, Written, write

__all__ = ["KINDS", "Kind", "Planted"]

FEW = 4
"""Defects planted where their lines count."""

FEWER = 2
"""The same where one defect breaks the rules at two places: at the word and at the next one."""

LINES = frozenset(SEPARATORS)
RECORDS = frozenset({"json-tokens"})
SPANS = frozenset({"json-spans"})
TOKENS = frozenset({*SEPARATORS, "json-tokens", "kaggle-csv"})
ANY = TOKENS | SPANS | {"csv-sentences"}


@dataclass(slots=True)
class Planted:
    """Damaged files.

    Attributes:
        files: Split to its lines.
        places: Where defects stand, as split and line; empty where a kind has no lines.
    """

    files: dict[str, Written]
    places: set[tuple[str, int]] = field(default_factory=set)


Record = dict[str, Any]
Damage = Callable[[Corpus, str, random.Random], Planted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of corruption.

    Attributes:
        name: What is done.
        rules: Names of the rules of which one must report it.
        forms: Ways of writing that can hold it.
        schemes: Tag schemes that can hold it; empty means all.
        damage: Does it.
        encoding: How the files are written.
        single_signs: Whether words of a single sign can hold it.
    """

    name: str
    rules: frozenset[str]
    forms: frozenset[str]
    damage: Damage
    schemes: frozenset[str] = frozenset()
    encoding: str = "utf-8"
    single_signs: bool = True

    def fits(self, corpus: Corpus, form: str) -> bool:
        """Whether a data set in this form can hold the corruption."""
        scheme = not self.schemes or corpus.scheme in self.schemes
        signs = self.single_signs or not corpus.name.startswith("chinese")
        return form in self.forms and scheme and signs


KINDS: list[Kind] = []


def kind(
    rules: str,
    forms: frozenset[str],
    *,
    schemes: str = "",
    encoding: str = "utf-8",
    single_signs: bool = True,
) -> Callable[[Damage], Damage]:
    """Make a kind of a function; its docstring is the name."""

    def made(damage: Damage) -> Damage:
        KINDS.append(
            Kind(
                name=(damage.__doc__ or "").rstrip("."),
                rules=frozenset(rules.split()),
                forms=forms,
                damage=damage,
                schemes=frozenset(schemes.split()),
                encoding=encoding,
                single_signs=single_signs,
            )
        )
        return damage

    return made


# ------------------------------------------------------------------------------------ in sentences


def _written(corpus: Corpus, form: str) -> dict[str, Written]:
    return {split: write(form, sentences) for split, sentences in corpus.splits.items()}


def _copy(corpus: Corpus) -> Corpus:
    return replace(corpus, splits={name: list(found) for name, found in corpus.splits.items()})


def _pick(
    sentences: list[Sentence],
    chance: random.Random,
    *,
    count: int = FEW,
    fit: Callable[[Sentence], bool] = lambda sentence: True,
) -> list[int]:
    fitting = [number for number, each in enumerate(sentences) if fit(each)]
    return sorted(chance.sample(fitting, min(count, len(fitting))))


def _with_tags(sentence: Sentence, changed: dict[int, str]) -> Sentence:
    tags = list(sentence.tags)
    for place, tag in changed.items():
        tags[place] = tag
    return replace(sentence, tags=tuple(tags))


def _words_changed(
    corpus: Corpus,
    form: str,
    chance: random.Random,
    change: Callable[[Sentence, int], Sentence],
    fit: Callable[[Sentence, int], bool],
    count: int = FEW,
) -> Planted:
    """Change one word in a few training sentences; the places are its lines."""
    damaged = _copy(corpus)
    train = damaged.splits["train"]
    planted: list[tuple[int, int]] = []
    for number in _pick(train, chance, count=count, fit=lambda each: bool(_fitting(each, fit))):
        place = chance.choice(_fitting(train[number], fit))
        train[number] = change(train[number], place)
        planted.append((number, place))
    files = _written(damaged, form)
    places = {("train", files["train"].line_of[each]) for each in planted}
    return Planted(files, places)


def _fitting(sentence: Sentence, fit: Callable[[Sentence, int], bool]) -> list[int]:
    return [place for place in range(len(sentence.words)) if fit(sentence, place)]


def _types(corpus: Corpus) -> list[str]:
    """Return the entity types of the training sentences, the most frequent first."""
    counts = Counter(kind for each in corpus.splits["train"] for _, _, kind in each.entities)
    return [kind for kind, _ in counts.most_common()]


def _outside(sentence: Sentence, place: int) -> bool:
    return sentence.tags[place] == "O"


def _lonely(sentence: Sentence, place: int) -> bool:
    """Whether a word and both its neighbours are outside all entities."""
    around = sentence.tags[max(0, place - 1) : place + 2]
    return set(around) == {"O"} and 0 < place < len(sentence.words) - 1


def _word(text: str) -> Callable[[Sentence, int], Sentence]:
    def change(sentence: Sentence, place: int) -> Sentence:
        words = list(sentence.words)
        words[place] = text.format(words[place])
        return replace(sentence, words=tuple(words))

    return change


@kind("invisible-characters empty-words", TOKENS)
def zero_width(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Words of zero width."""
    return _words_changed(corpus, form, chance, _word("\u200b"), _outside)


@kind("blanks-inside-words", RECORDS | {"kaggle-csv", "conll-tab"})
def blank_in_word(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Several words in one token."""
    return _words_changed(corpus, form, chance, _word("{0} {0} {0}"), _outside)


@kind("broken-transitions", TOKENS, schemes="IOB2 BIOES BILOU")
def inside_after_outside(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """I- after O."""
    return _words_changed(
        corpus,
        form,
        chance,
        lambda sentence, place: _with_tags(sentence, {place: f"I-{_types(corpus)[0]}"}),
        _lonely,
        count=FEWER,
    )


@kind("broken-transitions", TOKENS, schemes="IOB2 BIOES BILOU")
def type_changes(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """I- of another type than before."""
    types = _types(corpus)

    def change(sentence: Sentence, place: int) -> Sentence:
        other = next(kind for kind in types if kind != sentence.tags[place][2:])
        return _with_tags(sentence, {place: f"I-{other}"})

    return _words_changed(
        corpus,
        form,
        chance,
        change,
        lambda each, place: each.tags[place][0] in "IEL",
        count=FEWER,
    )


@kind("tags-without-prefix", TOKENS, schemes="IOB1 IOB2 BIOES BILOU")
def prefix_lost(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Tags without a prefix among others."""
    return _words_changed(
        corpus,
        form,
        chance,
        lambda each, place: _with_tags(each, {place: each.tags[place][2:]}),
        lambda each, place: each.tags[place][0] in "BSUI" and not _outside(each, place),
    )


@kind("similar-type-names", ANY, schemes="IOB1 IOB2 BIOES BILOU none")
def label_in_other_case(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A label in other case."""
    damaged = _copy(corpus)
    train, label = damaged.splits["train"], _types(corpus)[0]

    def has_it(sentence: Sentence) -> bool:
        return any(kind == label for _, _, kind in sentence.entities)

    for number in _pick(train, chance, count=12, fit=has_it):
        entities = tuple(
            (start, end, label.swapcase() if kind == label else kind)
            for start, end, kind in train[number].entities
        )
        tags = in_scheme(corpus.scheme, len(train[number].words), entities)
        train[number] = replace(train[number], entities=entities, tags=tags)
    return Planted(_written(damaged, form))


@kind("unlearnable-types", ANY)
def only_in_dev(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A label that train does not have."""
    damaged = _copy(corpus)
    dev = damaged.splits["dev"]
    for number in _pick(dev, chance, count=20, fit=lambda each: bool(each.entities)):
        entities = tuple((a, b, "DRUG") for a, b, _ in dev[number].entities)
        tags = in_scheme(corpus.scheme, len(dev[number].words), entities)
        dev[number] = replace(dev[number], entities=entities, tags=tags)
    return Planted(_written(damaged, form))


@kind("mixed-schemes", TOKENS, schemes="IOB2 BIOES BILOU")
def other_scheme_in_dev(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Another scheme in dev."""
    del chance
    damaged = _copy(corpus)
    other = "IOB1" if corpus.scheme == "IOB2" else "IOB2"
    damaged.splits["dev"] = [
        replace(each, tags=in_scheme(other, len(each.words), each.entities))
        for each in damaged.splits["dev"]
    ]
    return Planted(_written(damaged, form))


@kind("missing-annotations", ANY)
def unlabelled(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Four of ten entities left unlabelled."""
    damaged = _copy(corpus)
    for split, sentences in damaged.splits.items():
        for number, each in enumerate(sentences):
            entities = tuple(entity for entity in each.entities if chance.random() > 0.4)
            tags = in_scheme(corpus.scheme, len(each.words), entities)
            damaged.splits[split][number] = replace(each, entities=entities, tags=tags)
    return Planted(_written(damaged, form))


@kind("contradictory-types", ANY)
def contradictory(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """The type of every entity drawn by chance in three of ten sentences."""
    damaged = _copy(corpus)
    train = damaged.splits["train"]
    for number in _pick(train, chance, count=3 * len(train) // 10):
        each = train[number]
        entities = tuple(
            (start, end, chance.choice(_types(corpus)[:3])) for start, end, _ in each.entities
        )
        tags = in_scheme(corpus.scheme, len(each.words), entities)
        train[number] = replace(each, entities=entities, tags=tags)
    return Planted(_written(damaged, form))


@kind("no-entities split-without-entities", ANY)
def nothing_labelled(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A development split without any entity."""
    del chance
    damaged = _copy(corpus)
    damaged.splits["dev"] = [
        replace(each, entities=(), tags=("O",) * len(each.words)) for each in corpus.splits["dev"]
    ]
    return Planted(_written(damaged, form))


@kind("dev-split-cannot-rank", ANY)
def tiny_dev(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A development split of eight sentences."""
    del chance
    damaged = _copy(corpus)
    damaged.splits["dev"] = [each for each in corpus.splits["dev"] if each.entities][:8]
    return Planted(_written(damaged, form))


@kind("few-examples-of-a-label", ANY)
def rare_label(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A label with four examples."""
    damaged = _copy(corpus)
    train = damaged.splits["train"]
    for number in _pick(train, chance, count=4, fit=lambda each: bool(each.entities)):
        each = train[number]
        entities = ((*each.entities[0][:2], "DRUG"), *each.entities[1:])
        tags = in_scheme(corpus.scheme, len(each.words), entities)
        train[number] = replace(each, entities=entities, tags=tags)
    return Planted(_written(damaged, form))


# --------------------------------------------------------------------------------------- of splits


@kind("sentences-in-two-splits", ANY)
def copies_in_train(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A tenth of dev also in train."""
    damaged = _copy(corpus)
    dev = corpus.splits["dev"]
    chosen = _pick(dev, chance, count=len(dev) // 10, fit=lambda each: len(each.words) >= 8)
    damaged.splits["train"] += [dev[number] for number in chosen]
    return Planted(_written(damaged, form))


@kind("near-copies-in-two-splits", ANY)
def near_copies_in_train(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A fifth of dev in train with one word changed."""
    damaged = _copy(corpus)
    dev = corpus.splits["dev"]
    long = lambda each: len(each.words) >= 16 and not each.entities[2:]  # noqa: E731
    for number in _pick(dev, chance, count=len(dev) // 5, fit=long):
        each = dev[number]
        words = (*each.words[:-1], "!")
        damaged.splits["train"].append(replace(each, words=words))
    return Planted(_written(damaged, form))


@kind("same-data-twice", ANY)
def dev_is_train(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Dev is train."""
    del chance
    return Planted(
        _written(replace(corpus, splits={**corpus.splits, "dev": corpus.splits["train"]}), form)
    )


@kind("label-drift", ANY)
def drift(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """A development split with other shares of the types."""
    del chance
    damaged = _copy(corpus)
    damaged.splits["dev"] = [
        each
        for each in corpus.splits["dev"]
        if all(one[2] == _types(corpus)[0] for one in each.entities)
    ]
    return Planted(_written(damaged, form))


@kind("missing-sentence-breaks", LINES)
def no_breaks(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """No blank lines between sentences."""
    del chance
    files = _written(corpus, form)
    for written in files.values():
        written.lines = [line for line in written.lines if line]
    return Planted(files)


# ---------------------------------------------------------------------------------------- in lines


def _lines_changed(
    corpus: Corpus,
    form: str,
    chance: random.Random,
    change: Callable[[str], str],
    fit: Callable[[str], bool] = bool,
) -> Planted:
    """Change a few lines of the training file; the places are these lines."""
    files = _written(corpus, form)
    lines = files["train"].lines
    fitting = [number for number, line in enumerate(lines) if fit(line) and number > 20]
    chosen = chance.sample(fitting, FEW)
    for number in chosen:
        lines[number] = change(lines[number])
    return Planted(files, {("train", number + 1) for number in chosen})


@kind("ragged-lines", LINES)
def tag_lost(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Lines without a tag."""
    separator = SEPARATORS[form]
    return _lines_changed(corpus, form, chance, lambda line: line.split(separator)[0])


@kind("ragged-lines", LINES)
def column_too_many(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Lines with a column too many."""
    separator = SEPARATORS[form]
    return _lines_changed(corpus, form, chance, lambda line: f"x{separator}{line}")


@kind("mixed-separators ragged-lines", frozenset({"conll-tab"}))
def other_separator(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Lines with another separator."""
    return _lines_changed(corpus, form, chance, lambda line: line.replace("\t", " "))


@kind("damaged-encoding unknown-encoding", ANY, encoding="damaged")
def damaged_bytes(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Bytes that are no UTF-8."""
    files = _written(corpus, form)
    written = files["train"]
    number, place = chance.choice(
        [
            key
            for key in written.line_of
            if key[0] > 20 and corpus.splits["train"][key[0]].words[key[1]] != "."
        ]
    )
    line = written.line_of[number, place]
    written.lines[line - 1] = written.lines[line - 1].replace(
        corpus.splits["train"][number].words[place], "na\udcffme", 1
    )
    return Planted(files, {("train", line)})


def _records_changed(
    corpus: Corpus, form: str, chance: random.Random, change: Callable[[Record], None]
) -> Planted:
    def changed(line: str) -> str:
        record = json.loads(line)
        change(record)
        return json.dumps(record, ensure_ascii=False)

    return _lines_changed(
        corpus, form, chance, changed, lambda line: line.count('"label": []') == 0
    )


@kind("lengths-differ", RECORDS)
def tag_too_few(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Records with a tag too few."""

    def change(record: Record) -> None:
        record["ner_tags"].pop()

    return _records_changed(corpus, form, chance, change)


@kind("unreadable-records", RECORDS | SPANS)
def cut_record(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Records cut in the middle."""
    return _lines_changed(corpus, form, chance, lambda line: line[: len(line) // 2])


@kind("spans-out-of-range", SPANS)
def span_out_of_range(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Spans that end behind the text."""

    def change(record: Record) -> None:
        record["label"][-1][1] = len(record["text"]) + 40

    return _records_changed(corpus, form, chance, change)


@kind("spans-off-word-edges", SPANS, single_signs=False)
def span_inside_word(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Spans that end inside a word."""

    def change(record: Record) -> None:
        record["label"][0][1] -= 1

    return _records_changed(corpus, form, chance, change)


@kind("overlapping-spans", SPANS)
def overlapping(corpus: Corpus, form: str, chance: random.Random) -> Planted:
    """Spans that overlap."""

    def change(record: Record) -> None:
        start, end, _ = record["label"][0]
        other = "ORG" if record["label"][0][2] == "LOC" else "LOC"
        record["label"].append([start, end, other])

    return _records_changed(corpus, form, chance, change)
