"""The benchmark of planted faults: its kinds, its figures, and that it really trains."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.faults import changes, figures
from benchmarks.faults.admission import Standing, admitted, standings
from benchmarks.faults.applied import applied, told
from benchmarks.faults.corpora import Splits, label_names
from benchmarks.faults.fix_results import (
    NEW_SEED,
    PRINTED,
    TENTH,
    Rerun,
    harmed,
    print_fixes,
    read_reruns,
    recovers,
    write_reruns,
)
from benchmarks.faults.fixes import plans
from benchmarks.faults.judging import Case, read_cases
from benchmarks.faults.kinds import all_kinds
from benchmarks.faults.rivals import compare, run_rivals
from benchmarks.faults.setup import RECORD, SCORE, Kind, Setup
from diagnostics.checkup import run_rules
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.subjects.labelled_data import Sentence

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ROOT / "benchmarks" / "faults"
HISTORIES = FAULTS / "histories"
STATES = ROOT / "tests" / "data" / "readers" / "trainer_state"


def kept(histories: Path, kind: str, run: str, state: str, f1: float | None) -> None:
    """Lay a run of a kind, with a state from the tests' own samples."""
    folder = histories / kind / run
    folder.mkdir(parents=True)
    shutil.copy(STATES / state / "trainer_state.json", folder)
    corpus, seed = run.split("-")
    facts = {"kind": kind, "corpus": corpus, "seed": int(seed), "f1": f1, "clean_f1": f1}
    (folder / "outcome.json").write_text(json.dumps(facts), encoding="utf-8")


def finding(name: str, severity: Severity, cause: str | None = None) -> Finding:
    identifier = next(rule.id for rule in run_rules() if rule.name == name)
    return Finding(
        rule=identifier,
        name=name,
        severity=severity,
        tier=Tier.STATISTICAL,
        message="Seen.",
        evidence=(Evidence(label="x", value=1),),
        fixes=(Fix(text="Do it."),),
        consequence_of=cause,
    )


def case(kind: str, *found: Finding, seed: int = 1, f1: float | None = 0.1) -> Case:
    return Case(
        kind=all_kinds()[kind],
        corpus="sample",
        seed=seed,
        f1=f1,
        clean_f1=f1,
        findings=found,
        folder=Path(f"{kind}/sample-{seed}"),
    )


# ---------------------------------------------------------------------------------------- kinds


def test_there_are_enough_kinds() -> None:
    kinds = all_kinds().values()
    assert sum(not kind.healthy for kind in kinds) >= 20
    assert sum(kind.healthy for kind in kinds) >= 12


@pytest.mark.parametrize("name", sorted(all_kinds()))
def test_kind_names_rules_and_a_healthy_twin(name: str) -> None:
    kind = all_kinds()[name]
    rules = {rule.name for rule in run_rules()}
    assert kind.causes <= rules
    assert all(fault and fault <= kind.causes for fault in kind.planted)
    assert kind.allowed <= rules
    assert all_kinds()[kind.twin].healthy
    assert kind.healthy or kind.fixes


def test_four_kinds_hold_two_faults() -> None:
    doubles = [kind for kind in all_kinds().values() if kind.planted]
    assert len(doubles) >= 4
    assert all(len(kind.planted) == 2 for kind in doubles)
    assert not any(first & second for first, second in (kind.planted for kind in doubles))


def test_a_task_without_o_has_a_class_for_every_word() -> None:
    words = ("Running", "at", "12", "%", "reading")
    sentence = Sentence(tokens=words, tags=("O",) * 5)
    splits = changes.word_classes(Splits(train=(sentence,), dev=(sentence,)), Random(0))
    assert splits.train[0].tags == ("GERUND", "SHORT", "NUM", "PUNCT", "GERUND")
    assert label_names(splits) == ("GERUND", "NUM", "PUNCT", "SHORT")
    assert label_names(Splits(train=(sentence,), dev=())) == ("O",)


# ---------------------------------------------------------------------------- admission, figures


def test_a_fault_without_harm_is_not_admitted() -> None:
    twins = [0.70, 0.72, 0.74]
    assert admitted(0.60, twins)
    assert not admitted(0.69, twins)
    assert not admitted(0.685, [0.70, 0.70, 0.70]), "three equal twins are luck"


