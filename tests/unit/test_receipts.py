"""A receipt survives being copied by hand, and a slip of the pen is told from a wrong receipt."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.errors import Invalid
from bot.domain.grievances import receipts
from bot.domain.grievances.receipts import Receipt

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
randomness = some.binary(min_size=13, max_size=13)


def reason(typed: str) -> str:
    with pytest.raises(Invalid) as refused:
        receipts.read(typed)
    assert refused.value.field == "receipt"
    return refused.value.reason


def spelt(receipt: str) -> str:
    return receipt.replace("-", "")


@pytest.mark.parametrize(
    ("drawn", "receipt"),
    [
        # Reckoned by hand: doubled from the right, the two base-32 digits added, up to a full 32.
        (bytes(13), "0000000-0000000-0000000"),
        (bytes(12) + b"\x10", "0000000-0000000-000001Y"),  # 2, and 30 more
        (bytes(12) + b"\xf0", "0000000-0000000-00000F2"),  # 15 doubled is 30, and 2 more
        (bytes(11) + b"\x01\x00", "0000000-0000000-00000GZ"),  # 16 doubled: 1 and 0
        (bytes(11) + b"\x02\x00", "0000000-0000000-000010Z"),  # not doubled: 1, and 31 more
        (b"\xff" * 13, "ZZZZZZZ-ZZZZZZZ-ZZZZZZM"),  # twenty times 31 is 620, and 20 more
    ],
)
def test_a_receipt_is_the_first_hundred_bits_and_a_check_character(
    drawn: bytes, receipt: str
) -> None:
    assert receipts.drawn(drawn) == receipt


def test_the_last_four_bits_are_not_used() -> None:
    assert receipts.drawn(bytes(12) + b"\x0f") == receipts.drawn(bytes(13))


@given(randomness)
def test_every_receipt_has_the_shape_and_opens(drawn: bytes) -> None:
    receipt = receipts.drawn(drawn)
    assert receipts.RECEIPT.fullmatch(receipt)
    assert receipts.read(receipt) == receipt


def test_the_shape_takes_the_symbols_of_a_receipt_and_no_others() -> None:
    taken = {
        chr(n) for n in range(0x3000) if receipts.RECEIPT.fullmatch("-".join([chr(n) * 7] * 3))
    }
    assert taken == set(CROCKFORD)


@given(some.integers(0, 2**100 - 1), some.integers(0, 2**100 - 1))
def test_different_randomness_makes_different_receipts(one: int, other: int) -> None:
    def made(bits: int) -> str:
        return receipts.drawn((bits << 4).to_bytes(13, "big"))

    assert (made(one) == made(other)) == (one == other)


@given(randomness, some.randoms(use_true_random=False))
def test_entry_forgives_case_spaces_dashes_and_what_is_misread(drawn: bytes, pick: Random) -> None:
    receipt = receipts.drawn(drawn)
    misread = {"0": "0Oo", "1": "1IiLl"}
    between = ["", " ", "-", "–", "  ", "\n", "\u00a0", "−", "\t"]
    typed = "".join(
        pick.choice(misread.get(c, c + c.lower())) + pick.choice(between) for c in spelt(receipt)
    )
    assert receipts.read(f" {typed}\n") == receipt


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "0",
        "0000000-0000000-000000",
        "0000000-0000000-00000000",
        "0000000-0000000-000000U",  # U is no symbol: it is not written in receipts
        "0000000-0000000-000000!",
        "0000000.0000000.0000000",
        "٠٠٠٠٠٠٠-0000000-0000000",  # digits of another script
        "my case, please",
        "\ud800" * 21,
        "0" * 1_000_000,
    ],
)
def test_what_cannot_be_a_receipt_is_told_so(typed: str) -> None:
    assert reason(typed) == "invalid.receipt_shape"


@settings(max_examples=20)
@given(randomness)
def test_every_single_wrong_character_is_caught(drawn: bytes) -> None:
    right = spelt(receipts.drawn(drawn))
    for place, symbol in enumerate(right):
        for wrong in CROCKFORD:
            if wrong != symbol:
                typed = right[:place] + wrong + right[place + 1 :]
                assert reason(typed) == "invalid.receipt_check", typed


def _passes_swapped(symbols: str, place: int) -> bool:
    swapped = symbols[:place] + symbols[place + 1] + symbols[place] + symbols[place + 2 :]
    try:
        receipts.read(swapped)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("place", range(19))
def test_of_all_swaps_of_neighbours_only_0_and_z_pass(place: int) -> None:
    passed = set()
    for one in CROCKFORD:
        for other in CROCKFORD:
            if one != other:
                symbols = "K7QX2M9TB4W6HNC3RD5P"
                symbols = symbols[:place] + one + other + symbols[place + 2 :]
                if _passes_swapped(symbols + receipts.check_character(symbols), place):
                    passed.add(one + other)
    assert passed == {"0Z", "Z0"}


@given(randomness)
def test_a_swap_with_the_check_character_is_caught(drawn: bytes) -> None:
    symbols = spelt(receipts.drawn(drawn))
    if symbols[-2] != symbols[-1] and set(symbols[-2:]) != {"0", "Z"}:
        assert not _passes_swapped(symbols, 19)


OWN = Receipt("K7QX2M9-TB4W6HN-C3RD5P" + receipts.check_character("K7QX2M9TB4W6HNC3RD5P"))


@pytest.mark.parametrize(
    "text",
    [
        f"My receipt is {OWN}.",
        OWN,
        f"It is {OWN.lower()}, I think",
        f"It is {OWN.replace('-', ' ')}",
        f"It is {OWN.replace('-', '')}",
        "It is " + " ".join(OWN.replace("-", "")),
        "It is\n" + OWN.replace("-", "\n"),
        "It is " + OWN.replace("-", " – "),
    ],
)
def test_a_text_that_carries_its_own_receipt_is_found_out(text: str) -> None:
    assert receipts.stands_in(text, OWN)


def test_letters_read_for_digits_are_found_out_too() -> None:
    receipt = receipts.drawn(bytes(13))
    assert receipts.stands_in("It is OOOOOOO-OOOOOOO-OOOOOOO", receipt)


@pytest.mark.parametrize(
    "text", ["", "Nothing here.", OWN[:-1], OWN[1:], "K7QX2M9-TB4W6HN-C3RD5Q and so on"]
)
def test_a_text_without_it_is_left_alone(text: str) -> None:
    assert not receipts.stands_in(text, OWN)


def test_what_has_its_shape_and_check_character_could_be_one() -> None:
    assert receipts.could_be("zzzzzzz zzzzzzz zzzzzzm")
    assert not receipts.could_be("ZZZZZZZ-ZZZZZZZ-ZZZZZZN")
    assert not receipts.could_be("ZZZZZZZ-ZZZZZZZ")
