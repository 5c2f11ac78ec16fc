"""The one line that mends all libraries: it mends them, and contradicts nothing that stays."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from diagnostics.declared_requirements import demands, missing, unmet
from diagnostics.pip_line import plan_pip_line
from diagnostics.subjects.environment import Environment, Library
from diagnostics.version_ranges import satisfiable, tightest

HEALTHY: dict[str, tuple[str, Sequence[str]]] = {
    "torch": ("2.8.0", []),
    "transformers": ("5.23.0", ["tokenizers>=0.23.1,<0.24", 'torch>=2.6; extra == "torch"']),
    "accelerate": ("1.10.0", ["numpy>=1.17"]),
    "tokenizers": ("0.23.1", []),
    "numpy": ("2.3.1", []),
}


def environment(changes: dict[str, tuple[str, Sequence[str]] | None]) -> Environment:
    chosen = {**HEALTHY, **changes}
    return Environment(
        source="x",
        python="3.11.9",
        libraries={
            name: Library(name=name, version=facts[0], requires=tuple(facts[1]))
            for name, facts in chosen.items()
            if facts is not None
        },
    )


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, ""),
        ({"tokenizers": ("0.22.0", [])}, "pip install 'tokenizers>=0.23.1,<0.24'"),
        ({"accelerate": None}, "pip install accelerate"),
        ({"tokenizers": None}, "pip install 'tokenizers>=0.23.1,<0.24'"),
        # An asker that fits the old version has to go along.
        (
            {"torch": ("2.4.0", []), "torchvision": ("0.19.0", ["torch==2.4.0"])},
            "pip install 'torch>=2.6' 'torchvision!=0.19.0'",
        ),
        # Two that contradict each other: the one that is unhappy now, the other as a bound.
        (
            {"evaluate": ("0.4", ["numpy<2"]), "seqeval": ("1.2", ["numpy>=2"])},
            "pip install 'evaluate!=0.4' 'numpy>=2'",
        ),
        # Known from release notes alone; numpy stays because torch goes.
        ({"torch": ("2.2.0", [])}, "pip install 'torch>=2.6'"),
        ({"pandas": ("2.1.0", [])}, "pip install 'numpy>=1.17,<2'"),
        # One that holds the library to give up where it is goes along.
        (
            {
                "torch": ("2.4.0", []),
                "torchvision": ("0.19.0", ["torch==2.4.0"]),
                "peft": ("0.9", ["torchvision==0.19.0"]),
            },
            "pip install 'peft!=0.9' 'torch>=2.6' 'torchvision!=0.19.0'",
        ),
        # A library that is known to refuse the only NumPy left goes back behind that release.
        (
            {"pandas": ("2.2.1", ["numpy<2"]), "numpy": ("1.26.4", []), "pyarrow": ("26.0.1", [])},
            "pip install 'numpy>=1.17,<2' 'pyarrow<26'",
        ),
        # What only libraries that change ask for comes with them.
        (
            {"tokenizers": ("0.22.0", ["huggingface-hub"])},
            "pip install 'tokenizers>=0.23.1,<0.24'",
        ),
        # Nothing is proposed that a library outside of trainings forbids.
        (
            {"tokenizers": ("0.22.0", []), "bottle": ("1", ["tokenizers!=0.23.2"])},
            "pip install 'tokenizers!=0.23.2,>=0.23.1,<0.24'",
        ),
        # What no training uses is left alone.
        ({"bottle": ("1", ["jinja2>3", "numpy<1"])}, ""),
    ],
)
def test_lines(changes: dict[str, tuple[str, Sequence[str]] | None], command: str) -> None:
    assert plan_pip_line(environment(changes)).command == command


@pytest.mark.parametrize(
    ("wanted", "possible"),
    [
        ([], True),
        ([">=2", "<2"], False),
        ([">1.0", "<1.0.1"], True),
        ([">=2", "<=2"], True),
        (["==1.*", "!=1.0"], True),
        (["~=2.1", "<2"], False),
        (["==2.4.0", ">=2.6"], False),
        (["==2.4.0", "==2.4.0"], True),
        (["not a version"], True),
    ],
)
def test_satisfiable(wanted: list[str], possible: bool) -> None:
    assert satisfiable(wanted) is possible


@pytest.mark.parametrize(
    ("wanted", "together"),
    [
        ([">=1.0,<3", "<=2.5,>1.0", "!=2.1"], "!=2.1,>1.0,<=2.5"),
        (["<2", "<=2"], "<2"),
        ([">2", ">=2"], ">2"),
        (["", ">=1"], ">=1"),
        (["~=1.4", "==1.*"], "==1.*,~=1.4"),
        (["not a version"], "not a version"),
    ],
)
def test_tightest(wanted: list[str], together: str) -> None:
    assert tightest(wanted) == together


NAMES = ("torch", "transformers", "accelerate", "numpy", "tokenizers", "datasets", "bottle")
VERSIONS = st.sampled_from(["1.0", "1.5", "2.0", "2.5", "3.0", "3.1.1"])
BOUNDS = st.builds(
    "{}{}".format, st.sampled_from([">=", "<", "<=", ">", "!=", "==", "~="]), VERSIONS
)
SPECIFIERS = st.lists(BOUNDS, min_size=0, max_size=2).map(",".join)


@st.composite
def environments(draw: st.DrawFn) -> Environment:
    libraries = {}
    for name in draw(st.sets(st.sampled_from(NAMES))):
        others = draw(st.sets(st.sampled_from([each for each in NAMES if each != name])))
        requires = tuple(f"{other}{draw(SPECIFIERS)}" for other in sorted(others))
        libraries[name] = Library(name=name, version=draw(VERSIONS), requires=requires)
    return Environment(source="x", python="3.11.9", libraries=libraries)


@settings(max_examples=60, deadline=None)
@given(environments())
def test_every_line_mends_and_contradicts_nothing(found: Environment) -> None:
    line = plan_pip_line(found)
    changed = {change.name for change in line.changes}
    for demand in unmet(found):
        assert {demand.library, demand.other} & changed
    for name, askers in missing(found).items():
        # What only libraries that change ask for comes with them.
        assert name in changed or (askers and {each.library for each in askers} <= changed)
    for change in line.changes:
        kept = [
            demand.wanted
            for demand in demands(found)
            if demand.other == change.name and demand.library not in changed
        ]
        assert satisfiable([change.wanted])
        for version in ("0.9", "1.0", "1.2", "1.5", "2.0", "2.2", "2.5", "3.0", "3.1.1", "4.0"):
            if SpecifierSet(change.wanted).contains(version):
                assert all(SpecifierSet(wanted).contains(version) for wanted in kept)


@settings(max_examples=25, deadline=None)
@given(environments())
def test_every_line_is_a_command(found: Environment) -> None:
    command = plan_pip_line(found).command
    if command:
        words = shlex.split(command)
        assert words[:2] == ["pip", "install"]
        assert [Requirement(word).name for word in words[2:]] == sorted(
            change.name for change in plan_pip_line(found).changes
        )