def test_standing_follows_score_and_record() -> None:
    twins = [case("healthy", seed=seed, f1=0.7 + seed / 100) for seed in range(3)]
    harmful = case("rate-by-100", f1=0.1)
    silent = case("clipped-to-a-thousandth", f1=0.71)
    crashed = case("killed", f1=None)
    assert all_kinds()["killed"].evidence == RECORD
    assert all_kinds()["rate-by-100"].evidence == SCORE
    found = standings([*twins, harmful, silent, crashed])
    assert found[str(harmful.folder)] is Standing.POSITIVE
    assert found[str(silent.folder)] is Standing.SILENT
    assert found[str(crashed.folder)] is Standing.POSITIVE
    assert found[str(twins[0].folder)] is Standing.HEALTHY
    alone = standings([twins[0], harmful])
    assert str(harmful.folder) not in alone, "one twin tells no spread"


def test_figures_of_runs_made_up() -> None:
    low = finding("learning-rate-too-low", Severity.WARNING)
    beside = finding("underfits", Severity.WARNING, cause=low.rule)
    wrong = finding("type-collapse", Severity.WARNING)
    remark = finding("too-few-examples", Severity.INFO)
    cases = [
        *(case("healthy", seed=seed, f1=0.7) for seed in (0, 1)),
        case("healthy", wrong, seed=2, f1=0.7),
        case("rate-by-100", low, beside, seed=0),
        case("rate-by-100", remark, low, seed=1),
        case("rate-by-100", wrong, seed=2),
        case("clipped-to-a-thousandth", wrong, f1=0.7),
    ]
    known = standings(cases)
    told_ = figures.summary(cases, known)
    assert (told_.first.hits, told_.first.of) == (1, 3)
    assert told_.first_three.hits == 2
    assert told_.warned.hits == 2
    assert told_.abstained.hits == 0
    assert told_.healthy_alarms == (1, 3)
    assert told_.healthy_clean.hits == 2
    assert told_.silent_alarms == (1, 1)
    recall = figures.recall_by_rule(cases, known)["learning-rate-too-low"]
    assert (recall.hits, recall.of) == (2, 3)
    precision = figures.precision_by_rule(cases, known)
    assert (precision["learning-rate-too-low"].hits, precision["learning-rate-too-low"].of) == (
        2,
        2,
    )
    assert (precision["type-collapse"].hits, precision["type-collapse"].of) == (0, 3)
    assert "too-few-examples" not in precision, "a remark is no warning"
    assert "underfits" not in precision, "a consequence is no root cause"
    positive, named = figures.by_kind(cases, known)["rate-by-100"]
    assert (positive.hits, named.hits) == (3, 1)


def test_both_of_two_faults_must_be_named() -> None:
    steps, split = (
        finding("too-few-steps", Severity.WARNING),
        finding("dev-set-too-small", Severity.INFO, cause="R403"),
    )
    cases = [
        *(case("healthy", seed=seed, f1=0.7) for seed in (0, 1)),
        case("few-steps-and-tiny-dev", steps, split, seed=0),
        case("few-steps-and-tiny-dev", split, seed=1),
        case("few-steps-and-tiny-dev", seed=2),
    ]
    one, both = figures.all_named(cases, standings(cases))["few-steps-and-tiny-dev"]
    assert (one.hits, both.hits, both.of) == (2, 1, 3)


def test_share_shows_its_interval() -> None:
    assert str(figures.Share(hits=9, of=10)) == "0.90 (9/10; 0.60 to 0.98)"
    assert str(figures.Share(hits=0, of=0)) == "–"


def test_two_planted_runs_are_told_apart(tmp_path: Path) -> None:
    for seed in range(3):
        kept(tmp_path, "healthy", f"sample-{seed}", "healthy", 0.8)
    kept(tmp_path, "healthy", "fin-0", "all_o", 0.8)  # a false alarm, by construction
    kept(tmp_path, "chosen-by-loss", "sample-1", "overfits", 0.7)
    kept(tmp_path, "killed", "sample-1", "all_o", None)  # named wrongly
    cases = list(read_cases(tmp_path))
    assert len(cases) == 6
    told_ = figures.summary(cases, standings(cases))
    assert told_.healthy_clean.hits == 3
    assert told_.healthy_alarms[0] >= 1
    assert (told_.first.hits, told_.first.of) == (0, 1)


# ---------------------------------------------------------------------------------- kept results


def test_kept_histories_are_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks.faults import score

    some = ("healthy", "per-type-scores", "rate-by-100", "killed", "labels-shifted")
    for name in some:
        shutil.copytree(HISTORIES / name, tmp_path / name)
    score.main(["--histories", str(tmp_path)])
    shown = capsys.readouterr().out
    assert "RATIO false warnings / healthy runs:" in shown
    assert "first root cause is the planted one" in shown
    assert "labels-shifted*" in shown


