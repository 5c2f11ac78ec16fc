"""A GPU is chosen by its number among those that are visible."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("torch")

from tuner.training.device import _show_only


@pytest.mark.parametrize(
    ("visible", "number", "chosen"),
    [(None, 1, "1"), ("4,5", 1, "5"), ("GPU-a, GPU-b", 1, "GPU-b")],
)
def test_the_number_counts_the_visible_ones(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, number: int, chosen: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible or "")  # put back after the test
    if visible is None:
        del os.environ["CUDA_VISIBLE_DEVICES"]
    _show_only(number)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == chosen
