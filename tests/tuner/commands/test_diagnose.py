"""`tuner diagnose`, `tuner explain` and `tuner rules` as a user types them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diagnostics.data_glossary import DATA_TERMS
from diagnostics.glossary import TERMS, Term
from diagnostics.judgement import all_rules
from tuner.cli import main

DATA = Path(__file__).parents[2] / "data" / "readers"
OVERFITS = str(DATA / "trainer_state" / "overfits")
HEALTHY = str(DATA / "trainer_state" / "healthy")
STUDY = str(DATA / "tuner_run" / "study")
HEAVY = (
    "torch",
    "transformers",
    "optuna",
    "sklearn",
    "scipy",
    "pandas",
    "datasets",
    "numpy",
    "pyarrow",
)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([HEALTHY], 0),
        ([STUDY], 0),
        ([OVERFITS], 1),
        ([OVERFITS, "--fail-on", "warning"], 1),
        ([OVERFITS, "--fail-on", "error"], 0),
        ([OVERFITS, "--fail-on", "never"], 0),
        ([HEALTHY, "--fail-on", "info"], 1),
        (["nowhere"], 2),
        ([str(DATA)], 2),
        ([OVERFITS, "--format", "carrier-pigeon"], 2),
        ([OVERFITS, "--output", "nowhere/report.txt"], 2),
        ([OVERFITS, HEALTHY], 1),
        ([HEALTHY, HEALTHY], 0),
        ([HEALTHY, "nowhere"], 2),
        (["nowhere", HEALTHY, "--fail-on", "never"], 2),
        ([OVERFITS, "--select", "R101"], 0),
        ([OVERFITS, "--ignore", "R2,R4", "--ignore", "wasted-epochs"], 0),
        ([OVERFITS, "--select", "R999"], 2),
        ([OVERFITS, "--metric", "eval_accuracy", "--fail-on", "never"], 0),
        ([OVERFITS, "--metric", "bleu"], 2),
        ([OVERFITS, "--train-size", "0"], 2),
        ([OVERFITS, "--train-size", "many"], 2),
        ([HEALTHY, "--preview"], 0),
        ([], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int) -> None:
    assert main(["diagnose", *arguments]) == code


def test_the_winner_of_a_study_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diagnose", STUDY])
    assert "trial 0001, the winner of 3 trials" in capsys.readouterr().out


def test_json_on_standard_output_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diagnose", OVERFITS, "--format", "json"])
    assert json.loads(capsys.readouterr().out)["runs"][0]["verdict"] == "warning"


def test_a_report_can_go_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.txt"
    main(["diagnose", OVERFITS, "--output", str(target)])
    assert "R201 overfits-metric" in target.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_unknown_formats_are_answered_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["diagnose", OVERFITS, "--format", "xml"])
    assert "json, markdown, sarif, terminal" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("name", ["terminal", "json", "markdown", "sarif"])
def test_every_format_is_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", OVERFITS, "--format", name, "--fix-command"]) == 1
    shown = capsys.readouterr()
    assert "R201" in shown.out
    assert shown.err == ""


def test_of_several_paths_the_good_ones_are_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / "trainer_state.json"
    torn.write_bytes(b"\x00\x01")
    paths = ["nowhere", HEALTHY, str(torn), OVERFITS]
    assert main(["diagnose", *paths, "--format", "json"]) == 2
    shown = capsys.readouterr()
    read = json.loads(shown.out)
    assert [run["verdict"] for run in read["runs"]] == ["info", "warning"]
    assert [entry["path"] for entry in read["not_read"]] == ["nowhere", str(torn)]
    assert "nowhere" in shown.err and "does not exist" in " ".join(shown.err.split())
    assert "Traceback" not in shown.err


def test_every_run_below_a_folder_worst_first(capsys: pytest.CaptureFixture[str]) -> None:
    folder = DATA / "trainer_state"
    code = main(["diagnose", str(folder), "--recursive", "--format", "json"])
    captured = capsys.readouterr()
    verdicts = [run["verdict"] for run in json.loads(captured.out)["runs"]]
    ranks = [("error", "warning", "info", "healthy").index(verdict) for verdict in verdicts]
    assert ranks == sorted(ranks)
    assert len(ranks) >= 5
    assert code == (2 if captured.err else 1)
    main(["diagnose", str(folder), "--recursive"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < len(verdicts) + 6
    main(["diagnose", str(folder), "--recursive", "-v"])
    assert len(capsys.readouterr().out.splitlines()) > 5 * len(lines)


def test_a_study_and_its_winner_are_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diagnose", STUDY, "--recursive", "--format", "json"])
    paths = [run["path"] for run in json.loads(capsys.readouterr().out)["runs"]]
    assert len(paths) == len(set(paths)) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_log_on_standard_input(
    encoding: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(
        f"{{'loss': {1 / epoch}, 'epoch': {epoch}}}\n"
        f"{{'eval_loss': 0.5, 'eval_f1': 0.5, 'epoch': {epoch}}}\n"
        for epoch in range(1, 6)
    )
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BytesIO(("Übung\n" + rows).encode(encoding)))
    )
    main(["diagnose", "-", "--format", "json"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["path"], run["monitor"]) == ("standard input", "f1")


def test_a_structured_log_on_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    content = (Path(OVERFITS) / "trainer_state.json").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["diagnose", "-", "--format", "json"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["path"], run["reader"]) == ("standard input", "trainer_state")


def _of_readers() -> list[Path]:
    """Return a file of each format that is known by its content or the ending of its name."""
    patterns = (
        *("spacy_table/*.*", "keras_csv/*.csv", "keras_history/*.json", "plain_table/*.*"),
        *("model_card/*.md", "notebook/*.ipynb", "results_json/**/*_results.json"),
        *("lightning_metrics/**/*.csv", "flair_loss/**/*.tsv"),
        *("tensorboard_events/trainer/*", "printed_log/*.*"),
    )
    found = [file for pattern in patterns for file in sorted(DATA.glob(pattern))[:3]]
    return [file for file in found if file.is_file()]


@pytest.mark.parametrize("file", _of_readers(), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_piped_log_is_judged_as_its_file_is(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    alone = tmp_path / file.name  # what lies beside a file is not piped with it
    content = file.read_bytes()
    alone.write_bytes(content)
    told = []
    for path in (str(alone), "-"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = main(["diagnose", path, "--format", "json"])
        shown = capsys.readouterr().out
        (run,) = json.loads(shown)["runs"] if shown else ({"reader": None},)
        told.append((code, {name: value for name, value in run.items() if name != "path"}))
    assert told[1] == told[0]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00\xff" * 100, b'{"log_history": 3}'])
def test_standard_input_without_a_log(
    content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["diagnose", "-"]) in {0, 2}
    shown = capsys.readouterr()
    assert "standard input" in " ".join((shown.out + shown.err).split())
    assert "Traceback" not in shown.err


def test_settings_of_the_project_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")  # no path is long enough to be wrapped
    settings = tmp_path / "tuner.toml"
    settings.write_text("fail-on = 'error'\nignore = {R402 = 'given by the task'}\n", "utf-8")
    assert main(["diagnose", OVERFITS]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Switched off: R402 dev-set-too-small: given by the task" in shown
    assert main(["diagnose", OVERFITS, "--fail-on", "warning"]) == 1
    settings.write_text("fial-on = 'error'", "utf-8")
    assert main(["diagnose", OVERFITS]) == 2
    complaint = " ".join(capsys.readouterr().err.split())
    assert "tuner.toml" in complaint and "Did you mean `fail-on`?" in complaint


def test_the_fixes_end_the_report_as_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diagnose", OVERFITS, "--fix-command"])
    assert "load_best_model_at_end=True" in capsys.readouterr().out


def test_an_absent_metric_lists_those_that_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", OVERFITS, "--metric", "eval_f2"]) == 2
    complaint = " ".join(capsys.readouterr().err.split())
    assert "It logged accuracy, f1, precision, recall, loss." in complaint


def test_a_device_takes_the_report_as_it_comes(tmp_path: Path) -> None:
    assert main(["diagnose", OVERFITS, "--output", os.devnull]) == 1
    assert Path(os.devnull).is_char_device()


ALL_TERMS = (*TERMS, *DATA_TERMS)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: str(rule.name))
def test_every_rule_is_explained(rule: object, capsys: pytest.CaptureFixture[str]) -> None:
    name, identifier = getattr(rule, "name"), getattr(rule, "id")  # noqa: B009
    assert main(["explain", identifier.lower()]) == 0
    shown = capsys.readouterr().out
    assert name in shown
    for part in (identifier, "Why it matters", "What to change", "Source", "flagged:", "fine:"):
        assert part in shown


def test_rules_go_by_their_names_too(capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "R201"])
    by_identifier = capsys.readouterr().out
    assert main(["explain", "overfits-metric"]) == 0
    assert capsys.readouterr().out == by_identifier


@pytest.mark.parametrize("term", ALL_TERMS, ids=lambda term: str(term.name))
def test_every_term_is_explained(term: Term, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (term.name, *term.aliases):
        assert main(["explain", name]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(f"{term.name}\n")
        assert "Example:" in shown


@pytest.mark.parametrize(
    "name",
    [
        "f1",
        "precision",
        "recall",
        "accuracy",
        "loss",
        "learning-rate",
        "batch_size",
        "Epochs",
        "warmup",
        "lr",
    ],
)
def test_terms_that_everybody_asks_for(name: str) -> None:
    assert main(["explain", name]) == 0


def test_no_name_means_two_things() -> None:
    names = [name for term in ALL_TERMS for name in (term.name, *term.aliases)]
    names += [name for rule in all_rules() for name in (rule.id.lower(), rule.name)]
    assert len(names) == len(set(names))


def test_examples_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "R201"])
    shown = capsys.readouterr().out
    assert shown.count("★") == 2
    assert "after_best = 3: Evaluations that must follow" in shown
    for part in ("Evidence", "It looks at best score", "Fix: Keep the weights"):
        assert part in shown


def test_an_unknown_topic_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "overfits-metrics"]) == 2
    assert "Did you mean `overfits-metric`?" in " ".join(capsys.readouterr().err.split())


def test_the_catalogue_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{rule.id} {rule.name}" in listed for rule in all_rules())


def test_the_catalogue_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["id"] for entry in listed] == [rule.id for rule in all_rules()]
    for entry in listed:
        assert entry["title"] and entry["theme"]
    (overfits,) = [entry for entry in listed if entry["id"] == "R201"]
    assert overfits["thresholds"]["after_best"] == 3
    assert main(["rules", "--format", "yaml"]) == 2


def test_starts_light() -> None:
    program = (
        "import sys; from tuner.cli import main; "
        f"main(['diagnose', {HEALTHY!r}]); main(['rules']); main(['explain', 'R201']); "
        f"print('HEAVY', *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "HEAVY"


def test_starts_on_few_modules() -> None:
    """Each module costs a millisecond of a start; `diagnose_speed.py` measures the seconds."""
    program = (
        "import sys; from tuner.cli import main; "
        f"main(['diagnose', {HEALTHY!r}]); print(len(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout.splitlines()[-1]) < 600  # 480 when this was written; torch has 1,500


def test_a_thousand_files_of_a_run_are_no_burden(tmp_path: Path) -> None:
    state = (DATA / "trainer_state" / "healthy" / "trainer_state.json").read_text(encoding="utf-8")
    (tmp_path / "trainer_state.json").write_text(state, encoding="utf-8")
    for number in range(1000):
        (tmp_path / f"shard-{number}.bin").touch()
    start = time.process_time()
    assert main(["diagnose", str(tmp_path), "--format", "json"]) == 0
    assert time.process_time() - start < 10  # to open each of them as a log would take longer


def with_faulty_data(folder: Path) -> str:
    """Write data whose development split is the training split."""
    text = "Acme B-ORG\nrose O\nagain O\n. O\n\n" * 30
    for split in ("train", "dev"):
        (folder / f"{split}.txt").write_text(text, encoding="utf-8")
    return str(folder)


def test_data_is_judged_beside_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = with_faulty_data(tmp_path)
    assert main(["diagnose", OVERFITS, "--data", data]) == 1
    shown = capsys.readouterr().out
    assert "This run went wrong" in shown
    assert shown.index("Root cause: ERROR D401") < shown.index("R201 overfits-metric")
    assert "This is not the data of this run" in shown and "960 training samples" in shown
    main(["diagnose", OVERFITS, "--data", data, "--format", "json"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert (run["kind"], run["findings"][0]["id"]) == ("run", "D401")
    assert run["findings"][0]["file"].startswith(data)


def test_data_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", OVERFITS, "--data", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "holds no file named like a training split" in " ".join(
        shown.err.split()
    )


def test_examples_of_data_are_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "ragged-lines"])
    shown = capsys.readouterr().out
    assert "    train.txt\n      Acme B-ORG\n" in shown
    assert "At train.txt:2" in shown
