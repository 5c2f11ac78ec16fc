"""Opening the storage of a study of one process, and telling its errors as what they are."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import optuna
from optuna.storages import RDBStorage

from tuner.errors import StudyError

__all__ = ["HEARTBEAT_SECONDS", "claim", "guarded", "open_storage"]

HEARTBEAT_SECONDS = 60
LOCK_SECONDS = 60
IDENTITY = "tuner:study_id"


def claim(study: optuna.Study, study_id: str, url: str) -> None:
    """Write to a new study whose it is, or refuse one that belongs to another folder.

    Args:
        study: The study in the storage.
        study_id: Identity of the study's folder.
        url: The storage, for the message.

    Raises:
        StudyError: It belongs to another one.
    """
    owner = study.user_attrs.get(IDENTITY)
    if owner is None and not study.get_trials(deepcopy=False):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.set_metric_names(["development F1"])
        study.set_user_attr(IDENTITY, study_id)
    elif owner != study_id:
        raise StudyError(
            f"The storage `{url}` holds another study named `{study.study_name}`.",
            "Choose another name with --study, or another storage.",
        )


def open_storage(url: str) -> RDBStorage:
    """Open a storage, making its tables where they are missing; a locked file is waited for."""
    patience: dict[str, Any] = {}
    if url.startswith("sqlite"):
        patience = {"connect_args": {"timeout": LOCK_SECONDS}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return RDBStorage(url, engine_kwargs=patience, heartbeat_interval=HEARTBEAT_SECONDS)


@contextlib.contextmanager
def guarded(place: str) -> Iterator[None]:
    """Turn storage errors into a `StudyError` with a way out."""
    import sqlalchemy.exc

    try:
        yield
    except (
        optuna.exceptions.StorageInternalError,
        sqlalchemy.exc.SQLAlchemyError,
        ImportError,
    ) as error:
        cause = str(error.__cause__ or error).splitlines()[0]
        raise StudyError(
            f"The storage of the study cannot be used ({place}): {cause}.",
            "Is the disk full, the folder read-only, or the URL wrong? Nothing finished is lost: "
            "run the same command again.",
        ) from error
