"""What the reports say about data: at two widths, for programs, and with hostile text in it."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator

from diagnostics import catalogue
from diagnostics.data_checkup import check
from diagnostics.judgement import Checkup
from diagnostics.report import json_document
from diagnostics.report._presenter import presenter_of
from diagnostics.report._table import Table, table_rows
from diagnostics.report.terminal import render
from diagnostics.report_format import DEFAULT_OPTIONS, ReportFormat, ReportOptions
from diagnostics.subjects.dataset import Dataset
from tests.diagnostics.report.data_sets import checked, faulty, fine, planned, poisoned, surveyed
from tests.diagnostics.report.runs import judged, overfitted
from tests.diagnostics.report.test_contract import HARMFUL, HOSTILE

FORMATS = {
    report.name: report
    for report in catalogue.units("diagnostics.report", ReportFormat)  # type: ignore[type-abstract]
}
SCHEMA = json.loads(Path(json_document.__file__).with_name("schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def written(form: str, *checkups: Checkup[Any], options: ReportOptions = DEFAULT_OPTIONS) -> str:
    stream = io.StringIO()
    FORMATS[form].write(checkups, stream, options)
    return stream.getvalue()


def as_json(*checkups: Checkup[Any]) -> Any:
    read = json.loads(written("json", *checkups), parse_constant=pytest.fail)
    VALIDATOR.validate(read)
    return read


def test_a_faulty_data_set_at_80_columns() -> None:
    assert "\n" + render(faulty(), 80) == snapshot("""\

Not fit to train on as it is: 1 error, 2 warnings, 1 remark.
data
conll (token=0,tag=1; separator whitespace; utf-8), tags in IOB2

 Split  Sentences  Words  Entities  In entities  File
 train         12     48        18        50.0%  train.txt
 dev            2      5         2        40.0%  dev.txt

 Label  train  dev
 ORG        6    1  ██████████████████████████████
 PER        6    1  ██████████████████████████████
 LOC        6    0  ██████████████████████████

 Words per sentence, from 1 to 5 and more
 train    █ █  half 3, 95 % 5, longest 5
 dev     ██    half 2, 95 % 3, longest 3

Root cause: ERROR D101 ragged-lines (conclusive evidence)
  7 lines of train have another number of columns than the others.
    at train.txt:3: rose to [bold]12[/]
    at train.txt:8: rose
    at dev.txt: the whole file
  Evidence: ragged lines 7
  Doubt: Comments that do not start with `#` look like this.

Also: WARNING D402 sentences-in-two-splits (conclusive evidence)
  1 of 2 sentences of the development split stands in train.
    at dev.txt:1: as data/train.txt:1: Acme
  Evidence: share of dev in train 0.5
  warning D402 sentences-in-two-splits: 1 of 2 sentences of the test split
    stands in train. (at dev.txt:1)

Further remarks
  info D307 small-test-split: The test split holds 28 entities.

Not judged by 1 of 4 rules, because
  no model was named: add --model: entities-truncated

Fix for D101: Mend these lines, or write a copy without them with `--fix
    OUT`.
Fix for D402: Take 1 sentence out of train.

More: tuner explain D101
Next: a repaired copy
  tuner check data --fix data-repaired
""")


def test_a_faulty_data_set_at_120_columns() -> None:
    assert "\n" + render(faulty(), 120) == snapshot("""\

Not fit to train on as it is: 1 error, 2 warnings, 1 remark.
data
conll (token=0,tag=1; separator whitespace; utf-8), tags in IOB2

 Split  Sentences  Words  Entities  In entities  File
 train         12     48        18        50.0%  train.txt
 dev            2      5         2        40.0%  dev.txt

 Label  train  dev
 ORG        6    1  ██████████████████████████████
 PER        6    1  ██████████████████████████████
 LOC        6    0  ██████████████████████████

 Words per sentence, from 1 to 5 and more
 train    █ █  half 3, 95 % 5, longest 5
 dev     ██    half 2, 95 % 3, longest 3

Root cause: ERROR D101 ragged-lines (conclusive evidence)
  7 lines of train have another number of columns than the others.
    at train.txt:3: rose to [bold]12[/]
    at train.txt:8: rose
    at dev.txt: the whole file
  Evidence: ragged lines 7
  Doubt: Comments that do not start with `#` look like this.

Also: WARNING D402 sentences-in-two-splits (conclusive evidence)
  1 of 2 sentences of the development split stands in train.
    at dev.txt:1: as data/train.txt:1: Acme
  Evidence: share of dev in train 0.5
  warning D402 sentences-in-two-splits: 1 of 2 sentences of the test split stands in train. (at dev.txt:1)

Further remarks
  info D307 small-test-split: The test split holds 28 entities.

Not judged by 1 of 4 rules, because
  no model was named: add --model: entities-truncated

Fix for D101: Mend these lines, or write a copy without them with `--fix OUT`.
Fix for D402: Take 1 sentence out of train.

More: tuner explain D101
Next: a repaired copy
  tuner check data --fix data-repaired
