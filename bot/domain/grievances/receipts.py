"""Receipts: the reporter's only way back, 100 random bits that people can copy by hand.

Crockford's base32 (https://www.crockford.com/base32.html) without I, L, O and U, twenty symbols
and one check character by Luhn's algorithm in base 32, written 7-7-7. A receipt is never kept:
what is kept is a keyed hash that says nothing without it (privacy rule 2).
"""

import re
from typing import NewType

from bot.domain.errors import Invalid

Receipt = NewType("Receipt", str)  #: canonical: 7-7-7, upper case, check character right.

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT = re.compile(r"[0-9A-HJKMNP-TV-Z]{7}(?:-[0-9A-HJKMNP-TV-Z]{7}){2}")  #: as one is written
RANDOM_BYTES = 13  #: 104 bits, of which the first 100 are used
SYMBOLS = 20

_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED = re.compile(r"[\s\-‐-―−]+")


def drawn(randomness: bytes) -> Receipt:
    """A receipt from ``RANDOM_BYTES`` random bytes."""
    bits = int.from_bytes(randomness[:RANDOM_BYTES], "big") >> (8 * RANDOM_BYTES - 5 * SYMBOLS)
    symbols = "".join(ALPHABET[bits >> (5 * n) & 31] for n in reversed(range(SYMBOLS)))
    return _written(symbols + check_character(symbols))


def read(typed: str) -> Receipt:
    """The receipt a person typed, forgiving case, spaces, dashes and O/0, I/L/1.

    Raises Invalid: ``invalid.receipt_shape`` when it cannot be a receipt at all,
    ``invalid.receipt_check`` when the check character says that a character is wrong.
    """
    symbols = _IGNORED.sub("", typed).upper().translate(_MISREAD)
    if len(symbols) != SYMBOLS + 1 or set(symbols) - set(ALPHABET):
        raise Invalid("receipt", "invalid.receipt_shape")
    if check_character(symbols[:-1]) != symbols[-1]:
        raise Invalid("receipt", "invalid.receipt_check")
    return _written(symbols)


def could_be(typed: str) -> bool:
    """Whether it has a receipt's shape and check character."""
    try:
        read(typed)
    except Invalid:
        return False
    return True


def stands_in(text: str, receipt: Receipt) -> bool:
    """Whether ``text`` carries ``receipt``, however it is spaced: it must not be sent on."""
    return _IGNORED.sub("", receipt) in _IGNORED.sub("", text).upper().translate(_MISREAD)


def check_character(symbols: str) -> str:
    """Luhn mod 32: catches every single wrong symbol and nearly all swaps of neighbours."""
    total = 0
    for place, symbol in enumerate(reversed(symbols)):
        value = ALPHABET.index(symbol) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def _written(symbols: str) -> Receipt:
    return Receipt(f"{symbols[:7]}-{symbols[7:14]}-{symbols[14:]}")
