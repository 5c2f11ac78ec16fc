"""Names from strangers in a study: no command lets them steer the terminal or become markup."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.tuner.search.studies import make_spec, search
from tuner.cli import main

ESCAPE = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\u202e"
MARKUP = "[bold red]x[/] [link=file:///etc/passwd]y[/link] <script>alert(1)</script> `|`"
HOSTILE = f"{ESCAPE}{MARKUP}"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A finished study into which a stranger has written."""
    folder = tmp_path / "demo"
    search(folder, make_spec(trials=2))
    for path in (folder / "study.json", *folder.glob("trials/*/config.json")):
        document = json.loads(path.read_text())
        poison(document)
        path.write_text(json.dumps(document))
    result = folder / "trials" / "0001" / "result.json"
    result.write_text(json.dumps(json.loads(result.read_text()) | {"reason": HOSTILE}))
    event = {"kind": "event", "event": "out-of-memory", "message": HOSTILE, "epoch": 1.0}
    with (folder / "trials" / "0000" / "history.jsonl").open("a") as history:
        history.write(json.dumps(event) + "\n")
    return folder


def poison(value: object) -> None:
    """Write the text wherever a name may stand."""
    names = {"name", "model", "data_source", "source", "origin", "created", "architecture"}
    if isinstance(value, dict):
        for key, item in value.items():
            if key in names and isinstance(item, str):
                value[key] = HOSTILE
            else:
                poison(item)


@pytest.mark.parametrize(
    "words",
    [
        ["show"], ["export"], ["diagnose"], ["diagnose", "--format", "markdown"],
        ["diagnose", "--format", "json"], ["diagnose", "--format", "sarif"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_name_steers_the_terminal(
    study: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    code = main([words[0], str(study), *words[1:]])
    shown = capsys.readouterr()
    told = shown.out + shown.err
    assert code in (0, 1), told
    assert "Traceback" not in told
    for sign in "\x1b\x07\x9b\u202e\x08":
        assert sign not in told, f"{sign!r} in {words}"
    if "markdown" in words:
        assert "<script>alert" not in told


def test_the_list_of_studies_is_harmless(
    study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.parent)
    assert main(["show", "--runs-dir", str(study.parent)]) in (0, 1, 2)
    shown = capsys.readouterr()
    assert not set("\x1b\x07\x9b\u202e") & set(shown.out + shown.err)


def test_a_picture_of_a_study_is_a_picture_and_nothing_else(study: Path, tmp_path: Path) -> None:
    """An SVG is markup that browsers run scripts of."""
    picture = tmp_path / "picture.svg"
    for words in ([str(study)], ["--runs-dir", str(study.parent)], [str(study), "--trial", "0"]):
        assert main(["show", *words, "--svg", str(picture)]) in (0, 2)
        text = picture.read_text(encoding="utf-8")
        assert "owned" in text or "alert" in text, "nothing of it was drawn"
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}
        assert tags <= {"svg", "style", "defs", "clipPath", "rect", "g", "circle", "text", "path"}
        assert not set("\x1b\x07\x9b\u202e") & set(text)
