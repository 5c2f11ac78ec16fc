"""The end of a study: the winner's model in its place, and the test split read once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tuner.errors import StudyError
from tuner.search.confirm_phase import RemakeSource
from tuner.search.documents import read_json, write_json
from tuner.search.driver import StopCause, drive
from tuner.search.run_record import RunRecord
from tuner.search.session import Session
from tuner.trial import Scores, TrialState
from tuner.values import from_plain

__all__ = ["ensure_model", "publish", "read_test_split"]


def ensure_model(session: Session) -> StopCause:
    """Train the leading settings once more where their weights are no longer on disk.

    Returns:
        USER when somebody stopped that training; DONE otherwise.
    """
    leading = session.ledger.leading()
    if leading is None or _run_with_model(session, leading) is not None:
        return StopCause.DONE
    if session.copies.owner() == leading.key or session.copies.fetch_model(leading):
        return StopCause.DONE
    source = RemakeSource(session, leading)
    session.update(f"{leading.key} won, and its deleted weights are trained again")
    return drive(session, source)


def publish(session: Session) -> Path | None:
    """Move the leading training's model to the study's `best/`; None when it is nowhere."""
    leading = session.ledger.leading()
    if leading is None:
        return None
    source = _run_with_model(session, leading)
    return session.copies.publish(leading if source is None else source, owner=leading)


def read_test_split(session: Session, model: Path) -> tuple[Scores, int]:
    """Score the delivered model on the test split, once per model.

    Returns:
        The scores, and how often the split was read in the life of the study.

    Raises:
        StudyError: When the scores cannot be written.
    """
    path = session.folder.test_scores
    earlier, reads = _earlier_scores(path, session.copies.owner())
    if earlier is not None:
        return earlier, reads
    session.phase = "finish"
    session.update("The test split is read.")
    scores = replace(session.engine.evaluate(model, "test"), counts=None)
    known = {"key": session.copies.owner(), "reads": reads + 1, "scores": scores}
    write_json(path, known)
    return scores, reads + 1


def _earlier_scores(path: Path, owner: str | None) -> tuple[Scores | None, int]:
    """Return the test scores of the owner's model where they are known, and the reads so far."""
    known = read_json(path)
    if known is None:
        return None, 0
    try:
        scores = from_plain(Scores, known["scores"]) if known["key"] == owner else None
        return scores, int(known["reads"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(
            f"`{path}` holds no test scores: {error!r}.", "Delete the file to read the test split."
        ) from error


def _run_with_model(session: Session, leading: RunRecord) -> RunRecord | None:
    """Return the training, or its repetition, whose folder holds the leading model."""
    for run in session.ledger.runs:
        finished = run.state is TrialState.FINISHED
        if finished and run.same_training(leading) and (run.directory / "best").is_dir():
            return run
    return None
