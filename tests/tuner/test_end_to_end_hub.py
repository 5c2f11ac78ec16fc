"""Models from the hub, which a small server on this machine stands in for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import tuner as package
from tests.tuner.hub_stand_in import COMMIT, Hub, serve_hub

pytestmark = pytest.mark.long

RUN_COMMANDS = """
import contextlib, io, json, sys, torch
from tuner.cli import main
torch.set_num_threads(1)
results = []
for words in json.loads(sys.argv[1]):
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main(words)
    results.append([code, output.getvalue(), errors.getvalue()])
print(json.dumps(results))
"""


@dataclass(frozen=True)
class Result:
    code: int
    output: str
    errors: str

    @property
    def message(self) -> str:
        return " ".join(self.errors.split())


@dataclass(frozen=True)
class Sessions:
    """What a person got with the hub in reach, and then without it."""

    hub: Hub
    online: Mapping[str, Result]
    offline: Mapping[str, Result]
    requests_offline: int
    runs: Path


def run_commands(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> list[Result]:
    """Run several commands in one fresh interpreter: the hub's client reads its settings once."""
    done = subprocess.run(
        [sys.executable, "-c", RUN_COMMANDS, json.dumps(commands)],
        env={**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1]), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Result(*result) for result in json.loads(done.stdout.splitlines()[-1])]


@pytest.fixture(scope="module")
def sessions(
    easy_data: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Sessions:
    runs, cache = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("cache")

    def train(model: str, name: str) -> list[str]:
        words = ["train", str(easy_data), "--model", model, "--name", name, "--epochs", "1"]
        return [*words, "--device", "cpu", "--json", "--runs-dir", str(runs)]

    hub = Hub(
        models=dict.fromkeys(("someone/tiny", "locked/tiny", "cut/tiny"), tiny_model),
        locked=frozenset({"locked/tiny"}),
        cut={"cut/tiny/model.safetensors": 4000},
    )
    names = ("no/such-model", "nosuchmodel", "locked/tiny", "cut/tiny", "someone/tiny")
    with serve_hub(hub):
        environment = {"HF_ENDPOINT": hub.url, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "0"}
        commands = [train(name, name.replace("/", "-")) for name in names]
        online = run_commands(commands, environment)
        asked = len(hub.requests)
        commands = [
            train("someone/tiny", "cached"),
            train("never/seen", "never"),
            train("cut/tiny", "partly"),
        ]
        offline = run_commands(commands, environment | {"HF_HUB_OFFLINE": "1"})
    return Sessions(
        hub=hub,
        online=dict(zip(names, online, strict=True)),
        offline=dict(zip(("cached", "never", "partly"), offline, strict=True)),
        requests_offline=len(hub.requests) - asked,
        runs=runs,
    )


def test_a_model_is_downloaded_and_trained(sessions: Sessions) -> None:
    result = sessions.online["someone/tiny"]
    assert result.code == 0, result.errors or result.output
    assert json.loads(result.output)["state"] == "finished"
    config = json.loads((sessions.runs / "someone-tiny" / "config.json").read_text())
    assert config["model"]["name"] == "someone/tiny"
    wanted = ("GET", f"/someone/tiny/resolve/{COMMIT}/model.safetensors")
    assert sessions.hub.requests.count(wanted) == 1, "the weights were fetched once"


def test_its_card_links_to_the_model_on_the_hub(sessions: Sessions) -> None:
    card = (sessions.runs / "someone-tiny" / "best" / "README.md").read_text()
    assert 'base_model: "someone/tiny"' in card
    assert "https://huggingface.co/someone/tiny" in card


@pytest.mark.parametrize("name", ["no/such-model", "nosuchmodel"])
def test_a_model_that_the_hub_does_not_know(sessions: Sessions, name: str) -> None:
    result = sessions.online[name]
    assert result.code == 2
    assert f"There is no model '{name}'" in result.message
    assert "Check the spelling" in result.message


def test_a_model_that_needs_permission(sessions: Sessions) -> None:
    result = sessions.online["locked/tiny"]
    assert result.code == 2
    assert "without permission" in result.message and "hf auth login" in result.message


def test_a_download_that_breaks_off(sessions: Sessions) -> None:
    result = sessions.online["cut/tiny"]
    assert result.code == 2
    assert "download of 'cut/tiny' broke off" in result.message
    assert "the same command again" in result.message


def test_without_a_network_a_cached_model_is_used(sessions: Sessions) -> None:
    result = sessions.offline["cached"]
    assert result.code == 0, result.errors or result.output
    assert sessions.requests_offline == 0
    online = json.loads(sessions.online["someone/tiny"].output)
    assert json.loads(result.output)["dev"] == online["dev"], "the same model, the same result"


def test_without_a_network_and_cache_the_way_out_is_a_folder(sessions: Sessions) -> None:
    result = sessions.offline["never"]
    assert result.code == 2
    assert "hub cannot be reached" in result.message
    assert "--model FOLDER" in result.message


def test_without_a_network_a_half_downloaded_model_is_told_as_such(sessions: Sessions) -> None:
    result = sessions.offline["partly"]
    assert result.code == 2
    assert "not complete" in result.message
    assert "--model FOLDER" in result.message or "pass a folder" in result.message


@pytest.mark.parametrize("name", ["no-such-model", "locked-tiny", "cut-tiny", "never", "partly"])
def test_nothing_is_left_behind_for_a_model_that_is_not_there(
    sessions: Sessions, name: str
) -> None:
    assert not (sessions.runs / name).exists()
    for result in (*sessions.online.values(), *sessions.offline.values()):
        assert "Traceback" not in result.errors
