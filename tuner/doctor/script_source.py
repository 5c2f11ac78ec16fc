"""Reads the source of a training script that the user names; it is never run."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import UsageError

__all__ = ["ScriptSource", "read_script"]

_LARGEST = 2**19
"""Bytes: twice the longest module of transformers. Syntax trees take up to a thousand times as
much."""
_LONGEST_LINE = 2_000
"""Characters of a line from which no expression is shown: a generated file."""
_LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSource:
    """A script as text and as syntax tree.

    Attributes:
        path: The file, as the user named it.
        lines: Its lines, without their ends.
        tree: Its syntax tree.
    """

    path: str
    lines: tuple[str, ...]
    tree: ast.Module

    def line(self, number: int) -> str:
        """Return a line by its number from 1, shortened, without the space around it."""
        known = 0 < number <= len(self.lines)
        return self.lines[number - 1].strip()[:_LONGEST_TEXT] if known else ""

    def text_of(self, node: ast.expr) -> str:
        """Return an expression as it is written, shortened; of several lines the first."""
        if not 0 < node.lineno <= len(self.lines):
            return ""
        if len(self.lines[node.lineno - 1]) > _LONGEST_LINE:
            return ""
        # Columns of the tree count bytes of UTF-8.
        line = self.lines[node.lineno - 1].encode()
        whole = node.end_lineno == node.lineno
        text = line[node.col_offset : node.end_col_offset if whole else None]
        shown = text.decode("utf-8", "replace").strip()
        return shown[:_LONGEST_TEXT] if whole else f"{shown[:_LONGEST_TEXT]} ..."


def read_script(name: str) -> ScriptSource:
    """Read and parse a script.

    Raises:
        UsageError: It is no file, cannot be read, or is no Python that could run here.
    """
    text = _decoded(name, _content(name))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stranger's escape sequences
            tree = ast.parse(text, filename=name)
    except SyntaxError as error:
        raise UsageError(
            f"`{name}` is no valid Python: line {error.lineno or '?'}: {error.msg}.",
            "Python itself would not run it; mend that line first.",
        ) from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise UsageError(
            f"`{name}` cannot be parsed: its expressions are nested too deeply.",
            "Give the script that holds the TrainingArguments.",
        ) from error
    return ScriptSource(path=name, lines=tuple(text.split("\n")), tree=tree)


def _content(name: str) -> bytes:
    path = Path(name).expanduser()
    if path.suffix == ".ipynb":
        raise UsageError(
            f"`--script` reads Python files, but `{name}` is a notebook.",
            f"Write it as a script first: jupyter nbconvert --to script {name}",
        )
    if path.is_dir():
        raise UsageError(
            f"`--script` names one Python file, but `{name}` is a folder.",
            "Name the file in it that holds the TrainingArguments.",
        )
    if path.exists() and not path.is_file():
        raise UsageError(f"`--script` names a Python file, but `{name}` is none.")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise UsageError(
            f"There is no script `{name}`.", "Check the path for a typing error."
        ) from None
    except OSError as error:
        raise UsageError(f"`{name}` cannot be read: {error.strerror or error}.") from error
    if len(content) > _LARGEST:
        raise UsageError(
            f"`{name}` is larger than {_LARGEST // 2**10} KiB: that is no script.",
            "Give the script that holds the TrainingArguments.",
        )
    return content


def _decoded(name: str, content: bytes) -> str:
    """Return the text, its line ends unified, in the encoding that Python would take."""
    if b"\0" in content:
        raise UsageError(
            f"`--script` reads Python files, but `{name}` is binary.",
            "Give the script itself, not what was compiled or packed from it.",
        )
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise UsageError(
            f"`{name}` is not UTF-8, and its first lines name no encoding that fits.",
            "Save it as UTF-8; Python itself would not run it.",
        ) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
