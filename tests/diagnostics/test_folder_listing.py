"""One look at a folder serves all readers, and never longer than they look."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import pytest

from diagnostics import folder_listing
from diagnostics.folder_listing import (
    files_among,
    folders_among,
    is_file,
    listing_of,
    shared_listings,
)
from diagnostics.log_finder import logs_at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, a folder, links to both, a broken link and a pipe."""
    (tmp_path / "a.log").write_text("loss 1")
    (tmp_path / "runs").mkdir()
    (tmp_path / "link.log").symlink_to(tmp_path / "a.log")
    (tmp_path / "linked").symlink_to(tmp_path / "runs")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_links_count_as_what_they_lead_to(folder: Path) -> None:
    listing = listing_of(folder)
    assert listing is not None
    assert listing.files == {"a.log", "link.log"}
    assert listing.folders == {"runs", "linked"}
    assert listing.whole


@pytest.mark.parametrize("name", ["a.log", "missing", "pipe", "broken", "a.log/inside", "\0"])
def test_what_is_no_folder_has_no_listing(folder: Path, name: str) -> None:
    assert listing_of(folder / name) is None
    assert files_among(folder / name) == folders_among(folder / name) == frozenset()


def test_a_folder_that_may_not_be_read_is_empty_but_there(folder: Path) -> None:
    with patch.object(os, "scandir", side_effect=PermissionError):
        listing = listing_of(folder)
        assert listing is not None
        assert not listing.files
        assert listing.has_file("a.log"), "what is not listed is looked up by its name"
        assert listing.has_folder("runs")


def test_a_folder_with_very_many_entries_is_asked_by_name(folder: Path) -> None:
    with patch.object(folder_listing, "MOST_ENTRIES", 1):
        listing = listing_of(folder)
    assert listing is not None
    assert not listing.whole
    assert listing.has_file("a.log")
    assert listing.has_folder("linked")
    assert not listing.has_file("runs")


def test_a_listing_is_kept_to_the_end_of_the_block_and_no_longer(folder: Path) -> None:
    with shared_listings():
        assert "late.log" not in files_among(folder)
        (folder / "late.log").touch()
        with shared_listings():
            assert "late.log" not in files_among(folder)
        assert not is_file(folder / "late.log")
        assert listing_of(folder / "not-there") is None
    assert "late.log" in files_among(folder)
    assert is_file(folder / "late.log")


def test_a_name_outside_of_the_folder_is_no_missing_entry(folder: Path) -> None:
    with shared_listings():
        assert listing_of(folder / "runs") is not None
        assert listing_of(folder / "runs" / "..") is not None


def test_the_readers_list_a_folder_once(folder: Path) -> None:
    (folder / "trainer_state.json").write_text('{"log_history": [], "global_step": 3}')
    with patch.object(os, "scandir", wraps=os.scandir) as listed:
        assert [log.reader.name for log in logs_at(folder)][:1] == ["trainer_state"]
    asked = [str(call.args[0]) for call in listed.call_args_list]
    assert asked.count(str(folder)) == 1
    assert len(asked) == len(set(asked)), "no folder is listed twice"
