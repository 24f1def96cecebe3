"""A sealed file: opened by its recipient's secret with the installation's key files, and nothing else;
whatever is missing, changed or put behind it is told in a sentence, and its end is never believed. Its size
tells of no single row."""

import io
from collections.abc import Iterable
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.strongbox import (
    BEFORE,
    CHUNK,
    FITS,
    MAGIC,
    PUBLIC,
    SECRET,
    Rounded,
    Sealing,
    doubled,
    in_quarters,
    new_pair,
    unsealed,
)
from bot.settings.recipients import is_recipient
from bot.starting import CannotStart

OURS, OTHERS = b"o" * 32, b"x" * 32
RECIPIENT, MINE = new_pair(SystemChance())
SIZES = (0, 1, FITS - 1, FITS, FITS + 1, CHUNK, 3 * FITS, 3 * CHUNK)
SEALED = CHUNK + 17  #: bytes of a chunk in a file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.database"


def written(
    file: Path, parts: Iterable[bytes], ours: bytes = OURS, rounded: Rounded = doubled
) -> None:
    with file.open("wb") as to:
        sealing = Sealing(to, RECIPIENT, ours, SystemChance(), rounded)
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
    begins, chunks = divmod(file.stat().st_size, SEALED)[::-1]
    assert begins < 200
    assert chunks == doubled(max(1, -(-size // FITS)))


def test_a_size_is_one_of_few() -> None:
    assert [doubled(n) for n in (1, 2, 3, 4, 5, 9, 1000)] == [1, 2, 4, 4, 8, 16, 1024]
    assert [in_quarters(n) for n in (1, 16, 17, 64, 65, 129, 1025)] == [
        16,
        16,
        32,
        64,
        80,
        160,
        1280,
    ]
    for rounded in (doubled, in_quarters):
        sizes = [rounded(n) for n in range(1, 5000)]
        assert sizes == sorted(sizes)
        assert all(size >= n for n, size in enumerate(sizes, 1))
        assert len(set(sizes)) < 40
    assert all(in_quarters(n) <= max(16, 1.25 * n + 16) for n in range(1, 5000))


@pytest.mark.parametrize("rounded", [doubled, in_quarters])
def test_one_more_row_or_a_longer_one_does_not_show(file: Path, rounded: Rounded) -> None:
    row, sizes = b"x" * 188, set()
    for count in (1, 2, 100, 300):
        written(file, [row] * count, rounded=rounded)
        sizes.add(file.stat().st_size)
        assert read(file) == row * count
    assert len(sizes) == 1


def test_the_last_words_come_when_the_empty_chunks_behind_them_are_there(file: Path) -> None:
    words = b"the count of all rows"
    written(file, [words], rounded=in_quarters)
    whole = file.read_bytes()
    for missing in (1, SEALED, 3 * SEALED):
        file.write_bytes(whole[:-missing])
        given = b""
        with file.open("rb") as sealed, pytest.raises(CannotStart, match="cut short"):
            for some in unsealed(sealed, MINE, OURS):
                given += some
        assert given == b""
    file.write_bytes(whole + b"more")
    with file.open("rb") as sealed, pytest.raises(CannotStart, match="goes on behind its end"):
        for some in unsealed(sealed, MINE, OURS):
            given += some
    assert given == b""


def test_one_from_before_padding_is_told_of(file: Path) -> None:
    written(file, [b"words"])
    file.write_bytes(BEFORE + file.read_bytes()[len(MAGIC) :])
    assert "was made before the first release" in refused(file)


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
    boundary = len(whole) - SEALED  # exactly behind a chunk: the last one is missing
    file.write_bytes(whole[:boundary])
    assert "is cut short: take" in refused(file)


def test_a_changed_or_moved_byte_is_told(file: Path) -> None:
    written(file, [bytes(3 * CHUNK)])
    whole = file.read_bytes()
    for at in [*range(0, 250, 3), CHUNK, 2 * CHUNK, len(whole) - 1]:
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused(file)
    begins = len(whole) - 4 * SEALED
    first, second = whole[begins : begins + SEALED], whole[begins + SEALED : begins + 2 * SEALED]
    file.write_bytes(whole[:begins] + second + first + whole[begins + 2 * SEALED :])
    assert "changed after it was written" in refused(file)
    file.write_bytes(whole + b"more")
    assert "goes on behind its end" in refused(file)


@pytest.mark.parametrize("words", ["", "secret", SECRET, SECRET + "g" * 64, PUBLIC + "0" * 64])
def test_what_is_no_secret_is_told_what_one_looks_like(file: Path, words: str) -> None:
    written(file, [b"words"])
    assert f"must begin with {SECRET}" in refused(file, words)


def test_what_is_no_recipient_is_told_likewise() -> None:
    with pytest.raises(CannotStart, match=f"must begin with {PUBLIC}"):
        Sealing(io.BytesIO(), MINE, OURS, SystemChance(), doubled)


P = 2**255 - 19
#: Every x of a point whose order divides eight, on Curve25519 or its twist (libsodium's own list).
LOW = (
    *(0, 1, P - 1),
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)
SPELLED = [n + more for n in LOW for more in (0, P) if n + more < 2**255]


@pytest.mark.parametrize("number", [spelled + top for spelled in SPELLED for top in (0, 2**255)])
def test_a_recipient_to_whom_nothing_can_be_sealed_is_a_sentence(number: int) -> None:
    """Settings, which know no library, find the same as libsodium does."""
    public = PUBLIC + number.to_bytes(32, "little").hex()
    assert not is_recipient(public)
    with pytest.raises(
        CannotStart, match=r"Nothing can be sealed to this recipient of backups.*\.$"
    ):
        Sealing(io.BytesIO(), public, OURS, SystemChance(), doubled)


def test_any_other_one_is_one() -> None:
    drawn = [new_pair(SystemChance())[0] for _ in range(200)]
    near = [PUBLIC + n.to_bytes(32, "little").hex() for n in (2, 9, P - 2, P + 2, 2**255 - 1)]
    for public in drawn + near:
        assert is_recipient(public)
        Sealing(io.BytesIO(), public, OURS, SystemChance(), doubled)
    for shown in (drawn[0].upper(), drawn[0] + "0", drawn[0][:-1], MINE, ""):
        assert not is_recipient(shown)


def test_the_same_words_never_look_the_same(file: Path) -> None:
    written(file, [b"words"])
    first = file.read_bytes()
    written(file, [b"words"])
    assert file.read_bytes()[len(MAGIC) + 16 :] != first[len(MAGIC) + 16 :]
