"""Words of commands as a shell takes them, whatever characters a stranger put into a name."""

from __future__ import annotations

import re
import shlex

from diagnostics.report._text import clean

__all__ = ["shell_word"]

_LONGEST = 400
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=,-]")


def shell_word(text: str) -> str:
    r"""Return a text quoted for a shell.

    What a report would show as an escape, such as an escape sequence in the name of a file, is
    written as bash and zsh read it: `$'\x1b[31m.conll'`.
    """
    if clean(text) == text or len(text) > _LONGEST:
        return shlex.quote(clean(text))
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(sign: str) -> str:
    if _PLAIN.fullmatch(sign) or (not sign.isascii() and clean(sign) == sign):
        return sign
    undecodable = "\udc80" <= sign <= "\udcff"  # how Python keeps bytes of a name that are no text
    written = sign.encode("utf-8", "surrogateescape" if undecodable else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in written)
