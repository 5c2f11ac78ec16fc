"""The contract of every rule about environments, and what the rules say together."""

from __future__ import annotations

import dataclasses
import graphlib
import inspect
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from diagnostics.findings import Clear, Finding, Flagged, NotApplicable, Severity, Tier
from diagnostics.judgement import check_up, rules_about
from diagnostics.rule import Rule
from diagnostics.subjects.environment import Accelerator, Environment, Host, Hub, Library, Torch

RULES: tuple[Rule[Environment], ...] = rules_about("environment")
BAD = [
    pytest.param(rule, subject, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, subject in rule.bad.items()
]
GOOD = [
    pytest.param(rule, subject, id=f"{rule.name}: {caption}")
    for rule in RULES
    for caption, subject in rule.good.items()
]
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
A10 = Accelerator(
    index=0, name="NVIDIA A10", total_bytes=24 * 2**30, used_bytes=0, capability=(8, 6)
)


def findings(rule: Rule[Environment], subject: Environment) -> tuple[Finding, ...]:
    outcome = rule.judge(subject)
    return outcome.findings if isinstance(outcome, Flagged) else ()


@pytest.mark.parametrize(("rule", "subject"), BAD)
def test_fires_on_what_is_bad(rule: Rule[Environment], subject: Environment) -> None:
    found = findings(rule, subject)
    assert found
    for finding in found:
        assert (finding.rule, finding.name) == (rule.id, rule.name)
        assert finding.evidence
        assert finding.message.endswith(".")
        assert not finding.message.endswith("..")


@pytest.mark.parametrize(("rule", "subject"), GOOD)
def test_is_silent_on_what_is_fine(rule: Rule[Environment], subject: Environment) -> None:
    assert isinstance(rule.judge(subject), Clear | NotApplicable)


@pytest.mark.parametrize(("rule", "subject"), BAD)
def test_every_fix_changes_something(rule: Rule[Environment], subject: Environment) -> None:
    for finding in findings(rule, subject):
        assert finding.fixes
        for fix in finding.fixes:
            assert fix.text
            if fix.parameter is not None:
                assert fix.new is not None
                assert fix.new != fix.old
                assert fix.how


@pytest.mark.parametrize(("rule", "subject"), BAD)
def test_severity_fits_the_evidence(rule: Rule[Environment], subject: Environment) -> None:
    for finding in findings(rule, subject):
        if finding.severity is Severity.ERROR:
            assert finding.tier is Tier.CONCLUSIVE
        if finding.severity is Severity.WARNING:
            assert finding.tier is not Tier.HEURISTIC


@EACH
def test_is_documented(rule: Rule[Environment]) -> None:
    text = inspect.getdoc(type(rule)) or ""
    assert text.partition("\n")[0].endswith(".")
    for heading in ("Why it matters:", "What to change:", "Source:"):
        assert heading in text
    assert rule.doubt
    assert rule.bad
    assert rule.good


@EACH
def test_every_threshold_is_documented(rule: Rule[Environment]) -> None:
    source = inspect.getsource(type(rule))
    for field in dataclasses.fields(rule):
        assert re.search(rf'^    {field.name}: \w+ = .*\n    """', source, re.MULTILINE), field.name


@EACH
def test_judges_nothing_that_was_not_looked_at(rule: Rule[Environment]) -> None:
    assert isinstance(rule.judge(Environment(source="nowhere")), NotApplicable)


@EACH
def test_judges_what_is_known_in_part(rule: Rule[Environment]) -> None:
    unknown = Environment(
        source="partly",
        libraries={},
        torch=Torch(),
        accelerators=(Accelerator(index=0, name="unknown"),),
        host=Host(),
        hub=Hub(),
    )
    outcome = rule.judge(unknown)
    if rule.name == "missing-library":
        assert isinstance(outcome, Flagged)
    else:
        assert isinstance(outcome, Clear | NotApplicable)


def test_ids_and_names_are_unique_and_well_formed() -> None:
    assert max(Counter(rule.id for rule in RULES).values()) == 1
    assert max(Counter(rule.name for rule in RULES).values()) == 1
    for rule in RULES:
        assert re.fullmatch(r"E[1-3]\d\d", rule.id)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
        assert type(rule).__module__.rpartition(".")[2].replace("_", "-") == rule.name


def test_consequences_exist_and_nothing_explains_itself() -> None:
    explains = {rule.id: set(rule.explains) for rule in RULES}
    assert set().union(*explains.values()) <= set(explains)
    assert len(list(graphlib.TopologicalSorter(explains).static_order())) == len(RULES)


def libraries(**versions: str) -> dict[str, Library]:
    healthy = {"torch": "2.8.0", "transformers": "5.23.0", "accelerate": "1.10.0", **versions}
    return {name: Library(name=name, version=version) for name, version in healthy.items()}


WORKSTATION = Environment(
    source="/usr/venv",
    python="3.12.4",
    libraries=libraries(numpy="2.3.1"),
    import_faults={"torch": "", "numpy": ""},
    torch=Torch(
        cuda="12.6", hip="", architectures=("sm_80", "sm_86"), available=True, mps=False,
        threads=8, numpy_fault="",
    ),
    accelerators=(A10,),
    driver="550.54",
    driver_cuda="12.4",
    host=Host(
        cpus=16, memory_total=64 * 2**30, memory_available=50 * 2**30, shared_memory=32 * 2**30,
        disk_folder="runs", disk_free=500 * 2**30,
    ),
    hub=Hub(folder="/cache", size=0, models=("google-bert/bert-base-cased",)),
    plan={"precision": "bf16", "dataloader_num_workers": 4},
    model={"name": "bert-base-cased", "parameters": 110_000_000},
)  # fmt: skip
HEALTHY: dict[str, Any] = {
    "a workstation": {},
    "in a container of four processors": {
        "host": Host(cpus=64, cpu_quota=4.0, thread_variables={"OMP_NUM_THREADS": "4"}),
        "torch": Torch(cuda="12.6", available=True, threads=4),
    },
    "offline, with the model in the cache": {
        "hub": Hub(
            folder="/c", models=("google-bert/bert-base-cased",), offline=("HF_HUB_OFFLINE",)
        )
    },
    "a driver of the same family, older than the build": {
        "driver": "530.30",
        "driver_cuda": "12.1",
    },
}


@pytest.mark.parametrize("changes", HEALTHY.values(), ids=HEALTHY.keys())
def test_healthy_machines_raise_nothing(changes: dict[str, Any]) -> None:
    checkup = check_up(replace(WORKSTATION, **changes), RULES)
    assert not checkup.crashed
    assert [found.message for found in checkup.findings] == []


def test_the_root_of_a_failed_import_comes_first() -> None:
    broken = replace(
        WORKSTATION,
        libraries={
            **libraries(torch="2.2.2", numpy="2.0.1"),
            "transformers": Library(name="transformers", version="4.40.0"),
        },
        import_faults={"torch": "AttributeError: _ARRAY_API not found"},
    )
    found = check_up(broken, RULES).findings
    assert [(each.rule, each.consequence_of) for each in found] == [
        ("E103", None),
        ("E104", "E103"),
    ]


def test_an_old_driver_explains_why_the_gpu_is_not_used() -> None:
    old = replace(
        WORKSTATION, driver="470.1", driver_cuda="11.4", torch=Torch(cuda="12.6", available=False)
    )
    found = check_up(old, RULES).findings
    assert [(each.rule, each.consequence_of) for each in found] == [
        ("E106", None),
        ("E202", "E106"),
    ]


def test_a_severity_says_whether_the_library_checks_its_requirement() -> None:
    requires = ("tokenizers>=0.23.1,<0.24", "typer>=0.20")
    found = check_up(
        Environment(
            source="x",
            python="3.12.4",
            libraries={
                **libraries(tokenizers="0.22.0", typer="0.9.0"),
                "transformers": Library(name="transformers", version="5.23.0", requires=requires),
            },
        ),
        RULES,
    ).findings
    assert [(each.evidence[1].label, each.severity.value) for each in found] == [
        ("tokenizers", "error"),
        ("typer", "warning"),
    ]
