"""Key files and ciphers. Keeps no rows, and never says a key.

Three files in one directory: what wraps keys, the pepper of receipts, and what spaces are found by
and staff's names were sealed under before communities had keys. AES-256-GCM from the ``cryptography`` library; every
sealed row is bound to its table, column, id and key epoch. Nonces are random: each key seals far
fewer than 2**32 rows (NIST SP 800-38D, section 8.3). Ballots are sealed boxes of libsodium, which
whoever sealed them cannot open again.
"""

import ctypes
import hashlib
import hmac
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import crypto_box_easy, crypto_box_NONCEBYTES, crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from bot import ports
from bot.domain.privacy import padded, unpadded
from bot.ports import BadSeal, Chance, Key, Wrapped
from bot.settings import CannotStart

KEY_BYTES = 32
NONCE_BYTES = 12
FEWEST = 12  #: different bytes in a key drawn by chance: fewer are zeros out of a guide
EPOCH = b"\x01"  #: in front of everything sealed, so that keys can be rotated
OF_COMMUNITY = b"\x02"  #: in front of staff's rows that are sealed under their community's key
FILES = ("case-keys-1.key", "receipts-1.key", "staff-1.key")

_PR_SET_DUMPABLE = 4


def make_key_files(folder: Path, chance: Chance) -> None:
    """Make the folder (0700) and every key file that is missing (0600), each whole or not at all."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in FILES:
        if not (folder / name).exists():
            half_made = folder / f"{name}.new"
            half_made.unlink(missing_ok=True)
            with open(os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
                f.write(chance.bytes(KEY_BYTES).hex() + "\n")
                f.flush()
                os.fsync(f.fileno())
            half_made.rename(folder / name)


def read_key_files(folder: Path) -> tuple[bytes, ...]:
    """The keys, in the order of ``FILES``. Raises CannotStart with the remedy."""
    if not folder.is_dir():
        raise CannotStart(f"The key folder {folder} is missing: restore it from its backup.")
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise CannotStart(f"Others can read the key folder {folder}: run chmod 700 on it.")
    return tuple(_read(folder / name) for name in FILES)


def keep_private() -> None:
    """New files are for this user alone; no core dumps, and no reading of this process's memory."""
    os.umask(0o077)
    try:
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (AttributeError, OSError):  # not Linux: there is no such call
        return


class FileVault(ports.Vault):
    def __init__(self, keys: tuple[bytes, ...], chance: Chance) -> None:
        case_keys, receipts, staff = keys
        self._chance = chance
        self._files = keys
        self._wrapping = Key(_derived(case_keys, "wrap-case-key/1"))
        self._peppers = (_derived(receipts, "receipt-pepper/1"),)
        self._staff = Key(_derived(staff, "staff-seal/1"))
        self._marks = _derived(staff, "staff-mark/1")

    def fingerprint(self) -> bytes:
        """Tells whether these are the files a database was made with; reveals nothing of them."""
        together = b"".join(self._files)
        return hmac.digest(_derived(together, "fingerprint/1"), b"groundswell", "sha256")[:16]

    def new_key(self) -> Key:
        return Key(self._chance.bytes(KEY_BYTES))

    def wrap(self, id: str, key: Key, table: str = "case_keys") -> Wrapped:
        return Wrapped(self._encrypted(self._wrapping, f"{table}.wrapped/{id}", key))

    def unwrap(self, id: str, wrapped: Wrapped, table: str = "case_keys") -> Key:
        return Key(_decrypted(self._wrapping, f"{table}.wrapped/{id}", wrapped))

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
