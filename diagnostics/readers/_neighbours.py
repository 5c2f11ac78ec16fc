"""What lies beside a Trainer's state and tells more: model, results, model card, TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import files_among, folders_among, is_file
from diagnostics.readers._card_facts import Card, card_of
from diagnostics.readers._documents import mapping, optional_mapping
from diagnostics.readers._event_file import read_event_file
from diagnostics.readers._event_folders import EVENTS
from diagnostics.readers._markdown import read_head_text
from diagnostics.readers._model_facts import facts_of_model
from diagnostics.readers._result_files import results_in
from diagnostics.readers._training_arguments import config_of_arguments
from diagnostics.readers._vocabulary import figure

__all__ = ["Neighbours", "neighbours_of"]

Row = dict[str, Any]

_ARGUMENTS = ("training_args.json", "args.json", "training_arguments.json")
_MOST_EVENT_FILES = 20
_FIRST_RECORDS = 10
"""Records of an event file within which the Trainer writes its arguments."""


@dataclass(slots=True)
class Neighbours:
    """Facts from the files beside a log.

    Attributes:
        config: Hyperparameters by their standard names, from the most exact source of each.
        results: What the result files hold together.
        environment: Versions of libraries, from the model card.
        dataset: Name of the data, from the model card.
    """

    config: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    dataset: dict[str, Any] = field(default_factory=dict)


def neighbours_of(folders: Sequence[Path], rows: Sequence[Row], notes: list[str]) -> Neighbours:
    """Return what the files in some folders tell of a run, the nearest folder first.

    Args:
        folders: The folder of the log, and the one above if that is the run's.
        rows: The log, to see whether a model card is about it.
        notes: Where to say what was left out.
    """
    found = Neighbours()
    for folder in folders:
        arguments = (optional_mapping(folder / name) for name in _ARGUMENTS)
        sources: list[dict[str, Any]] = [config_of_arguments(source) for source in arguments]
        card = _card_beside(folder, rows, notes)
        if card is not None:
            sources.append(card.config)
            found.environment = found.environment or card.environment
            if card.dataset_name:
                found.dataset.setdefault("name", card.dataset_name)
        sources.append(_logged_arguments(folder))
        # Of the model its own configuration knows best, but its name may be that of a folder.
        described = optional_mapping(folder / "config.json")
        model = facts_of_model(described)
        version = described.get("transformers_version")
        if isinstance(version, str):
            found.environment.setdefault("versions", {"transformers": version[:40]})
        own: dict[str, Any] = {
            name: model[name] for name in ("architecture", "id2label") if name in model
        }
        sources = [own, *sources, model]
        for source in sources:
            found.config = source | found.config
        found.results = found.results or results_in(folder)
    return found


def _card_beside(folder: Path, rows: Sequence[Row], notes: list[str]) -> Card | None:
    """Return the model card in a folder, if it tells hyperparameters of this very run."""
    path = folder / "README.md"
    text = read_head_text(path) if is_file(path) else ""
    if "hyperparameters were used" not in text:
        return None
    card = card_of(text)
    if _contradicts(card.rows, rows):
        notes.append("README.md describes another run and was left out.")
        return None
    return card


def _contradicts(card: Sequence[Row], rows: Sequence[Row]) -> bool:
    """Whether the losses of a card are nowhere in a log that has losses of its own."""
    told = {f"{loss:.3f}" for row in card if (loss := figure(row.get("eval_loss"))) is not None}
    logged = [loss for row in rows if (loss := figure(row.get("eval_loss"))) is not None]
    rounded = {f"{loss + shift:.3f}" for loss in logged for shift in (-5e-5, 0, 5e-5)}
    return bool(told) and bool(logged) and not told & rounded


def _logged_arguments(folder: Path) -> dict[str, Any]:
    """Return the arguments that the Trainer logged to TensorBoard at the start of a run."""
    runs = folder / "runs"
    places = (*(runs / name for name in sorted(folders_among(runs))), folder / "logs", folder)
    files = (
        place / name
        for place in places
        for name in sorted(files_among(place))
        if name.startswith(EVENTS)
    )
    # Several runs may have logged there: only what is alone is of this one.
    first = islice(files, _MOST_EVENT_FILES)
    logged = [text for file in first if (text := _arguments_in(file))]
    if len(logged) != 1:
        return {}
    try:
        return config_of_arguments(mapping(json.loads(logged[0])))
    except (ValueError, RecursionError, MemoryError):
        return {}


def _arguments_in(file: Path) -> str:
    try:
        return read_event_file(file, most=_FIRST_RECORDS).texts.get("args/text_summary", "")
    except DiagnosticsError:
        return ""
