"""A small file is there whole or not at all, for its owner alone."""

import os
import stat
from pathlib import Path

import pytest

from bot import whole


def test_it_is_its_owner_s_alone_and_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "one.key"
    for words in ("first\n", "second, and longer: é\n"):
        whole.write(file, words)
        assert file.read_text("utf-8") == words
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_where_it_was_cut_short_the_one_before_is_there_and_it_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.key"
    whole.write(file, "first")

    def no_disk(_: int) -> None:
        raise OSError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", no_disk)
        with pytest.raises(OSError, match="no room"):
            whole.write(file, "second")
    assert file.read_text() == "first"
    whole.write(file, "third")
    assert file.read_text() == "third"
    assert list(tmp_path.iterdir()) == [file]


def test_its_name_is_on_the_disk_before_anything_leans_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[tuple[str, bool]]()
    real = os.fsync

    def watched(entry: int) -> None:
        there = (tmp_path / "one.key").exists()
        synced.append((os.readlink(f"/proc/self/fd/{entry}"), there))
        real(entry)

    monkeypatch.setattr(os, "fsync", watched)
    whole.write(tmp_path / "one.key", "words")
    assert synced == [(str(tmp_path / "one.key.new"), False), (str(tmp_path), True)]


def test_where_there_is_no_folder_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        whole.write(tmp_path / "gone" / "one.key", "words")
