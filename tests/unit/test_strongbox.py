"""A sealed file: opened by its recipient's secret with the installation's key files, and nothing else;
whatever is missing, changed or put behind it is told in a sentence, and its end is never believed."""

import io
from collections.abc import Iterable
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.strongbox import CHUNK, MAGIC, PUBLIC, SECRET, Sealing, new_pair, unsealed
from bot.starting import CannotStart

OURS, OTHERS = b"o" * 32, b"x" * 32
RECIPIENT, MINE = new_pair(SystemChance())
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.database"


def written(file: Path, parts: Iterable[bytes], ours: bytes = OURS) -> None:
    with file.open("wb") as to:
        sealing = Sealing(to, RECIPIENT, ours, SystemChance())
        for part in parts:
            sealing.write(part)
        sealing.end()


def read(file: Path, secret: str = MINE, ours: bytes = OURS) -> bytes:
    with file.open("rb") as sealed:
        return b"".join(unsealed(sealed, secret, ours))


def refused(file: Path, secret: str = MINE, ours: bytes = OURS) -> str:
    with pytest.raises(CannotStart) as told:
        read(file, secret, ours)
    said = str(told.value)
    assert said.endswith(".")
    return said


@pytest.mark.parametrize("size", SIZES)
def test_what_goes_in_comes_out(file: Path, size: int) -> None:
    words = bytes(n % 251 for n in range(size))
    written(file, (words[at : at + 1000] for at in range(0, size, 1000)))
    assert read(file) == words
    assert len(file.read_bytes()) < size + size // 1000 + 300


def test_nobody_else_opens_it(file: Path) -> None:
    written(file, [b"words"])
    assert "was made for another recipient" in refused(file, new_pair(SystemChance())[1])
    assert "was made with other key files" in refused(file, ours=OTHERS)
    assert b"words" not in file.read_bytes()


def test_whoever_has_no_key_files_forges_none(file: Path) -> None:
    """Also not with our own mark in front: the recipient is public, the files are not."""
    written(file, [b"words"])
    mark = file.read_bytes()[len(MAGIC) : len(MAGIC) + 16]
    written(file, [b"forged"], OTHERS)
    forged = bytearray(file.read_bytes())
    forged[len(MAGIC) : len(MAGIC) + 16] = mark
    file.write_bytes(forged)
    assert "changed after it was written" in refused(file)


def test_a_file_cut_anywhere_is_told(file: Path) -> None:
    words = bytes(2 * CHUNK + 10)
    written(file, [words])
    whole = file.read_bytes()
    ends = [*range(0, 250, 7), CHUNK, CHUNK + 200, 2 * CHUNK + 300, len(whole) - 1]
    for end in [end for end in ends if end < len(whole)]:
        file.write_bytes(whole[:end])
        said = refused(file)
        assert any(w in said for w in ("cut short", "is no backup", "other key files")), (end, said)
    boundary = len(whole) - (10 + 17)  # exactly behind a chunk: the last one is missing
    file.write_bytes(whole[:boundary])
    assert "is cut short: take" in refused(file)


def test_a_changed_or_moved_byte_is_told(file: Path) -> None:
    written(file, [bytes(3 * CHUNK)])
    whole = file.read_bytes()
    for at in [*range(0, 250, 3), CHUNK, 2 * CHUNK, len(whole) - 1]:
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused(file)
    begins, sealed = len(whole) - 3 * (CHUNK + 17), CHUNK + 17
    first, second = whole[begins : begins + sealed], whole[begins + sealed : begins + 2 * sealed]
    file.write_bytes(whole[:begins] + second + first + whole[begins + 2 * sealed :])
    assert "changed after it was written" in refused(file)
    file.write_bytes(whole + b"more")
    assert "goes on behind its end" in refused(file)


@pytest.mark.parametrize("words", ["", "secret", SECRET, SECRET + "g" * 64, PUBLIC + "0" * 64])
def test_what_is_no_secret_is_told_what_one_looks_like(file: Path, words: str) -> None:
    written(file, [b"words"])
    assert f"must begin with {SECRET}" in refused(file, words)


def test_what_is_no_recipient_is_told_likewise() -> None:
    with pytest.raises(CannotStart, match=f"must begin with {PUBLIC}"):
        Sealing(io.BytesIO(), MINE, OURS, SystemChance())


def test_the_same_words_never_look_the_same(file: Path) -> None:
    written(file, [b"words"])
    first = file.read_bytes()
    written(file, [b"words"])
    assert file.read_bytes()[len(MAGIC) + 16 :] != first[len(MAGIC) + 16 :]