def test_predictions_are_what_shows_shifted_labels(tmp_path: Path) -> None:
    shutil.copytree(HISTORIES / "labels-shifted", tmp_path / "labels-shifted")
    beside, alone = (list(read_cases(tmp_path, predictions=given)) for given in (True, False))
    assert beside
    assert all(each.names_the_cause(1) for each in beside)
    assert not any(each.names_the_cause(1) for each in alone)


OWN_PLACE = re.compile(r"/(?:Users|mnt|root|tmp|var|work|home/(?!user/)[^/]+)/")
"""A path on the machine that trained; simulated tracebacks say `/home/user/`."""


def test_kept_files_are_small_and_hold_no_sentences() -> None:
    files = [file for file in HISTORIES.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 4_000_000
    for file in files:
        if file.name == "dev_predictions.jsonl":
            for line in file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                assert set(row) == {"gold", "predicted"}
                tags = {tag.rpartition("-")[2] for side in row.values() for tag in side}
                assert tags <= {"O", "LOC", "MISC", "ORG", "PER"}
        assert not OWN_PLACE.search(file.read_text(encoding="utf-8")), file


# ------------------------------------------------------------------------------------------ fixes


def test_fixes_are_applied_to_the_setup() -> None:
    fixes = [
        Fix(text="a", parameter="learning_rate", new=1e-4),
        Fix(text="b", parameter="epochs", new=16),
        Fix(text="c", parameter="weight_decay", new=0.1),
        Fix(text="d", parameter="load_best_model_at_end", new=True),
        Fix(text="e", parameter="frozen_layers", new=0),
    ]
    new = applied(Setup(frozen=True, schedule_share=0.25), fixes)
    assert (new.learning_rate, new.epochs, new.frozen) == (1e-4, 16, False)
    assert new.arguments["weight_decay"] == 0.1
    assert new.arguments["save_strategy"] == "epoch"
    assert new.schedule_share == 0.125, "twice the steps, the same schedule"
    assert applied(Setup(), fixes).schedule_share == 1.0, "the Trainer's own knows its length"
    assert told(fixes).startswith("learning_rate=0.0001, epochs=16")


def test_a_mended_training_that_is_kept_is_not_trained_again() -> None:
    low = replace(
        finding("learning-rate-too-low", Severity.WARNING),
        fixes=(Fix(text="a", parameter="learning_rate", old=3e-6, new=3e-4),),
    )
    longer = replace(low, fixes=(Fix(text="b", parameter="epochs", old=8, new=9),))
    healthy = [case("healthy", seed=seed, f1=0.7 + seed / 100) for seed in range(2)]
    faulty = [case("rate-by-100", low, seed=1), case("rate-by-100", longer, seed=0)]
    every = list(plans([*healthy, *faulty], ["rate-by-100"], ["sample"], [0, 1]))
    printed = [plan for plan in every if plan.arm == PRINTED]
    assert [(plan.known, plan.setup is None) for plan in printed] == [(0.71, True), (None, False)]
    assert not list(plans([*healthy, *faulty], ["rate-by-100"], ["sample"], [2]))


def rerun(seed: int, faulty: float, new: float | None, arm: str = PRINTED) -> Rerun:
    return Rerun(
        kind="rate-by-100",
        corpus="sample",
        seed=seed,
        arm=arm,
        changes="learning_rate=0.0003",
        faulty=faulty,
        new=new,
    )


def test_what_recovers_and_what_harms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        *(rerun(seed, 0.1 + seed / 100, 0.7) for seed in range(2)),
        rerun(2, 0.12, None),
        *(rerun(seed, 0.5, 0.2, TENTH) for seed in range(3)),
        *(rerun(seed, 0.1, 0.11, NEW_SEED) for seed in range(3)),
    ]
    assert [recovers(each, results) for each in results[:3]] == [True, True, False]
    assert all(harmed(each, results) for each in results[3:6])
    assert not any(recovers(each, results) or harmed(each, results) for each in results[6:])
    assert recovers(results[0], results[:1]), "one seed tells no spread"
    file = tmp_path / "fixes.tsv"
    write_reruns(file, results)
    assert list(read_reruns(file)) == results
    print_fixes(file)
    shown = capsys.readouterr().out
    assert "0.67 (2/3;" in shown
    assert "1.00 (3/3;" in shown


# ----------------------------------------------------------------------------------------- rivals


