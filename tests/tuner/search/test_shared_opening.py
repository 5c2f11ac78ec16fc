"""A storage that goes away while a process opens it is waited for, as it is later on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import DataError, OperationalError, PendingRollbackError

from tests.tuner.search.studies import make_spec
from tuner.errors import StudyError
from tuner.search.optuna_mirror import is_away, open_database
from tuner.search.shared import opening
from tuner.search.shared.opening import open_shared
from tuner.search.shared.patience import SharingTimes
from tuner.search.shared.study import this_process


def cut_off() -> OperationalError:
    return OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))


@pytest.mark.parametrize("patience", [60.0, 0.1])
def test_a_connection_that_is_cut_off_while_the_tables_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    """It is made again; a storage that stays away ends the search with a message."""
    cuts = 2 if patience > 1 else 1000

    def opened(url: str, options: Any) -> Any:
        nonlocal cuts
        cuts -= 1
        if cuts >= 0:
            raise cut_off()
        return open_database(url, options)

    monkeypatch.setattr(opening, "open_database", opened)
    monkeypatch.setattr(opening, "pool_options", lambda url: {})
    times, process = SharingTimes(patience=patience), this_process(tmp_path, 2)
    address = f"sqlite:///{tmp_path / 'study.db'}"
    if patience < 1:
        with (
            pytest.raises(StudyError, match="did not answer"),
            open_shared(address, make_spec().name, process, times),
        ):
            pass
        return
    with open_shared(address, make_spec().name, process, times) as shared:
        shared.shared.refresh()
        assert shared.shared.facts.study is None


def test_a_question_in_a_transaction_whose_connection_was_lost_is_asked_again() -> None:
    """Optuna answers a lost connection with a second question, and tells of that one only."""
    lost, wrong = StorageInternalError("commit"), StorageInternalError("commit")
    lost.__cause__ = PendingRollbackError("invalid transaction")
    wrong.__cause__ = DataError("INSERT", {}, Exception("value too long"))
    assert is_away(lost)
    assert not is_away(wrong)
