"""A search from its first trial to the delivered model: search, confirm, deliver, summarise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.engine import Engine
from tuner.errors import StudyError, TunerError
from tuner.search.budget import StudyClock
from tuner.search.conclusion import read_summary, summarise
from tuner.search.confirm_phase import ConfirmSource
from tuner.search.copies import ModelCopies
from tuner.search.delivery import ensure_model, publish, read_test_split
from tuner.search.documents import write_json
from tuner.search.driver import StopCause, drive
from tuner.search.folder import StudyFolder, default_environment
from tuner.search.interrupt import StopRequest
from tuner.search.ledger import Ledger
from tuner.search.search_phase import SearchSource, reconcile
from tuner.search.session import Session
from tuner.search.shared.url import is_shared, shown_url
from tuner.secrets_in_text import values_without_secrets
from tuner.study import SearchOptions, StudySpec
from tuner.study_differences import differences
from tuner.study_view import StudyObserver, StudySummary
from tuner.values import from_plain, to_plain

if TYPE_CHECKING:
    from tuner.search.optuna_bridge import OptunaBridge

__all__ = ["refuse_another_study", "run_search"]

STOPPED = "stopped at once"


def run_search(
    spec: StudySpec,
    engine: Engine,
    observer: StudyObserver,
    directory: Path,
    *,
    stop: StopRequest | None = None,
    clock: Callable[[], float] = time.monotonic,
    on_finish: Callable[[StudySummary], None] | None = None,
    environment: Mapping[str, Any] | None = None,
) -> StudySummary:
    """Search until the asked number of trials has ended, then confirm and deliver the winner.

    A study that is in the folder already goes on: trials that were cut off are taken up again,
    finished ones stay. One that has given its answer returns it at once.

    Args:
        spec: The study.
        engine: Where trainings run; closed here only when the search fails or is stopped at once.
        observer: Told what happens; its `plan` is the caller's to call.
        directory: Folder of the study.
        stop: Asks the search to stop after the running epoch; entering it, to take signals, is
            the caller's part.
        clock: Seconds on a clock that never goes back.
        on_finish: Called with the summary once the model is in its place; writes the model card.
        environment: What `environment.json` says; the versions of the libraries by default.

    Returns:
        The summary, which is also in `summary.json`.

    Raises:
        StudyError: The folder cannot be written, another process works on it, or it holds a study
            with other data, model, space or recipe. Nothing finished is lost.
    """
    folder, url = StudyFolder(Path(directory)), spec.options.storage
    session = _session(spec, engine, observer, folder)
    session.stop = stop or session.stop
    session.environment = environment or session.environment
    together = is_shared(url)
    with session.copies.kept_elsewhere(spec, session.warnings.append, resumable=together):
        if together and url is not None:
            return _search_together(session, url, on_finish, clock)
        return _search_alone(session, on_finish, clock)


def _search_alone(
    session: Session,
    on_finish: Callable[[StudySummary], None] | None,
    clock: Callable[[], float],
) -> StudySummary:
    folder, observer = session.folder, session.observer
    folder.create()
    with folder.lock():
        session.spec, study_id = _describe(folder, session.spec)
        if (remembered := _remembered(folder, session.spec)) is not None:
            observer.finish(remembered)
            return remembered
        _read_ledger(session)
        session.clock = StudyClock(folder.clock, clock)
        with _bridge(session, study_id) as bridge:
            return _work(session, bridge, on_finish)


def _search_together(
    session: Session,
    url: str,
    on_finish: Callable[[StudySummary], None] | None,
    clock: Callable[[], float],
) -> StudySummary:
    """Search together with other processes; the storage's password stays out of all files."""
    from tuner.search.shared.loop import run_shared

    hidden = replace(session.spec.options, storage=shown_url(url))
    session.spec = replace(session.spec, options=hidden)
    found = session.folder.read_description()
    if found is not None:
        refuse_another_study(found[0], session.spec)
        if (remembered := _remembered(session.folder, session.spec)) is not None:
            session.observer.finish(remembered)
            return remembered
    return run_shared(session, url, on_finish, clock)


