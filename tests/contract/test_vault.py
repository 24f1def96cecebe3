"""What every vault promises: what is sealed opens only where it belongs, with the right files."""

import hashlib
import hmac
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as some
from nacl.public import PrivateKey, PublicKey, SealedBox

from adapters.chance import SystemChance
from adapters.vault import BadSeal, FileVault, make_key_files, read_key_files
from bot.ports import Key, Wrapped
from bot.settings import CannotStart
from tests.fakes.world import CountedChance

FILES = (b"c" * 32, b"r" * 32, b"s" * 32)  #: what the three files hold
PLACE = "cases.sealed/0123456789abcdef0123456789abcdef"
RECEIPT = "ABCDEFG-HJKMNPQ-RSTVWX0"
KEY = Key(b"k" * 32)


@pytest.fixture
def vault() -> FileVault:
    return FileVault(FILES, SystemChance())


@given(words=some.binary(max_size=2_000), place=some.text(some.characters(codec="utf-8")))
def test_what_is_sealed_opens_again(words: bytes, place: str) -> None:
    vault = FileVault(FILES, SystemChance())
    assert vault.open(KEY, place, vault.seal(KEY, place, words)) == words


@pytest.mark.parametrize(
    "place",
    [
        "cases.sealed/0123456789abcdef0123456789abcdee",
        "entries.sealed/0123456789abcdef0123456789abcdef",
        "cases.other/0123456789abcdef0123456789abcdef",
        "cases.sealed/",
        "",
    ],
)
def test_it_opens_in_no_other_table_column_or_row(vault: FileVault, place: str) -> None:
    sealed = vault.seal(KEY, PLACE, b"words")
    with pytest.raises(BadSeal):
        vault.open(KEY, place, sealed)


def test_it_opens_under_no_other_key(vault: FileVault) -> None:
    with pytest.raises(BadSeal):
        vault.open(vault.new_key(), PLACE, vault.seal(KEY, PLACE, b"words"))


def test_a_changed_byte_is_refused_wherever_it_is(vault: FileVault) -> None:
    sealed = vault.seal(KEY, PLACE, b"words")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(BadSeal):
            vault.open(KEY, PLACE, changed)


def test_a_row_cut_short_or_made_longer_is_refused(vault: FileVault) -> None:
    sealed = vault.seal(KEY, PLACE, b"words")
    for damaged in [*(sealed[:length] for length in range(len(sealed))), sealed + b"\x00"]:
        with pytest.raises(BadSeal):
            vault.open(KEY, PLACE, damaged)


def test_a_refusal_names_the_column_and_no_row(vault: FileVault) -> None:
    with pytest.raises(BadSeal) as refused:
        vault.open(KEY, PLACE, b"\x00" * 541)
    assert str(refused.value) == "cases.sealed"
    assert refused.value.__suppress_context__


