"""A study as its folder tells it: read without torch, Optuna or the data.

This is what `tuner show`, `tuner export` and `tuner.load_study` are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuner.errors import StudyError
from tuner.search.budget import StudyClock
from tuner.search.conclusion import audit_of, read_summary
from tuner.search.documents import read_json
from tuner.search.folder import StudyFolder
from tuner.search.ledger import Ledger
from tuner.search.run_record import RunRecord
from tuner.study import StudySpec
from tuner.study_view import PrunerAudit, StudySnapshot, StudySummary, TrialRow
from tuner.trial import TrialState

__all__ = ["StudyListing", "StudyRecord", "list_studies", "load_study"]

RUNS = Path("runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """A study and all its trainings.

    Attributes:
        name: Name of the study.
        directory: Its folder.
        spec: What was searched, on which data and model, with which budget.
        created: When it began, ISO 8601, UTC.
        versions: Library versions at its last start.
        runs: All trainings, the re-runs of contenders included.
        summary: Its summary, written at the end and at each interruption; None before.
        is_running: Whether a process works on it right now.
        elapsed: Seconds spent on it.
    """

    name: str
    directory: Path
    spec: StudySpec
    created: str
    versions: Mapping[str, str]
    runs: tuple[RunRecord, ...]
    summary: StudySummary | None
    is_running: bool
    elapsed: float

    @property
    def rows(self) -> tuple[TrialRow, ...]:
        """The table of trainings."""
        return Ledger(self.runs).rows()

    @property
    def audit(self) -> PrunerAudit:
        """The pruner's account so far."""
        return audit_of(Ledger(self.runs))

    @property
    def best(self) -> RunRecord | None:
        """The training that leads, or None when none was finished."""
        return Ledger(self.runs).leading()

    def snapshot(self) -> StudySnapshot:
        """Return how the study stands, in the form that displays take."""
        ledger = Ledger(self.runs)
        leading = ledger.leading()
        return StudySnapshot(
            name=self.name,
            phase="search" if self.summary is None else "finish",
            trials=self.spec.options.trials,
            finished=ledger.ended,
            rows=ledger.rows(),
            best_key=None if leading is None else leading.key,
            elapsed=self.elapsed,
            remaining=None,
            epochs_saved=ledger.epochs_saved,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyListing:
    """A study in a list: what can be told without reading its trainings.

    Attributes:
        name: Name of the study.
        directory: Its folder.
        model: Model as the user named it.
        data: Data as the user named it.
        created: When it began, ISO 8601, UTC.
        trials: Trials asked for.
        ended: Trials that ended, in any way.
        status: `running`, `finished`, `interrupted` or `no-result`; `unreadable` for a folder whose
            description cannot be read.
        score: Mean development F1 of the winner, or None.
    """

    name: str
    directory: Path
    model: str
    data: str
    created: str
    trials: int
    ended: int
    status: str
    score: float | None


def load_study(study: str | Path, runs: str | Path = RUNS) -> StudyRecord:
    """Read a study from its folder.

    Args:
        study: Its folder, or its name in `runs`.
        runs: Where studies are kept.

    Returns:
        The study with all its trainings. Those that were cut off are INTERRUPTED, unless a process
        works on the study.

    Raises:
        StudyError: When there is no such study or it cannot be read.
    """
    folder = StudyFolder(_find(study, Path(runs)))
    found = folder.read_description()
    if found is None:
        raise StudyError(
            f"`{folder.path}` holds no study: there is no {folder.description.name}.",
            "`tuner show` lists the studies there are.",
        )
    spec, description = found
    is_running = folder.is_locked
    return StudyRecord(
        name=spec.name,
        directory=folder.path,
        spec=spec,
        created=str(description.get("created", "")),
        versions=description.get("versions", {}),
        runs=tuple(_settled(run, is_running=is_running) for run in folder.runs()),
        summary=read_summary(folder),
        is_running=is_running,
        elapsed=StudyClock(folder.clock, lambda: 0.0).elapsed,
    )


def list_studies(runs: str | Path = RUNS) -> tuple[StudyListing, ...]:
    """Return the studies in a folder, the newest first."""
    listings = list(_listings(Path(runs)))
    return tuple(sorted(listings, key=lambda listing: listing.created, reverse=True))


def _find(study: str | Path, runs: Path) -> Path:
    """Return the folder meant: a path that is a study, or a name in `runs`."""
    direct = Path(study)
    if StudyFolder(direct).description.is_file():
        return direct
    named = runs / direct
    if named.is_dir():
        return named
    known = [listing.name for listing in list_studies(runs)]
    there_are = f"Studies in `{runs}`: {', '.join(known)}." if known else f"`{runs}` has none yet."
    raise StudyError(f"There is no study `{study}`.", there_are)


def _listings(runs: Path) -> Iterator[StudyListing]:
    if not runs.is_dir():
        return
    for path in sorted(runs.iterdir()):
        folder = StudyFolder(path)
        if folder.description.is_file():
            yield _listing(folder)


def _listing(folder: StudyFolder) -> StudyListing:
    try:
        description = read_json(folder.description)
        summary = read_json(folder.summary) or {}
        spec = description["spec"]
        winner = summary.get("winner") or {}
        return StudyListing(
            name=description["name"],
            directory=folder.path,
            model=spec["model"]["name"],
            data=spec["data_source"],
            created=description["created"],
            trials=spec["options"]["trials"],
            ended=sum(1 for path in (folder.path / "trials").glob("*/result.json") if _ended(path)),
            status="running" if folder.is_locked else summary.get("status", "interrupted"),
            score=winner.get("mean"),
        )
    except (StudyError, KeyError, TypeError, AttributeError):
        return _unreadable(folder)


def _ended(result: Path) -> bool:
    return bool(read_json(result).get("state") != TrialState.INTERRUPTED.value)


def _unreadable(folder: StudyFolder) -> StudyListing:
    unknown: dict[str, Any] = {"model": "", "data": "", "created": "", "score": None}
    return StudyListing(
        name=folder.path.name,
        directory=folder.path,
        trials=0,
        ended=0,
        status="unreadable",
        **unknown,
    )


def _settled(run: RunRecord, *, is_running: bool) -> RunRecord:
    if run.state is TrialState.RUNNING and not is_running:
        return replace(run, state=TrialState.INTERRUPTED)
    return run
