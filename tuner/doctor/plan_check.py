"""Refuses a plan that cannot be meant, before anything is looked at or imported."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from diagnostics.planned_libraries import OPTIMIZERS
from tuner.errors import UsageError

__all__ = ["check_data", "check_model", "check_optimizer"]

_HUB_ID = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9_][\w.-]*", re.ASCII)
_LONGEST_HUB_ID = 96
"""Form and length of names on the hub, by `huggingface_hub.utils.validate_repo_id`."""


def check_model(name: str) -> None:
    """Refuse what is neither a folder with a model nor a possible hub id.

    Raises:
        UsageError: It is empty, a file, a folder without a config.json, or no hub id.
    """
    if not name.strip():
        raise UsageError(
            f"`--model` names a folder or a hub id, but got {name!r}.",
            "Pass the folder of a model, or a hub id such as bert-base-cased.",
        )
    try:
        folder = Path(name).expanduser()
        is_folder, exists = folder.is_dir(), folder.exists()
        has_config = (folder / "config.json").is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(f"`--model` names no folder that can be read: {name!r}.") from error
    if is_folder and not has_config:
        raise UsageError(
            f"A model folder must hold a config.json, but {name!r} holds none.",
            "Pass the folder that `save_pretrained` wrote, or a hub id.",
        )
    if exists and not is_folder:
        raise UsageError(
            f"`--model` names a folder or a hub id, but {name!r} is a file.",
            f"Pass the folder that holds it: --model {folder.parent}",
        )
    if not is_folder and not _is_hub_id(name):
        raise UsageError(
            f"There is no model folder {name!r}, and no hub id looks like that.",
            "Pass an existing folder, or a hub id such as bert-base-cased.",
        )


def _is_hub_id(name: str) -> bool:
    odd = "--" in name or ".." in name or name.endswith((".git", "-", "."))
    return len(name) <= _LONGEST_HUB_ID and not odd and _HUB_ID.fullmatch(name) is not None


def check_optimizer(name: str) -> None:
    """Refuse an optimizer whose memory is not known.

    Raises:
        UsageError: It is none of `OPTIMIZERS`.
    """
    if name in OPTIMIZERS:
        return
    near = difflib.get_close_matches(name, list(OPTIMIZERS), n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(
        f"No memory can be forecast for the optimizer {name!r}.",
        f"{guess}Known: {', '.join(OPTIMIZERS)}.",
    )


def check_data(source: str) -> None:
    """Refuse data that is not there; it is read only where a forecast needs its lengths.

    Raises:
        DiagnosticsError: There are no data files of that name.
    """
    from diagnostics.split_finder import find_splits

    find_splits(source)
