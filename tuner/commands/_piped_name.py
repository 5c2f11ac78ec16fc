"""The name that a file would have which holds what is piped in: readers look at names, too."""

from __future__ import annotations

import re

__all__ = ["fitting_name"]

_HEAD = 1 << 18
_JSON = re.compile(r"\s{0,99}(?:\{\s{0,99}[\"}]|\[\s{0,99}[\[{\"\d\]-])")
_JSON_LINES = re.compile(r"\s{0,99}\{\s{0,99}\"[^\r\n]{1,100000}\}\s{0,99}[\r\n]\s{0,99}\{")
_MARKDOWN = re.compile(r"\A---[ \t]{0,99}$|^#{1,6} \w|^\|[ :|-]{3,999}$", re.MULTILINE)
_CELLS = ((".csv", ","), (".tsv", "\t"))


def fitting_name(text: str) -> str:
    """Return a file name whose ending fits a text: JSON, JSON lines, Markdown, a table, or none.

    The name of a JSON document is also that of the result files of the Hugging Face scripts, which
    are known by their names alone.
    """
    head = text[:_HEAD].lstrip("\ufeff")
    if _JSON.match(head):
        if '"cells"' in text and '"nbformat"' in text:
            return "log.ipynb"
        return "log.jsonl" if _JSON_LINES.match(head) else "log_results.json"
    if _MARKDOWN.search(head):
        return "log.md"
    first = head.lstrip().partition("\n")[0]
    return next((f"log{ending}" for ending, cell in _CELLS if cell in first), "log.txt")
