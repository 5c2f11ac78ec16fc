"""Passwords and tokens are taken out of whatever is shown or written to a file.

A URL of a database or a bucket may hold a password, and libraries repeat it in their errors. What
is hidden: the password of any URL, what a query string calls secret, access tokens that are
recognised by their form, and the values of environment variables that are named like secrets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["HIDDEN", "values_without_secrets", "without_secrets"]

HIDDEN = "***"
SHORTEST = 8
"""A value shorter than this is no secret worth the name, and may stand in any text by chance."""

_ENDINGS = ("_TOKEN", "_PASSWORD", "_SECRET", "_ACCESS_KEY", "_API_KEY", "_CONNECTION_STRING")
_NAMES = frozenset({"PGPASSWORD", "MYSQL_PWD", "AZURE_STORAGE_KEY", "REDISCLI_AUTH"})
# A password may hold `/` and `@`; it goes to the last `@` of the word. The bounds keep hostile text
# from costing time.
_PASSWORD = re.compile(r"(?<=://)([^\s:/@?#]{0,200}):([^\s\"'`<>]{0,500})@")
_QUERY = re.compile(
    r"(?i)([?&;][\w.-]{0,60}?(?:pass|passwd|password|pwd|secret|token|key|sig|signature"
    r"|credential)=)([^\s&;#\"'`<>]{1,500})"
)
_TOKEN = re.compile(r"\b(?:hf_|ghp_|github_pat_)\w{16,200}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")


def without_secrets(text: str) -> str:
    """Return the text with `***` in place of each password and token that can be recognised."""
    return _hide(text, _from_environment())


def values_without_secrets(value: Any) -> Any:
    """Return JSON values (dicts, lists and scalars) whose texts hold no secret."""
    return _hide_in(value, _from_environment())


def _hide_in(value: Any, known: Iterable[str]) -> Any:
    if isinstance(value, str):
        return _hide(value, known)
    if isinstance(value, Mapping):
        return {_hide(key, known): _hide_in(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hide_in(item, known) for item in value]
    return value


def _hide(text: str, known: Iterable[str]) -> str:
    for secret in known:
        text = text.replace(secret, HIDDEN)
    if "://" in text:
        text = _PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    if "=" in text:
        text = _QUERY.sub(rf"\1{HIDDEN}", text)
    return _TOKEN.sub(HIDDEN, text)


def _from_environment() -> tuple[str, ...]:
    """Return the secrets that the environment holds, the longest first."""
    found = {
        value
        for name, value in os.environ.items()
        if len(value) >= SHORTEST and (name in _NAMES or name.endswith(_ENDINGS))
    }
    return tuple(sorted(found, key=len, reverse=True))
