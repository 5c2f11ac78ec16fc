"""Storages on a server: many who ask at once, servers that are away, URLs that cannot be right."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tuner.search.postgresql import PASSWORD, PostgresServer, server_or_skip
from tests.tuner.search.studies import FakeClock, make_spec, search
from tuner.errors import StudyError, UsageError
from tuner.search.shared.bridge import SharedBridge
from tuner.search.shared.log import Pulse
from tuner.search.shared.opening import open_shared
from tuner.search.shared.patience import Patience, SharingTimes
from tuner.search.shared.silence import Silence
from tuner.search.shared.study import this_process
from tuner.search.shared.url import check_storage, is_shared, shown_url
from tuner.space import Choice, SearchSpace


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with server_or_skip() as running:
        yield running


def test_never_more_trials_than_asked_for_whoever_asks_at_once(
    tmp_path: Path, server: PostgresServer
) -> None:
    """16 processes, here threads, draw 20 trials out of a space of 24 settings at once."""
    url = server.create_database("many")
    space = SearchSpace(
        parameters={
            "batch_size": Choice(values=(4, 8, 16, 32)),
            "epochs": Choice(values=(2, 3, 4, 5, 6, 7)),
        },
        reasons={},
    )
    spec = make_spec(trials=20, space=space)
    asked: list[tuple[int, object]] = []
    start = threading.Barrier(16)

    def take_part(number: int) -> None:
        process = this_process(tmp_path / str(number), 20)
        with open_shared(url, "demo", process, SharingTimes()) as opened:
            bridge = SharedBridge(spec, opened.shared, opened.mirror, opened.patience)
            start.wait(timeout=120)
            opened.shared.join()
            while (found := bridge.ask(20)) is not None:
                asked.append((found.number, found.spec))
            opened.shared.leave()

    threads = [threading.Thread(target=take_part, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in asked) == list(range(20))
    assert set(Counter(str(spec) for _, spec in asked).values()) == {1}


def test_bad_storages_say_what_was_tried_and_make_nothing(
    tmp_path: Path, server: PostgresServer
) -> None:
    closed = server.url().replace(str(server.port), "1")
    cases = {
        closed: ("port 1", "pg_isready -h 127.0.0.1 -p 1"),
        server.url(password="wr@ng-secret"): ("refuses the password", "PGPASSWORD"),
        server.url("nowhere"): ("`nowhere`", "createdb"),
        "mysql://u:wrong-secret@127.0.0.1:1/x": ("port 1", "mysqladmin ping"),
        "mysql://u:wr@ng-secret@127.0.0.1:1/x": ("must be a URL", "%40"),
        "postgresql://u:wr@ng-secret@[x/y": ("must be a URL", "%40"),
        "postgresql+nodriver://u:wrong-secret@h/x": ("is not installed", "tuner-hpo[postgresql]"),
        "grpc://nowhere": ("grpc://HOST:PORT", "run_grpc_proxy_server"),
    }
    for url, (message, hint) in cases.items():
        with pytest.raises(UsageError) as caught:
            search(tmp_path / "study", make_spec(storage=url))
        assert message in str(caught.value)
        assert hint in caught.value.hint
        told = f"{caught.value} {caught.value.hint}"
        assert "secret" not in told
        assert PASSWORD not in told
        assert not (tmp_path / "study").exists()


def test_a_folder_of_another_storage_is_refused(tmp_path: Path, server: PostgresServer) -> None:
    search(tmp_path, make_spec(trials=1))
    with pytest.raises(StudyError, match="not the one in the storage"):
        search(tmp_path, make_spec(trials=1, storage=server.create_database("other")))


def test_the_answer_is_remembered_and_needs_no_database(
    tmp_path: Path, server: PostgresServer
) -> None:
    url = server.create_database("remembered")
    first = search(tmp_path, make_spec(trials=1, storage=url))
    server.stop()
    try:
        again = search(tmp_path, make_spec(trials=1, storage=url))
    finally:
        server.start()
    assert again.winner == first.winner


def test_what_is_shared_and_how_it_is_shown() -> None:
    assert is_shared("postgresql+psycopg://h/x")
    assert is_shared("mysql://h/x")
    assert is_shared("grpc://h:1")
    assert not is_shared("sqlite:///x.db")
    assert not is_shared(None)
    assert shown_url("postgresql://u:secret@h:1/x") == "postgresql://u:***@h:1/x"
    assert shown_url("postgresql://u@h/x?password=secret") == "postgresql://u@h/x?password=***"
    malformed = ("postgresql://u:secret@[h/x", "postgresql://u:a/b@secret@h/x", "u:secret@h/x")
    for url in (*malformed, "postgresql:/u:secret@h/x", "host=h password=secret dbname=x"):
        assert "secret" not in shown_url(url)
        assert "h" in shown_url(url)


def test_a_storage_that_no_library_opens_is_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    cases = {
        "postgersql://u:my-secret@h/x": ("no kind of storage `postgersql`", "postgresql://"),
        "db.example.org": ("must be a URL", "postgresql://"),
        f"sqlite:///{tmp_path}/none/x.db": ("does not exist", "Make it"),
        "postgresql+nodriver://u:my-secret@h/x": ("not installed", "without `+nodriver`"),
    }
    for url, (message, hint) in cases.items():
        with pytest.raises(UsageError) as caught:
            check_storage(url)
        assert message in str(caught.value)
        assert hint in caught.value.hint
        assert "secret" not in f"{caught.value} {caught.value.hint}"
    check_storage(None)
    check_storage(f"sqlite:///{tmp_path}/x.db")
    assert not list(tmp_path.iterdir())


def test_patience_tries_again_until_it_ends() -> None:
    clock, notes = FakeClock(), list[str]()
    failures = iter([OSError(), OSError()])

    def operation() -> str:
        if (failure := next(failures, None)) is not None:
            raise failure
        return "done"

    def away(error: Exception) -> bool:
        return isinstance(error, OSError)

    patience = Patience(60, away, notes.append, clock=clock, sleep=clock.advance)
    assert patience(operation) == "done"
    assert len(notes) == 2

    def down() -> None:
        raise OSError

    began = clock.now
    with pytest.raises(StudyError, match="did not answer for 60 seconds") as caught:
        patience(down)
    assert "same command again" in caught.value.hint
    assert 59.9 < clock.now - began < 66
    with pytest.raises(KeyError):
        patience(lambda: dict[str, str]()["x"])


def test_silence_counts_only_while_a_sign_could_have_been_seen() -> None:
    silence = Silence(60.0)
    silence.note({"a": Pulse(beats=1, elapsed=0), "b": Pulse(beats=1, elapsed=0)}, 0.0)
    silence.note({"a": Pulse(beats=1, elapsed=0), "b": Pulse(beats=2, elapsed=0)}, 50.0)
    assert (silence.of("a"), silence.of("b"), silence.of("unknown")) == (50.0, 0.0, 0.0)
    silence.note({"a": Pulse(beats=1, elapsed=0)}, 10_000.0)  # the database was away
    assert silence.of("a") == 110.0


def test_times_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SharingTimes.from_environment() == SharingTimes()
    monkeypatch.setenv("TUNER_HEARTBEAT_SECONDS", "2")
    assert SharingTimes.from_environment().grace == 4
    monkeypatch.setenv("TUNER_GRACE_SECONDS", "1")
    with pytest.raises(UsageError, match="must hold"):
        SharingTimes.from_environment()
    monkeypatch.setenv("TUNER_GRACE_SECONDS", "soon")
    with pytest.raises(UsageError, match="positive number"):
        SharingTimes.from_environment()
