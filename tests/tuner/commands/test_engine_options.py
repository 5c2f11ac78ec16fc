"""Options of the engine: what they mean, which contradict each other, and what is chosen when."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.search.studies import make_spec
from tuner import cli
from tuner.choices import choose_options
from tuner.commands import search
from tuner.engine_choice import EngineChoice, check_engine_options, choose_engine, engine_options
from tuner.errors import UsageError
from tuner.opening import bench_device, device_count, devices_shown
from tuner.study import SearchOptions, spec_from_json, spec_to_json
from tuner.study_file import parse_study
from tuner.study_plan import engine_line

Capture = pytest.CaptureFixture[str]


def errors(capsys: Capture) -> str:
    """Return what was printed to standard error, in one line."""
    return " ".join(capsys.readouterr().err.split())


def parse(words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    search.configure(parser)
    return search.search_arguments(parser.parse_args(["data", *words.split()]))


def test_every_option_arrives() -> None:
    words = (
        "--engine ray --devices 0,2,cpu --per-device auto --address ray://a:1 --artifacts s3://b/c"
    )
    assert parse(words) == {
        "data": "data",
        "runs_dir": "runs",
        "engine": "ray",
        "devices": ("cuda:0", "cuda:2", "cpu"),
        "per_device": "auto",
        "address": "ray://a:1",
        "artifacts": "s3://b/c",
    }


@pytest.mark.parametrize(
    ("given", "devices"),
    [
        ("0,1,2,3", ("cuda:0", "cuda:1", "cuda:2", "cuda:3")),
        (" CUDA:1 , cpu", ("cuda:1", "cpu")),
        ("all", ("all",)),
        ("cpu", ("cpu",)),
        ([0, 1], ("cuda:0", "cuda:1")),
        (("cuda:0",), ("cuda:0",)),
    ],
)
def test_devices_by_number_or_name(given: Any, devices: tuple[str, ...]) -> None:
    assert engine_options(devices=given) == {"devices": devices}


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("--devices 0,0", "but got '0,0'"),
        ("--devices all,0", "`all` alone"),
        ("--devices gpu", "but got 'gpu'"),
        ("--devices 0,", "but got '0,'"),
        ("--devices -1", "--devices"),
        ("--devices 99999", "but got '99999'"),
        ("--per-device 0", "at least 1, or `auto`, but got 0"),
        ("--per-device -2", "--per-device"),
        ("--per-device many", "but got 'many'"),
        ("--per-device 1.5", "but got '1.5'"),
    ],
)
def test_wrong_values(words: str, rule: str, capsys: Capture) -> None:
    assert cli.main(["search", "data", *words.split()]) == 2
    assert rule in errors(capsys)


@pytest.mark.parametrize(
    ("words", "rule", "way_out"),
    [
        ("--engine worker", "no engine `worker`", "Did you mean `workers`?"),
        ("--engine in-process --per-device 4", "one after the other", "--engine workers"),
        ("--engine in-process --per-device auto", "`--per-device auto`", "--engine workers"),
        ("--engine in-process --devices all", "trains on one device", "name one device"),
        ("--engine in-process --devices 0,1", "`--devices cuda:0,cuda:1`", "name one device"),
        ("--address ray://a:1", "with no engine", "--engine ray"),
        ("--engine workers --address auto", "with `--engine workers`", "--engine ray"),
        ("--device cpu --devices 0", "`--devices cuda:0`", "Keep --devices"),
    ],
)
def test_contradictions_are_told_before_anything_is_made(
    words: str, rule: str, way_out: str, easy_data: Path, tmp_path: Path, capsys: Capture
) -> None:
    runs = tmp_path / "new" / "runs"
    command = ["search", str(easy_data), "--model", "nowhere", "--runs-dir", str(runs)]
    assert cli.main([*command, *words.split()]) == 2
    told = errors(capsys)
    assert rule in told
    assert way_out in told
    assert not runs.parent.exists()


def test_a_device_that_is_not_there_is_told_before_data_are_read(
    tmp_path: Path, capsys: Capture
) -> None:
    command = ["search", "no-data", "--model", "nowhere", "--runs-dir", str(tmp_path / "runs")]
    assert cli.main([*command, "--devices", "97"]) == 2
    told = errors(capsys)
    assert "cuda:97 is not there" in told
    assert "This machine offers" in told


def test_a_model_that_is_refused_leaves_no_folder(
    easy_data: Path, tmp_path: Path, capsys: Capture
) -> None:
    runs = tmp_path / "new" / "runs"
    no_model = str(easy_data)
    command = ["search", str(easy_data), "--model", no_model, "--runs-dir", str(runs)]
    assert cli.main([*command, "--no-check", "--engine", "workers", "--devices", "cpu"]) == 2
    assert "config.json" in errors(capsys)
    assert not runs.parent.exists()


@pytest.mark.parametrize(
    ("given", "device", "gpus", "name", "why"),
    [
        ({}, None, 0, "in-process", "for one device"),
        ({}, None, 1, "in-process", "for one device"),
        ({}, None, 4, "workers", "this machine has 4 GPUs"),
        ({}, "cuda:1", 4, "in-process", "for one device"),
        ({"devices": ("cuda:0", "cuda:1")}, None, 4, "workers", "for --devices cuda:0,cuda:1"),
        ({"per_device": "auto"}, None, 1, "workers", "for --per-device auto"),
        ({"engine": "in-process"}, None, 4, "in-process", "as asked"),
        ({"engine": "ray", "per_device": 2}, None, 0, "ray", "as asked"),
    ],
)
def test_workers_are_chosen_where_they_help(
    given: dict[str, Any], device: str | None, gpus: int, name: str, why: str
) -> None:
    choice = choose_engine(SearchOptions(**given), device, gpus)
    assert (choice.name, choice.why) == (name, why)


def test_what_the_engine_is_told() -> None:
    choice = choose_engine(SearchOptions(per_device="auto", devices=("all",)), None, 2)
    assert (choice.devices, choice.per_device) == ((), None)
    choice = choose_engine(SearchOptions(engine="workers"), "cpu", 2)
    assert (choice.devices, choice.per_device) == (("cpu",), 1)


def test_a_study_file_names_them_and_the_command_line_overrules() -> None:
    text = '[options]\nengine = "workers"\ndevices = [0, 1]\nper_device = 2\n'
    recipe = "[recipe]\nlearning_rate = 1e-5\nbatch_size = 8\nepochs = 2\n"
    file = parse_study(recipe + text, "file", "file.toml")
    options = choose_options({}, (file, None), 42)
    assert (options.engine, options.devices, options.per_device) == (
        "workers",
        ("cuda:0", "cuda:1"),
        2,
    )
    here = choose_options({"engine": "in-process"}, (file, None), 42)
    check_engine_options(here, None)
    assert (here.engine, here.devices, here.per_device) == ("in-process", (), None)
    on_one = choose_options({}, (file, None), 42, "cpu")
    check_engine_options(on_one, "cpu")
    assert (on_one.devices, on_one.per_device) == ((), 2)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('devices = "0,zero"', "devices"),
        ("per_device = 0", "at least 1, or `auto`"),
        ("per_device = true", "at least 1, or `auto`"),
        ("engine = 3", "name of an engine"),
    ],
)
def test_a_study_file_that_is_wrong(line: str, told: str) -> None:
    recipe = "[recipe]\nlearning_rate = 1e-5\nbatch_size = 8\nepochs = 2\n"
    with pytest.raises(UsageError) as caught:
        parse_study(f"{recipe}[options]\n{line}\n", "file", "file.toml")
    assert told in caught.value.message


def test_they_may_change_when_a_study_goes_on_and_are_remembered() -> None:
    spec = make_spec(engine="workers", devices=("cuda:0",), per_device="auto", artifacts="s3://b")
    assert spec_from_json(json.loads(json.dumps(spec_to_json(spec)))) == spec
    with pytest.raises(UsageError, match="per_device >= 1"):
        SearchOptions(per_device=0)


def test_named_gpus_are_the_only_ones_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    choice = EngineChoice(name="workers", why="", devices=("cuda:2", "cpu", "cuda:1"))
    with devices_shown(choice) as shown:
        assert shown.devices == ("cuda:0", "cpu", "cuda:1")
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "6,5"
        assert bench_device(shown) == "cuda"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "4,5,6,7"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    with devices_shown(choice):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "2,1"
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    alone = EngineChoice(name="in-process", why="", devices=("cuda:1",))
    with devices_shown(alone) as shown:
        assert shown == alone
        assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_a_cluster_trains_elsewhere() -> None:
    assert bench_device(EngineChoice(name="ray", why="", address="ray://a:1")) == "cpu"
    assert bench_device(EngineChoice(name="ray", why="", address="local")) is None


def test_devices_are_counted_and_not_what_shares_one() -> None:
    assert device_count(EngineChoice(name="workers", why="", devices=("cpu",)), 4) == 1
    two = EngineChoice(name="workers", why="", devices=("cuda:0", "cuda:1"), per_device=3)
    assert device_count(two, 6) == 2
    assert device_count(EngineChoice(name="ray", why="", per_device=2), 8) == 4


def test_the_plan_says_which_engine_and_why() -> None:
    assert engine_line("workers", "this machine has 4 GPUs", 4) == (
        "workers, 4 trainings at once (this machine has 4 GPUs)"
    )
    assert engine_line("in-process", "for one device", 1) == (
        "in-process, one training at a time (for one device)"
    )


def test_help_names_every_engine(capsys: Capture) -> None:
    assert cli.main(["search", "--help"]) == 0
    told = capsys.readouterr().out
    assert "in-process" in told
    assert "workers" in told
