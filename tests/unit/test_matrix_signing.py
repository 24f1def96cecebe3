"""Whose signature a device bears: every way in which it may be missing, false or another's."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from nio.api import Api

from adapters.matrix.signing import Identity, Seeds, canonical, is_signed, signed_by

USER, DEVICE = "@bot:gw.test", "ABCDEF"
Json = dict[str, Any]


def identity(user: str = USER, first: int = 1) -> Identity:
    return Identity(user, Seeds(*(bytes([first + n]) * 32 for n in range(3))))


def device(user: str = USER, id: str = DEVICE) -> Json:
    keys = {f"curve25519:{id}": "c" * 43, f"ed25519:{id}": "e" * 43}
    return {"user_id": user, "device_id": id, "algorithms": ["m.olm"], "keys": keys}


def told(who: Identity | None = None) -> Json:
    """What a homeserver tells of a device that is signed: three objects, to be changed at will."""
    who = who or identity()
    keys = who.keys()
    return {
        "device": who.vouched(device()),
        "master": keys["master_key"],
        "signing": keys["self_signing_key"],
    }


def proof(of: Json, user: str = USER) -> str:
    return signed_by(user, of["device"], of["master"], of["signing"])


def test_a_device_that_its_master_key_signed_is_proven_by_that_key() -> None:
    assert proof(told()) == identity().master
    assert len(identity().master) == 43


def test_the_same_seeds_are_the_same_identity_and_others_another() -> None:
    assert identity().keys() == identity().keys()
    assert identity().master != identity(first=9).master


def test_what_a_host_says_of_a_device_beside_its_keys_changes_no_signature() -> None:
    of = told()
    of["device"]["unsigned"] = {"device_display_name": "Firefox"}
    assert proof(of) == identity().master


def drop_signature(of: Json) -> None:
    of["device"].pop("signatures")


def sign_by_another(of: Json) -> None:
    of["device"] = identity(first=9).vouched(device())


def swap_the_signing_key(of: Json) -> None:
    """The host's own signing key, which the true master key never signed."""
    of["device"], of["signing"] = (
        told(identity(first=9))["device"],
        told(identity(first=9))["signing"],
    )


def swap_the_master_key(of: Json) -> None:
    of["master"] = told(identity(first=9))["master"]


def change_the_device(of: Json) -> None:
    of["device"]["keys"][f"curve25519:{DEVICE}"] = "x" * 43


def rename_the_device(of: Json) -> None:
    of["device"]["device_id"] = "OTHER"


def give_it_to_another(of: Json) -> None:
    of["device"]["user_id"] = "@other:gw.test"


def two_master_keys(of: Json) -> None:
    more = told(identity(first=9))["master"]["keys"]
    of["master"]["keys"] |= more


def a_master_key_named_falsely(of: Json) -> None:
    ((_, key),) = of["master"]["keys"].items()
    of["master"]["keys"] = {"ed25519:another": key}


def no_master_key(of: Json) -> None:
    of["master"] = {}


def keys_that_are_none(of: Json) -> None:
    of["master"]["keys"] = {"ed25519:1": 1}


def signatures_that_are_none(of: Json) -> None:
    of["device"]["signatures"] = [USER]


def a_signature_that_is_no_base64(of: Json) -> None:
    signatures = of["device"]["signatures"][USER]
    for name in signatures:
        signatures[name] = "ünlesbar"


FALSE: list[Callable[[Json], None]] = [
    drop_signature,
    sign_by_another,
    swap_the_signing_key,
    swap_the_master_key,
    change_the_device,
    rename_the_device,
    give_it_to_another,
    two_master_keys,
    a_master_key_named_falsely,
    no_master_key,
    keys_that_are_none,
    signatures_that_are_none,
    a_signature_that_is_no_base64,
]


@pytest.mark.parametrize("change", FALSE, ids=lambda one: one.__name__)
def test_whatever_is_changed_nothing_is_proven(change: Callable[[Json], None]) -> None:
    of = copy.deepcopy(told())
    change(of)
    assert proof(of) == ""


def test_another_user_s_signature_on_one_s_device_proves_nothing() -> None:
    assert proof(told(identity("@other:gw.test"))) == ""
    assert proof(told(), "@other:gw.test") == ""


def test_a_host_with_keys_of_its_own_proves_its_own_key_and_no_other() -> None:
    """It can make a whole identity; it cannot make the one that was pinned."""
    assert proof(told(identity(first=9))) not in ("", identity().master)


def test_signed_bytes_are_those_that_nio_and_the_specification_sign() -> None:
    thing = {"b": [1, {"d": "ü\u2028", "c": None}], "a": True, "signatures": {}, "unsigned": {}}
    signed = {"a": True, "b": [1, {"c": None, "d": "ü\u2028"}]}
    assert canonical(thing) == Api.to_canonical_json(signed).encode()
    assert canonical({}) == b"{}"


def test_a_key_that_is_none_signed_nothing() -> None:
    thing = {"signatures": {USER: {"ed25519:1": "AAAA"}}}
    for key in ("", "AAAA", "!", "e" * 43):
        assert not is_signed(thing, USER, "1", key)
    assert not is_signed({}, USER, "1", "e" * 43)


def test_no_secret_shows_when_it_is_printed() -> None:
    assert repr(Seeds(b"1" * 32, b"2" * 32, b"3" * 32)) == "Seeds()"
