"""What is done with a stranger's files under the audit hook of `watched.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from tuner.cli import main

__all__ = ["STEPS"]

Step = Callable[[Path], int]


def _command(*words: str) -> Step:
    return lambda hostile: main([str(word).replace("{}", str(hostile)) for word in words])


def _search(model: str, study: str) -> Step:
    return _command(
        *("search", "{}/data", "--model", f"{{}}/{model}", "--runs-dir", "{}/runs"),
        *("--study", study, "--trials", "1", "--confirm", "0", "--device", "cpu"),
        *("--checkpoint-every", "0", "--recipe", "{}/recipe.toml"),
    )


STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "show": _command("show", "{}/runs/demo"),
        "export": _command("export", "{}/runs/demo"),
        "diagnose": _command("diagnose", "{}/runs/demo"),
        "diagnose a checkpoint": _command("diagnose", "{}/runs/demo/trials/0000"),
        "check pickles": _command("check", "{}/pickles"),
        "code": _search("with-code", "code"),
        "pickled weights": _search("pickled", "weights"),
        "a kernel": _search("with-kernel", "kernel"),
        "poisoned checkpoint": _search("sound", "resumed"),
    }
)
