"""Repaired copies: what changes, what stays, and that nothing else on the disk is touched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.data_checkup import check
from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.errors import DiagnosticsError
from diagnostics.format_finder import find_format
from diagnostics.repair.data_repair import RepairReport, convert, format_names, repair

NAMES = ("Anna", "Bell", "Cora", "Dora", "Emil", "Fritz", "Gerda", "Hanna", "Ivan", "Jana")
Words = list[tuple[str, str]]


def conll(sentences: Iterable[Words], separator: str = "\t") -> str:
    """Sentences as a CoNLL file."""
    return "\n".join(
        "".join(f"{token}{separator}{tag}\n" for token, tag in each) for each in sentences
    )


def clean(count: int, *, start: int = 0) -> list[Words]:
    """So many different sentences of seven words, without any defect."""
    return [
        [
            (NAMES[number % 10], "B-PER"),
            (f"Name{number}", "I-PER"),
            ("went", "O"),
            ("to", "O"),
            ("Oslo" if number % 3 else "Paris", "B-LOC"),
            (str(number), "O"),
            (".", "O"),
        ]
        for number in range(start, start + count)
    ]


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path) -> list[Words]:
    found = find_format(path).read(path, ReadOptions(), ReadingLog(str(path)))
    return [list(zip(each.tokens, each.tags, strict=True)) for each in found]


def repaired(tmp_path: Path, content: str | bytes) -> tuple[RepairReport, list[Words]]:
    """Repair a training file beside a clean dev file; return what train became."""
    write(tmp_path / "data" / "train.txt", content)
    write(tmp_path / "data" / "dev.txt", conll(clean(9, start=900)))
    report = repair(tmp_path / "data", tmp_path / "out")
    return report, read(report.splits[0].path)


def kinds(report: RepairReport) -> dict[str, int]:
    return {change.kind: change.count for change in report.changes}


def test_clean_data_is_copied_word_for_word(tmp_path: Path) -> None:
    report, train = repaired(tmp_path, conll(clean(20)))
    assert train == clean(20)
    assert report.changes == ()
    assert report.left == ()
    assert [(each.name, each.sentences, each.tokens, each.entities) for each in report.splits] == [
        ("train", 20, 140, 40),
        ("dev", 9, 63, 18),
    ]
    assert sorted(path.name for path in report.out.iterdir()) == ["dev.conll", "train.conll"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("lines", "expected", "changes"),
    [
        ("Acme O\nrose I-ORG\n", [("Acme", "O"), ("rose", "B-ORG")], {"tags-repaired": 1}),
        (
            "Acme B-ORG\n\u200b O\nInc I-ORG\n",
            [("Acme", "B-ORG"), ("Inc", "I-ORG")],
            {"empty-words-removed": 1},
        ),
        (
            "\u200b B-ORG\n\u200b I-ORG\nInc I-ORG\nx O\n",
            [("Inc", "B-ORG"), ("x", "O")],
            {"empty-words-removed": 2},
        ),
        (
            "Ac\u200bme B-ORG\nrose\ufeff O\n",
            [("Acme", "B-ORG"), ("rose", "O")],
            {"characters-removed": 2},
        ),
        (  # Khmer and Thai part words by a space without width; a name goes on behind it
            "ភ្នំ\u200bពេញ B-LOC\nกรุงเทพ\u200b\u2060ABC O\n",
            [("ភ្នំ", "B-LOC"), ("ពេញ", "I-LOC"), ("กรุงเทพ", "O"), ("ABC", "O")],
            {"characters-removed": 1, "words-divided": 2},
        ),
        (  # at the edge of a word it parts nothing
            "\u200bလား\u200b B-LOC\nລາວ O\n",
            [("လား", "B-LOC"), ("ລາວ", "O")],
            {"characters-removed": 1},
        ),
        (
            "New York\tB-LOC\nrose up\tO\n",
            [("New", "B-LOC"), ("York", "I-LOC"), ("rose", "O"), ("up", "O")],
            {"words-divided": 2},
        ),
        ("Acme\tB-ORG \nrose\tO\n", [("Acme", "B-ORG"), ("rose", "O")], {"tags-trimmed": 1}),
        ("Acme B-ORG\nragged\nrose O\n", [("Acme", "B-ORG"), ("rose", "O")], {"lines-left-out": 1}),
    ],
)
def test_each_repair(tmp_path: Path, lines: str, expected: Words, changes: dict[str, int]) -> None:
    separator = "\t" if "\t" in lines else " "
    report, train = repaired(tmp_path, f"{lines}\n{conll(clean(20), separator)}")
    assert train[0] == expected
    assert train[1:] == clean(20)
    assert kinds(report) == changes
    change = report.changes[0]
    assert str(change.count) in change.message
    assert change.places[0].file.endswith("train.txt")
    assert change.places[0].line in (1, 2)


def test_marks_in_the_place_of_words_become_breaks(tmp_path: Path) -> None:
    record = '{"tokens": ["Anna", "-DOCSTART-", "Bell"], "ner_tags": ["B-PER", "O", "B-PER"]}\n'
    write(tmp_path / "train.jsonl", record)
    write(tmp_path / "dev.jsonl", '{"tokens": ["Cora"], "ner_tags": ["B-PER"]}\n')
    report = repair(tmp_path / "train.jsonl", tmp_path / "out", dev=tmp_path / "dev.jsonl")
    assert read(report.splits[0].path) == [[("Anna", "B-PER")], [("Bell", "B-PER")]]
    assert report.format == "json-tokens"
    assert kinds(report) == {"markers-removed": 1}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("I-PER I-PER O I-PER", "B-PER I-PER O B-PER"),
        ("B-PER L-PER O U-PER", "B-PER I-PER O B-PER"),
        ("PER PER O PER", "B-PER I-PER O B-PER"),
        ("B-PER E-PER O S-PER", "B-PER I-PER O B-PER"),
    ],
)
def test_every_scheme_becomes_iob2(tmp_path: Path, tags: str, expected: str) -> None:
    sentence = list(zip(("Anna", "Bell", "met", "Cora"), tags.split(), strict=True))
    numbered = [[(f"{token}{number}", tag) for token, tag in sentence] for number in range(9)]
    write(tmp_path / "train.txt", conll(numbered))
    report = repair(tmp_path / "train.txt", tmp_path / "out")
    written = read(report.splits[0].path) + read(report.splits[1].path)
    assert {" ".join(tag for _, tag in each) for each in written} == {expected}
    assert "tags-converted" in kinds(report)


@pytest.mark.parametrize(
    ("content", "change"),
    [
        (conll(clean(9)).replace("Oslo", "Tromsø").encode("latin-1"), "encoding-converted"),
        (conll(clean(9)).encode("utf-16"), "encoding-converted"),
        (conll(clean(9)).replace("\n", "\r\n").encode(), "line-ends-unified"),
        (conll(clean(9)).replace("went\t", "went ").encode(), "separators-unified"),
        (b"token\ttag\n" + conll(clean(9)).encode() * 1 + b"\ntoken\ttag\n", "traces-removed"),
    ],
    ids=["latin-1", "utf-16", "crlf", "separators", "header"],
)
def test_how_a_file_is_written(tmp_path: Path, content: bytes, change: str) -> None:
    report, train = repaired(tmp_path, content)
    assert [[token.replace("Tromsø", "Oslo") for token, _ in each] for each in train] == [
        [token for token, _ in each] for each in clean(9)
    ]
    assert change in kinds(report)
    raw = report.splits[0].path.read_bytes()
    raw.decode("utf-8")
    assert b"\r" not in raw


def test_missing_breaks_are_set_outside_entities(tmp_path: Path) -> None:
    words = [word for each in clean(60) for word in each]
    words[6:7] = [("St", "B-LOC"), (".", "I-LOC"), ("Ives", "I-LOC"), (".", "O")]
    write(tmp_path / "train.txt", conll([words]))
    write(tmp_path / "dev.txt", conll(clean(9, start=900)))
    report = repair(tmp_path, tmp_path.parent / f"{tmp_path.name}-out")
    train = read(report.splits[0].path)
    assert len(train) == 60
    assert [word for each in train for word in each] == words
    assert kinds(report) == {"sentences-split": 1}


def test_a_long_sentence_without_an_end_is_left_and_told(tmp_path: Path) -> None:
    words: Words = [("Anna", "B-PER"), *[("and", "O")] * 300]
    report, train = repaired(tmp_path, conll([words, *clean(5)]))
    assert len(train[0]) == 301
    assert [change.kind for change in report.left] == ["long-sentences"]


def test_copies_leave_train_and_never_test(tmp_path: Path) -> None:
    write(tmp_path / "data" / "train.txt", conll(clean(10)))
    write(tmp_path / "data" / "dev.txt", conll(clean(6, start=8)))
    write(tmp_path / "data" / "test.txt", conll(clean(5, start=12)))
    report = repair(tmp_path / "data", tmp_path / "out")
    written = {each.name: read(each.path) for each in report.splits}
    assert written == {
        "train": clean(8),
        "dev": clean(4, start=8),
        "test": clean(5, start=12),
    }
    assert kinds(report) == {
        "duplicates-removed-from-train": 2,
        "duplicates-removed-from-dev": 2,
    }


def test_a_development_split_is_made_in_proportion(tmp_path: Path) -> None:
    write(tmp_path / "train.txt", conll(clean(200)))
    report = repair(tmp_path / "train.txt", tmp_path / "out", seed=5)
    again = repair(tmp_path / "train.txt", tmp_path / "again", seed=5)
    other = repair(tmp_path / "train.txt", tmp_path / "other", seed=6)
    train, dev = (read(each.path) for each in report.splits)
    assert sorted(train + dev) == sorted(clean(200))
    assert len(dev) == kinds(report)["development-split-made"] == 30
    assert read(again.splits[1].path) == dev != read(other.splits[1].path)


def test_types_that_look_alike_are_listed_and_left(tmp_path: Path) -> None:
    extra: Words = [("Zoe", "B-Per"), ("left", "O")]
    report, train = repaired(tmp_path, conll([*clean(20), extra]))
    assert train[-1] == extra
    (left,) = report.left
    assert (left.kind, left.count) == ("similar-type-names", 1)
    assert "Per" in left.places[0].text


def test_what_makes_no_sense_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    for name, content in {
        "numbers.jsonl": '{"tokens": ["Anna", "left"], "ner_tags": [1, 0]}\n',
        "pos.txt": "Anna NNP\nleft VBD\n",
        "empty.jsonl": '{"tokens": [], "ner_tags": []}\n',
    }.items():
        write(tmp_path / name, content)
        with pytest.raises(DiagnosticsError):
            repair(tmp_path / name, tmp_path / "out", data_format=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "empty.jsonl",
        "numbers.jsonl",
        "pos.txt",
    ]


def test_the_new_folder_is_never_one_in_use(tmp_path: Path) -> None:
    source = write(tmp_path / "data" / "train.txt", conll(clean(20))).parent
    before = sorted(path.name for path in source.iterdir())
    full = write(tmp_path / "full" / "mine.txt", "mine").parent
    (tmp_path / "link").symlink_to(source)
    for out in (source, source / "inside", full, full / "mine.txt", tmp_path / "link" / "x"):
        with pytest.raises(DiagnosticsError, match="The new folder"):
            repair(source, out)
        with pytest.raises(DiagnosticsError, match="The new folder"):
            convert(source, "json-tokens", out)
    assert sorted(path.name for path in source.iterdir()) == before
    assert (full / "mine.txt").read_text() == "mine"


def test_an_empty_folder_and_new_parents_are_taken(tmp_path: Path) -> None:
    source = write(tmp_path / "train.txt", conll(clean(20)))
    (tmp_path / "empty").mkdir()
    assert repair(source, tmp_path / "empty").splits[0].path.is_file()
    assert repair(source, tmp_path / "a" / "b").splits[0].path.is_file()


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    source = write(tmp_path / "data" / "train.txt", "New York\tB-LOC\nAnna\tO\n\nab\tO\n" * 3)
    write(tmp_path / "data" / "dev.jsonl", '{"tokens": ["a\\tb"], "ner_tags": ["O"]}\n')
    with pytest.raises(DiagnosticsError, match="holds a tab"):
        convert(source.parent, "conll", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("name", format_names())
def test_converted_data_holds_the_same(name: str, tmp_path: Path) -> None:
    write(tmp_path / "data" / "train.txt", conll(clean(20)))
    write(tmp_path / "data" / "test.txt", conll(clean(5, start=50)))
    report = convert(tmp_path / "data", name, tmp_path / "out")
    assert (report.format, report.changes) == (name, ())
    assert {each.name: read(each.path) for each in report.splits} == {
        "train": clean(20),
        "test": clean(5, start=50),
    }


def test_a_conversion_keeps_the_scheme_unless_the_format_holds_spans(tmp_path: Path) -> None:
    source = write(tmp_path / "train.txt", "Anna I-PER\nBell I-PER\nleft O\n\nCora I-PER\nx O\n")
    kept = convert(source, "json-tokens", tmp_path / "kept")
    assert read(kept.splits[0].path)[0][0] == ("Anna", "I-PER")
    spans = convert(source, "json-spans", tmp_path / "spans")
    assert read(spans.splits[0].path)[0][0] == ("Anna", "B-PER")
    assert kinds(spans) == {"tags-converted": 2}


def test_a_conversion_refuses_defects(tmp_path: Path) -> None:
    source = write(tmp_path / "train.txt", "Anna B-PER\nragged\nleft O\nx O\ny O\n")
    with pytest.raises(DiagnosticsError, match="line 2: 1 column"):
        convert(source, "json-tokens", tmp_path / "out")


BROKEN = "".join(
    (
        "token\ttag\n",
        conll(clean(40)),
        "\nAcme\tI-ORG\n\u200b\tO\nInc\tI-ORG\nrose\tO\nragged\n\n",
        "New York\tB-LOC \nis\tO\nbig B-LOC\nmissing\t\nHel\u200bsinki\tB-LOC\n\n",
        "token\ttag\n\ufeffZoe\tB-PER\r\nleft\tO\n[SEP]\tO\nfor\tO\rMars\tB-LOC\n\n",
        "".join(f"{token}\t{tag}\n" for each in clean(50, start=100) for token, tag in each),
    )
)
REPAIRED_RULES = {
    *("D101", "D102", "D103", "D104", "D109", "D110", "D111", "D112", "D113", "D118", "D120"),
    *("D122", "D123", "D124", "D125", "D205", "D206", "D207", "D208", "D309", "D402", "D409"),
}


@pytest.mark.parametrize("to", format_names())
def test_a_repaired_copy_has_no_repaired_finding(to: str, tmp_path: Path) -> None:
    source = write(tmp_path / "data" / "train.txt", BROKEN)
    before = {found.rule for found in check(source).findings}
    assert before >= {"D101", "D103", "D110", "D111", "D112", "D113", "D120", "D123", "D309"}
    assert before >= {"D124", "D125", "D205", "D409"}
    report = repair(source, tmp_path / "out", to=to)
    checkup = check(report.out)
    assert not checkup.crashed
    assert {found.rule for found in checkup.findings} & REPAIRED_RULES == set()
    again = repair(report.out, tmp_path / "again")
    assert again.changes == ()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(
                    ["Anna", "Bell", "", " ", "\u200b", "a b", "x\ufeff", ".", "[SEP]", "the"]
                ),
                st.sampled_from(["O", "O", "B-PER", "I-PER", "I-LOC", "B-LOC"]),
            ),
            min_size=1,
            max_size=12,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_visible_words_keep_their_types(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[Words]
) -> None:
    folder = tmp_path_factory.mktemp("types")
    write(folder / "train.txt", conll([*sentences, *clean(3)]))
    write(folder / "dev.txt", conll(clean(3, start=50)))
    report = repair(folder / "train.txt", folder / "out", dev=folder / "dev.txt")
    found = [(token, tag[2:]) for each in read(report.splits[0].path) for token, tag in each]
    expected = [
        (piece, tag[2:])
        for each in [*sentences, *clean(3)]
        for token, tag in each
        if token != "[SEP]"
        for piece in token.replace("\ufeff", "").replace("\u200b", "").split()
    ]
    assert found == expected
    for each in read(report.splits[0].path):
        before = "O"
        for _, tag in each:
            assert not tag.startswith("I-") or before[2:] == tag[2:]
            before = tag
