"""A study of several real processes is replayed: from each folder, and from the database alone."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.tuner.search.postgresql import PASSWORD, PostgresServer
from tests.tuner.search.studies import make_spec, search
from tests.tuner.search.test_shared_processes import Forker, forker, server, url
from tuner.cli import main
from tuner.errors import StudyError, UsageError
from tuner.search.completion_order import OrderStep, read_order
from tuner.search.documents import write_lines
from tuner.search.replay import replay, replay_shared

pytestmark = pytest.mark.long

__all__ = ["forker", "server", "url"]  # fixtures


def asked_beside_others(steps: tuple[OrderStep, ...]) -> int:
    """Return how many settings were chosen while another trial ran."""
    running, found = 0, 0
    for step in steps:
        found += step.kind == "asked" and running > 0
        running += 1 if step.kind == "asked" else -1
    return found


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
def test_two_processes_are_replayed(
    tmp_path: Path, forker: Forker, url: str, sampler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Results are scripted; the order in which they came is not, and decides the suggestions."""
    trials = 30 if sampler == "tpe" else 8
    options: dict[str, Any] = {"sampler": sampler, "trials": trials, "confirm": 0}
    members = [forker.start(tmp_path / name, url, delay=0.05, **options) for name in "ab"]
    ends = [member.end() for member in members]
    assert [end.get("status") for end in ends] == ["finished"] * 2, ends
    orders = [read_order(tmp_path / name) for name in "ab"]
    assert orders[0] == orders[1]
    assert sum(step.kind == "asked" for step in orders[0]) == trials
    for again in (replay(tmp_path / "a"), replay(tmp_path / "b"), replay_shared("demo", url)):
        assert again.is_same, again
        assert again.asked == trials
    if sampler == "tpe":
        assert asked_beside_others(orders[0]), "the processes did not work side by side"
        assert main(["replay", "demo", "--storage", url]) == 0
        assert "30 suggestions asked for again: all came out the same." in capsys.readouterr().out


def test_processes_with_samplers_of_their_own_are_replayed(
    tmp_path: Path, forker: Forker, url: str
) -> None:
    wishes = {"a": ("tpe", 1), "b": ("random", 2)}
    members = [
        forker.start(tmp_path / name, url, trials=12, sampler=sampler, seed=seed, confirm=0)
        for name, (sampler, seed) in wishes.items()
    ]
    assert [member.end().get("status") for member in members] == ["finished"] * 2
    steps = [step for step in read_order(tmp_path / "a") if step.kind == "asked"]
    assert {(step.sampler, step.seed) for step in steps} == set(wishes.values())
    assert replay(tmp_path / "a").is_same
    assert replay_shared("demo", url).is_same


def test_killed_processes_are_replayed_from_the_database(
    tmp_path: Path, forker: Forker, url: str
) -> None:
    members = [forker.start(tmp_path / n, url, delay=0.05, sampler="tpe") for n in "ab"]
    for member in members:
        member.wait_for(lambda notes: sum("finished" in note for note in notes) >= 2)
        member.send(signal.SIGKILL)
    for member in members:
        member.end()
    again = replay_shared("demo", url)
    assert again.is_same
    assert again.asked >= 4
    with pytest.raises(StudyError, match="holds no order") as caught:
        replay(tmp_path / "a")
    assert "--storage" in caught.value.hint
    assert forker.start(tmp_path / "c", url, sampler="tpe").end().get("status") == "finished"
    assert replay(tmp_path / "c").is_same
    assert replay_shared("demo", url).asked == 12


def changed(url: str, sql: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(sql)


def test_what_differs_and_what_was_not_recorded_is_told(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    search(tmp_path / "demo", make_spec(trials=6, sampler="tpe", storage=url))
    order = tmp_path / "demo" / "order.jsonl"
    lines = [json.loads(line) for line in order.read_text().splitlines()]
    last = max(place for place, line in enumerate(lines) if "asked" in line)
    write_lines(order, [*lines[:last], {**lines[last], "seen": 5}, *lines[last + 1 :]])
    again = replay(tmp_path / "demo")
    assert not again.is_same, "what the sampler had seen does not matter"
    assert again.number == lines[last]["asked"]
    assert main(["replay", str(tmp_path / "demo")]) == 1
    assert "came out differently" in capsys.readouterr().out
    write_lines(order, [{"asked": 0}])
    with pytest.raises(StudyError, match="was not recorded"):
        replay(tmp_path / "demo")
    write_lines(order, [{"asked": 99, "seen": 0}, {"asked": 98, "seen": 1}])
    with pytest.raises(StudyError, match="what it tried is not known here"):
        replay(tmp_path / "demo")
    changed(url, "UPDATE tuner_log SET body = '{\"spec\": 1}' WHERE kind = 'study'")
    with pytest.raises(StudyError, match="not written by tuner"):
        replay_shared("demo", url)


def test_bad_usage(url: str, server: PostgresServer, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StudyError, match="holds no shared study `demo`"):
        replay_shared("demo", url)
    with pytest.raises(UsageError, match="database that processes share"):
        replay_shared("demo", "sqlite:///study.db")
    with pytest.raises(UsageError, match="does not exist"):
        replay_shared("demo", url + "-not-there")
    assert main(["replay", "demo", "--storage", url.replace(quote(PASSWORD), "wr0ng-w0rd")]) == 2
    told = capsys.readouterr()
    assert "refuses the password" in told.err
    assert "wr0ng-w0rd" not in told.out + told.err
    with psycopg.connect(url) as connection:
        made = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert made.fetchone() == (0,), "looking makes no tables"
