"""A database that others write too: no entry leads out of the study, crashes it or steers a screen.

Whoever may write to the database may end a study; he shall not do more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security.test_output import ESCAPE, HOSTILE
from tests.tuner.search.postgresql import PostgresServer, server_or_skip
from tests.tuner.search.studies import RECIPE, make_spec, rising, search
from tuner.cli import main
from tuner.display.choice import make_observer
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import StudyError
from tuner.search.folder import StudyFolder
from tuner.search.loop import run_search
from tuner.search.shared import study as shared_study
from tuner.search.shared.facts import StudyFacts
from tuner.search.shared.log import Entry
from tuner.search.shared.records import record_of, write_missing
from tuner.search.study_record import load_study
from tuner.values import to_plain

KINDS = (
    "study", "join", "leave", "release", "begin", "settle", "exhaust", "claim", "bury", "end",
    "deliver", "unknown",
)  # fmt: skip
PLACES = ("../../evil", "/etc", "0000", "0001", "0000-seed-43", "deliver-0000-1", "", "a\0b", "..")
SETTINGS = {"spec": to_plain(RECIPE), "role": "search", "origin": "sampler"}
RESULT = {"state": "finished", "reason": "", "reports": [], "events": [], "counts": "eJw="}
values = st.one_of(
    st.sampled_from(PLACES),
    st.sampled_from(["p1", "p2", "confirm", None, True, -1, 0, 1, 2, 10**30, 1e300, SETTINGS]),
    st.sampled_from([RESULT, {**SETTINGS, "role": "../x"}, {**RESULT, "state": 7}, [], {}]),
    st.lists(st.integers(), max_size=2),
)
NAMES = (
    "key", "number", "limit", "attempt", "dead", "home", "settings", "setting", "result", "task",
    "host", "machine", "folder", "test", "reads", "spec", "study_id", "created", "seen",
)  # fmt: skip
usual = {
    "key": "0000", "number": 0, "limit": 9, "attempt": 1, "dead": None, "home": 1, "host": "h",
    "machine": "m", "folder": "/f", "settings": SETTINGS, "setting": "{}", "result": RESULT,
    "task": "deliver-0000-1", "test": None, "reads": 0, "seen": 0,
}  # fmt: skip
bodies = st.dictionaries(st.sampled_from(NAMES), values, max_size=3).map(
    lambda changed: {**usual, **changed}
)
entries = st.builds(
    lambda author, kind, body, fewer: Entry(
        author=author,
        kind=kind,
        body={name: body[name] for name in body if name not in fewer},
    ),
    st.sampled_from(["p1", "p2", "../x"]),
    st.sampled_from(KINDS),
    st.one_of(
        bodies,
        bodies.map(lambda body: {name: body[name] for name in ("number", "limit")}),
        bodies.map(
            lambda body: {name: body[name] for name in ("host", "machine", "folder", "limit")}
        ),
    ),
    st.sets(st.sampled_from(NAMES), max_size=1),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(entries, max_size=12))
def test_no_entry_crashes_a_reader_or_leads_out_of_the_study(
    written: list[Entry],
) -> None:
    folder = StudyFolder(Path("/nowhere/demo"))
    facts = StudyFacts()
    numbered = [
        Entry(author=one.author, kind=one.kind, body=one.body, position=place)
        for place, one in enumerate(written, 1)
    ]
    facts.apply(numbered)
    for training in facts.trainings.values():
        try:
            run = record_of(training, folder)
        except StudyError:
            continue
        if run is not None:
            inside = Path(os.path.normpath(run.directory))
            assert inside.is_relative_to(folder.path) and inside != folder.path
            assert len(inside.relative_to(folder.path).parts) in (2, 3)


def test_counts_that_are_none_cost_an_interval_and_nothing_else(tmp_path: Path) -> None:
    import base64
    import zlib

    deep = base64.b64encode(zlib.compress(b"[" * 100_000)).decode()
    bomb = base64.b64encode(zlib.compress(b"0" * 200_000_000)).decode()
    facts = StudyFacts()
    body = {**usual, "settings": SETTINGS}
    facts.apply(
        [
            Entry(author="p1", kind="begin", body=body, position=1),
            Entry(author="p1", kind="settle", body=body, position=2),
        ]
    )
    for packed in ("????", "e", "eJw=", deep, bomb, 7):
        run = record_of(facts.trainings["0000"], StudyFolder(tmp_path / str(hash(packed))))
        assert run is not None
        run.directory.mkdir(parents=True)
        write_missing(run, {**RESULT, "counts": packed}, {})
        assert not (run.directory / "dev_counts.json").exists(), packed


# A whole study in a real database


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with server_or_skip() as running:
        yield running


def rewritten(url: str, change: Any) -> None:
    """Let a stranger change every entry of the log."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT position, kind, body FROM tuner_log").fetchall()
        for position, kind, body in rows:
            document = json.dumps(change(kind, json.loads(body)))
            connection.execute(
                "UPDATE tuner_log SET body = %s WHERE position = %s", (document, position)
            )


