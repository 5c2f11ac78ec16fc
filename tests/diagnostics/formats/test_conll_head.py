"""The beginning of a file is made out once, however often it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diagnostics.formats import conll
from diagnostics.formats.conll import ConllFormat
from diagnostics.table_layout import detect_layout

HEAD = b"Acme B-ORG\nCorp I-ORG\nsued O\n\nBob B-PER\nleft O\n"


def test_the_layout_of_a_head_is_detected_once(monkeypatch: pytest.MonkeyPatch) -> None:
    detected: list[Any] = []

    def counted(lines: Any, columns: Any) -> Any:
        detected.append(lines)
        return detect_layout(lines, columns)

    monkeypatch.setattr(conll, "detect_layout", counted)
    conll._layout_of_head.cache_clear()
    found = [ConllFormat().find(Path(name), HEAD) for name in ("train.txt", "train.conll")]
    assert found == [0.7, 0.8]
    assert len(detected) == 1
    assert (
        ConllFormat().find(Path("notes.txt"), b"One word per\nline is no table\n\nof tags\n")
        is None
    )
    assert len(detected) == 2
