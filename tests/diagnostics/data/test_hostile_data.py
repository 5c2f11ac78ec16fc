"""Files from strangers: whatever they hold, a check or a repair ends with a value or a message."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.data_checkup import check
from diagnostics.errors import DiagnosticsError
from diagnostics.repair.data_repair import convert, repair

SAMPLES = Path(__file__).parents[2] / "data" / "formats"
FILES = sorted(path for path in SAMPLES.iterdir() if path.is_file())
ODD_PIECES = (
    *(
        b'"',
        b"[",
        b"}",
        b"\n",
        b"\n\n",
        b"\r",
        b"\t",
        b" ",
        b",",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
    ),
    *(b"9" * 5_000, b"[" * 2_000, b"-DOCSTART-", b"# x\n", b"B-PER", b"I-", b"-100", b"null", b"#"),
)
PIECES = st.binary(max_size=8) | st.sampled_from(ODD_PIECES)


@pytest.mark.parametrize("sample", FILES, ids=lambda path: str(path.stem))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_changed_bytes(
    sample: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(sample.read_bytes() * data.draw(st.integers(1, 3)))
    for _ in range(data.draw(st.integers(0, 5))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 6))] = data.draw(PIECES)
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / sample.name
    path.write_bytes(bytes(content))
    with contextlib.suppress(DiagnosticsError):
        assert check(path).crashed == ()
    with contextlib.suppress(DiagnosticsError):
        repaired = repair(path, folder / "repaired")
        assert check(repaired.out).crashed == ()
    with contextlib.suppress(DiagnosticsError):
        convert(path, "json-tokens", folder / "converted")
    assert path.read_bytes() == bytes(content)
    left = {each.name for each in folder.iterdir()}
    assert left <= {sample.name, "repaired", "converted"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\x00" * 100,
        b"PK\x03\x04rest",
        b"just some prose without any tags in it\n",
        b"[" * 100_000,
        b'{"tokens": [' * 2_000,
        b'"' * 10_000,
        b"\t" * 10_000,
        b"O\n" * 1_000,
        b"\xef\xbb\xbf" * 1_000,
        b"-DOCSTART-\tO\n" * 100,
        b"Sentence #,Word,Tag\n" * 100,
    ],
    ids=range(13),
)
def test_what_is_no_data(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(content)
    with contextlib.suppress(DiagnosticsError):
        assert check(path).crashed == ()
    with pytest.raises(DiagnosticsError):
        repair(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_data_without_an_entity_is_repaired_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("a\tO\n" * 1_000)
    report = repair(path, tmp_path / "out")
    assert [change.kind for change in report.left] == ["long-sentences", "no-development-split"]