""")  # noqa: E501


def test_everything_that_is_known() -> None:
    text = render(faulty(), 80, ReportOptions(verbose=True))
    assert text.count("sentences-in-two-splits (conclusive evidence)") == 2


def test_a_fine_data_set_in_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    FORMATS["terminal"].write([fine()], stream)
    stream.flush()
    assert "\n" + raw.getvalue().decode("ascii") == snapshot("""\

Fit to train on: nothing to report.
data
conll (token=0,tag=1; separator whitespace; utf-8), tags in IOB2

 Split  Sentences  Words  Entities  In entities  File
 train         12     48        18        50.0%  train.txt
 dev            2      5         2        40.0%  dev.txt

 Label  train  dev
 ORG        6    1  ##############################
 PER        6    1  ##############################
 LOC        6    0  ##########################

 Words per sentence, from 1 to 5 and more
 train    ^ ^  half 3, 95 % 5, longest 5
 dev     ^^    half 2, 95 % 3, longest 3

Not judged by 1 of 4 rules, because
  no model was named: add --model: entities-truncated

Next: find the best settings for it
  tuner search data --model MODEL
""")


def test_markdown() -> None:
    assert "\n" + written("markdown", faulty()) == snapshot("""\

### Not fit to train on as it is: 1 error, 2 warnings, 1 remark.

Data: data
<br>Data set: conll (token=0,tag=1; separator whitespace; utf-8), tags in IOB2

| Split | Sentences | Words | Entities | In entities | File |
|---|---|---|---|---|---|
| train | 12 | 48 | 18 | 50.0% | train.txt |
| dev | 2 | 5 | 2 | 40.0% | dev.txt |

| Label | train | dev |
|---|---|---|
| ORG | 6 | 1 |
| PER | 6 | 1 |
| LOC | 6 | 0 |

| | Finding | What was seen | What to change |
|---|---|---|---|
| error | D101 ragged-lines | 7 lines of train have another number of columns than the others.<br>At data/train.txt:3: rose to &#91;bold&#93;12&#91;/&#93;<br>data/train.txt:8: rose<br>data/dev.txt: the whole file<br>Conclusive evidence: ragged lines 7 | Mend these lines, or write a copy without them with &#96;--fix OUT&#96;. |
| warning | D402 sentences-in-two-splits | 1 of 2 sentences of the development split stands in train.<br>At data/dev.txt:1: as data/train.txt:1: Acme<br>Conclusive evidence: share of dev in train 0.5 | Take 1 sentence out of train. |
| warning | D402 sentences-in-two-splits | 1 of 2 sentences of the test split stands in train.<br>At data/dev.txt:1: as data/train.txt:1: Acme<br>Conclusive evidence: share of dev in train 0.5 | Take 1 sentence out of train. |
| info | D307 small-test-split | The test split holds 28 entities. | Train in smaller batches: batch_size 16 → 8 |

<details><summary>Not judged by 1 of the rules, because</summary>

- no model was named: add --model: entities-truncated

</details>

- Next: tuner check data --fix data-repaired (a repaired copy)

