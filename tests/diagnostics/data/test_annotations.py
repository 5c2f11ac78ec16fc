"""The same words annotated in different ways, names without annotation, and doubtful labels."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from diagnostics.data_checkup import check
from diagnostics.findings import Finding, NotApplicable, Severity
from diagnostics.measures import surface_forms
from diagnostics.measures.entity_shapes import EntityShapes
from diagnostics.measures.label_confidence import LabelConfidence
from diagnostics.measures.surface_forms import SurfaceForms
from diagnostics.split_finder import find_splits
from diagnostics.survey import MeasureMakers, survey
from tests.diagnostics.data.planted_labels import plant_wrong_labels
from tests.diagnostics.data.surveying import conll, found, surveyed, written

SAMPLE_DATA = Path(__file__).parents[3] / "tuner" / "sample_data"
NAMES = [f"{first}{last}" for first in ("An", "Be", "Cor", "Da") for last in ("ton", "dale", "ix")]


def value(finding: Finding, label: str) -> float:
    return next(float(each.value) for each in finding.evidence if each.label == label)


def bare(folder: Path, *sentences: str) -> dict[str, int]:
    forms = SurfaceForms.of(surveyed(folder, SurfaceForms, train=conll(*sentences))).forms
    return {written: count for form in forms.values() for written, count in form.bare.items()}


ACME = ("by Acme/B-ORG", "at Acme/B-ORG now")


@pytest.mark.parametrize(
    ("sentence", "counts"),
    [
        ("and Acme rose", True),
        ("Acme rose", True),  # at the start, but `acme` is nowhere written small
        ("and acme rose", False),  # never annotated when written so
        ("and Acme Tower rose", False),  # part of a longer name
        ("the Old Acme rose", False),
        ("for Bell/B-PER Acme", False),  # beside an entity
    ],
)
def test_what_counts_as_a_missing_annotation(tmp_path: Path, sentence: str, counts: bool) -> None:
    assert bare(tmp_path, *ACME, sentence) == ({"Acme": 1} if counts else {})


def test_a_capital_at_the_start_of_a_common_word_means_nothing(tmp_path: Path) -> None:
    bank = ("at Bank/B-ORG", "by Bank/B-ORG", "a bank rose")
    assert bare(tmp_path, *bank, "Bank notes are paper") == {}
    assert bare(tmp_path, *bank, "our Bank is closed") == {"Bank": 1}


def test_the_longest_entry_is_found(tmp_path: Path) -> None:
    york = ("in York/B-LOC",) * 2 + ("in New/B-LOC York/I-LOC",) * 2
    assert bare(tmp_path, *york, "in New York again") == {"New York": 1}


@pytest.mark.parametrize(("dropped", "grave"), [(0.05, False), (0.4, True)])
def test_dropped_annotations_are_a_warning_when_they_are_many(
    tmp_path: Path, dropped: float, grave: bool
) -> None:
    draw = random.Random(7)
    sentences = [
        f"today {draw.choice(NAMES)}{'' if draw.random() < dropped else '/B-ORG'} said no"
        for _ in range(400)
    ]
    written(tmp_path, train=conll(*sentences))
    (finding,) = found(tmp_path, "D213")
    assert (finding.severity is Severity.WARNING) is grave
    low = value(finding, "lower end of its 95 % interval")
    high = value(finding, "upper end of its 95 % interval")
    assert low < 1 - dropped < high
    first = finding.places[0]
    text = (tmp_path / "train.txt").read_text(encoding="utf-8").split("\n")
    assert first.line is not None and text[first.line - 1] == f"{first.text} O"


@pytest.mark.parametrize(("swapped", "grave"), [(0.04, False), (0.3, True)])
def test_swapped_types_are_a_warning_when_they_are_many(
    tmp_path: Path, swapped: float, grave: bool
) -> None:
    draw = random.Random(7)
    kinds = {name: draw.choice(("ORG", "LOC", "PER")) for name in NAMES}
    sentences = [
        f"today {name}/B-{'MISC' if draw.random() < swapped else kinds[name]} said no"
        for name in draw.choices(NAMES, k=400)
    ]
    written(tmp_path, train=conll(*sentences))
    graves = {finding.severity is Severity.WARNING for finding in found(tmp_path, "D212")}
    assert graves <= {grave}
    assert bool(graves) >= grave


def test_pronouns_that_mean_many_things_are_no_warning(tmp_path: Path) -> None:
    sentences = [f"and it/B-{kind} was" for kind in ("event", "object", "place") for _ in range(40)]
    written(tmp_path, train=conll(*sentences))
    (finding,) = found(tmp_path, "D212")
    assert finding.severity is Severity.INFO


def test_the_dictionary_looks_at_a_sample_of_large_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surface_forms, "_MOST_SENTENCES", 100)
    seen = SurfaceForms.of(surveyed(tmp_path, SurfaceForms, train=conll(*ACME * 300)))
    assert seen.sentences == 600
    assert 50 <= seen.looked_at <= 100
    assert "of 600 sentences were looked at" in seen.sampled


def test_shapes_of_entities(tmp_path: Path) -> None:
    long = " ".join(["long/B-X", *["word/I-X"] * 19])
    texts = conll(f"a {long} b", "x @/B-X y", "x Bell/B-X ,/I-X y", "x (/B-X Bell/I-X )/I-X")
    shapes = EntityShapes.of(surveyed(tmp_path, EntityShapes, train=texts))
    assert dict(shapes.lengths) == {1: 1, 2: 1, 3: 1, 20: 1}
    assert [(length, place.line) for length, place in shapes.longest] == [(20, 2)]
    assert list(shapes.without_letters) == ["@"]
    assert list(shapes.starts) == ["("]
    assert list(shapes.ends) == [",", ")"]
    assert found(tmp_path, "D216")[0].places[0].line == 2
    assert [each.places[0].line for each in found(tmp_path, "D215")] == [25, 29]


def test_wrong_labels_stand_first(tmp_path: Path) -> None:
    planted = plant_wrong_labels(SAMPLE_DATA, tmp_path / "train.txt", seed=0)
    makers: MeasureMakers = {LabelConfidence: LabelConfidence}
    seen = LabelConfidence.of(survey(find_splits(planted.path), makers, source="planted"))
    ranks = [doubt.rank for doubt in seen.doubts]
    assert ranks == sorted(ranks)
    hits = [doubt.place.line in planted.lines for doubt in seen.doubts]
    # 5 % of the labels are wrong; of 20 places drawn by chance, one would be.
    assert sum(hits[:20]) >= 14
    assert sum(hits[:50]) >= 26
    assert sum(hits) >= 0.75 * len(planted.lines)


def test_equal_data_gives_equal_doubts(tmp_path: Path) -> None:
    draw = random.Random(7)
    written(tmp_path, train=conll(*[f"Mrs {draw.choice(NAMES)}/B-PER left" for _ in range(60)]))
    makers: MeasureMakers = {LabelConfidence: LabelConfidence}
    first, second = (
        LabelConfidence.of(survey(find_splits(tmp_path), makers, source="equal")) for _ in range(2)
    )
    assert first == second


def test_doubts_are_not_looked_for_unasked(tmp_path: Path) -> None:
    written(tmp_path, train=conll(*ACME))
    checkup = check(tmp_path, select=["D218"])
    ((_, reason),) = checkup.not_judged
    assert isinstance(checkup.judgements[0].outcome, NotApplicable)
    assert "--deep" in reason
    assert check(tmp_path, select=["D218"], deep=True).not_judged == ()
