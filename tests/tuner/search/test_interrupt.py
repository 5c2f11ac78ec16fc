"""The first signal asks, the second stops, and afterwards the handlers are as before."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.tuner.search.studies import make_spec, rising, search
from tuner.engines.scripted import ScriptedEngine
from tuner.search.interrupt import StopRequest
from tuner.trial import TrialState


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopRequest() as stop:
        requested = [stop.requested]
        os.kill(os.getpid(), number)
        requested.append(stop.requested)
        assert requested == [False, True]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("signals", "epochs"), [(1, 5), (2, 4)])
def test_one_signal_finishes_the_epoch_and_two_do_not(
    tmp_path: Path, signals: int, epochs: int
) -> None:
    """The recipe takes four epochs; the signals come in the middle of the fifth."""
    trained = 0

    def sleep(seconds: float) -> None:
        nonlocal trained
        trained += 1
        for _ in range(signals if trained == 5 else 0):
            os.kill(os.getpid(), signal.SIGINT)

    spec = make_spec(trials=3)
    with StopRequest() as stop:
        summary = search(tmp_path, spec, engine=ScriptedEngine(rising, sleep=sleep), stop=stop)
    assert summary.status == "interrupted"
    assert sum(row.epoch for row in summary.rows) == epochs
    assert summary.rows[1].state is TrialState.INTERRUPTED
    assert search(tmp_path, spec).status == "finished"


def test_without_signals_in_another_thread() -> None:
    seen: list[bool] = []

    def work() -> None:
        with StopRequest() as stop:
            stop.request()
            seen.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]
