"""Cross-signing: our own three keys, and by whose master key somebody's device is signed.

Clients that exclude insecure devices (MSC4153) neither hear nor answer one that is not signed; and a
host that adds a device to an account cannot sign it. Ed25519 over canonical JSON:
https://spec.matrix.org/v1.16/client-server-api/#cross-signing. Pure: no network, no files.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Json = dict[str, Any]
SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Seeds:
    """Of our three keys, 32 bytes each. Whoever has them is us."""

    master: bytes = field(repr=False)
    self_signing: bytes = field(repr=False)
    user_signing: bytes = field(repr=False)


class Identity:
    """Our account as others verify it."""

    def __init__(self, user: str, seeds: Seeds) -> None:
        self._user = user
        self._master = Ed25519PrivateKey.from_private_bytes(seeds.master)
        self._self_signing = Ed25519PrivateKey.from_private_bytes(seeds.self_signing)
        self._user_signing = Ed25519PrivateKey.from_private_bytes(seeds.user_signing)

    @property
    def master(self) -> str:
        """The public master key, in base64: what others pin."""
        return _public(self._master)

    def keys(self) -> Json:
        """What is uploaded: the three public keys, two of them signed by the first."""
        return {
            "master_key": self._key(self._master, "master"),
            "self_signing_key": self._signed(
                self._key(self._self_signing, "self_signing"), self._master
            ),
            "user_signing_key": self._signed(
                self._key(self._user_signing, "user_signing"), self._master
            ),
        }

    def vouched(self, device: Mapping[str, Any]) -> Json:
        """A device of ours with our signature on it."""
        return self._signed(dict(device), self._self_signing)

    def _key(self, key: Ed25519PrivateKey, usage: str) -> Json:
        public = _public(key)
        return {"user_id": self._user, "usage": [usage], "keys": {f"ed25519:{public}": public}}

    def _signed(self, thing: Json, key: Ed25519PrivateKey) -> Json:
        signature = _unpadded(key.sign(canonical(thing)))
        return thing | {"signatures": {self._user: {f"ed25519:{_public(key)}": signature}}}


def signed_by(
    user: str, device: Mapping[str, Any], master: Mapping[str, Any], self_signing: Mapping[str, Any]
) -> str:
    """The public master key, in base64, by which a user's device is signed; "" where it is not.

    All three as the homeserver tells them, and none believed: whoever holds the master key has
    signed the self-signing key, and that one the device, or the answer is "".
    """
    master_key, signing_key = _only_key(user, master), _only_key(user, self_signing)
    if (
        master_key
        and signing_key
        and device.get("user_id") == user
        and is_signed(self_signing, user, master_key, master_key)
        and is_signed(device, user, signing_key, signing_key)
    ):
        return master_key
    return ""


def is_signed(thing: Mapping[str, Any], user: str, key_id: str, key: str) -> bool:
    """Whether ``thing`` bears a signature of a user's Ed25519 ``key`` (base64) that holds."""
    try:
        signature = _bytes(thing["signatures"][user][f"ed25519:{key_id}"])
        Ed25519PublicKey.from_public_bytes(_bytes(key)).verify(signature, canonical(thing))
    except (InvalidSignature, LookupError, TypeError, ValueError, AttributeError):
        return False
    return True


def canonical(thing: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: https://spec.matrix.org/v1.16/appendices/#canonical-json."""
    signed = {name: value for name, value in thing.items() if name not in _UNSIGNED}
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


_UNSIGNED = ("signatures", "unsigned")


def _only_key(user: str, thing: Mapping[str, Any]) -> str:
    keys = thing.get("keys")
    if thing.get("user_id") != user or not isinstance(keys, dict) or len(keys) != 1:
        return ""
    ((name, key),) = keys.items()
    return key if isinstance(key, str) and name == f"ed25519:{key}" else ""


def _public(key: Ed25519PrivateKey) -> str:
    return _unpadded(key.public_key().public_bytes_raw())


def _unpadded(some: bytes) -> str:
    return base64.b64encode(some).decode().rstrip("=")


def _bytes(words: str) -> bytes:
    try:
        return base64.b64decode(words + "=" * (-len(words) % 4), validate=True)
    except binascii.Error as wrong:
        raise ValueError("not base64") from wrong
