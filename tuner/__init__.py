"""Finds the learning rate, batch size and epoch count for fine-tuning an encoder on text.

```python
from tuner import search

summary = search("data/", model="bert-base-cased", trials=20)
print(summary.winner.spec, summary.test)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuner.api import search, train
    from tuner.search.study_record import load_study
    from tuner.training.live_diagnosis import DiagnosisCallback
else:
    # The package of this name is imported now, and its name given free, because its first import
    # binds it here: whoever imported one of its modules first would find it in place of `search`.
    import tuner.search  # noqa: F401

    del search

__all__ = ["DiagnosisCallback", "__version__", "load_study", "search", "train"]
__version__ = "0.1.0"

_HOMES = {
    "DiagnosisCallback": "tuner.training.live_diagnosis",
    "load_study": "tuner.search.study_record",
    "search": "tuner.api",
    "train": "tuner.api",
}


def __getattr__(name: str) -> Any:
    """Import the interface when it is first used, so that `import tuner` stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tuner' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    # Who looks at every name, as pydoc does, must not load what the callback derives from.
    return sorted({*globals(), *_HOMES} - {"DiagnosisCallback"})
