"""List the rules by which runs, data and environments are judged."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from typing import Any

from rich.text import Text

from diagnostics.judgement import all_rules
from diagnostics.rule import Rule
from diagnostics.thresholds import thresholds
from tuner.display.canvas import make_console

__all__ = ["configure", "run"]

THEMES = {
    "R1": "Optimisation",
    "R2": "Generalisation",
    "R3": "Token classification",
    "R4": "Amount of data and steps",
    "R5": "Resources",
    "R6": "Hyperparameters and logging",
    "R7": "Environment",
    "D1": "Data: format",
    "D2": "Data: labels",
    "D3": "Data: size",
    "D4": "Data: splits",
    "D5": "Data: sub-tokens",
    "D6": "Data: hyperparameters",
    "E1": "Machine: libraries",
    "E2": "Machine: devices and resources",
    "E3": "Machine: scripts",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--format", choices=("terminal", "json"), default="terminal", help="terminal or json"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print one line per rule, by theme, or all of them as JSON."""
    if arguments.format == "json":
        json.dump([_document(rule) for rule in all_rules()], sys.stdout, indent=2)
        sys.stdout.write("\n")
        return 0
    console = make_console()
    width = max(len(rule.name) for rule in all_rules())
    theme = ""
    for rule in all_rules():
        if rule.id[:2] != theme:
            theme = rule.id[:2]
            console.print(Text(THEMES.get(theme, theme), style="bold"))
        preview = " (preview)" if rule.preview else ""
        line = f"  {rule.id} {rule.name:<{width}}  {rule.severity:<7}  {_title(rule)}{preview}"
        console.print(Text(line), soft_wrap=True)
    console.print("`tuner explain RULE` tells more about one of them.", soft_wrap=True)
    return 0


def _title(rule: Rule[Any]) -> str:
    return (inspect.getdoc(type(rule)) or "").partition("\n")[0]


def _document(rule: Rule[Any]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "title": _title(rule),
        "theme": THEMES.get(rule.id[:2], ""),
        "severity": rule.severity.value,
        "tier": rule.tier.value,
        "preview": rule.preview,
        "explains": list(rule.explains),
        "doubt": rule.doubt,
        "thresholds": thresholds(rule),
    }
