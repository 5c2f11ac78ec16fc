"""Tags, schemes and types: what is said about them, with lines, and what is not."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.data_checkup import check
from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Finding, Severity
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.similar_names import similar_names
from diagnostics.rules.data._evidence.split_schemes import other_schemes
from diagnostics.rules.data._evidence.tag_reading import types_of
from diagnostics.scheme_detection import detect_scheme
from tests.diagnostics.data.surveying import conll, found, surveyed, written

ANNA = "Anna/B-PER Bell/I-PER left"
ACME = "then Acme/B-ORG rose"
LABEL_RULES = [f"D2{number:02}" for number in range(1, 18)]
SHARED = Path(__file__).parents[4] / "shared"


def lines(finding: Finding) -> list[tuple[str, int | None]]:
    return [(Path(place.file).name, place.line) for place in finding.places]


def evidence(finding: Finding, label: str) -> object:
    return next(each.value for each in finding.evidence if each.label == label)


def test_broken_transitions_have_their_lines_and_counts(tmp_path: Path) -> None:
    written(
        tmp_path,
        train=conll(*[ANNA, ACME] * 5, "so Bell/I-PER left", "so Bell/I-PER left"),
        dev=conll(ANNA, "Anna/B-PER Corp/I-ORG rose"),
    )
    (finding,) = found(tmp_path, "D205")
    assert finding.severity is Severity.WARNING
    assert lines(finding) == [("train.txt", 42), ("train.txt", 46), ("dev.txt", 6)]
    assert evidence(finding, "broken transitions in train") == 2
    assert evidence(finding, "broken transitions in dev") == 1
    assert "`I-PER` behind `O` 2 times" in finding.message


def test_a_torn_entity_is_one_defect_and_not_two(tmp_path: Path) -> None:
    written(tmp_path, train=conll(ANNA, ACME, "said Acme/B-ORG", "Corp/I-ORG today"))
    (finding,) = found(tmp_path, "D214")
    assert lines(finding) == [("train.txt", 12)]
    assert found(tmp_path, "D205") == ()


def test_a_torn_entity_hides_no_other_defect(tmp_path: Path) -> None:
    torn = conll(ANNA, ACME, "said Acme/B-ORG", "Corp/I-ORG today", "was here", "Corp/I-ORG rose")
    written(tmp_path, train=torn)
    (finding,) = found(tmp_path, "D205")
    assert lines(finding) == [("train.txt", 18)]


def test_sentences_of_two_files_are_no_neighbours(tmp_path: Path) -> None:
    written(tmp_path, train=conll(ANNA, "by Acme/B-ORG"), dev=conll("Corp/I-ORG rose", ANNA, ACME))
    assert found(tmp_path, "D214") == ()
    assert len(found(tmp_path, "D205")) == 1


def test_schemes_that_differ_are_no_broken_transitions(tmp_path: Path) -> None:
    written(tmp_path, train=conll(*IOB2), dev=conll(*BIOES), test=conll(*IOB1, "so", "Bob/I-PER"))
    assert [each.rule for each in check(tmp_path, select=LABEL_RULES).findings] == ["D206", "D206"]


def test_a_tag_that_lost_its_type_has_its_line(tmp_path: Path) -> None:
    written(tmp_path, train=conll(*[ANNA, ACME] * 20), dev=conll(ANNA, "so Bell/B- left"))
    (finding,) = found(tmp_path, "D201")
    assert finding.severity is Severity.ERROR
    assert lines(finding) == [("dev.txt", 6)]


IOB2 = (ANNA, ACME) * 4
IOB1 = tuple(each.replace("/B-", "/I-") for each in IOB2)
BIOES = tuple(each.replace("/I-", "/E-").replace("Acme/B", "Acme/S") for each in IOB2)
BILOU = tuple(each.replace("/E-", "/L-").replace("/S-", "/U-") for each in BIOES)
PLAIN = tuple(each.replace("/B-", "/").replace("/I-", "/") for each in IOB2)
BARRED = tuple(each.replace("-", "_") for each in IOB2)


@pytest.mark.parametrize(
    ("train", "dev", "other"),
    [
        (IOB2, IOB1, True),
        (IOB1, IOB2, True),
        (IOB2, BIOES, True),
        (BIOES, IOB2, True),
        (BILOU, IOB1, True),
        (IOB2, PLAIN, True),
        (PLAIN, IOB2, True),
        (IOB2, BARRED, True),
        (BIOES, BILOU, False),  # the same roles in other letters
        (IOB2, ("Acme/B-ORG rose",) * 8, False),  # single words are at home everywhere
        (IOB1, ("Acme/I-ORG rose",) * 8, False),
        (("Acme/B-ORG rose",) * 8, IOB2, False),
        (IOB2, (*IOB2, "Acme/I-ORG rose"), False),
        (IOB2, IOB1[:1], False),  # one entity is a slip, not a scheme
        (BIOES, ("Acme/S-ORG rose",) * 8, False),
    ],
)
def test_a_split_is_called_different_only_when_nothing_else_is_left(
    tmp_path: Path, train: Sequence[str], dev: Sequence[str], other: bool
) -> None:
    dataset = surveyed(tmp_path, TagPairs, train=conll(*train), dev=conll(*dev))
    assert ("dev" in other_schemes(TagPairs.of(dataset), fewest=3)) is other


def test_splits_without_a_common_label_are_an_error(tmp_path: Path) -> None:
    written(tmp_path, train=conll(*IOB2), dev=conll(*BARRED))
    (finding,) = found(tmp_path, "D206")
    assert finding.severity is Severity.ERROR
    assert {file for file, _ in lines(finding)} == {"dev.txt"}
    checkup = check(tmp_path, select=LABEL_RULES)
    causes = {each.rule: each.consequence_of for each in checkup.findings}
    assert {causes[rule] for rule in causes.keys() & {"D209", "D210"}} == {"D206"}


def test_iob1_is_a_remark_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path, train=conll(*IOB1, "Anna/I-PER Bob/B-PER left"), dev=conll(*IOB1))
    findings = check(tmp_path, select=LABEL_RULES).findings
    assert [each.rule for each in findings] == ["D207"]
    assert evidence(findings[0], "entities that start with B-") == 1


def seqeval_types(tags: Sequence[str]) -> set[str]:
    from seqeval.metrics.sequence_labeling import get_entities

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {kind for kind, *_ in get_entities(list(tags))}


@pytest.mark.parametrize(("tag", "says"), [("PER", "`ER`"), ("b-PER", "`PER`"), ("ORG", "outside")])
def test_what_seqeval_makes_of_a_tag_without_prefix_is_true(
    tmp_path: Path, tag: str, says: str
) -> None:
    written(tmp_path, train=conll(*IOB2, *IOB2, f"so Bell/{tag} left"))
    (finding,) = found(tmp_path, "D208")
    assert finding.message.rstrip(".").endswith(says)
    assert seqeval_types(["O", tag, "O"]) == (set() if says == "outside" else {says.strip("`")})
    assert lines(finding) == [("train.txt", 66)]


def test_a_prefix_in_the_other_case_is_read_as_meant(tmp_path: Path) -> None:
    written(tmp_path, train=conll(*IOB2, *IOB2, "so Anna/b-PER Bell/i-PER left"))
    (finding,) = found(tmp_path, "D208")
    assert "Write `B-PER` instead of `b-PER`." in [fix.text for fix in finding.fixes]
    reading = detect_scheme([["B-PER", "I-PER", "O"]] * 9 + [["b-PER", "i-PER", "O"]])
    assert reading.convert(["b-PER", "i-PER", "O"]).tags == ("B-PER", "I-PER", "O")
    assert reading.slips == {"b-PER": 1, "i-PER": 1}
    types = {kind for counts in types_of(surveyed(tmp_path, TagPairs)).values() for kind in counts}
    assert types == {"PER", "ORG"}


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("b-org", "`B-ORG`"),
        ("b_ORG", "`B-ORG`"),
        ("B_PER", "`B-PER`"),
        ("i-per", "`I-PER`"),
        ("0", "`O`"),
        ("b-date", "`B-date`"),
        ("PER", "`B-PER` (at the first word) or `I-PER`"),
        ("Per", "`B-PER` (at the first word) or `I-PER`"),
        ("e-mail", "`B-e-mail` (at the first word) or `I-e-mail`"),
    ],
)
def test_the_tag_that_was_meant_is_proposed(tmp_path: Path, slip: str, meant: str) -> None:
    written(tmp_path, train=conll(*[ANNA, ACME] * 10, f"left/{slip} then"), dev=conll(ANNA, ACME))
    (finding,) = found(tmp_path, "D208")
    assert finding.fixes[0].text == f"Write {meant} instead of `{slip}`."
    types = types_of(surveyed(tmp_path, TagPairs))["train"]
    if slip not in ("PER", "i-per"):
        assert len(types) == 3
    assert found(tmp_path, "D210") == ()
    told = [each.label for rare in found(tmp_path, "D302") for each in rare.evidence]
    assert sorted(told) == ["ORG in train", "PER in train"]


def test_types_that_only_look_prefixed_stay_types() -> None:
    reading = detect_scheme([["B-PER", "I-PER", "O"]] * 9 + [["e-mail"]])
    assert reading.parsed["e-mail"] == ("I", "e-mail")


def test_types_of_one_split_only(tmp_path: Path) -> None:
    written(
        tmp_path,
        train=conll(*[ANNA, ACME, "in Rome/B-LOC"] * 10),
        dev=conll(*[ANNA, ACME] * 10, "the Rhine/B-RIVER"),
    )
    (unseen,) = found(tmp_path, "D209")
    assert unseen.severity is Severity.WARNING
    assert lines(unseen) == [("dev.txt", 82)]
    (unmeasured,) = found(tmp_path, "D210")
    assert unmeasured.severity is Severity.WARNING
    assert "`LOC` (10 times)" in unmeasured.message


def test_a_rare_type_may_be_missing_by_chance(tmp_path: Path) -> None:
    written(tmp_path, train=conll(*[ANNA] * 30, "in Rome/B-LOC"), dev=conll(*[ANNA] * 10))
    (finding,) = found(tmp_path, "D210")
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        ("PERSON", "Person", True),
        ("work_of_art", "work-of-art", True),
        ("LOCATION", "LOCATIONS", True),
        ("CITY", "CITIES", True),
        ("LOCATION", "LOCATON", True),
        ("LOCATION", "LCOATION", True),
        ("LOCATION", "LOCATIIN", True),
        ("ORG1", "ORG2", False),
        ("DATE", "DATE_TIME", False),
        ("PER", "PET", False),
        ("PER", "PERS", False),
        ("SIDE_A", "SIDE_B", False),
        ("B-side-x", "B-side-y", False),
        ("LOCATION", "VACATION", False),
        ("PRODUCT", "PRODUCER", False),
    ],
)
def test_similar_names(one: str, other: str, similar: bool) -> None:
    assert bool(similar_names({one: 50, other: 20}, rare=0.1)) is similar


@given(st.dictionaries(st.text(max_size=30), st.integers(1, 100), max_size=12))
def test_any_names_are_compared(names: dict[str, int]) -> None:
    for often, seldom in similar_names(names, rare=0.1):
        assert often != seldom
        assert names[often] >= names[seldom]


def test_short_names_are_misspellings_only_when_rare() -> None:
    assert similar_names({"DATE": 50, "RATE": 40}, rare=0.1) == []
    assert similar_names({"DATE": 50, "DTAE": 2}, rare=0.1) == [("DATE", "DTAE")]


@pytest.mark.parametrize(("one", "other"), [("ORG", "0RG"), ("MISC", "MI5C"), ("IL", "lL")])
def test_look_alikes_of_any_length_are_one_name(one: str, other: str) -> None:
    assert similar_names({one: 213, other: 4}, rare=0.1) == [(one, other)]
    assert similar_names({one: 213, other: 200}, rare=0.1) == []


def test_thousands_of_names_take_no_time() -> None:
    names = {f"{'TYPE' * 20}{number}x{number % 7}": 1 for number in range(5_000)}
    assert len(similar_names(names, rare=0.1)) >= 0


sentence = st.lists(
    st.tuples(
        st.text(max_size=6),
        st.one_of(
            st.sampled_from(["O", "B-X", "I-X", "E-X", "S-X", "I-Y", "X", "b-X", "B-", "B", "-"]),
            st.text(max_size=5),
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(sentence, min_size=1, max_size=8), st.lists(sentence, max_size=4))
def test_no_tags_make_a_rule_fail(
    tmp_path_factory: pytest.TempPathFactory,
    train: list[list[tuple[str, str]]],
    dev: list[list[tuple[str, str]]],
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    for split, sentences in (("train", train), ("dev", dev)):
        rows = [
            {"tokens": [word for word, _ in each], "tags": [tag for _, tag in each]}
            for each in sentences
        ]
        if rows:
            text = "\n".join(json.dumps(row) for row in rows)
            (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    try:
        checkup = check(folder, select=LABEL_RULES)
    except DiagnosticsError:
        return
    assert checkup.crashed == ()


@pytest.mark.parametrize("source", ["data/fin", "data/wnut17"])
def test_public_data_is_clean(source: str) -> None:
    if not (SHARED / source).exists():
        pytest.skip(f"{SHARED / source} is not here")
    checkup = check(SHARED / source, select=LABEL_RULES)
    assert checkup.crashed == ()
    assert not checkup.reaches(Severity.WARNING)


def test_the_sample_data_is_clean() -> None:
    checkup = check(Path(__file__).parents[3] / "tuner" / "sample_data", select=LABEL_RULES)
    assert checkup.crashed == ()
    assert not checkup.reaches(Severity.WARNING)


def test_tags_of_train_that_are_shifted_are_a_warning(tmp_path: Path) -> None:
    shifted = conll(*["Anna ,/B-PER he left", "then Bell/B-PER left"] * 20)
    fine = conll(*["Anna/B-PER , he left", "then Bell/B-PER left"] * 20)
    written(tmp_path, train=shifted, dev=fine)
    first, *rest = found(tmp_path, "D215")
    assert first.severity is Severity.WARNING
    assert first.message.startswith("50 % of the entities of train are signs")
    assert {each.severity for each in rest} == {Severity.INFO}
    written(tmp_path, train=shifted, dev=shifted)
    assert {each.severity for each in found(tmp_path, "D215")} == {Severity.INFO}
