"""A shared study behind Optuna's gRPC proxy, which many processes use over few connections.

The proxy passes on Optuna's own operations and nothing else. So the log is a study of its own
beside the one that people look at: an entry is a trial of it that was ended before it was stored,
and its number, which Optuna gives once and in order, is its place. Signs of life are attributes of
that study.
"""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator, Mapping, Sequence

import optuna
from optuna.storages import BaseStorage, GrpcStorageProxy
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from tuner.errors import UsageError
from tuner.search.shared.log import Entry, Pulse
from tuner.search.shared.url import CONNECT_SECONDS, grpc_address, shown_url

__all__ = ["ProxyLog", "open_proxy"]

ENTRY, ALIVE = "tuner:entry", "tuner:alive:"


class ProxyLog:
    """A log in a study of Optuna.

    Args:
        storage: Optuna's storage.
        name: Name of the study whose log it is.
    """

    def __init__(self, storage: BaseStorage, name: str) -> None:
        self._storage = storage
        log = f"{name} (log of tuner)"
        with contextlib.suppress(optuna.exceptions.DuplicatedStudyError):
            storage.create_new_study([StudyDirection.MAXIMIZE], log)
        self._study = storage.get_study_id_from_name(log)

    def append(self, entry: Entry, after: int) -> Sequence[Entry]:
        """Append an entry; return all entries behind `after`, this included."""
        seen = self.read(after)
        if any(one.identity == entry.identity for one in seen):
            return seen  # an earlier try, whose answer was lost, has arrived
        body = {**dataclasses.asdict(entry), "body": dict(entry.body)}
        stored = create_trial(state=OptunaState.FAIL, user_attrs={ENTRY: body})
        self._storage.create_new_trial(self._study, stored)
        return self.read(after)

    def read(self, after: int) -> Sequence[Entry]:
        """Return all entries behind position `after`, in order."""
        trials = self._storage.get_all_trials(self._study, deepcopy=False)
        return tuple(_entries(trials[after:]))

    def beat(self, process: str, pulse: Pulse) -> None:
        """Note a sign of life."""
        values = [pulse.beats, pulse.elapsed]
        self._storage.set_study_user_attr(self._study, f"{ALIVE}{process}", values)

    def pulses(self) -> Mapping[str, Pulse]:
        """Return the latest sign of life of every process."""
        known = self._storage.get_study_user_attrs(self._study)
        return {
            name.removeprefix(ALIVE): Pulse(beats=int(values[0]), elapsed=float(values[1]))
            for name, values in known.items()
            if name.startswith(ALIVE)
        }


def open_proxy(url: str) -> GrpcStorageProxy:
    """Connect to a proxy.

    Raises:
        UsageError: It cannot be reached, or its driver is not installed.
    """
    host, port = grpc_address(url)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            storage = GrpcStorageProxy(host=host, port=port)
        storage.wait_server_ready(timeout=CONNECT_SECONDS)
    except ImportError:
        raise UsageError(
            f"What speaks with `{shown_url(url)}` is not installed.",
            "Install it: pip install grpcio protobuf",
        ) from None
    except ConnectionError:
        raise UsageError(
            f"The storage cannot be reached (gRPC proxy {host}, port {port}).",
            'Start it: python -c "import optuna; optuna.storages.run_grpc_proxy_server('
            "optuna.storages.RDBStorage('postgresql+psycopg://...'), host='0.0.0.0', "
            f'port={port})"',
        ) from None
    return storage


def _entries(trials: Sequence[FrozenTrial]) -> Iterator[Entry]:
    for trial in trials:
        yield Entry(**{**trial.user_attrs[ENTRY], "position": trial.number + 1})
