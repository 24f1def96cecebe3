"""In whose hand an account of staff is: what its platform proves, against what was kept."""

import pytest

from adapters.chance import SystemChance
from adapters.vault import FileVault, make_key_files, read_key_files
from bot.chat import Caller
from bot.domain.communities import Account, Hours, Role, Staff, StaffId
from bot.domain.errors import Unverified
from bot.ports import AccountRow, StaffRow
from bot.services.communities.rows import staff_of, to_account_row, to_staff_row
from bot.services.privacy.seals import Seal
from bot.settings import Where
from tests.fakes.world import MONDAY, CountedChance

ADA, KEY, OTHER = "@ada:example.org", "her+master/key", "another+key"


def person(*accounts: Account) -> Staff:
    return Staff(StaffId("a" * 32), "Ada", frozenset({Role.REP}), False, accounts, Hours())


def caller(proof: str, *, proves: bool = True, account: str = ADA) -> Caller:
    return Caller("matrix", "!space", account, proof=proof, proves=proves)


@pytest.mark.parametrize(
    ("kept", "proof", "proves", "hers"),
    [
        (KEY, KEY, True, True),
        (KEY, OTHER, True, False),
        (KEY, "", True, False),
        (KEY, "", False, False),  # a platform that proves nothing today opens nothing
        (KEY, KEY, False, True),
        ("", "", False, True),
        ("", "", True, False),
        ("", KEY, True, False),
        ("", KEY, False, False),
    ],
)
def test_her_hand_is_the_one_that_was_kept(kept: str, proof: str, proves: bool, hers: bool) -> None:
    staff = person(Account("matrix", ADA, proof=kept))
    assert caller(proof, proves=proves).is_hand_of(staff) is hers


def test_another_account_is_never_her_hand() -> None:
    staff = person(Account("matrix", ADA, proof=KEY), Account("sandbox", ADA))
    assert not caller(KEY, account="@bea:example.org").is_hand_of(staff)
    assert not Caller("slack", "T1", ADA, proof=KEY, proves=True).is_hand_of(staff)
    assert Caller("sandbox", "", ADA).is_hand_of(staff)


def test_the_keys_of_one_account_open_no_other() -> None:
    bea = "@bea:example.org"
    staff = person(Account("matrix", ADA, proof=KEY), Account("matrix", bea, proof=OTHER))
    assert not caller(OTHER).is_hand_of(staff)
    assert caller(OTHER, account=bea).is_hand_of(staff)


def test_what_could_be_proven_and_is_not_is_never_kept() -> None:
    assert caller(KEY).to_keep() == Account("matrix", ADA, proof=KEY)
    assert caller("", proves=False).to_keep() == Account("matrix", ADA)
    with pytest.raises(Unverified):
        caller("").to_keep()


def test_nothing_that_shows_a_caller_or_an_account_shows_the_keys() -> None:
    for one in (caller(KEY), Account("matrix", ADA, proof=KEY), person(caller(KEY).to_keep())):
        assert KEY not in repr(one)


# Sealed -----------------------------------------------------------------------------------------


@pytest.fixture
def seal(where: Where) -> Seal:
    make_key_files(where.keys, SystemChance())
    vault = FileVault(read_key_files(where.keys), CountedChance())
    return Seal(vault, vault.new_key())


def read(seal: Seal, *rows: AccountRow) -> tuple[Account, ...]:
    staff = to_staff_row(seal, person())
    kept = StaffRow(staff.id, staff.named, staff.sealed_name, staff.sealed_hours, ())
    return staff_of(seal, kept, rows, (), MONDAY).accounts


def before(seal: Seal, words: str, mark: bytes = b"m" * 16) -> AccountRow:
    """A row with these words in it, as an older program wrote them."""
    return AccountRow(mark, person().id, seal.seal(f"accounts.sealed/{mark.hex()}", words))


@pytest.mark.parametrize(
    "account",
    [
        Account("matrix", ADA, proof=KEY),
        Account("slack", "U1", "T1"),
        Account("slack", "U1", "T1", "proof"),
        Account("sandbox", "ada"),
        Account("sandbox", "ada", proof="keys with spaces"),
    ],
)
def test_an_account_is_read_as_it_was_kept(seal: Seal, account: Account) -> None:
    assert read(seal, to_account_row(seal, person(), account)) == (account,)


@pytest.mark.parametrize(
    ("words", "account"),
    [("sandbox ada", Account("sandbox", "ada")), ("slack U1 T1", Account("slack", "U1", "T1"))],
)
def test_what_was_kept_before_there_were_keys_is_still_read(
    seal: Seal, words: str, account: Account
) -> None:
    assert read(seal, before(seal, words)) == (account,)


def test_what_has_no_keys_is_kept_as_before(seal: Seal) -> None:
    for account in (Account("sandbox", "ada"), Account("slack", "U1", "T1")):
        row = to_account_row(seal, person(), account)
        words = seal.open(f"accounts.sealed/{row.mark.hex()}", row.sealed)
        assert words == " ".join((account.platform, account.address, account.space)).rstrip()


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_rows_of_one_account_the_one_with_keys_counts(seal: Seal, turned: bool) -> None:
    """One from before lies under another mark: it must not open what the other closes."""
    pinned = Account("matrix", ADA, proof=KEY)
    rows = [to_account_row(seal, person(), pinned), before(seal, f"matrix {ADA}")]
    assert read(seal, *(reversed(rows) if turned else rows)) == (pinned,)
