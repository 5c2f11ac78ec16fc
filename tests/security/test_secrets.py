"""Passwords and tokens are in no file of a study and in no output, whatever happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.subjects.run_history import RunEvent
from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.cli import main
from tuner.display.json_document import study_document, to_json
from tuner.errors import StudyError, TunerError, UsageError
from tuner.secrets_in_text import HIDDEN, values_without_secrets, without_secrets
from tuner.training.arguments import validate_settings
from tuner.trial import TrialOutcome, TrialState

SECRET = "tr0ub4dor-and-3"
TOKEN = "hf_" + "Ab1" * 11


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:{}@db:5432/x", "postgresql://me:***@db:5432/x"),
        ("mysql+pymysql://me:{}@db/x?charset=utf8", "mysql+pymysql://me:***@db/x?charset=utf8"),
        ("s3://AKIAIOSFODNN7EXAMPLE:{}@bucket/a", "s3://***:***@bucket/a"),
        ("https://:{}@host/", "https://:***@host/"),
        ("at postgresql://me:p@{}/x@db/y.", "at postgresql://me:***@db/y."),
        ("https://bucket/a?X-Amz-Signature={}&b=1", "https://bucket/a?X-Amz-Signature=***&b=1"),
        ("postgresql:///x?host=h&password={}", "postgresql:///x?host=h&password=***"),
        ('{{"storage": "redis://u:{}@h/0", "n": 1}}', '{{"storage": "redis://u:***@h/0", "n": 1}}'),
    ],
)
def test_urls_lose_their_secrets_and_nothing_else(text: str, shown: str) -> None:
    assert without_secrets(text.format(SECRET)) == shown.format()


def test_tokens_are_known_by_form_and_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert without_secrets(f"401 for {TOKEN}.") == f"401 for {HIDDEN}."
    for name in ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "WANDB_API_KEY"):
        monkeypatch.setenv(name, SECRET)
        assert without_secrets(f"{name} is {SECRET}!") == f"{name} is {HIDDEN}!"
        monkeypatch.delenv(name)
    monkeypatch.setenv("SHORT_TOKEN", "x")
    assert without_secrets("max_length of text") == "max_length of text"


@pytest.mark.parametrize(
    "text",
    [
        "A rate of 2e-5 and key=value pairs", "runs/study:1@2", "me@example.org wrote: 1://2",
        "https://huggingface.co/bert-base-cased", "sqlite:////runs/demo/study.db", "",
        "hf_short", "postgresql://me@db/x", "s3://bucket/prefix",
    ],
)  # fmt: skip
def test_other_text_stays(text: str) -> None:
    assert without_secrets(text) == text


@given(st.text(max_size=300))
def test_any_text_can_be_looked_through(text: str) -> None:
    assert without_secrets(without_secrets(text)) == without_secrets(text)


@pytest.mark.parametrize(
    "text", ["://" * 30_000, "a://b:" * 20_000, "?" * 100_000 + "=", "&key" * 30_000]
)
def test_hostile_text_comes_back(text: str) -> None:
    """A pattern that backtracks would not end before the test run is given up."""
    assert without_secrets(text)


def test_values_keep_their_shape() -> None:
    value = {"a": [1, None, True, 2.5, f"x://u:{SECRET}@h"], f"k://u:{SECRET}@h": {"b": ()}}
    assert values_without_secrets(value) == {
        "a": [1, None, True, 2.5, "x://u:***@h"],
        "k://u:***@h": {"b": []},
    }


def test_errors_hold_no_secret() -> None:
    error = StudyError(f"`postgresql://me:{SECRET}@db/x` is gone.", f"Try mysql://a:{SECRET}@b/c.")
    assert SECRET not in f"{error} {error.message} {error.hint} {error!r} {error.args}"
    assert "postgresql://me:***@db/x" in error.message


# A whole study


def storage(folder: Path) -> str:
    """A storage URL that holds a password and works: SQLite ignores what it does not know."""
    return f"sqlite:///file:{folder / 'trials.db'}?uri=true&password={SECRET}"


def files_with(secret: str, folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]


def test_a_study_keeps_the_password_of_its_storage_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    study = tmp_path / "demo"
    watcher = Watcher()
    spec = make_spec(trials=3, storage=storage(tmp_path))
    summary = search(study, spec, observer=watcher)
    again = search(study, spec)
    assert [row.score for row in again.rows] == [row.score for row in summary.rows]
    assert files_with(SECRET, tmp_path) == []
    assert files_with(TOKEN, tmp_path) == []
    shown = to_json(study_document(summary)) + " ".join(watcher.notes)
    for command in (
        ["show", study],
        ["export", study],
        ["diagnose", study],
    ):
        main([str(word) for word in command])
    captured = capsys.readouterr()
    assert SECRET not in shown + captured.out + captured.err
    assert json.loads((study / "study.json").read_text())["spec"]["options"]["storage"].endswith(
        "***"
    )


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://me:{SECRET}@127.0.0.1:9/x",
        f"postgresql://me:{SECRET}@127.0.0.1:9/x?sslmode=disable",
        f"mysql+pymysql://me:{SECRET}@127.0.0.1:9/x",
        f"nonsense://me:{SECRET}@host/x",
        f"postgresql://me:{SECRET}@[broken/x",
        f"sqlite:///file:/nowhere/x.db?uri=true&password={SECRET}",
    ],
)
def test_errors_of_the_storage_hide_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    with pytest.raises(TunerError) as caught:
        search(tmp_path / "demo", make_spec(trials=1, storage=url))
    assert SECRET not in str(caught.value)
    assert files_with(SECRET, tmp_path) == []
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err


def test_a_failed_training_keeps_no_secret(tmp_path: Path) -> None:
    """What a library says when it fails is kept as the reason of a failed trial."""
    told = f"ValueError: no access to s3://KEY:{SECRET}@bucket with {TOKEN}"
    event = RunEvent(kind="error", message=told, details={"place": told})
    failed = TrialOutcome(state=TrialState.FAILED, reason=told, events=(event,))
    watcher = Watcher()
    study = tmp_path / "demo"
    summary = search(study, make_spec(trials=2), lambda spec: [0.5, failed], observer=watcher)
    assert summary.status == "no-result"
    shown = f"{summary}{watcher.notes}{watcher.snapshots}"
    assert "no access to s3://KEY:***@bucket with ***" in shown
    for secret in (SECRET, TOKEN):
        assert secret not in shown
        assert files_with(secret, tmp_path) == []


@pytest.mark.parametrize("name", ["hub_token", "push_to_hub_token", "wandb_api_key", "my_password"])
def test_settings_take_no_secret(name: str) -> None:
    with pytest.raises(UsageError, match="write a secret") as caught:
        validate_settings({name: SECRET})
    assert SECRET not in str(caught.value)


def test_the_debug_traceback_holds_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    assert main(["--debug", f"postgresql://me:{SECRET}@db/x"]) == 2
    captured = capsys.readouterr()
    assert "Traceback" in captured.err
    assert SECRET not in captured.out + captured.err
