"""Key files and ciphers. Keeps no rows, and never says a key.

Three files in one directory: what wraps keys (two such, while one is changed for the next), the pepper
of receipts, and what spaces are found by and staff's names were sealed under before communities had
keys. AES-256-GCM from the ``cryptography`` library; every
sealed row is bound to its table, column, id and key epoch. Nonces are random: each key seals far
fewer than 2**32 rows (NIST SP 800-38D, section 8.3). Ballots are sealed boxes of libsodium, which
whoever sealed them cannot open again.
"""

import ctypes
import hashlib
import hmac
import os
import re
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import crypto_box_easy, crypto_box_NONCEBYTES, crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from bot import ports, whole
from bot.domain.errors import CannotSave
from bot.domain.privacy import padded, unpadded
from bot.ports import BadSeal, Chance, Key, Wrapped
from bot.settings import CannotStart

KEY_BYTES = 32
NONCE_BYTES = 12
FEWEST = 12  #: different bytes in a key drawn by chance: fewer are zeros out of a guide
EPOCH = b"\x01"  #: in front of everything sealed, so that keys can be rotated
OF_COMMUNITY = b"\x02"  #: in front of staff's rows that are sealed under their community's key
FILES = ("case-keys-1.key", "receipts-1.key", "staff-1.key")
MOST_EPOCHS = 255  #: the first byte of what is wrapped tells which
_WRAPPING = re.compile(r"case-keys-([1-9]\d{0,2})\.key")

_PR_SET_DUMPABLE = 4


def make_key_files(folder: Path, chance: Chance) -> None:
    """Make the folder (0700) and every key file that is missing (0600), each whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in FILES:
        if not (folder / name).exists() and not (name == FILES[0] and wrapping_files(folder)):
            make_key_file(folder / name, chance)


def make_key_file(file: Path, chance: Chance) -> None:
    whole.write(file, chance.bytes(KEY_BYTES).hex() + "\n")


def wrapping_files(folder: Path) -> dict[int, Path]:
    """What wraps keys, by its number; none in a folder that is not there."""
    found = {int(m[1]): f for f in folder.glob("*.key") if (m := _WRAPPING.fullmatch(f.name))}
    return {number: found[number] for number in sorted(found) if number <= MOST_EPOCHS}


def read_key_files(folder: Path) -> tuple[bytes, ...]:
    """The keys, in the order of ``FILES``; of those that wrap, the oldest. Raises CannotStart with the
    remedy."""
    if not folder.is_dir():
        raise CannotStart(f"The key folder {folder} is missing: restore it from its backup.")
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise CannotStart(f"Others can read the key folder {folder}: run chmod 700 on it.")
    oldest = next(iter(wrapping_files(folder).values()), folder / FILES[0])
    return tuple(map(_read, (oldest, *(folder / name for name in FILES[1:]))))


def vault_in(folder: Path, chance: Chance) -> "FileVault":
    """With all key files of a folder, also one that comes there later. Raises CannotStart."""
    return FileVault(read_key_files(folder), chance, folder)


def keep_private() -> None:
    """New files are for this user alone; no core dumps, and no reading of this process's memory."""
    os.umask(0o077)
    try:
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (AttributeError, OSError):  # not Linux: there is no such call
        return