def test_rivals_see_the_same_files(tmp_path: Path) -> None:
    for seed in range(2):
        kept(tmp_path, "healthy", f"sample-{seed}", "healthy", 0.8)
    kept(tmp_path, "rate-by-100", "sample-0", "all_o", 0.1)
    runner = tmp_path / "runner.py"
    runner.write_text(
        "import json, sys\n"
        "target, *states = sys.argv[1:]\n"
        "said = [['learning rate likely too low', 'WARNING'], ['note', 'info']]\n"
        "json.dump({s: {'loud': said, 'mute': []} for s in states}, open(target, 'w'))\n",
        encoding="utf-8",
    )
    cases = list(read_cases(tmp_path))
    said = run_rivals(sys.executable, runner, cases)
    assert said["rate-by-100/sample-0"] == {"loud": ["learning rate likely too low"], "mute": []}
    _, loud, mute = compare(cases, standings(cases), said)
    assert (loud.named.hits, loud.named.of) == (1, 1)
    assert loud.alarms == (2, 2)
    assert (mute.flagged.hits, mute.clean.hits) == (0, 2)


# -------------------------------------------------------------------------------------- a training


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A tiny encoder; what a training sets for its whole process is set back."""
    torch = pytest.importorskip("torch")
    from benchmarks.faults.corpora import draw
    from benchmarks.support.tiny_model import build_tiny_model

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    words = (word for sentence in draw("sample", 120, 80, 0).train for word in sentence.tokens)
    yield build_tiny_model(tmp_path / "model", words)
    torch.set_num_threads(threads)


@pytest.mark.filterwarnings("default")
def test_a_real_tiny_training_is_kept(
    tmp_path: Path, encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.faults import train

    histories = tmp_path / "histories"
    options = ["--histories", str(histories), "--model", str(encoder), "--corpus", "sample"]
    wanted = ["--seeds", "0", "--only", "three-epochs", "renamed-argument"]
    train.main([*options, *wanted])
    assert "RATIO trained / asked for: 2 / 2" in capsys.readouterr().out
    folder = histories / "three-epochs" / "sample-0"
    state = json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
    assert len([row for row in state["log_history"] if "eval_f1" in row]) == 3
    assert "learning_rate: 0.0003" in (folder / "README.md").read_text(encoding="utf-8")
    results = json.loads((folder / "all_results.json").read_text(encoding="utf-8"))
    assert results["train_samples"] == 120
    log = (histories / "renamed-argument" / "sample-0" / "train.log").read_text(encoding="utf-8")
    assert "unexpected keyword argument 'evaluation_strategy'" in log
    train.main([*options, *wanted])
    assert "RATIO trained / asked for: 0 / 2" in capsys.readouterr().out, "nothing twice"


@pytest.mark.filterwarnings("default")
def test_mishaps_and_predictions_are_kept(tmp_path: Path, encoder: Path) -> None:
    from benchmarks.faults.train import train_one

    short = Setup(sentences=24, dev_sentences=20, epochs=2, change=changes.shifted)
    shifted = Kind(name="labels-shifted", does="", setup=short, predictions=True)
    train_one(shifted, "sample", 0, encoder, tmp_path / "shifted")
    rows = (tmp_path / "shifted" / "dev_predictions.jsonl").read_text("utf-8").splitlines()
    assert len(rows) == 20
    killed = Kind(name="killed", does="", setup=Setup(sentences=24, epochs=2, failure="killed"))
    train_one(killed, "sample", 0, encoder, tmp_path / "killed")
    assert (tmp_path / "killed" / "train.log").read_text("utf-8").endswith("Killed\n")
    stopped = Setup(sentences=24, epochs=3, stop_at=0.7, arguments={"save_strategy": "epoch"})
    train_one(
        Kind(name="interrupted", does="", setup=stopped), "sample", 0, encoder, tmp_path / "stopped"
    )
    assert (tmp_path / "stopped" / "checkpoint-6" / "trainer_state.json").is_file()


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    from benchmarks.faults import train

    with pytest.raises(SystemExit, match="There is no kind nonsense"):
        train.main(["--only", "nonsense", "--histories", str(tmp_path)])


@pytest.mark.parametrize("name", ["train", "score", "fixes"])
def test_help_and_readme(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module: Any = importlib.import_module(f"benchmarks.faults.{name}")
    with pytest.raises(SystemExit) as ended:
        module.main(["--help"])
    assert ended.value.code == 0
    assert "RATIO" in capsys.readouterr().out
    assert f"benchmarks.faults.{name}" in (FAULTS / "README.md").read_text(encoding="utf-8")