def _session(
    spec: StudySpec, engine: Engine, observer: StudyObserver, folder: StudyFolder
) -> Session:
    ledger = Ledger()
    return Session(
        spec=spec,
        engine=engine,
        observer=observer,
        folder=folder,
        ledger=ledger,
        copies=ModelCopies(folder, ledger),
        clock=StudyClock(folder.clock, time.monotonic),
        stop=StopRequest(),
        environment=default_environment(),
    )


def _read_ledger(session: Session) -> None:
    """Enter what earlier sessions left in the folder."""
    for run in session.folder.runs():
        session.ledger.put(run)
    session.ledger.interrupt_running("cut off by a crash")


def _work(
    session: Session, bridge: OptunaBridge, on_finish: Callable[[StudySummary], None] | None
) -> StudySummary:
    try:
        cause = _train(session, bridge)
    except KeyboardInterrupt:
        session.engine.close()
        session.ledger.interrupt_running(STOPPED)
        cause = StopCause.USER
    except BaseException:
        session.engine.close()
        raise
    summary = _conclude(session, bridge, cause)
    if on_finish is not None:
        on_finish(summary)
    session.clock.save()
    write_json(session.folder.summary, summary)
    session.copies.finish(summary.best_directory)
    session.observer.finish(summary)
    return summary


def _train(session: Session, bridge: OptunaBridge) -> StopCause:
    """Run the search, the confirmation and, if need be, the winner's training once more."""
    left_running = reconcile(session, bridge, session.warnings.append)
    session.copies.take_back()
    session.copies.tidy()
    searched = drive(session, SearchSource(session, bridge, left_running))
    if searched is StopCause.USER:
        return searched
    confirmed = drive(session, ConfirmSource(session))
    if confirmed is StopCause.USER:
        return confirmed
    remade = ensure_model(session)
    return remade if remade is StopCause.USER else searched


def _conclude(session: Session, bridge: OptunaBridge, cause: StopCause) -> StudySummary:
    session.phase = "finish"
    best = publish(session)
    if cause is not StopCause.USER:
        session.copies.drop_waiting("search")
    test = None
    if best is not None and cause is not StopCause.USER and session.spec.has_test:
        test = read_test_split(session, best)
    return summarise(
        session, cause, best_directory=best, test=test, importances=bridge.importances()
    )


def refuse_another_study(earlier: StudySpec, spec: StudySpec) -> None:
    """Refuse to go on with a study that was made with something else.

    Raises:
        StudyError: Data, model, space, recipe or training options differ; it says which and how.
    """
    changed = differences(earlier, spec)
    if changed:
        listed = "\n".join(f"  - {line}" for line in changed)
        raise StudyError(
            f"The study `{spec.name}` was made with something else:\n{listed}",
            "Give the same again to go on with it, or start another study with --new.",
        )


def _describe(folder: StudyFolder, spec: StudySpec) -> tuple[StudySpec, str]:
    """Write the study's description, or refuse to go on with another study of the same name."""
    found = folder.read_description()
    if found is None:
        return spec, folder.write_description(spec, None)
    earlier, description = found
    refuse_another_study(earlier, spec)
    spec = spec.going_on_from(earlier)
    return spec, folder.write_description(spec, description)


def _remembered(folder: StudyFolder, spec: StudySpec) -> StudySummary | None:
    """Return the answer of a study that has nothing more to do, or None."""
    summary = read_summary(folder)
    if summary is None or summary.status == "interrupted":
        return None
    if _options_of(summary) != values_without_secrets(to_plain(spec.options)):
        return None
    is_lost = summary.best_directory is not None and not summary.best_directory.is_dir()
    return None if is_lost else summary


def _options_of(summary: StudySummary) -> object:
    """Return the options of a summary; those that came later have their defaults."""
    try:
        known = from_plain(SearchOptions, summary.extra.get("options"))
    except (TunerError, TypeError, ValueError, KeyError, AttributeError):
        return None
    return values_without_secrets(to_plain(known))


@contextmanager
def _bridge(session: Session, study_id: str) -> Iterator[OptunaBridge]:
    from tuner.search.optuna_bridge import OptunaBridge

    url = session.spec.options.storage or session.folder.storage_url
    bridge = OptunaBridge(session.spec, url, study_id)
    try:
        yield bridge
    finally:
        bridge.close()