class FileVault(ports.Vault):
    def __init__(self, keys: tuple[bytes, ...], chance: Chance, folder: Path | None = None) -> None:
        case_keys, receipts, staff = keys
        self._chance = chance
        self._files, self._folder = keys, folder
        self._wraps: dict[int, bytes] = {} if folder else {1: case_keys}
        self._wrapping: dict[int, Key] = {}
        self._read_again()
        self._epoch = min(self._wraps)
        self._peppers = (_derived(receipts, "receipt-pepper/1"),)
        self._staff = Key(_derived(staff, "staff-seal/1"))
        self._marks = _derived(staff, "staff-mark/1")

    def fingerprint(self, epoch: int = 0) -> bytes:
        """Tells whether these are the files a database was made with; reveals nothing of them."""
        return self._fingerprint(self._wraps[epoch or self._epoch])

    def fingerprint_with(self, file: Path) -> bytes:
        """The same with another file that wraps. Raises CannotStart."""
        return self._fingerprint(_read(file))

    def _fingerprint(self, wraps: bytes) -> bytes:
        together = b"".join((wraps, *self._files[1:]))
        return hmac.digest(_derived(together, "fingerprint/1"), b"groundswell", "sha256")[:16]

    def fingerprints(self) -> dict[int, bytes]:
        """The same with each of the files that wrap."""
        return {epoch: self.fingerprint(epoch) for epoch in self._wraps}

    def use(self, fingerprint: bytes) -> int:
        """Wrap with that of the files from now on; its number."""
        known = {mark: epoch for epoch, mark in self.fingerprints().items()}
        self._epoch = known[fingerprint]
        return self._epoch

    def look_again(self) -> None:
        """Somebody wraps with a newer file already: from now on so does this process, if it has it."""
        self._read_again()
        self._epoch = max(self._wraps)

    def for_backups(self) -> bytes:
        """What goes into the key of every backup: so it opens with these files alone. Of the one that
        is never changed for another."""
        return _derived(self._files[1], "backup/1")

    def new_key(self) -> Key:
        return Key(self._chance.bytes(KEY_BYTES))

    def wrap(self, id: str, key: Key, table: str = "case_keys") -> Wrapped:
        epoch, bound = bytes([self._epoch]), f"{table}.wrapped/{id}"
        return Wrapped(self._encrypted(self._wrapping[self._epoch], bound, key, epoch))

    def unwrap(self, id: str, wrapped: Wrapped, table: str = "case_keys") -> Key:
        epoch = wrapped[0] if wrapped else 0
        if epoch > self._epoch:
            self.look_again()
        if epoch not in self._wrapping:
            if self._folder and epoch == max(self._wraps) + 1:
                raise CannotSave  # the file was changed for the next, and this machine has not got it
            raise BadSeal(table)
        return Key(_decrypted(self._wrapping[epoch], f"{table}.wrapped/{id}", wrapped))

    def seal(self, key: Key, place: str, words: bytes) -> bytes:
        return self._encrypted(key, place, padded(words))

    def open(self, key: Key, place: str, sealed: bytes) -> bytes:
        return unpadded(_decrypted(key, place, sealed))

    def seal_staff(self, key: Key, place: str, words: str) -> bytes:
        return self._encrypted(key, place, padded(words.encode()), OF_COMMUNITY)

    def open_staff(self, key: Key, place: str, sealed: bytes) -> str:
        before = sealed[:1] == EPOCH
        return self.open(self._staff if before else key, place, sealed).decode()

    def staff_mark(self, key: Key, kind: str, *parts: str) -> bytes:
        return _mark(_derived(key, "staff-mark/2"), kind, parts)

    def mark(self, kind: str, *parts: str) -> bytes:
        return _mark(self._marks, kind, parts)

    def lookups(self, receipt: str) -> list[bytes]:
        return self._hashed(_derived(receipt.encode(), "case-lookup/1"))

    def waiting_lookups(self, receipt: str) -> list[bytes]:
        return self._hashed(_derived(receipt.encode(), "waiting-lookup/1"))

    def draft(self, token: str) -> tuple[bytes, Key]:
        secret = token.encode("utf-8", "surrogatepass")
        return _derived(secret, "draft-id/1")[:16], Key(_derived(secret, "draft-key/1"))

    def event_mark(self, key: Key, event: str) -> bytes:
        return hmac.digest(key, event.encode("utf-8", "surrogatepass"), "sha256")[:16]

    def ballot_pepper(self, key: Key) -> Key:
        return Key(_derived(key, "ballot-tag/1"))

    def ballot_tag(self, pepper: Key, platform: str, account: str) -> bytes:
        words = f"{platform}\0{account}".encode("utf-8", "surrogatepass")
        return hmac.digest(pepper, words, "sha256")[:16]

    def ballot_public_key(self, key: Key) -> bytes:
        return bytes(_ballot_secret(key).public_key)

    def seal_ballot(self, public_key: bytes, words: bytes) -> bytes:
        # As crypto_box_seal does it, but with the throw-away key drawn from Chance, so that a
        # world can be replayed: https://doc.libsodium.org/public-key_cryptography/sealed_boxes
        once = self._chance.bytes(KEY_BYTES)
        mine = crypto_scalarmult_base(once)
        nonce = hashlib.blake2b(mine + public_key, digest_size=crypto_box_NONCEBYTES).digest()
        return mine + crypto_box_easy(words, nonce, public_key, once)

    def open_ballot(self, key: Key, sealed: bytes) -> bytes:
        try:
            return SealedBox(_ballot_secret(key)).decrypt(sealed)
        except CryptoError:  # also for one cut short
            raise BadSeal("ballots.sealed") from None

    def _read_again(self) -> None:
        """What wraps: all that lies in the folder by now, and what was read there before."""
        found = wrapping_files(self._folder) if self._folder else {}
        self._wraps |= {epoch: _read(file) for epoch, file in found.items()}
        self._wrapping = {n: Key(_derived(k, "wrap-case-key/1")) for n, k in self._wraps.items()}

    def _hashed(self, secret: bytes) -> list[bytes]:
        return [hmac.digest(pepper, secret, "sha256") for pepper in self._peppers]

    def _encrypted(self, key: bytes, place: str, words: bytes, epoch: bytes = EPOCH) -> bytes:
        nonce = self._chance.bytes(NONCE_BYTES)
        return epoch + nonce + AESGCM(key).encrypt(nonce, words, _bound(place, epoch))


def _decrypted(key: bytes, place: str, sealed: bytes) -> bytes:
    epoch, nonce, words = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, words, _bound(place, epoch))
    except (InvalidTag, ValueError):  # the second for a row cut short
        raise BadSeal(place.partition("/")[0]) from None


def _mark(secret: bytes, kind: str, parts: tuple[str, ...]) -> bytes:
    words = "\0".join((kind, *parts)).encode("utf-8", "surrogatepass")
    return hmac.digest(secret, words, "sha256")


def _bound(place: str, epoch: bytes) -> bytes:
    return place.encode() + b"/" + epoch


def _ballot_secret(key: Key) -> PrivateKey:
    return PrivateKey(_derived(key, "ballot-secret/1"))


def _derived(secret: bytes, purpose: str) -> bytes:
    """HKDF with SHA-256, no salt and one block (RFC 5869): what ``cryptography`` makes of it, in a
    fifth of the time, several times at each command."""
    drawn = hmac.digest(bytes(KEY_BYTES), secret, "sha256")
    return hmac.digest(drawn, purpose.encode() + b"\x01", "sha256")


def _read(file: Path) -> bytes:
    if not file.is_file():
        raise CannotStart(f"The key file {file} is missing: restore it from its backup.")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise CannotStart(f"Others can read the key file {file}: run chmod 600 on it.")
    try:
        key = bytes.fromhex(file.read_text().strip())
    except ValueError:
        key = b""
    except OSError as wrong:
        raise CannotStart(f"The key file {file} cannot be read: {wrong.strerror}.") from None
    if len(key) != KEY_BYTES:
        raise CannotStart(f"The key file {file} is damaged: restore it from its backup.")
    if len(set(key)) < FEWEST:
        raise CannotStart(
            f"The key file {file} still holds a placeholder: restore it from its backup."
        )
    return key
