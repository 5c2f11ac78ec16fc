"""Repairs of tags, sentence breaks and splits, and the table that lists every change."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnostics.data_checkup import check
from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.repair.data_repair import RepairReport, convert, repair
from diagnostics.report._data_commands import next_commands

Words = list[tuple[str, str]]
SENTENCE = "Anna{0} B-PER\nBell{0} I-PER\nwent O\nto O\nOslo{0} B-LOC\nagain O\n\n"


def text(count: int, *, start: int = 0) -> str:
    return "".join(SENTENCE.format(number) for number in range(start, start + count))


def plain(content: str) -> str:
    return content.replace("B-", "").replace("I-", "")


def repaired(tmp_path: Path, train: str, dev: str | None = None, **more: str) -> RepairReport:
    source = tmp_path / "data"
    source.mkdir(exist_ok=True)
    splits = {"train": train, "dev": text(9, start=900) if dev is None else dev, **more}
    for name, content in splits.items():
        (source / f"{name}.txt").write_text(content)
    return repair(source, tmp_path / "out")


def read(report: RepairReport, split: str) -> list[Words]:
    path = next(each.path for each in report.splits if each.name == split)
    found = find_format(path).read(path, ReadOptions(), ReadingLog(str(path)))
    return [list(zip(each.tokens, each.tags, strict=True)) for each in found]


def rows(report: RepairReport) -> list[dict[str, str]]:
    assert report.listed == report.out / "changes.tsv"
    with report.listed.open(newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def kinds(report: RepairReport) -> dict[str, int]:
    return {change.kind: change.count for change in report.changes}


@pytest.mark.parametrize(
    "spelled",
    [plain, lambda tags: tags.replace("B-", "B_").replace("I-", "I_")],
    ids=["types", "underscores"],
)
def test_each_split_is_read_by_its_own_scheme(
    spelled: Callable[[str], str], tmp_path: Path
) -> None:
    report = repaired(tmp_path, text(20), spelled(text(9, start=50)), test=text(4, start=90))
    assert read(report, "train")[0][:2] == [("Anna0", "B-PER"), ("Bell0", "I-PER")]
    assert read(report, "dev")[0][:2] == [("Anna50", "B-PER"), ("Bell50", "I-PER")]
    assert kinds(report) == {"tags-converted": 27}
    assert {row["split"] for row in rows(report)} == {"dev"}
    spans = convert(tmp_path / "data", "json-spans", tmp_path / "spans")
    assert [each.entities for each in spans.splits] == [40, 18, 8]


def test_splits_that_share_no_type_are_refused_and_no_repair_is_offered(tmp_path: Path) -> None:
    dev = plain(text(9, start=50)).replace("PER", "person").replace("LOC", "place")
    with pytest.raises(DataError, match=r"person, place.*LOC, PER"):
        repaired(tmp_path, text(20), dev)
    assert not (tmp_path / "out").exists()
    checkup = check(tmp_path / "data")
    assert "D206" in {found.rule for found in checkup.findings}
    assert not [command for command, _ in next_commands(checkup) if "--fix" in command]


def test_tags_of_which_half_lack_the_prefix_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="with and without a prefix"):
        repaired(tmp_path, text(10) + plain(text(10, start=20)), text(9, start=50))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Acme B_PER\nrose O\n", [("Acme", "B-PER"), ("rose", "O")]),
        ("Acme b-per\nrose O\n", [("Acme", "B-PER"), ("rose", "O")]),
        ("Acme 0\nrose O\n", [("Acme", "O"), ("rose", "O")]),
        ("Acme o\nrose O\n", [("Acme", "O"), ("rose", "O")]),
        ("Acme LOC\nrose O\n", [("Acme", "B-LOC"), ("rose", "O")]),
    ],
)
def test_a_misspelled_tag_is_mended(written: str, meant: Words, tmp_path: Path) -> None:
    report = repaired(tmp_path, f"{text(20)}{written}\n")
    assert read(report, "train")[-1] == meant
    assert (kinds(report), report.left) == ({"tags-mended": 1}, ())
    (row,) = rows(report)
    assert (row["line"], row["before"]) == ("141", " ".join(written.split()[:2]))
    assert row["after"] == " ".join(meant[0])


def test_a_tag_like_no_other_is_left_to_a_person(tmp_path: Path) -> None:
    report = repaired(tmp_path, text(20) + "Acme ORGX\nrose O\n\n")
    assert [(each.kind, each.count) for each in report.left] == [("tags-unknown", 1)]
    assert kinds(report) == {}
    assert [row["after"] for row in rows(report)] == ["Acme B-ORGX"]


def test_a_header_line_in_the_middle_goes(tmp_path: Path) -> None:
    report = repaired(tmp_path, text(20) + "left O\ntoken ner_tag\nright O\n\n" + text(3, start=60))
    assert read(report, "train")[20:22] == [[("left", "O")], [("right", "O")]]
    assert sum(kinds(report).values()) == 1


def test_a_break_inside_an_entity_goes(tmp_path: Path) -> None:
    torn = "so O\nAcme B-LOC\n\nCorp I-LOC\nrose O\n\n"
    report = repaired(tmp_path, torn + text(20))
    assert [word for word, _ in read(report, "train")[0]] == ["so", "Acme", "Corp", "rose"]
    assert [tag for _, tag in read(report, "train")[0]] == ["O", "B-LOC", "I-LOC", "O"]
    assert kinds(report) == {"sentences-joined": 1}
    assert [row["line"] for row in rows(report)] == ["4"]


def test_another_type_behind_the_break_is_a_broken_transition(tmp_path: Path) -> None:
    report = repaired(tmp_path, "so O\nAcme B-LOC\n\nCorp I-PER\nrose O\n\n" + text(20))
    assert kinds(report) == {"tags-repaired": 1}


def test_joined_sentences_stay_of_bounded_length(tmp_path: Path) -> None:
    torn = "so O\n" * 200 + "Acme B-LOC\n\nCorp I-LOC\n" + "so O\n" * 200 + "\n"
    report = repaired(tmp_path, torn + text(20))
    assert max(map(len, read(report, "train"))) == 201
    assert kinds(report) == {"tags-repaired": 1}
    assert [each.kind for each in report.left] == ["entities-across-sentences"]


@pytest.mark.parametrize(
    ("same", "left"),
    [("dev", ["train", "dev", "test"]), ("test", ["train", "dev"]), ("both", ["train", "dev"])],
)
def test_a_split_that_is_train_is_dropped(same: str, left: list[str], tmp_path: Path) -> None:
    train = text(60)
    dev = train if same in ("dev", "both") else text(9, start=900)
    test = train if same in ("test", "both") else text(8, start=800)
    report = repaired(tmp_path, train, dev, test=test)
    sizes = {each.name: each.sentences for each in report.splits}
    assert list(sizes) == left
    assert sizes["train"] >= 50
    assert kinds(report)["same-split-dropped"] == (2 if same == "both" else 1)


def test_of_dev_and_test_with_the_same_sentences_test_stays(tmp_path: Path) -> None:
    report = repaired(tmp_path, text(60), text(9, start=900), test=text(9, start=900))
    assert read(report, "test") == [
        [tuple(line.split()) for line in block.splitlines()]
        for block in text(9, start=900).strip().split("\n\n")
    ]
    assert len(read(report, "dev")) == 9


def test_train_is_never_emptied(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none would be left in train"):
        repaired(tmp_path, text(20), text(30))


def test_every_change_is_listed_with_its_word(tmp_path: Path) -> None:
    broken = "Anna I-PER\nand O\nBell I-PER\n\n" * 40
    report = repaired(tmp_path, text(100) + broken)
    changed = rows(report)
    assert kinds(report) == {"tags-repaired": 80}
    assert [row["line"] for row in changed[:3]] == ["701", "703", "705"]
    assert {(row["kind"], row["before"], row["after"]) for row in changed} == {
        ("tags-repaired", "Anna I-PER", "Anna B-PER"),
        ("tags-repaired", "Bell I-PER", "Bell B-PER"),
    }
    assert len(changed) == 80


def test_lines_that_are_left_out_are_all_listed(tmp_path: Path) -> None:
    report = repaired(tmp_path, text(60) + "ragged\nrose O\n\n" * 12)
    listed = [row for row in rows(report) if row["kind"] == "lines-left-out"]
    assert len(listed) == kinds(report)["lines-left-out"] == 12
    assert len({row["line"] for row in listed}) == 12


def test_a_conversion_names_the_words_that_it_changed(tmp_path: Path) -> None:
    source = tmp_path / "train.txt"
    source.write_text("went O\nAnna I-PER\n\nBell I-PER\nleft O\n\n")
    report = convert(source, "json-spans", tmp_path / "out")
    assert [place.text for place in report.changes[0].places] == ["Anna I-PER", "Bell I-PER"]
    assert [row["line"] for row in rows(report)] == ["2", "4"]


def test_comments_and_document_starts_are_told(tmp_path: Path) -> None:
    train = "-DOCSTART- O\n\n# source: a paper\n" + text(20) + "-DOCSTART- O\n\n#tag O\nrose O\n\n"
    report = repaired(tmp_path, train)
    assert kinds(report) == {"document-starts-dropped": 2, "comments-dropped": 1}
    assert read(report, "train")[-1][0] == ("#tag", "O")
    assert [row["line"] for row in rows(report)] == ["1", "144", "3"]


def test_a_cell_cannot_break_the_table(tmp_path: Path) -> None:
    source = tmp_path / "train.jsonl"
    record = '{"tokens": ["a\\tb\\n\\u001b[31m", "x"], "ner_tags": ["I-PER", "O"]}\n'
    source.write_text(record + '{"tokens": ["Bell", "x"], "ner_tags": ["B-PER", "O"]}\n' * 3)
    report = repair(source, tmp_path / "out")
    assert all(None not in row and row["after"] is not None for row in rows(report))
    assert report.listed is not None and "\x1b" not in report.listed.read_text()
