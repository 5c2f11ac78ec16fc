"""What installed libraries ask of each other, by their metadata."""

from __future__ import annotations

import pytest

from diagnostics.declared_requirements import demands, for_training, missing, unmet
from diagnostics.subjects.environment import Environment, Library
from diagnostics.version_ranges import admits


def environment(python: str = "3.11.9", **requires: tuple[str, ...]) -> Environment:
    names = {"torch", "transformers", "accelerate", *requires}
    return Environment(
        source="x",
        python=python,
        libraries={
            name: Library(name=name, version="1.0", requires=requires.get(name, ()))
            for name in names
        },
    )


@pytest.mark.parametrize(
    ("requirement", "asked"),
    [
        ("numpy>=1", ["numpy"]),
        ("NumPy_Extra.Lib>=1", ["numpy-extra-lib"]),
        ('numpy; python_version < "3.11"', []),
        ('numpy; python_version >= "3.11"', ["numpy"]),
        ('numpy; extra == "torch"', ["numpy"]),
        ('numpy; extra == "vision"', []),
        ('numpy; platform_system == "Nowhere"', []),
        ("numpy (at least 1", []),
        ("", []),
        ("numpy @ https://example.org/numpy.whl", ["numpy"]),
    ],
)
def test_markers_and_names(requirement: str, asked: list[str]) -> None:
    found = demands(environment(transformers=(requirement,)))
    assert [demand.other for demand in found] == asked


def test_an_extra_that_another_library_asks_for_counts() -> None:
    found = environment(accelerate=("fsspec[http]>=1",), fsspec=('aiohttp; extra == "http"',))
    assert missing(found).keys() == {"aiohttp"}


def test_needs_are_followed_to_their_ends() -> None:
    found = environment(transformers=("first",), first=("second>=2",), second=())
    assert {"first", "second"} <= for_training(found)
    assert [(each.library, each.other) for each in unmet(found)] == [("first", "second")]


def test_libraries_in_a_circle_are_no_trap() -> None:
    found = environment(transformers=("torch",), torch=("transformers",))
    assert for_training(found) == {"torch", "transformers", "accelerate"}


@pytest.mark.parametrize(
    ("wanted", "version", "will_do"),
    [
        (">=2.6", "2.8.0+cu126", True),
        ("==2.8.0", "2.8.0+cpu", True),
        (">=2.6", "2.9.0.dev20250101", True),
        (">=3.11", "3.14.0rc2", True),
        ("<2", "2.0.1", False),
        ("", "1", True),
        ("three", "1", True),
        (">=1", "unknown", True),
    ],
)
def test_versions_that_will_do(wanted: str, version: str, will_do: bool) -> None:
    assert admits(wanted, version) is will_do
