"""Which copies lie in the place for artifacts: the same as on disk, and nothing of losers.

```
URL/STUDY/0007/checkpoint   of a running trial, where another machine may take it up again
URL/STUDY/0007/best         of the leading trial
URL/STUDY/0007/record       settings, history and result of an ended trial
URL/STUDY/best              the delivered model, with its card
URL/STUDY/summary           the summary
```
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

from tuner.search.artifacts.manifest import identity_of
from tuner.search.artifacts.sending import Artifacts
from tuner.search.artifacts.url import open_store
from tuner.search.run_record import RunRecord
from tuner.study import StudySpec

__all__ = ["CopiesElsewhere", "open_copies"]

MODEL, CHECKPOINT, RECORD, SUMMARY = "best", "checkpoint", "record", "summary"
OUTGOING = "outgoing"
LARGEST_RECORD_FILE = 16 * 2**20
LAST_SECONDS = 600.0
"""How long the end of a study waits for what is still to be sent."""


def open_copies(
    spec: StudySpec, folder: Path, warn: Callable[[str], object], *, resumable: bool
) -> CopiesElsewhere | None:
    """Open the place that the study's options name; None where they name none.

    Args:
        spec: The study.
        folder: Its folder.
        warn: Told about each artifact that could not be sent or fetched.
        resumable: Whether another machine may take up trials of this one, so that checkpoints are
            worth sending.

    Raises:
        UsageError: Nothing can be kept there.
    """
    url = spec.options.artifacts
    if url is None:
        return None
    artifacts = Artifacts(open_store(url, spec.name), folder / OUTGOING, warn)
    return CopiesElsewhere(spec, artifacts, warn, resumable=resumable)


class CopiesElsewhere:
    """Keeps copies of checkpoints, models and results in another place.

    Args:
        spec: The study.
        artifacts: Sends and fetches.
        warn: Told when something could not be sent.
        resumable: Whether checkpoints are worth sending.
    """

    def __init__(
        self,
        spec: StudySpec,
        artifacts: Artifacts,
        warn: Callable[[str], object],
        *,
        resumable: bool,
    ) -> None:
        self._spec = spec
        self._artifacts = artifacts
        self._warn = warn
        self._resumable = resumable
        self._trained: set[str] = set()
        self._models: set[str] = set()

    def keep_checkpoint(self, run: RunRecord) -> None:
        """Send the newest checkpoint of a training, if it has a new one."""
        self._trained.add(run.key)
        if self._resumable:
            self._keep(run, CHECKPOINT)

    def fetch_checkpoint(self, run: RunRecord) -> bool:
        """Fetch the checkpoint of a training; False when there is none."""
        return self._fetch(run, f"{run.key}/{CHECKPOINT}", CHECKPOINT)

    def fetch_model(self, run: RunRecord) -> bool:
        """Fetch the model of a training, delivered or not; False when it is nowhere."""
        return self._fetch(run, f"{run.key}/{MODEL}", MODEL) or self._fetch(run, MODEL, MODEL)

    def tidy(self, ended: Iterable[RunRecord], kept: str | None) -> None:
        """Delete checkpoints of ended trainings and models of losers; send what came instead."""
        for run in ended:
            is_fresh = run.key in self._trained and self._resumable
            self._artifacts.drop(f"{run.key}/{CHECKPOINT}", unseen=is_fresh)
            if run.key == kept:
                self._models.add(run.key)
                self._keep(run, MODEL)
            else:
                self._artifacts.drop(f"{run.key}/{MODEL}")
            if run.key in self._trained:
                self._trained.discard(run.key)
                self._keep_record(run)

    def finish(self, best: Path | None, owner: RunRecord | None, summary: Path | None) -> None:
        """Send the delivered model and the summary, and wait until everything is sent.

        Args:
            best: The model; None where none was delivered, or another process did it.
            owner: The training that it belongs to.
            summary: The file; None where another process sends it. Of several processes one sends
                the model, and one the summary: two that send the same at once would delete each
                other's files.
        """
        if best is not None and owner is not None:
            self._artifacts.keep(MODEL, _files(best), best, self._identity(owner))
            for key in (owner.key, *self._models):  # one trained anew goes by another key
                self._artifacts.drop(f"{key}/{MODEL}")
        if summary is not None and summary.is_file():
            self._artifacts.keep(SUMMARY, [summary], summary.parent, identity_of(self._spec.name))
        if not self._artifacts.flush(LAST_SECONDS):
            self._warn("Not all models could be sent to the place for artifacts in time.")

    def close(self) -> None:
        """Stop sending."""
        self._artifacts.close()

    def _keep(self, run: RunRecord, part: str) -> None:
        folder = run.directory / part
        self._artifacts.keep(f"{run.key}/{part}", _files(folder), folder, self._identity(run))

    def _keep_record(self, run: RunRecord) -> None:
        with contextlib.suppress(FileNotFoundError):
            small = [
                path
                for path in run.directory.iterdir()
                if path.is_file() and path.stat().st_size <= LARGEST_RECORD_FILE
            ]
            name = f"{run.key}/{RECORD}"
            self._artifacts.keep(name, small, run.directory, self._identity(run))

    def _fetch(self, run: RunRecord, name: str, part: str) -> bool:
        return self._artifacts.fetch(name, run.directory / part, self._identity(run))

    def _identity(self, run: RunRecord) -> str:
        spec = self._spec
        return identity_of(spec.data_fingerprint, spec.model.fingerprint, spec.training, run.spec)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
