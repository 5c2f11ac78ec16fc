"""The report that the README shows is the one that is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tuner.cli import main

ROOT = Path(__file__).parents[2]
LEFT_OUT = "..."


def plant_faults(folder: Path) -> None:
    """Copy the sample data with a word that lost its tag, a broken tag and a leak."""
    texts = {
        split: (ROOT / "tuner" / "sample_data" / f"{split}.txt").read_text(encoding="utf-8")
        for split in ("train", "dev", "test")
    }
    lines = texts["train"].splitlines()
    bare = lines.index("", 100) + 1
    lines[bare] = lines[bare].split()[0]
    entity = next(
        place
        for place in range(400, len(lines))
        if " B-" in lines[place] and lines[place - 1].endswith(" O")
    )
    lines[entity] = lines[entity].replace(" B-", " I-")
    leaked = "\n\n".join(texts["dev"].split("\n\n")[:6])
    texts["train"] = "\n".join(lines).rstrip() + f"\n\n{leaked}\n"
    folder.mkdir()
    for split, text in texts.items():
        (folder / f"{split}.txt").write_text(text, encoding="utf-8", newline="")


def test_the_excerpt_is_real(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant_faults(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["check", "data"]) == 1
    written = capsys.readouterr().out.splitlines()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (excerpt,) = re.findall(r"```text\n(Not fit to train on.*?)```", readme, re.DOTALL)
    place, gap = 0, False
    for line in excerpt.splitlines():
        if line == LEFT_OUT:
            gap = True
            continue
        place = written.index(line, place) if gap else place
        assert written[place] == line
        place, gap = place + 1, False
