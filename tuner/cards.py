"""Writes the model card beside a trained model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tuner.data import TaskData
from tuner.hyperparameters import plain_number
from tuner.model_card import CardFacts, model_card
from tuner.search.copies import OWNER
from tuner.search.documents import guard_writing, read_json
from tuner.search.folder import StudyFolder, default_environment
from tuner.search.run_record import RunRecord
from tuner.study import StudySpec
from tuner.study_plan import data_lines
from tuner.study_view import StudySummary
from tuner.train_view import TrainResult
from tuner.trial import Scores, TrialSpec
from tuner.trunk import branch_spec

__all__ = ["write_study_card", "write_training_card"]


def write_study_card(spec: StudySpec, data: TaskData, summary: StudySummary) -> None:
    """Write the card of a study's winner; nothing when there is no saved model.

    Raises:
        StudyError: The card cannot be written.
    """
    if summary.best_directory is None or summary.winner is None:
        return
    folder = StudyFolder(summary.directory)
    owner = (read_json(folder.best / OWNER) or {}).get("key")
    run = next((run for run in folder.runs() if run.key == owner), None)
    if run is None or run.best is None:
        return
    card = _card(
        name=spec.name,
        model=spec.model.name,
        data=data,
        run=run,
        test=summary.test,
        notes=tuple(_study_notes(summary, data)),
    )
    _write(card, folder.best)


def write_training_card(run: RunRecord, result: TrainResult, model: str, data: TaskData) -> None:
    """Write the card of a single training; nothing when there is no saved model.

    Raises:
        StudyError: The card cannot be written.
    """
    if result.best_directory is None or run.best is None:
        return
    card = _card(name=result.name, model=model, data=data, run=run, test=result.test, notes=())
    _write(card, result.best_directory)


def _card(
    *,
    name: str,
    model: str,
    data: TaskData,
    run: RunRecord,
    test: Scores | None,
    notes: tuple[str, ...],
) -> CardFacts:
    assert run.best is not None
    return CardFacts(
        name=name,
        base_model=model,
        data_name=data.name,
        data_lines=(*data_lines(data), *data.notes),
        spec=branch_spec(run.spec, run.best.epoch),
        reports=run.reports,
        best_epoch=run.best.epoch,
        dev=run.best.scores,
        test=test,
        notes=notes,
        versions=default_environment()["versions"],
    )


def _study_notes(summary: StudySummary, data: TaskData) -> Iterator[str]:
    winner = summary.winner
    assert winner is not None
    tried = [row for row in summary.rows if row.origin != "confirm"]
    yield f"{len(tried)} settings were tried; trial {winner.number} won."
    by_seed = zip(winner.seeds, winner.seed_scores, strict=True)
    seeds = ", ".join(f"{seed}: {score:.4f}" for seed, score in by_seed)
    yield f"Development F1 by seed: {seeds}; mean {winner.mean:.4f}."
    if winner.interval is not None:
        low, high = winner.interval
        yield f"95 % interval of the development F1: {low:.4f} to {high:.4f}."
    if summary.gain is not None:
        yield (
            f"Over the recipe ({_settings(_recipe(summary))}) the search gained "
            f"{summary.gain.difference:+.4f} F1 on the development split."
        )
    if summary.quote is not None:
        yield f"Time of the search: {summary.quote.sentence}."
    yield from (warning for warning in summary.warnings if warning not in data.notes)


def _recipe(summary: StudySummary) -> TrialSpec:
    return next(row.spec for row in summary.rows if row.number == 0)


def _settings(spec: TrialSpec) -> str:
    return (
        f"learning rate {plain_number(spec.learning_rate)}, batch size {spec.batch_size}, "
        f"{spec.epochs} epochs"
    )


def _write(facts: CardFacts, folder: Path) -> None:
    with guard_writing(folder):
        (folder / "README.md").write_text(model_card(facts), encoding="utf-8")