def poisoned(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Write hostile text wherever text may stand."""
    names = (name for name in ("host", "created", "machine") if name in body)
    texts: dict[str, Any] = dict.fromkeys(names, HOSTILE)
    if kind == "deliver":
        texts["folder"] = f"/nowhere/{HOSTILE}"
    if kind == "settle":
        texts["settings"] = {**body["settings"], "origin": HOSTILE}
    if kind == "end":
        event = {"kind": "out-of-memory", "message": HOSTILE, "epoch": 1.0}
        texts["result"] = {**body["result"], "reason": HOSTILE, "events": [event]}
    return {**body, **texts}


@pytest.mark.parametrize("terminal", [False, True])
def test_names_from_the_database_are_harmless(
    tmp_path: Path, server: PostgresServer, capsys: pytest.CaptureFixture[str], terminal: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    url = server.create_database(f"hostile{terminal:d}")
    search(tmp_path / "a", make_spec(trials=3, storage=url))
    rewritten(url, poisoned)
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    folder = tmp_path / "b"
    with make_observer("auto") as display:
        spec = make_spec(trials=4, storage=url)
        summary = run_search(spec, ScriptedEngine(rising), display, folder)
    assert summary.status == "finished"
    for words in (["show"], ["show", "--trial", "0"], ["watch", "--once"], ["export"]):
        assert main([words[0], str(folder), *words[1:]]) == 0
    for kind in ("terminal", "markdown", "json"):
        assert main(["diagnose", str(folder), "--format", kind]) in (0, 1)
    told = capsys.readouterr()
    text = told.out + told.err
    assert "owned" in text, "nothing of it was shown: the test looks at nothing"
    for sign in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\u202e"):
        assert sign not in text, f"{sign!r}"
    assert ESCAPE not in text
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def outcome(folder: Path, url: str) -> str:
    """Search, and return how it ended: the status, or the one message that says why not."""
    try:
        return search(folder, make_spec(trials=2, storage=url)).status
    except StudyError as error:
        known = ("not written by tuner", "cannot be read")
        return next((text for text in known if text in error.message), error.message)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("settle", {"settings": {**SETTINGS, "role": "../../evil"}}),
        ("settle", {"settings": {"spec": {"learning_rate": "x"}}}),
        ("end", {"result": {**RESULT, "reports": [{"scores": 3}]}}),
        ("join", {"folder": 7}),
        ("study", {"spec": {"name": "demo"}}),
        ("deliver", {"test": {"f1": []}, "folder": "/nowhere"}),
    ],
)
def test_damaged_entries_end_in_one_message_or_count_for_nothing(
    tmp_path: Path,
    server: PostgresServer,
    kind: str,
    change: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    url = server.create_database(f"damaged{abs(hash(request.node.name)):x}")
    search(tmp_path / "a", make_spec(trials=2, storage=url))
    before = sorted(tmp_path.rglob("*"))
    rewritten(url, lambda found, body: {**body, **change} if found == kind else body)
    told = outcome(tmp_path / "b" / "demo", url)
    assert told in ("finished", "not written by tuner", "cannot be read")
    new = set(tmp_path.rglob("*")) - set(before)
    assert all(path.is_relative_to(tmp_path / "b") for path in new)


def test_a_process_cannot_make_another_copy_files_of_others(
    tmp_path: Path, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training is taken over from a folder that the database names; its links stay behind."""
    url = server.create_database("copies")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "secret").write_text("precious")
    monkeypatch.setenv("TUNER_HEARTBEAT_SECONDS", "0.2")
    monkeypatch.setenv("TUNER_GRACE_SECONDS", "0.5")

    class Killed(BaseException):
        pass

    class Dying(ScriptedEngine):
        def next_message(self, timeout: float) -> Any:
            if self.epochs_trained >= 2:
                raise Killed
            return super().next_message(timeout)

    monkeypatch.setattr(shared_study.SharedStudy, "leave", lambda self: self._heartbeat.stop())
    with pytest.raises(Killed):
        search(tmp_path / "a", make_spec(trials=1, storage=url), engine=Dying(rising))
    monkeypatch.undo()
    monkeypatch.setenv("TUNER_HEARTBEAT_SECONDS", "0.2")
    monkeypatch.setenv("TUNER_GRACE_SECONDS", "0.5")
    run = tmp_path / "a" / "trials" / "0000"
    (run / "best").mkdir(exist_ok=True)
    (run / "best" / "stolen").symlink_to(precious / "secret")
    (run / "dev_counts.json").unlink(missing_ok=True)
    (run / "dev_counts.json").symlink_to(precious / "secret")
    summary = search(tmp_path / "b", make_spec(trials=1, storage=url))
    assert summary.status == "finished"
    copied = [path for path in (tmp_path / "b").rglob("*") if path.is_file()]
    assert copied
    assert not [path for path in copied if b"precious" in path.read_bytes()]
    assert not [path for path in (tmp_path / "b").rglob("*") if path.is_symlink()]
    assert (precious / "secret").read_text() == "precious"
    assert load_study(tmp_path / "b").runs
