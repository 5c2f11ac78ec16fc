"""The folder of a study: its places, its description, and who works on it.

One process works on a study whose trials are in the folder itself, and locks it for itself alone.
Processes that share a study through a database server may also share its folder: they hold that
lock together, each holds a file of its own in `processes/`, and each writes trainings of its own.
A training that was taken over from a process that may come back gets a folder under `attempts/`, so
that two processes never write the same files.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import platform
import re
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from tuner.errors import StudyError, UsageError
from tuner.search import locks
from tuner.search.documents import guard_writing, read_json, write_json
from tuner.search.record import read_run
from tuner.search.run_record import RunRecord
from tuner.study import StudySpec, spec_from_json, spec_to_json

__all__ = ["StudyFolder", "default_environment", "fresh_name"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
VERSIONED = ("tuner-hpo", "torch", "transformers", "optuna", "datasets", "accelerate", "numpy")


class StudyFolder:
    """Names every file of a study's folder.

    Args:
        path: The folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.description = path / "study.json"
        self.summary = path / "summary.json"
        self.clock = path / "clock.json"
        self.test_scores = path / "test.json"
        self.best = path / "best"

    @property
    def storage_url(self) -> str:
        """Where Optuna keeps the trials when the user named no other place."""
        return f"sqlite:///{(self.path / 'study.db').resolve()}"

    def trial_directory(self, key: str) -> Path:
        """Return the folder of a trial."""
        return self.path / "trials" / key

    def confirm_directory(self, key: str) -> Path:
        """Return the folder of a contender's re-run."""
        return self.path / "confirm" / key

    def attempt_directory(self, key: str, attempt: int) -> Path:
        """Return the folder of a training that was taken over from another process."""
        return self.path / "attempts" / str(attempt) / key

    def create(self) -> None:
        """Make the folder where it is missing.

        Raises:
            StudyError: When it cannot be made or written.
        """
        with guard_writing(self.path):
            for part in ("trials", "confirm"):
                (self.path / part).mkdir(parents=True, exist_ok=True)

    def read_description(self) -> tuple[StudySpec, dict[str, Any]] | None:
        """Return the study's specification and the whole description; None for a new study.

        Raises:
            StudyError: When the description cannot be read.
        """
        data = read_json(self.description)
        if data is None:
            return None
        if not isinstance(data, dict) or not isinstance(data.get("spec"), dict):
            raise StudyError(
                f"`{self.description}` describes no study.", "Start another with --new."
            )
        return spec_from_json(data["spec"]), data

    def write_description(self, spec: StudySpec, earlier: dict[str, Any] | None) -> str:
        """Write the description; return the identity of the study, which stays."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        kept = earlier or {"study_id": uuid.uuid4().hex, "created": now}
        data = {
            "study_id": kept["study_id"],
            "created": kept["created"],
            "name": spec.name,
            "versions": default_environment()["versions"],
            "spec": spec_to_json(spec),
        }
        if {**data, "versions": kept.get("versions")} != earlier:
            write_json(self.description, data)
        return str(kept["study_id"])

    def runs(self) -> list[RunRecord]:
        """Return all trainings begun so far: trials by number, then the re-runs.

        A training that was taken over comes once for each folder it has, the latest one last.

        Raises:
            StudyError: When one of them cannot be read.
        """
        folders = [*_folders(self.path / "trials"), *_folders(self.path / "confirm")]
        for attempt in sorted(_folders(self.path / "attempts"), key=lambda path: len(path.name)):
            folders += _folders(attempt)
        return [run for folder in folders if (run := read_run(folder)) is not None]

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Keep other processes from working on the study; StudyError when another one does."""
        return locks.alone(self.path)

    def shared_lock(self, process: str) -> contextlib.AbstractContextManager[None]:
        """Work on the study beside others; StudyError when a process works on it alone."""
        return locks.beside_others(self.path, process)

    def in_turn(self) -> contextlib.AbstractContextManager[None]:
        """Write what several processes write, one after the other; wait for one's turn."""
        return locks.in_turn(self.path)

    @property
    def is_locked(self) -> bool:
        """Whether a process works on the study right now."""
        return locks.is_held(self.path)


def default_environment() -> dict[str, Any]:
    """Return the versions of Python and of the libraries that decide a result."""
    versions = {"python": platform.python_version()}
    for name in VERSIONED:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return {"platform": platform.platform(), "versions": versions}


def fresh_name(runs: Path, name: str) -> str:
    """Return `name`, or `name-2`, `name-3`, ... : the first that no study in `runs` has.

    Raises:
        UsageError: When `name` cannot be a folder's name.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"A study's name must be letters, digits, `.`, `_` and `-`, but got `{name}`."
        )
    candidates = (name, *(f"{name}-{number}" for number in range(2, 10_000)))
    return next(candidate for candidate in candidates if not (runs / candidate).exists())


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir())