def test_the_same_words_never_look_the_same_twice(vault: FileVault) -> None:
    assert len({vault.seal(KEY, PLACE, b"words") for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("words", "blocks"), [(0, 1), (1, 1), (508, 1), (509, 2), (1020, 2), (1021, 3), (3000, 6)]
)
def test_a_sealed_length_tells_only_how_many_blocks_of_512_it_takes(
    vault: FileVault, words: int, blocks: int
) -> None:
    epoch, nonce, tag = 1, 12, 16
    sealed = vault.seal(KEY, PLACE, b"x" * words)
    assert len(sealed) == epoch + nonce + 512 * blocks + tag


def test_what_is_kept_today_opens_by_the_published_construction(vault: FileVault) -> None:
    """AES-256-GCM by the library's own hand: rows outlive this program."""
    sealed = vault.seal(KEY, PLACE, "wörds".encode())
    assert sealed[:1] == b"\x01"
    block = AESGCM(KEY).decrypt(sealed[1:13], sealed[13:], PLACE.encode() + b"/\x01")
    assert block == b"\x00\x00\x00\x06" + "wörds".encode() + bytes(502)


# Case keys --------------------------------------------------------------------------------------


def test_a_key_is_new_each_time_and_32_bytes_long(vault: FileVault) -> None:
    made = {vault.new_key() for _ in range(50)}
    assert len(made) == 50
    assert {len(key) for key in made} == {32}


def test_a_wrapped_key_opens_for_its_own_case_with_its_own_files(vault: FileVault) -> None:
    key = vault.new_key()
    wrapped = vault.wrap("id", key)
    assert key not in wrapped
    assert vault.unwrap("id", wrapped) == key
    for stranger, id in ((vault, "other"), (with_file(0), "id")):
        with pytest.raises(BadSeal):
            stranger.unwrap(id, wrapped)
    assert with_file(1).unwrap("id", wrapped) == key


def test_every_changed_byte_of_a_wrapped_key_is_refused(vault: FileVault) -> None:
    wrapped = vault.wrap("id", KEY)
    for at in range(len(wrapped)):
        changed = wrapped[:at] + bytes([wrapped[at] ^ 0x80]) + wrapped[at + 1 :]
        with pytest.raises(BadSeal):
            vault.unwrap("id", Wrapped(changed))


NAME = "staff.sealed_name/id"


def test_staffs_names_open_at_their_place_under_their_communitys_key_alone(
    vault: FileVault,
) -> None:
    """No key file opens them: any other vault can, with the key, and none without."""
    sealed = vault.seal_staff(KEY, NAME, "Inês Моро 🦉")
    assert sealed[:1] == b"\x02"
    for n in range(3):
        assert with_file(n).open_staff(KEY, NAME, sealed) == "Inês Моро 🦉"
    for key, place in ((KEY, "staff.sealed_name/other"), (Key(b"o" * 32), NAME)):
        with pytest.raises(BadSeal):
            vault.open_staff(key, place, sealed)


def before_communities_had_keys(words: str) -> bytes:
    """A row of staff's as programs of before sealed it: under what their key file makes."""
    file = Key(hkdf(b"s" * 32, b"staff-seal/1"))
    return FileVault(FILES, SystemChance()).seal(file, NAME, words.encode())


def test_what_was_sealed_under_the_key_file_still_opens_with_that_file_alone(
    vault: FileVault,
) -> None:
    sealed = before_communities_had_keys("Inês Моро 🦉")
    assert sealed[:1] == b"\x01"
    assert vault.open_staff(KEY, NAME, sealed) == "Inês Моро 🦉"
    for stranger, place in ((vault, "staff.sealed_name/other"), (with_file(2), NAME)):
        with pytest.raises(BadSeal):
            stranger.open_staff(KEY, place, sealed)


def test_a_row_of_staffs_cannot_be_turned_from_one_manner_into_the_other(
    vault: FileVault,
) -> None:
    of_file, of_community = before_communities_had_keys("Inês"), vault.seal_staff(KEY, NAME, "Inês")
    for turned in (b"\x02" + of_file[1:], b"\x01" + of_community[1:], b"\x03" + of_file[1:], b""):
        with pytest.raises(BadSeal):
            vault.open_staff(KEY, NAME, turned)


def test_marks_of_staff_mean_nothing_in_another_community_nor_to_any_key_file(
    vault: FileVault,
) -> None:
    mark = vault.staff_mark(KEY, "account", "slack", "U1")
    derived = hkdf(KEY, b"staff-mark/2")
    assert mark == hmac.digest(derived, b"account\0slack\0U1", "sha256")
    others = [
        vault.staff_mark(Key(b"o" * 32), "account", "slack", "U1"),
        vault.staff_mark(KEY, "account", "slack", "U2"),
        vault.staff_mark(KEY, "address", "slack", "U1"),
        vault.staff_mark(KEY, "account", "slackU1"),
        vault.mark("account", "slack", "U1"),
    ]
    assert len({mark, *others}) == 6
    assert all(with_file(n).staff_mark(KEY, "account", "slack", "U1") == mark for n in range(3))


# Keyed hashes -----------------------------------------------------------------------------------


def with_file(changed: int) -> FileVault:
    """A vault one of whose files is another."""
    files = [b"x" * 32 if at == changed else key for at, key in enumerate(FILES)]
    return FileVault((files[0], files[1], files[2]), SystemChance())


def hkdf(secret: bytes, purpose: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, 32 bytes: one round, by hand."""
    drawn = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(drawn, purpose + b"\x01", hashlib.sha256).digest()


def test_a_receipt_is_found_by_the_published_construction(vault: FileVault) -> None:
    pepper = hkdf(b"r" * 32, b"receipt-pepper/1")
    for lookups, purpose in (
        (vault.lookups, b"case-lookup/1"),
        (vault.waiting_lookups, b"waiting-lookup/1"),
    ):
        secret = hkdf(RECEIPT.encode(), purpose)
        assert lookups(RECEIPT) == [hmac.new(pepper, secret, hashlib.sha256).digest()]


@pytest.mark.parametrize("which", [FileVault.lookups, FileVault.waiting_lookups])
def test_lookups_hang_on_the_receipt_and_on_its_file_alone(
    vault: FileVault, which: Callable[[FileVault, str], list[bytes]]
) -> None:
    mine = which(vault, RECEIPT)
    assert which(vault, "ABCDEFG-HJKMNPQ-RSTVWX1") != mine
    assert [which(with_file(n), RECEIPT) == mine for n in range(3)] == [True, False, True]


def test_a_waiting_case_and_the_one_it_becomes_have_no_lookup_in_common(vault: FileVault) -> None:
    assert not set(vault.lookups(RECEIPT)) & set(vault.waiting_lookups(RECEIPT))


def test_marks_tell_kinds_platforms_and_addresses_apart(vault: FileVault) -> None:
    marks = [
        vault.mark("space", "slack", "T1"),
        vault.mark("account", "slack", "T1"),
        vault.mark("space", "matrix", "T1"),
        vault.mark("space", "slack", "T2"),
        vault.mark("space", "slackT", "1"),
        vault.mark("space", "slackT1"),
    ]
    assert len(set(marks)) == len(marks)
    assert {len(mark) for mark in marks} == {32}
    assert vault.mark("space", "slack", "T1") == marks[0]
    again = [with_file(n).mark("space", "slack", "T1") == marks[0] for n in range(3)]
    assert again == [True, True, False]


def test_an_address_that_is_not_even_text_has_a_mark(vault: FileVault) -> None:
    assert vault.mark("account", "x", "\ud800") != vault.mark("account", "x", "\ud801")


def test_a_draft_is_found_and_opened_by_its_token_alone(vault: FileVault) -> None:
    id, key = vault.draft("token")
    assert id == hkdf(b"token", b"draft-id/1")[:16]
    assert key == hkdf(b"token", b"draft-key/1")
    assert all(with_file(n).draft("token") == (id, key) for n in range(3))
    assert vault.draft("another")[0] != id
    assert vault.draft("another")[1] != key
    assert vault.draft("\ud800")[0] != vault.draft("\ud801")[0]


def test_an_events_mark_hangs_on_the_event_and_the_days_key(vault: FileVault) -> None:
    mark = vault.event_mark(KEY, "event")
    assert mark == vault.event_mark(KEY, "event")
    assert mark == with_file(2).event_mark(KEY, "event")
    assert (
        len({mark, vault.event_mark(KEY, "other"), vault.event_mark(Key(b"x" * 32), "event")}) == 3
    )


def test_the_fingerprint_tells_any_other_file_and_nothing_of_them(vault: FileVault) -> None:
    mine = vault.fingerprint()
    assert FileVault(FILES, CountedChance()).fingerprint() == mine
    assert len({mine, *(with_file(n).fingerprint() for n in range(3))}) == 4
    assert len(mine) == 16
    swapped = FileVault((FILES[1], FILES[0], FILES[2]), SystemChance())
    assert swapped.fingerprint() != mine


# Ballots ----------------------------------------------------------------------------------------

POLL = Key(b"p" * 32)


def secret() -> PrivateKey:
    """A poll's, as the rules say it is made."""
    return PrivateKey(hkdf(POLL, b"ballot-secret/1"))


@given(words=some.binary(max_size=2_000))
def test_a_ballot_opens_with_its_polls_key_alone(words: bytes) -> None:
    vault = FileVault(FILES, SystemChance())
    sealed = vault.seal_ballot(vault.ballot_public_key(POLL), words)
    assert vault.open_ballot(POLL, sealed) == words
    with pytest.raises(BadSeal):
        vault.open_ballot(KEY, sealed)


@given(words=some.binary(max_size=2_000))
def test_a_ballot_is_a_sealed_box_as_libsodium_makes_and_opens_it(words: bytes) -> None:
    vault = FileVault(FILES, SystemChance())
    public = vault.ballot_public_key(POLL)
    assert public == bytes(secret().public_key)
    assert SealedBox(secret()).decrypt(vault.seal_ballot(public, words)) == words
    theirs = SealedBox(PublicKey(public)).encrypt(words)
    assert vault.open_ballot(POLL, theirs) == words


def test_ballots_as_long_as_each_other_are_so_when_sealed_and_never_the_same(
    vault: FileVault,
) -> None:
    public = vault.ballot_public_key(POLL)
    sealed = [vault.seal_ballot(public, words) for words in (b"yes".ljust(64), b"no".ljust(64))]
    sealed.append(vault.seal_ballot(public, b"yes".ljust(64)))
    assert {len(one) for one in sealed} == {64 + 48}
    assert len(set(sealed)) == 3


def test_a_world_that_is_replayed_seals_the_same_ballots() -> None:
    first, again = (FileVault(FILES, CountedChance()) for _ in range(2))
    public = first.ballot_public_key(POLL)
    ballots = [first.seal_ballot(public, b"yes") for _ in range(2)]
    assert [again.seal_ballot(public, b"yes") for _ in range(2)] == ballots
    assert ballots[0] != ballots[1]


def test_a_damaged_ballot_is_refused_and_names_the_column(vault: FileVault) -> None:
    sealed = vault.seal_ballot(vault.ballot_public_key(POLL), b"yes")
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(51)]
    cut = [sealed[:length] for length in range(len(sealed))]
    for damaged in [*changed, *cut, sealed + b"\x00"]:
        with pytest.raises(BadSeal) as refused:
            vault.open_ballot(POLL, damaged)
        assert str(refused.value) == "ballots.sealed"
        assert refused.value.__suppress_context__


def test_a_tag_tells_accounts_platforms_and_polls_apart(vault: FileVault) -> None:
    pepper, other = vault.ballot_pepper(POLL), vault.ballot_pepper(KEY)
    assert pepper == hkdf(POLL, b"ballot-tag/1")
    tag = vault.ballot_tag(pepper, "slack", "U1")
    assert tag == hmac.digest(pepper, b"slack\0U1", "sha256")[:16]
    others = [
        vault.ballot_tag(pepper, "slack", "U2"),
        vault.ballot_tag(pepper, "matrix", "U1"),
        vault.ballot_tag(pepper, "slackU", "1"),
        vault.ballot_tag(other, "slack", "U1"),
        vault.ballot_tag(pepper, "slack", "\ud800"),
        vault.ballot_tag(pepper, "slack", "\ud801"),
    ]
    assert len({tag, *others}) == 7
    assert all(with_file(n).ballot_pepper(POLL) == pepper for n in range(3))


def test_what_makes_tags_opens_no_ballot(vault: FileVault) -> None:
    sealed = vault.seal_ballot(vault.ballot_public_key(POLL), b"yes")
    with pytest.raises(BadSeal):
        vault.open_ballot(vault.ballot_pepper(POLL), sealed)


def test_a_key_opens_in_the_table_it_was_wrapped_for_alone(vault: FileVault) -> None:
    polls, cases = vault.wrap("id", KEY, "poll_keys"), vault.wrap("id", KEY)
    assert vault.unwrap("id", polls, "poll_keys") == KEY
    assert vault.unwrap("id", cases, "case_keys") == KEY
    for wrapped, table in ((polls, "case_keys"), (cases, "poll_keys")):
        with pytest.raises(BadSeal) as refused:
            vault.unwrap("id", wrapped, table)
        assert str(refused.value) == f"{table}.wrapped"


# Key files --------------------------------------------------------------------------------------

NAMES = ["case-keys-1.key", "receipts-1.key", "staff-1.key"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    make_key_files(folder, SystemChance())
    return folder


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o7777)


def test_key_files_are_for_one_user_alone_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_key_files(tmp_path / "keys", SystemChance())
    finally:
        os.umask(before)
    assert sorted(one.name for one in (tmp_path / "keys").iterdir()) == NAMES
    assert mode(tmp_path / "keys") == "0o700"
    assert {mode(tmp_path / "keys" / name) for name in NAMES} == {"0o600"}


def test_every_key_is_drawn_anew_and_read_as_it_was_written(tmp_path: Path, folder: Path) -> None:
    make_key_files(tmp_path / "other", SystemChance())
    keys = [*read_key_files(folder), *read_key_files(tmp_path / "other")]
    assert len(set(keys)) == 6
    assert {len(key) for key in keys} == {32}
    assert [key.hex() for key in keys[:3]] == [(folder / n).read_text().strip() for n in NAMES]


def test_a_key_file_that_is_there_is_never_written_again(folder: Path) -> None:
    before = read_key_files(folder)
    (folder / NAMES[1]).unlink()
    make_key_files(folder, SystemChance())
    after = read_key_files(folder)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def refused(folder: Path) -> str:
    with pytest.raises(CannotStart) as why:
        read_key_files(folder)
    return str(why.value)


def test_a_missing_folder_is_refused_with_the_remedy(tmp_path: Path) -> None:
    assert refused(tmp_path / "keys") == (
        f"The key folder {tmp_path / 'keys'} is missing: restore it from its backup."
    )


@pytest.mark.parametrize("open_to", [0o701, 0o710, 0o704, 0o755, 0o777])
def test_a_folder_open_to_others_is_refused_with_the_remedy(folder: Path, open_to: int) -> None:
    folder.chmod(open_to)
    assert refused(folder) == (f"Others can read the key folder {folder}: run chmod 700 on it.")
    folder.chmod(0o700)
    read_key_files(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_key_file_is_refused_with_the_remedy(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refused(folder) == (
        f"The key file {folder / name} is missing: restore it from its backup."
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("open_to", [0o640, 0o604, 0o666, 0o610])
def test_a_key_file_open_to_others_is_refused_with_the_remedy(
    folder: Path, name: str, open_to: int
) -> None:
    (folder / name).chmod(open_to)
    assert refused(folder) == (
        f"Others can read the key file {folder / name}: run chmod 600 on it."
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "holds", [b"", b"\n", b"ab" * 31, b"ab" * 33, b"xy" * 32, b"\xff\xfe" * 32, b"ab" * 31 + b"a"]
)
def test_a_damaged_key_file_is_refused_without_a_word_of_it(
    folder: Path, name: str, holds: bytes
) -> None:
    (folder / name).write_bytes(holds)
    said = refused(folder)
    assert said == f"The key file {folder / name} is damaged: restore it from its backup."
    assert not re.search("(ab){4}", said)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("holds", ["00" * 32, "ff" * 32, "0123456789abcdef" * 4, "deadbeef" * 8])
def test_a_key_that_no_chance_drew_is_refused_as_a_placeholder(
    folder: Path, name: str, holds: str
) -> None:
    (folder / name).write_text(holds)
    said = refused(folder)
    assert said == (
        f"The key file {folder / name} still holds a placeholder: restore it from its backup."
    )
    (folder / name).write_text("000102030405060708090a0b" + "00" * 20)
    assert len(read_key_files(folder)) == len(NAMES), "the least that is taken for drawn"


def test_files_from_the_folder_make_a_vault_that_opens_what_was_sealed_before(
    folder: Path,
) -> None:
    sealed = FileVault(read_key_files(folder), SystemChance()).wrap("id", KEY)
    assert FileVault(read_key_files(folder), SystemChance()).unwrap("id", sealed) == KEY


# As ever ---------------------------------------------------------------------------------------------


class Told(SystemChance):
    """Bytes that say how often somebody has drawn."""

    def __init__(self) -> None:
        self.drawn = 0

    def bytes(self, count: int) -> bytes:
        self.drawn += 1
        return bytes([self.drawn]) * count


def test_what_earlier_versions_kept_is_found_and_opened_by_the_same_files() -> None:
    """Each figure as it was when this was first kept somewhere: no other may ever come out."""
    vault = FileVault((b"a" * 32, b"b" * 32, b"c" * 32), Told())
    key = vault.new_key()
    pepper = vault.ballot_pepper(key)
    assert key == b"\x01" * 32
    assert {
        "fingerprint": vault.fingerprint().hex(),
        "wrapped": vault.wrap("1", key).hex(),
        "mark": vault.mark("x", "y", "z").hex(),
        "staff mark": vault.staff_mark(key, "x", "y").hex(),
        "lookups": [one.hex() for one in vault.lookups("R")],
        "waiting": [one.hex() for one in vault.waiting_lookups("R")],
        "draft": [one.hex() for one in vault.draft("tok\ud800")],
        "event": vault.event_mark(key, "e\ud800").hex(),
        "pepper": pepper.hex(),
        "tag": vault.ballot_tag(pepper, "discord", "1\ud800").hex(),
        "public key": vault.ballot_public_key(key).hex(),
    } == {
        "fingerprint": "3f35b2e3c79b105bc4b42d41a4f06d45",
        "wrapped": "0102020202020202020202020243aa5ff09ae8ce405263965a4f5921656812dde6eb101cc36f"
        "3993fb260c33ae36e06a2378c73590fde8cce8c2a2f67b",
        "mark": "51f51a158059a31d63f61130ea144203825d448c03833b3531765c728539ab47",
        "staff mark": "77b64f474922b6e88f3be643e3d95275ec5f8c05f7bc2d46865330c504ee40df",
        "lookups": ["0e7b0c3464825b99fdf498887aad208c1ebf1fd5abc6175bdff2ce13336a1f20"],
        "waiting": ["d557f01a8417b23f095761cad602646d8cd7508185e21b8a77b533746af49a60"],
        "draft": [
            "64758b26c9a91dc07308635b250a7508",
            "f36509b2ec8e50df4424d2e678091a75c14215ecaa664b93cf1423fcdb4a6a18",
        ],
        "event": "a202f95a9e5f15ba89d1c821aa71055e",
        "pepper": "7122521d7d2dc62e1728e1e93109c5fefdd046f575fbb9c3de0d3730b849bdcf",
        "tag": "0b17029b79814a037e953ff032c61235",
        "public key": "338bdc891fbc24d97795275880e699f5630f676afc4c09349a51114b53ed5662",
    }


def test_a_refusal_names_the_table_and_column_of_a_place_with_more_parts(vault: FileVault) -> None:
    with pytest.raises(BadSeal, match=r"^workspaces\.sealed$"):
        vault.open(KEY, "workspaces.sealed/slack/T1", b"")


def test_the_key_folder_may_lie_in_one_that_is_to_be_made(tmp_path: Path) -> None:
    make_key_files(tmp_path / "deep" / "keys", SystemChance())
    assert read_key_files(tmp_path / "deep" / "keys")


def test_a_process_keeps_its_files_and_its_memory_to_itself() -> None:
    """Asked of the system afterwards, in a process of its own."""
    words = (
        "import os, ctypes, adapters.vault as v; v.keep_private();"
        "print(oct(os.umask(0)), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )
    ran = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["0o77", "0"]
