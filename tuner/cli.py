"""The command line: finds the command, runs it, and turns every failure into one clear message."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import errno
import os
import shutil
import sys
import textwrap
import traceback
from collections.abc import Mapping, Sequence
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from diagnostics.errors import DiagnosticsError
from tuner import __version__
from tuner.command_catalogue import Command, CommandModule, find_commands, load_command
from tuner.display.canvas import make_console
from tuner.display.text import clean, safe_text
from tuner.errors import UsageError
from tuner.secrets_in_text import without_secrets

__all__ = ["main"]

USAGE_ERROR = 2
INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell says of a program that wrote to a pipe nobody reads: 128 and SIGPIPE."""

DESCRIPTION = "Finds the learning rate, batch size and epoch count for fine-tuning an encoder."
FIRST_STEPS = (
    ("tuner search --demo", "a whole search on sample data, in minutes"),
    ("tuner search DATA --model M", "the best settings for your labelled file"),
    ("tuner COMMAND --help", "all options of a command"),
)
BUG = "This is a bug in tuner, please report it; `--debug` shows the traceback to report with it."
WAYS_OUT = {
    errno.ENOSPC: "Free some disk space and run the same command again: finished work is kept.",
    errno.EDQUOT: "Your disk quota is used up. Free some space and run the same command again.",
    errno.EACCES: "Check the permissions, or choose another folder with --runs-dir.",
    errno.EPERM: "Check the permissions, or choose another folder with --runs-dir.",
    errno.EROFS: "That file system is read-only. Choose another folder with --runs-dir.",
    errno.ENOENT: "Check the path for a typing error.",
}


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line ends of descriptions, and gives option names the room they need."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)


class CommandParser(argparse.ArgumentParser):
    """An argument parser whose errors are `UsageError`s with the way out."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the arguments.

        Raises:
            UsageError: Always.
        """
        text = message.removeprefix("argument ")
        raise UsageError(
            f"{text[:1].upper()}{text[1:]}.".replace("..", "."), f"See `{self.prog} --help`."
        )

    def parse_all(self, arguments: list[str]) -> argparse.Namespace:
        """Parse `arguments`; an unknown option is answered with the nearest known one.

        Raises:
            UsageError: An argument is missing, unknown or malformed.
        """
        known, unknown = self.parse_known_args(arguments)
        if unknown:
            options = [option for option in self._option_string_actions if option[:2] == "--"]
            near = difflib.get_close_matches(unknown[0].partition("=")[0], options, n=1)
            suggestion = f"Did you mean `{near[0]}`? " if near else ""
            what = "option" if unknown[0].startswith("-") else "argument"
            raise UsageError(
                f"There is no {what} `{unknown[0]}` here.", f"{suggestion}See `{self.prog} --help`."
            )
        return known


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments without the program's name; None takes `sys.argv`.

    Returns:
        Exit code: 0 clean, 1 findings or no result, 2 usage error or unreadable input, 130
        interrupted, 141 the reader of the output left first.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments or os.environ.get("TUNER_DEBUG", "") not in ("", "0")
    try:
        return _dispatch(arguments)
    except SystemExit as stop:  # argparse leaves this way after --help and --version
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output left before the command came to its end
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001  # the last line of defence: no traceback by default
        _report(error, make_console(stderr=True), debug=debug)
        return USAGE_ERROR
    finally:
        _flush_standard_output()


def _dispatch(arguments: list[str]) -> int:
    """Find the command, parse its options and run it."""
    split = next(
        (place for place, word in enumerate(arguments) if not word.startswith("-")), len(arguments)
    )
    commands = find_commands()
    top = _top_parser(commands)
    top.parse_all(arguments[:split])
    if split == len(arguments):
        top.print_help()
        return 0
    module = load_command(arguments[split], commands)
    parser = _command_parser(arguments[split], module)
    return module.run(parser.parse_all(arguments[split + 1 :]))


def _top_parser(commands: Mapping[str, Command]) -> CommandParser:
    """Return the parser of what stands before the command, whose help lists all commands."""
    listed = _two_columns([(name, command.summary) for name, command in commands.items()])
    steps = _two_columns(FIRST_STEPS)
    parser = CommandParser(
        prog="tuner",
        usage="tuner COMMAND [OPTIONS]",
        description=DESCRIPTION,
        epilog=f"commands:\n{listed}\n\nfirst steps:\n{steps}",
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tuner {__version__}")
    _add_debug(parser)
    return parser


def _two_columns(pairs: Sequence[tuple[str, str]]) -> str:
    """Return (name, text) pairs in two columns, the text wrapped to the terminal's width."""
    left = max(len(name) for name, _ in pairs)
    width = max(shutil.get_terminal_size().columns - 2, left + 30)
    lines = (
        textwrap.fill(
            text,
            width,
            initial_indent=f"  {name:<{left}}  ",
            subsequent_indent=" " * (left + 4),
        )
        for name, text in pairs
    )
    return "\n".join(lines)


def _command_parser(name: str, module: CommandModule) -> CommandParser:
    """Return the parser of one command, with its module's docstring as the description."""
    parser = CommandParser(
        prog=f"tuner {name}",
        description=(module.__doc__ or "").strip(),
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    _add_debug(parser)
    return parser


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an error (or TUNER_DEBUG=1)"
    )


def _report(error: Exception, console: Console, *, debug: bool) -> None:
    """Print one message for `error`, and its traceback only when asked for."""
    if debug:
        trace = without_secrets(traceback.format_exc())
        console.print(safe_text(trace, "dim", keep_newlines=True))
    message, hint = map(without_secrets, _explain(error))
    console.print(Text.assemble(("Error: ", "bold red"), safe_text(message, keep_newlines=True)))
    if hint:
        console.print(safe_text(hint, keep_newlines=True))


def _explain(error: Exception) -> tuple[str, str]:
    """Return what went wrong and the way out."""
    match error:
        case DiagnosticsError():
            return error.message, error.hint
        case OSError(errno=int() as number, strerror=str() as reason):
            place = f": {clean(error.filename)}" if error.filename else ""
            return f"{reason}{place}.", WAYS_OUT.get(number, "")
        case MemoryError():
            return "The machine has no memory left.", "Close other programs, or use less data."
        case _:
            return f"{type(error).__name__}: {error}", BUG


def _flush_standard_output() -> None:
    """Write what is buffered; when nobody takes it, spare the interpreter's complaint at exit."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):  # ValueError: it was closed
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
