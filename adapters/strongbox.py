"""A file that only the holder of a secret opens, written and read in chunks.

A key drawn for the file lies in it as a sealed box to the recipient; the chunks are a secret stream
(libsodium's), which tells a changed, moved or missing one. The installation's own key files go into
the stream's key: a recipient's secret alone opens nothing, and nobody without the files can forge
one. All chunks are as long, and empty ones behind the words make up a round number of them: so a file's
size tells no single row. Never holds more than two chunks.
"""

import hmac
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from nacl import bindings as sodium
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from bot.ports import Chance
from bot.starting import CannotStart

MAGIC = b"groundswell-backup/2\n"
BEFORE = b"groundswell-backup/1\n"  #: whose sizes told of every row; of no release
CHUNK = 64 * 1024
LENGTH = 4  #: bytes in front of the words of a chunk: how many of it they are
FITS = CHUNK - LENGTH
PUBLIC, SECRET = "gsb-public-", "gsb-secret-"
_HEX = re.compile("[0-9a-f]{64}")
_MARK = 16  #: bytes that tell with which installation's key files a file was made
_BOXED = 32 + sodium.crypto_box_SEALBYTES
_HEADER = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_MORE = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
_GOES_ON = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_LAST = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL


def new_pair(chance: Chance) -> tuple[str, str]:
    """A recipient and its secret, as text."""
    secret = PrivateKey(chance.bytes(32))
    return PUBLIC + bytes(secret.public_key).hex(), SECRET + bytes(secret).hex()


Rounded = Callable[[int], int]  #: of how many chunks a file is that needs so many


def doubled(chunks: int) -> int:
    """1, 2, 4, 8: for what is small, and where a single row would show."""
    return 1 << (chunks - 1).bit_length()


def in_quarters(chunks: int) -> int:
    """In steps of 16 chunks, 1 MiB; beyond 64, of a quarter of the power of two below: at most a quarter
    of a file is empty."""
    step = max(16, (1 << chunks.bit_length() - 1) // 4)
    return -(-chunks // step) * step


class Sealing:
    """Writes one file. ``ours``: made from the installation's key files; ``rounded``: how large it may
    be. It is whole once ``end`` was called, and not before."""

    def __init__(
        self, to: BinaryIO, recipient: str, ours: bytes, chance: Chance, rounded: Rounded
    ) -> None:
        drawn = chance.bytes(32)
        self._to, self._held, self._rounded, self._pushed = to, bytearray(), rounded, 0
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        begins = sodium.crypto_secretstream_xchacha20poly1305_init_push(
            self._state, _key(drawn, ours)
        )
        to.write(MAGIC + _mark(ours) + _boxed(drawn, recipient) + begins)

    def write(self, words: bytes) -> None:
        self._held += words
        while len(self._held) > FITS:
            self._push(bytes(self._held[:FITS]), _GOES_ON)
            del self._held[:FITS]

    def end(self) -> None:
        empty = self._rounded(self._pushed + 1) - self._pushed - 1
        words = [bytes(self._held), *[b""] * empty]
        for one in words[:-1]:
            self._push(one, _GOES_ON)
        self._push(words[-1], _LAST)

    def _push(self, words: bytes, tag: int) -> None:
        chunk = (len(words).to_bytes(LENGTH, "big") + words).ljust(CHUNK, b"\0")
        self._to.write(
            sodium.crypto_secretstream_xchacha20poly1305_push(self._state, chunk, None, tag)
        )
        self._pushed += 1


def unsealed(file: BinaryIO, secret: str, ours: bytes) -> Iterator[bytes]:
    """The words of a file, chunk by chunk; the last ones are given only where nothing is missing, nor is
    there too much. Raises CannotStart, also in the midst of it."""
    magic = file.read(len(MAGIC))
    if magic == BEFORE:
        raise CannotStart(
            f"{file.name} was made before the first release, in a form that is not read any more: bring it "
            "back with the program that made it, and make a new one with this one."
        )
    if magic != MAGIC:
        raise CannotStart(f"{file.name} is no backup of Groundswell's: name another file.")
    if not hmac.compare_digest(file.read(_MARK), _mark(ours)):
        raise CannotStart(
            f"{file.name} was made with other key files: put back those of its installation first."
        )
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    boxed, begins = file.read(_BOXED), file.read(_HEADER)
    if len(begins) < _HEADER:
        raise _cut(file)
    try:
        drawn = SealedBox(PrivateKey(_plain(secret, SECRET))).decrypt(boxed)
    except CryptoError:
        raise CannotStart(
            f"{file.name} was made for another recipient, or its beginning was changed: give the "
            "secret that belongs to the recipient of that time."
        ) from None
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, begins, _key(drawn, ours))
    tag, last = _GOES_ON, b""
    while tag != _LAST:
        chunk = file.read(CHUNK + _MORE)
        if len(chunk) < _MORE:
            raise _cut(file)
        try:
            whole, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, chunk)
        except (CryptoError, RuntimeError):
            raise CannotStart(
                f"{file.name} is cut short, or was changed after it was written: take another copy "
                "of it, or an older backup."
            ) from None
        words = whole[LENGTH : LENGTH + int.from_bytes(whole[:LENGTH], "big")]
        if words:
            yield last
            last = words
    if file.read(1):
        raise CannotStart(f"{file.name} goes on behind its end: take another copy of it.")
    yield last


def _boxed(drawn: bytes, recipient: str) -> bytes:
    """Raises CannotStart."""
    to = PublicKey(_plain(recipient, PUBLIC))
    try:
        return SealedBox(to).encrypt(drawn)
    except CryptoError:
        raise CannotStart(
            "Nothing can be sealed to this recipient of backups, for everybody could open it: take the one "
            "that `groundswell keys recipient` printed."
        ) from None


def _cut(file: BinaryIO) -> CannotStart:
    return CannotStart(f"{file.name} is cut short: take another copy of it, or an older backup.")


def _key(drawn: bytes, ours: bytes) -> bytes:
    return hmac.digest(ours, b"backup-stream/1" + drawn, "sha256")


def _mark(ours: bytes) -> bytes:
    return hmac.digest(ours, b"backup-mark/1", "sha256")[:_MARK]


def _plain(shown: str, kind: str) -> bytes:
    """Raises CannotStart."""
    told = shown.strip()
    if not (told.startswith(kind) and _HEX.fullmatch(told.removeprefix(kind))):
        raise CannotStart(
            f"What was given is no {'recipient' if kind == PUBLIC else 'secret'} of a backup: it must "
            f"begin with {kind} and end with 64 digits, as `groundswell keys recipient` made it."
        )
    return bytes.fromhex(told.removeprefix(kind))
