"""What is installed, read from real metadata; what a class takes, read from its source."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import pytest

from diagnostics.declared_requirements import missing, unmet
from diagnostics.subjects.environment import Environment
from tuner.doctor import signatures
from tuner.doctor.installed_libraries import installed_libraries, package_folder, torch_build
from tuner.doctor.signatures import installed_signatures


def install(site: Path, name: str, version: str, *requires: str, python: str = "") -> Path:
    """Write the metadata of a library as pip does."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    lines += [f"Requires-Python: {python}"] if python else []
    (folder / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all there is on the path of imports."""
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    return tmp_path


def test_names_versions_and_requirements_are_read(site: Path) -> None:
    install(site, "Hugging_Face.Hub", "1.2.0rc1", "numpy>=1.17", python=">=3.11")
    libraries, notes = installed_libraries()
    (library,) = libraries.values()
    assert (library.name, library.version) == ("hugging-face-hub", "1.2.0rc1")
    assert (library.requires, library.requires_python) == (("numpy>=1.17",), ">=3.11")
    assert notes == ()


def test_real_metadata_lead_to_the_findings(site: Path) -> None:
    install(site, "transformers", "5.23.0", "tokenizers<0.24,>=0.23.1", 'torch; extra == "torch"')
    install(site, "tokenizers", "0.22.0")
    libraries, _ = installed_libraries()
    environment = Environment(source="x", python="3.11.9", libraries=libraries)
    assert [(each.library, each.other) for each in unmet(environment)] == [
        ("transformers", "tokenizers")
    ]
    assert missing(environment).keys() == {"torch", "accelerate"}


def test_metadata_that_are_damaged_cost_no_other(site: Path) -> None:
    install(site, "numpy", "2.0")
    (site / "half-1.0.dist-info").mkdir()
    (site / "empty-1.0.dist-info").mkdir()
    (site / "empty-1.0.dist-info" / "METADATA").write_bytes(b"")
    (site / "binary-1.0.dist-info").mkdir()
    (site / "binary-1.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe\x00Name: x\n")
    libraries, _ = installed_libraries()
    assert set(libraries) == {"numpy"}


def test_two_versions_of_one_library_are_said(site: Path) -> None:
    install(site, "numpy", "1.26.4")
    install(site, "numpy", "2.0.0")
    libraries, notes = installed_libraries()
    assert libraries["numpy"].version in {"1.26.4", "2.0.0"}
    assert "numpy is installed twice" in notes[0]


@pytest.mark.parametrize(
    ("source", "cuda", "hip"),
    [
        ("cuda: str | None = '12.6'\nhip: str | None = None\n", "12.6", ""),
        ("cuda = None\nhip = '6.2'\n", "", "6.2"),
        ("debug = False\n", None, None),
    ],
)  # fmt: skip
def test_the_build_of_pytorch_is_read_without_importing_it(
    source: str, cuda: str | None, hip: str | None, site: Path
) -> None:
    (site / "torch").mkdir()
    (site / "torch" / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    (site / "torch" / "version.py").write_text(source, encoding="utf-8")
    build = torch_build()
    assert build is not None
    assert (build.cuda, build.hip) == (cuda, hip)


@pytest.mark.parametrize("content", [b"cuda = (", b"\x00", None])
def test_a_damaged_version_file_is_no_build(content: bytes | None, site: Path) -> None:
    (site / "torch").mkdir()
    (site / "torch" / "__init__.py").touch()
    if content is not None:
        (site / "torch" / "version.py").write_bytes(content)
    assert torch_build() is None


def test_a_package_that_is_missing_has_no_folder(site: Path) -> None:
    del site
    assert package_folder("torch") is None
    assert torch_build() is None


OLD_TRANSFORMERS = """
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class TrainingArguments:
    framework: ClassVar[str] = "pt"
    output_dir: str = field(metadata={"help": "Where to."})
    no_cuda: bool = field(default=False, metadata={"help": "deprecated, use " "`use_cpu`."})
    use_cpu: bool = False
    _n_gpu: int = field(init=False, repr=False, default=-1)
"""
OLD_TRAINER = """
class Trainer:
    @deprecate_kwarg("tokenizer", new_name="processing_class", version="5.0.0")
    def __init__(self, model=None, args=None, processing_class=None, *, callbacks=None):
        pass
"""


@pytest.fixture
def old_transformers(site: Path) -> Path:
    folder = site / "transformers"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    (folder / "training_args.py").write_text(OLD_TRANSFORMERS, encoding="utf-8")
    (folder / "trainer.py").write_text(OLD_TRAINER, encoding="utf-8")
    (folder / "training_args_seq2seq.py").write_text(
        "class Seq2SeqTrainingArguments(TrainingArguments):\n    beams: int = 1\n", encoding="utf-8"
    )
    (folder / "trainer_seq2seq.py").write_text(
        "class Seq2SeqTrainer(Trainer):\n    def __init__(self, **rest): pass\n", encoding="utf-8"
    )
    installed_signatures.cache_clear()
    return folder


def test_signatures_are_read_without_importing(old_transformers: Path) -> None:
    del old_transformers
    found = installed_signatures()
    installed_signatures.cache_clear()
    assert found["TrainingArguments"].names == {"output_dir", "no_cuda", "use_cpu"}
    assert found["TrainingArguments"].deprecated == {"no_cuda": "deprecated, use `use_cpu`."}
    assert found["Seq2SeqTrainingArguments"].names == {"output_dir", "no_cuda", "use_cpu", "beams"}
    assert found["Trainer"].names == {"model", "args", "processing_class", "callbacks", "tokenizer"}
    assert found["Trainer"].deprecated == {
        "tokenizer": "Deprecated. Use `processing_class` instead."
    }


def test_a_class_that_takes_anything_is_not_known(old_transformers: Path) -> None:
    del old_transformers
    found = installed_signatures()
    installed_signatures.cache_clear()
    assert "Seq2SeqTrainer" not in found


def test_source_that_is_damaged_is_not_known(old_transformers: Path) -> None:
    (old_transformers / "training_args.py").write_text("class TrainingArguments(", encoding="utf-8")
    found = installed_signatures()
    installed_signatures.cache_clear()
    assert set(found) == {"Trainer"}


@pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="no transformers")
def test_the_installed_class_takes_what_its_source_says() -> None:
    from transformers import TrainingArguments

    installed_signatures.cache_clear()
    known = signatures.installed_signatures()["TrainingArguments"].names
    assert known == {each.name for each in dataclasses.fields(TrainingArguments) if each.init}
