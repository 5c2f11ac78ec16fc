"""List, show and copy the ready-made studies: recipes and search spaces to start from."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tuner.display.canvas import Canvas, make_console
from tuner.display.plan import facts_table, section, short_settings
from tuner.display.settings import further_settings, setting_label
from tuner.display.summary import command_text, commands_view
from tuner.display.text import learning_rate, safe_text
from tuner.errors import UsageError
from tuner.study_file import StudyFile, copy_study_file, list_study_files, read_study_file

EXAMPLES = """\
examples:
  tuner studies                        all ready-made studies
  tuner studies show bert-base-cased   one of them, with its reasons
  tuner studies copy bert-base-cased   a copy to change and pass with --space
"""
ACTIONS = ("list", "show", "copy")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tuner studies`."""
    parser.usage = "tuner studies [list | show NAME | copy NAME [FILE]]"
    parser.epilog = EXAMPLES
    parser.add_argument(
        "action",
        metavar="ACTION",
        nargs="?",
        choices=ACTIONS,
        default="list",
        help="list (default), show or copy",
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="a ready-made study, or a file")
    parser.add_argument("file", metavar="FILE", nargs="?", help="where the copy goes (./NAME.toml)")


def run(arguments: argparse.Namespace) -> int:
    """Print or copy, and return 0.

    Raises:
        UsageError: A name is missing, too many are given, or there is no such study.
    """
    console = make_console()
    canvas = Canvas.of(console)
    _check(arguments)
    match arguments.action:
        case "list":
            console.print(_list_view(canvas))
        case "show":
            console.print(study_file_view(read_study_file(arguments.name), canvas))
        case _:
            path = copy_study_file(arguments.name, arguments.file or Path.cwd())
            console.print(safe_text(f"Copied to {path}. Change it, and use it:"))
            command = f"tuner search DATA --model MODEL --space {shlex.quote(str(path))}"
            console.print(command_text(command, canvas), crop=False)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.action == "list" and arguments.name is not None:
        raise UsageError(
            f"`tuner studies list` takes no name, but got `{arguments.name}`.",
            f"Did you mean `tuner studies show {arguments.name}`?",
        )
    if arguments.action != "list" and arguments.name is None:
        raise UsageError(
            f"`tuner studies {arguments.action}` needs the name of a study.",
            f"There are {', '.join(list_study_files())}.",
        )
    if arguments.action == "show" and arguments.file is not None:
        raise UsageError(
            f"`tuner studies show` takes one name, but got `{arguments.file}` too.",
            f"Did you mean `tuner studies copy {arguments.name} {arguments.file}`?",
        )


def _list_view(canvas: Canvas) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Study", no_wrap=True, style="bold")
    table.add_column("Recipe", no_wrap=True)
    table.add_column("What it is for", overflow="fold")
    for name in list_study_files():
        study = read_study_file(name)
        table.add_row(safe_text(name), _short_recipe(study), safe_text(study.description))
    uses = (
        ("tuner studies show NAME", "its settings and their reasons"),
        ("tuner train DATA --recipe NAME", "train with its recipe"),
        ("tuner search DATA --space NAME", "search its space"),
    )
    return Group(table, Text(), commands_view(uses, canvas))


def _short_recipe(study: StudyFile) -> Text:
    if study.recipe is None:
        return Text("-")
    recipe = study.recipe
    rate = learning_rate(recipe.learning_rate)
    return Text(f"{rate}, batch {recipe.batch_size}, {recipe.epochs} epochs")


def study_file_view(study: StudyFile, canvas: Canvas) -> RenderableType:
    """Return a study file: recipe, options, start points, and the space with its reasons."""
    recipe = study.recipe
    further = "" if recipe is None else ", ".join(f"{n} {v}" for n, v in further_settings(recipe))
    parts: list[RenderableType] = [
        section(f"Study {study.name}", canvas),
        facts_table(
            [
                ("For", study.description),
                ("Model", study.model or ""),
                ("Recipe", "" if recipe is None else short_settings(recipe)),
                ("Further", further),
                ("Also first", "\n".join(short_settings(point) for point in study.start_points)),
                ("Options", ", ".join(f"{n} {v}" for n, v in study.options.items())),
            ]
        ),
    ]
    if study.space is not None:
        parts += [Text(), _space_table(study)]
    return Group(*parts)


def _space_table(study: StudyFile) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Searched", no_wrap=True, style="cyan")
    table.add_column("Range", overflow="fold")
    table.add_column("Why", style="dim", overflow="fold")
    assert study.space is not None
    for name, parameter in study.space.parameters.items():
        reason = study.space.reasons.get(name, "")
        shown = safe_text(str(parameter))
        table.add_row(safe_text(setting_label(name)), shown, safe_text(reason))
    return table
