"""The summary of a study: the answer, how sure it is, and what the reader must know."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tuner.errors import StudyError
from tuner.hyperparameters import plain_number
from tuner.search.audit import audit
from tuner.search.comparison import gain, remarks
from tuner.search.documents import read_json
from tuner.search.driver import StopCause
from tuner.search.folder import StudyFolder
from tuner.search.ledger import Ledger
from tuner.search.quote import read_quote
from tuner.search.quote_check import check_quote, work_done
from tuner.search.session import Session
from tuner.search.summary_warnings import about_confirmation, about_search, about_winner
from tuner.search.winner import choose
from tuner.study import StudySpec
from tuner.study_quote import QuoteCheck
from tuner.study_view import PrunerAudit, StudySummary, Winner
from tuner.trial import Scores, TrialSpec, TrialState
from tuner.values import from_plain, to_plain

__all__ = ["audit_of", "read_summary", "summarise"]

DEFAULT_RUNS = "runs"
"""Where commands look for a study that is named without its folder."""


def summarise(
    session: Session,
    cause: StopCause,
    *,
    best_directory: Path | None = None,
    elsewhere: str = "",
    test: tuple[Scores, int] | None = None,
    importances: Mapping[str, float] | None = None,
) -> StudySummary:
    """Put together what a study found.

    Args:
        session: The work on the study.
        cause: Why it ended; USER makes it an interrupted one.
        best_directory: Folder of the delivered model.
        elsewhere: Where it is when another process delivered it, as a sentence.
        test: Its scores on the test split, and how often that split was read.
        importances: Hyperparameter to its share in the variation of the score.
    """
    ledger, spec, elapsed = session.ledger, session.spec, session.clock.elapsed
    runs = ledger.finished(with_counts=True)
    winner = choose(runs, _best_scores(ledger)) if runs else None
    status = _status(cause, winner)
    reasons = _reasons(ledger)
    scores, test_reads = test or (None, 0)
    warnings = [*spec.warnings, *session.warnings]
    warnings += about_search(ledger, spec.options, cause, reasons)
    warnings += about_confirmation(ledger, spec, cause)
    if winner is not None:
        warnings += [elsewhere] if elsewhere else []
        has_model = bool(best_directory or elsewhere) or cause is StopCause.USER
        warnings += about_winner(winner, session, has_model=has_model, test_reads=test_reads)
        warnings += remarks(runs, winner)
    return StudySummary(
        name=spec.name,
        directory=session.folder.path,
        status=status,
        winner=None if winner is None else _without_counts(winner),
        gain=None if winner is None else gain(runs, winner.number),
        test=scores,
        rows=ledger.rows(),
        importances=dict(importances or {}),
        audit=audit_of(ledger),
        best_directory=best_directory,
        elapsed=elapsed,
        warnings=tuple(dict.fromkeys(warnings)),
        next_commands=_next_commands(session, status, winner),
        extra={
            "options": to_plain(spec.options),
            "stopped_by": cause,
            "test_reads": test_reads,
            "reasons": reasons,
        },
        quote=None if cause is StopCause.USER else _checked_quote(session, elapsed),
    )


def read_summary(folder: StudyFolder) -> StudySummary | None:
    """Return the summary that a study's folder holds, or None; its paths follow the folder.

    Raises:
        StudyError: When the summary cannot be read.
    """
    data = read_json(folder.summary)
    if data is None:
        return None
    try:
        summary = from_plain(StudySummary, data)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise StudyError(
            f"`{folder.summary}` cannot be read: {error!r}.",
            "Delete the file; the same search command writes it anew.",
        ) from error
    best = folder.best if summary.best_directory is not None else None
    return replace(summary, directory=folder.path, best_directory=best)


def audit_of(ledger: Ledger) -> PrunerAudit:
    """Return the pruner's account over the trials of a study."""
    advised = {
        run.key for run in ledger.searched if any(event.kind == "let-run" for event in run.events)
    }
    return audit([run.curve() for run in ledger.searched], advised)


def _status(cause: StopCause, winner: Winner | None) -> Any:
    if cause is StopCause.USER:
        return "interrupted"
    return "no-result" if winner is None else "finished"


def _checked_quote(session: Session, elapsed: float) -> QuoteCheck | None:
    quote = read_quote(session.folder.path)
    if quote is None:
        return None
    work = work_done(session.ledger, session.spec)
    return check_quote(quote, session.spec.options, work, elapsed)


def _best_scores(ledger: Ledger) -> dict[str, Scores]:
    return {run.key: run.best.scores for run in ledger.runs if run.best is not None}


def _without_counts(winner: Winner) -> Winner:
    return replace(winner, scores=replace(winner.scores, counts=None))


def _reasons(ledger: Ledger) -> dict[str, int]:
    """Count why trainings did not succeed, the most frequent reason first."""
    bad = (TrialState.FAILED, TrialState.INFEASIBLE)
    reasons = Counter(run.reason or str(run.state) for run in ledger.runs if run.state in bad)
    return dict(reasons.most_common())


def _next_commands(
    session: Session, status: str, winner: Winner | None
) -> tuple[tuple[str, str], ...]:
    folder = session.folder.path
    study = shlex.quote(str(folder) if folder.parent != Path(DEFAULT_RUNS) else folder.name)
    commands = [
        (f"tuner show {study}", "the table of all trials"),
        (f"tuner export {study}", "all trials as CSV or JSON"),
    ]
    if winner is not None:
        commands.append((f"tuner diagnose {shlex.quote(str(folder))}", "what can be better"))
    if status == "finished" and winner is not None:
        commands.append((_train_command(session.spec, winner.spec), "train with these settings"))
    return tuple(commands)


def _train_command(spec: StudySpec, best: TrialSpec) -> str:
    """Write the command that trains with the winner's settings, ready to be copied."""
    words = ["tuner", "train", spec.data_source, "--model", spec.model.name]
    usual = TrialSpec(learning_rate=0, batch_size=0, epochs=0)
    for name in (field.name for field in fields(TrialSpec)):
        value = getattr(best, name)
        if name not in {"extra", "trunk"} and value != getattr(usual, name):
            words += [f"--{name.replace('_', '-')}", plain_number(value)]
    if best.trunk is not None:
        words += ["--counts", ",".join(map(str, best.trunk.counts))]
    for name, value in best.extra.items():
        words += ["--set", f"{name}={value}"]
    return shlex.join(words)
