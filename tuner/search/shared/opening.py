"""Opening the storage of a shared study, and agreeing that it is the same study."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tuner.errors import StudyError
from tuner.search.folder import StudyFolder
from tuner.search.optuna_mirror import OptunaMirror, is_away, open_database
from tuner.search.optuna_proxy import ProxyLog, open_proxy
from tuner.search.shared.log import StudyLog, TableLog
from tuner.search.shared.patience import Patience, SharingTimes
from tuner.search.shared.study import SharedStudy
from tuner.search.shared.tables import tables_in_turn
from tuner.search.shared.training import Process
from tuner.search.shared.url import GRPC, check_storage, driver_url, pool_options, shown_url
from tuner.study import StudySpec, spec_from_json, spec_to_json
from tuner.study_differences import differences

__all__ = ["Opened", "describe_together", "open_shared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A storage that is ready for a study.

    Attributes:
        url: The storage, its password hidden.
        shared: This process's part in the study, not joined yet.
        mirror: Optuna's view of it.
        patience: Repeats what fails while the storage is away.
    """

    url: str
    shared: SharedStudy
    mirror: OptunaMirror
    patience: Patience


@contextlib.contextmanager
def open_shared(url: str, name: str, process: Process, times: SharingTimes) -> Iterator[Opened]:
    """Open a storage for a study for the time of the block.

    Args:
        url: The storage, password included.
        name: Name of the study.
        process: This process.
        times: How long others, and the storage, are waited for.

    Raises:
        UsageError: The storage cannot be used; it says what was tried and how to test it.
    """
    patience = Patience(times.patience, is_away)
    log: StudyLog
    with contextlib.ExitStack() as stack:
        if url.startswith(GRPC):
            proxy = stack.enter_context(contextlib.closing(open_proxy(url)))
            mirror, log = OptunaMirror(proxy, name), ProxyLog(proxy, name)
        else:
            check_storage(url)
            mirror, log = patience(lambda: _open_tables(url, name, stack))
        shared = SharedStudy(log, process, times, patience)
        yield Opened(url=shown_url(url), shared=shared, mirror=mirror, patience=patience)


def _open_tables(url: str, name: str, stack: contextlib.ExitStack) -> tuple[OptunaMirror, StudyLog]:
    address = driver_url(url).render_as_string(hide_password=False)
    with tables_in_turn(address, pool_options(url)):
        storage = open_database(address, pool_options(url))
        stack.callback(storage.engine.dispose)
        stack.callback(storage.remove_session)
        mirror = OptunaMirror(storage, name)
        return mirror, TableLog(storage.engine, mirror.study)


def describe_together(spec: StudySpec, folder: StudyFolder, opened: Opened) -> StudySpec:
    """Write the study's description to the storage, or compare with the one that is there.

    Args:
        spec: The study as this process was asked for it.
        folder: Its folder, made here when the storage holds no other study.
        opened: The storage.

    Returns:
        The study with the start points of whoever came first.

    Raises:
        StudyError: The storage or the folder holds another study; it says what differs.
    """
    shared = opened.shared
    shared.refresh()
    found = folder.read_description()
    if shared.facts.study is None:
        opened.mirror.refuse_foreign(spec.name, opened.url)
        if found is not None and folder.runs():
            raise _another_storage(folder, opened.url)
        shared.append("study", **_new_description(spec, found))
    agreed: Any = shared.facts.study
    if found is not None and found[1].get("study_id") != agreed["study_id"]:
        raise _another_storage(folder, opened.url)
    earlier = spec_from_json(agreed["spec"])
    changed = differences(earlier, spec)
    if changed:
        listed = "\n".join(f"  - {line}" for line in changed)
        raise StudyError(
            f"The storage `{opened.url}` holds a study `{spec.name}` of something else:\n{listed}",
            "Give the same again to take part in it, or choose another name with --study.",
        )
    spec = spec.going_on_from(earlier)
    folder.create()
    with folder.in_turn():
        now = folder.read_description()
        identity = {"study_id": agreed["study_id"], "created": agreed["created"]}
        folder.write_description(spec, identity if now is None else now[1])
    return spec


def _new_description(
    spec: StudySpec, found: tuple[StudySpec, dict[str, Any]] | None
) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    known = {} if found is None else found[1]
    return {
        "study_id": known.get("study_id", uuid.uuid4().hex),
        "created": known.get("created", now),
        "spec": spec_to_json(spec),
    }


def _another_storage(folder: StudyFolder, url: str) -> StudyError:
    return StudyError(
        f"`{folder.path}` holds a study that is not the one in the storage `{url}`.",
        "Give the storage that it was begun with, or start another study with --new.",
    )
