"""Keeps strangers out of a Ray cluster that is started here, by a token made for it.

Ray's servers listen on all addresses of a machine, whatever address a node is given.
"""

from __future__ import annotations

import importlib
import os
import secrets
from typing import Any

from tuner.errors import UsageError

__all__ = ["LocalLock"]

VARIABLES = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")
"""Environment variables of Ray's token authentication, since 2.52 (its security guide)."""


class LocalLock:
    """Makes Ray in this process, and the processes it starts, speak only with a new token.

    Raises:
        UsageError: This Ray knows no tokens.
    """

    def __init__(self) -> None:
        self._before = {name: os.environ.get(name) for name in VARIABLES}
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
        if not self._reread():
            self.open()
            raise UsageError(
                "A Ray cluster that is started here must be guarded by a token, which this version "
                "of Ray does not know.",
                "Update it: pip install --upgrade 'ray>=2.52'",
            )

    def open(self) -> None:
        """Give the environment back as it was."""
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        self._reread()

    def _reread(self) -> bool:
        """Let Ray read the environment again; whether it demands a token now."""
        try:
            core: Any = importlib.import_module("ray._raylet")
            core.Config.initialize("")
            core.AuthenticationTokenLoader.instance().reset_cache()
            mode = core.get_authentication_mode()
            return bool(mode == core.AuthenticationMode.TOKEN)
        except (ImportError, AttributeError):
            return False
