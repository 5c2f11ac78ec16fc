"""List the rules by which `tuner diagnose` judges a run."""

from __future__ import annotations

import argparse
import inspect

from rich.text import Text

from diagnostics.checkup import run_rules
from tuner.display.canvas import make_console

__all__ = ["configure", "run"]

THEMES = {
    "R1": "Optimisation",
    "R2": "Generalisation",
    "R3": "Token classification",
    "R4": "Amount of data and steps",
    "R5": "Resources",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no options."""


def run(arguments: argparse.Namespace) -> int:
    """Print one line per rule, by theme."""
    console = make_console()
    width = max(len(rule.name) for rule in run_rules())
    theme = ""
    for rule in run_rules():
        if rule.id[:2] != theme:
            theme = rule.id[:2]
            console.print(Text(THEMES.get(theme, theme), style="bold"))
        title = (inspect.getdoc(type(rule)) or "").partition("\n")[0]
        line = f"  {rule.id} {rule.name:<{width}}  {rule.severity:<7}  {title}"
        console.print(Text(line), soft_wrap=True)
    console.print("`tuner explain RULE` tells more about one of them.", soft_wrap=True)
    return 0