""")  # noqa: E501


def test_json_of_a_data_set() -> None:
    (run,) = as_json(faulty())["runs"]
    assert (run["kind"], run["path"], run["verdict"]) == ("data", "data", "error")
    assert run["facts"]["splits"]["train"] == snapshot(
        {
            "files": ["data/train.txt"],
            "format": "conll",
            "detected": {
                "encoding": "utf-8",
                "separator": "whitespace",
                "columns": "token=0,tag=1",
            },
            "sentences": 12,
            "words": 48,
            "entities": 18,
            "entity_words": 24,
            "sentences_with_entities": 12,
            "labels": {"LOC": 6, "ORG": 6, "PER": 6},
            "lengths": {"median": 3, "p95": 5, "longest": 5},
        }
    )
    first = run["findings"][0]
    assert (first["file"], first["line"]) == ("data/train.txt", 3)
    assert first["places"] == snapshot(
        [
            {"file": "data/train.txt", "line": 3, "text": "rose\tto [bold]12[/]"},
            {"file": "data/train.txt", "line": 8, "text": "rose"},
            {"file": "data/dev.txt", "text": "the whole file"},
        ]
    )
    assert "monitor" not in run
    assert set(run) == described("data") - {"fix_command"}


def described(kind: str) -> set[str]:
    _, own = SCHEMA["$defs"][kind]["allOf"]
    return {*SCHEMA["$defs"]["checkup"]["properties"], *own["properties"]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "run"),
        (("facts",), None),
        (("facts", "splits", "train", "sentences"), -1),
        (("findings", 0, "places"), []),
        (("findings", 0, "places", 0, "line"), 0),
    ],
)
def test_the_schema_can_fail(path: tuple[str | int, ...], value: object) -> None:
    read = as_json(faulty())
    place = read["runs"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not VALIDATOR.is_valid(read)


def test_sarif_has_a_location_per_place() -> None:
    (run,) = json.loads(written("sarif", faulty()))["runs"]
    assert run["tool"]["driver"]["name"] == "tuner check"
    first = run["results"][0]
    places = [location["physicalLocation"] for location in first["locations"]]
    assert [place["artifactLocation"]["uri"] for place in places] == [
        "data/train.txt",
        "data/train.txt",
        "data/dev.txt",
    ]
    assert [place["region"]["startLine"] for place in places] == [3, 8, 1]
    assert places[0]["region"]["snippet"]["text"] == "rose to [bold]12[/]"
    fingerprints = [str(result["partialFingerprints"]) for result in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)


def test_runs_and_data_in_one_report() -> None:
    both: list[Checkup[Any]] = [judged(overfitted()), faulty()]
    assert [run["kind"] for run in as_json(*both)["runs"]] == ["run", "data"]
    (log,) = json.loads(written("sarif", *both))["runs"]
    assert log["tool"]["driver"]["name"] == "tuner"
    overview = written("terminal", *both, options=ReportOptions(overview=True))
    assert "2 subjects: 1 error, 1 warning" in overview


def next_commands(checkup: Checkup[Any]) -> list[str]:
    return [command for command, _ in presenter_of(checkup.subject).next_commands(checkup)]


def test_what_to_run_next() -> None:
    assert next_commands(fine()) == ["tuner search data --model MODEL"]
    assert next_commands(faulty()) == ["tuner check data --fix data-repaired"]
    (command,) = next_commands(planned())
    assert command == (
        "tuner train data --dev 'my dev.txt' --model 'bert base' --learning-rate 2e-05 "
        "--batch-size 8 --epochs 3"
    )


def test_commands_are_quoted() -> None:
    source = "a b; rm -rf $HOME `x` 'y'"
    command = next_commands(checked(replace(surveyed(), source=source), []))[0]
    assert shlex.split(command)[2] == source


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_strangers_comes_out_harmless(form: str, text: str) -> None:
    for options in (DEFAULT_OPTIONS, ReportOptions(verbose=True, fix_command=True, overview=True)):
        out = written(form, poisoned(text), options=options)
        assert not HARMFUL & set(out)
        out.encode("utf-8")
        if form in {"json", "sarif"}:
            json.loads(out, parse_constant=pytest.fail)
        else:
            assert len(out) < 40_000
    if form == "json":
        as_json(poisoned(text))


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_at_all(text: str) -> None:
    checkup = poisoned(text)
    for form in FORMATS:
        assert not HARMFUL & set(written(form, checkup))


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_asked(width: int) -> None:
    for checkup in (faulty("word " * 60), fine()):
        lines = render(checkup, width).splitlines()
        commands = [line for line in lines if line.startswith("  tuner ")]
        assert all(len(line) <= width for line in lines if line not in commands)


def test_tables_give_way_where_there_is_no_room() -> None:
    table = Table(head=("Name", "Count"), rows=(("x" * 90, "1,200"), ("y", "7")), bars=(1.0, 0.001))
    wide = table_rows(table, width=120)
    assert wide[1].startswith("x" * 39 + "~  1,200  " + "█" * 8)
    assert wide[2].endswith("7  █")
    assert all(len(row) <= 30 for row in table_rows(table, width=30))
    assert table_rows(table, width=120, plain=True)[2].endswith("7  #")


def test_signs_of_two_cells_are_counted_as_such() -> None:
    table = Table(head=("Label", "train"), rows=(("人名", "7"), ("ORG", "12")))
    assert table_rows(table, width=80) == ["Label  train", "人名       7", "ORG       12"]
    narrow = Table(head=("Label",), rows=(("人" * 50,),))
    assert table_rows(narrow, width=80)[1] == "人" * 19 + "~"


def test_a_name_that_could_steer_a_terminal_makes_a_command_that_runs(tmp_path: Path) -> None:
    name = "\x1b[31mevil's  [bold]\n.conll"
    (tmp_path / name).write_text("Acme B-ORG\nrose O\n\n" * 300, encoding="utf-8")
    lines = render(named(check(tmp_path / name), name), 100).splitlines()
    (command,) = (line for line in lines if line.startswith("  tuner search"))
    shell = ["bash", "-c", command.replace("tuner search", "printf %s").partition(" --model")[0]]
    assert subprocess.run(shell, capture_output=True, check=True).stdout.decode() == name


def named(checkup: Checkup[Dataset], source: str) -> Checkup[Dataset]:
    return replace(checkup, subject=replace(checkup.subject, source=source))


def test_splits_in_two_schemes_are_told_apart(tmp_path: Path) -> None:
    train = "Acme B-ORG\nCorp I-ORG\nrose O\n\n" * 40
    dev = "Acme ORG\nCorp ORG\nrose O\n\n" * 20
    (tmp_path / "train.conll").write_text(train, encoding="utf-8")
    (tmp_path / "dev.conll").write_text(dev, encoding="utf-8")
    text = " ".join(render(check(tmp_path), 100).split())
    assert "train: tags in IOB2, dev: tags without a scheme" in text
