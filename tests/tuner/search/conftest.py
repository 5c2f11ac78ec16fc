"""What all tests of the search begin with."""

from __future__ import annotations

import pytest

from tests.tuner.search.studies import early_pruner
from tuner.search import search_policy


@pytest.fixture(autouse=True)
def pruning_begins_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies of tests have few trials, and some of them shall be pruned."""
    monkeypatch.setattr(search_policy, "FairPruner", early_pruner)
