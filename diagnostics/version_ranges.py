"""Ranges of versions as pip writes them: what they admit, and what several of them leave."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

__all__ = ["admits", "satisfiable", "tightest"]


@lru_cache(maxsize=8192)
def admits(wanted: str, version: str) -> bool:
    """Whether a version is among those wanted; what cannot be compared is let through."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(wanted).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True


def satisfiable(wanted: Iterable[str]) -> bool:
    """Whether some version, released or not, is among all those wanted."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        together = SpecifierSet(",".join(part for part in wanted if part))
    except InvalidSpecifier:
        return True
    # Ranges begin and end at the versions that they name: one just behind each is enough to try.
    named = [spec.version.removesuffix(".*") for spec in together] + ["0"]
    tried = [version for name in named for version in (name, f"{name.partition('+')[0]}.0.0.0.1")]
    return any(together.contains(version, prereleases=True) for version in tried)


def tightest(wanted: Iterable[str]) -> str:
    """Return several requirements as one, without the bounds that others make needless."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    text = ",".join(part for part in wanted if part)
    try:
        specs = list(SpecifierSet(text))
    except InvalidSpecifier:
        return text

    def bound(signs: str, *, highest: bool) -> list[str]:
        ranked = sorted(
            (spec for spec in specs if spec.operator in (signs, f"{signs}=")),
            # Of two bounds at one version the one without it is the tighter.
            key=lambda spec: (Version(spec.version), (spec.operator == signs) is highest),
        )
        return [str(ranked[-1 if highest else 0])] if ranked else []

    lower, upper = bound(">", highest=True), bound("<", highest=False)
    others = sorted({str(spec) for spec in specs if spec.operator[0] not in "<>"})
    return ",".join([*others, *lower, *upper])
