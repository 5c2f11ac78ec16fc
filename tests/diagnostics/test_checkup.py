"""How findings are ordered, how failing rules are contained, and where logs are found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

import diagnostics
from diagnostics.checkup import FoundLog, check_up, examination, find_logs, run_rules
from diagnostics.errors import DiagnosticsError
from diagnostics.examples import run_example
from diagnostics.findings import Crashed, Finding, Fix, Severity, Tier
from diagnostics.reader import Reader
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

DATA = Path(__file__).parents[1] / "data" / "readers"
EMPTY = RunHistory(epochs=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken(Rule[RunHistory]):
    id: ClassVar = "R999"
    name: ClassVar = "broken"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    bad: ClassVar[dict[str, RunHistory]] = {}
    good: ClassVar[dict[str, RunHistory]] = {}

    def check(self, subject: RunHistory) -> Sequence[Finding]:
        raise ZeroDivisionError("by design")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Rule[RunHistory]):
    id: ClassVar = "R998"
    name: ClassVar = "remark"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.HEURISTIC
    bad: ClassVar[dict[str, RunHistory]] = {}
    good: ClassVar[dict[str, RunHistory]] = {}

    def check(self, subject: RunHistory) -> Sequence[Finding]:
        return [self.finding("Seen.", fixes=[Fix(text="Nothing.")])]


def test_a_rule_that_fails_costs_no_other_verdict() -> None:
    checkup = check_up(EMPTY, [Broken(), Remark()])
    assert [rule.id for rule, _ in checkup.crashed] == ["R999"]
    assert isinstance(checkup.judgements[0].outcome, Crashed)
    assert [found.name for found in checkup.findings] == ["remark"]


def test_limits_compare_severities() -> None:
    checkup = check_up(EMPTY, [Remark()])
    assert checkup.worst is Severity.INFO
    assert checkup.reaches(Severity.INFO)
    assert not checkup.reaches(Severity.WARNING)
    assert not check_up(EMPTY, []).reaches(Severity.INFO)


def test_the_root_cause_stands_before_what_follows_from_it() -> None:
    run = run_example(
        f1=(0, 0, 0), precision=(0, 0, 0), recall=(0, 0, 0), steps_per_epoch=13, learning_rate=2e-5
    )
    findings = check_up(run, run_rules()).findings
    assert [(found.name, found.consequence_of) for found in findings[:2]] == [
        ("too-few-steps", None),
        ("all-o-collapse", "R403"),
    ]


def test_a_diverged_run_is_blamed_on_its_learning_rate_alone() -> None:
    run = run_example(
        train_loss=(0.9, 0.5, 0.4, 0.8, 1.2, 1.4, 1.5, 1.5),
        eval_loss=(0.8, 0.5, 0.45, 0.9, 1.3, 1.4, 1.5, 1.5),
        f1=(0.3, 0.55, 0.6, 0.3, 0.0, 0.0, 0.0, 0.0),
        precision=(0.3, 0.55, 0.6, 0.3, 0.0, 0.0, 0.0, 0.0),
        recall=(0.3, 0.55, 0.6, 0.3, 0.0, 0.0, 0.0, 0.0),
        learning_rate=5e-4,
    )
    findings = check_up(run, run_rules()).findings
    assert [found.name for found in findings if found.consequence_of is None] == [
        "learning-rate-too-high"
    ]
    assert "all-o-collapse" in {found.name for found in findings}


@pytest.mark.parametrize(
    ("rules", "first"), [(("R402", "R105"), "R105"), (("R301", "R501"), "R501")]
)
def test_of_equally_grave_findings_the_likelier_cause_stands_first(
    rules: tuple[str, str], first: str
) -> None:
    made = [
        type(f"Rule{name}", (Remark,), {"__slots__": (), "id": name, "name": "x"})()
        for name in rules
    ]
    assert check_up(EMPTY, made).findings[0].rule == first


def test_options_of_the_interface() -> None:
    path = DATA / "trainer_state" / "overfits"
    checkup = diagnostics.diagnose(
        path, select=["R2"], ignore={"R202": "known"}, train_size=77, metric="eval_accuracy"
    )
    assert {judgement.rule.id[:2] for judgement in checkup.judgements} == {"R2"}
    assert [(off.rule.id, off.reason) for off in checkup.switched_off] == [("R202", "known")]
    assert checkup.subject.dataset["train_sentences"] == 77
    assert checkup.subject.monitor == "accuracy"
    with pytest.raises(DiagnosticsError, match="logged no metric `bleu`"):
        diagnostics.diagnose(path, metric="bleu")
    with pytest.raises(DiagnosticsError, match="no rule `R999`"):
        diagnostics.diagnose(path, ignore=["R999"])


def test_a_log_that_cannot_be_read_gives_way_to_the_next(tmp_path: Path) -> None:
    good = (DATA / "trainer_state" / "healthy" / "trainer_state.json").read_bytes()
    (tmp_path / "trainer_state.json").write_bytes(good)
    logs = find_logs(tmp_path)
    broken = FoundLog(reader=logs[0].reader, path=tmp_path / "gone.json")
    checkup = examination().judge_logs([broken, *logs])
    assert checkup.reader == "trainer_state"
    assert any("gone.json" in note for note in checkup.subject.notes)
    with pytest.raises(DiagnosticsError, match="gone"):
        examination().judge_logs([broken])


class Tripping(Reader):
    name: ClassVar = "tripping"
    looks_for: ClassVar = "nothing"
    precedence: ClassVar = 0

    def find(self, path: Path) -> tuple[Path, ...]:
        return (path,)

    def read(self, path: Path) -> RunHistory:
        raise ZeroDivisionError("by design")


def test_a_reader_that_trips_gives_way_to_the_next(tmp_path: Path) -> None:
    broken = FoundLog(reader=Tripping(), path=tmp_path / "log")
    with pytest.raises(DiagnosticsError, match="as tripping: ZeroDivisionError: by design"):
        examination().judge_logs([broken])
    logs = find_logs(DATA / "trainer_state" / "healthy")
    assert examination().judge_logs([broken, *logs]).reader == "trainer_state"


def test_own_run_directories_come_before_the_trainer_state_in_them(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "trainer_state.json").write_text('{"log_history": []}', encoding="utf-8")
    assert [log.reader.name for log in find_logs(tmp_path)] == ["tuner_run", "trainer_state"]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticsError, match="does not exist"):
        find_logs(tmp_path / "nowhere")


def test_a_folder_without_a_log_says_what_was_looked_for_and_found(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(DiagnosticsError) as raised:
        find_logs(tmp_path)
    assert "trainer_state.json" in str(raised.value)
    assert "history.jsonl" in str(raised.value)
    assert "model.safetensors" in str(raised.value)


def test_logs_one_folder_deeper_are_pointed_at() -> None:
    with pytest.raises(DiagnosticsError, match="There are logs in all_o/, checkpoints/, healthy/"):
        find_logs(DATA / "trainer_state")


def test_diagnose_is_the_one_line_interface() -> None:
    checkup = diagnostics.diagnose(DATA / "trainer_state" / "overfits")
    assert isinstance(checkup, diagnostics.Checkup)
    assert checkup.reader == "trainer_state"
    assert checkup.findings[0].name == "overfits-metric"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = diagnostics.nothing


def test_diagnosing_loads_nothing_heavy() -> None:
    heavy = "torch transformers optuna sklearn scipy pandas datasets pyarrow numpy rich tuner"
    program = (
        "import sys; from diagnostics import diagnose; "
        f"diagnose({str(DATA / 'trainer_state' / 'healthy')!r}); "
        f"print(*(name for name in {heavy.split()!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
