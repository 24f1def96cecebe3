"""Whether something is a recipient of backups: a public key that something can be sealed to."""

import re

_SHOWN = re.compile(r"gsb-public-([0-9a-f]{64})")
_P = 2**255 - 19  #: Curve25519, RFC 7748: y^2 = x^3 + 486662 x^2 + x over this field
_A = 486662
_COFACTOR_DOUBLINGS = 3  #: eight times a point of low order, on the curve or its twist, is none


def is_recipient(shown: str) -> bool:
    """As ``groundswell keys recipient`` printed it, and of no low order: libsodium seals to none such,
    since everybody could open it."""
    found = _SHOWN.fullmatch(shown)
    return found is not None and not _of_low_order(bytes.fromhex(found[1]))


def _of_low_order(key: bytes) -> bool:
    """A key is the x of a point, its last bit left out; doubled as in RFC 7748, section 5."""
    x, z = int.from_bytes(key, "little") % 2**255 % _P, 1
    for _ in range(_COFACTOR_DOUBLINGS):
        sum_, difference = (x + z) ** 2 % _P, (x - z) ** 2 % _P
        x = sum_ * difference % _P
        z = (sum_ - difference) * (difference + (_A + 2) // 4 * (sum_ - difference)) % _P
    return z == 0
