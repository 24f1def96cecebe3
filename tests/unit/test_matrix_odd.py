"""What a homeserver brings and should not: it counts for nothing, and ends nothing that comes after it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.chance import SystemChance
from adapters.matrix.ciphers import Ciphers, Unreadable
from adapters.matrix.events import invited_by, is_sound, left
from adapters.matrix.rooms import Rooms
from adapters.matrix.sending import Sending
from adapters.matrix.state import state_of
from adapters.matrix.store import made
from adapters.matrix.syncing import Syncing
from adapters.matrix.wire import Wire, at
from bot.ports import InDoubt, Undelivered
from tests.fakes.matrix_bot import Notes
from tests.fakes.world import HandClock
from tests.fuzz.wires import Client

BOT, WORKER = "@bot:gw.test", "@worker:gw.test"
ODD: tuple[Any, ...] = (None, True, 7, -1, 10**400, 1.5, "x", "\ud800", [], {}, [None], [[]], [{}])
SOUND = {"type": "m.room.member", "sender": WORKER, "event_id": "$1", "content": {}}


def syncing(ciphers: Any) -> tuple[Syncing, list[Any]]:
    outdated: list[Any] = []
    devices = SimpleNamespace(outdated=outdated.extend)
    session: Any = SimpleNamespace(
        name="main", user=BOT, devices=devices, ciphers=ciphers, encrypted=set()
    )
    return Syncing(session, Notes(), HandClock(), lambda _: None), outdated  # type: ignore[arg-type]  # what it asks of one


@pytest.fixture
def ciphers(tmp_path: Path) -> Any:
    store = made(tmp_path / "main.db", BOT, "DEVICE", "pickle")
    yield Ciphers(Wire(Client(lambda *_: (200, {})), "http://gw.test"), store, SystemChance())  # type: ignore[arg-type]  # a client that is one
    store.close()


@pytest.mark.parametrize("odd", ODD, ids=lambda one: repr(one)[:9])
def test_an_answer_of_which_anything_is_odd_is_read_as_far_as_it_goes(
    ciphers: Ciphers, odd: Any
) -> None:
    heard, outdated = syncing(ciphers)
    whole: dict[str, Any] = {
        "device_lists": {"changed": odd, "left": odd},
        "device_one_time_keys_count": {"signed_curve25519": odd},
        "device_unused_fallback_key_types": odd,
        "to_device": {"events": odd},
        "rooms": {how: {"!a": odd, "\ud800": {}} for how in ("join", "invite", "leave")},
    }
    for told in (
        whole,
        dict.fromkeys(whole, odd),
        whole | {"rooms": dict.fromkeys(whole["rooms"], odd)},
    ):
        assert heard._learnt(told) == []
        assert list(heard._invitations(told)) == []
        assert {one.room for one in heard._new(told, "s1")} <= {"!a"}
    assert all(isinstance(one, str) for one in outdated)
    ciphers._olm.share_keys()  # of a figure that is one


async def test_events_that_are_none_are_none(ciphers: Ciphers) -> None:
    heard, _ = syncing(ciphers)
    for odd in ODD:
        part: Any = SimpleNamespace(timeline={"events": odd}, room="!a", since="s")
        assert [one for one in await heard._whole(part) if is_sound(one)] == []


@pytest.mark.parametrize(
    "odd", ["\ud800", "x" * 256, "a\0", None, 7, []], ids=lambda one: repr(one)[:9]
)
def test_an_event_with_an_id_that_is_none_is_no_event(odd: Any) -> None:
    assert is_sound(SOUND)
    for name in ("type", "sender", "event_id"):
        assert not is_sound(SOUND | {name: odd})
    gone = SOUND | {"state_key": WORKER, "content": {"membership": "leave"}}
    assert left("!a", gone)
    assert left("!a", gone | {"state_key": odd}) is None
    asked = gone | {"state_key": BOT, "content": {"membership": "invite"}}
    assert invited_by({"invite_state": {"events": [asked]}}, BOT) == WORKER
    assert invited_by({"invite_state": {"events": [asked | {"sender": odd}]}}, BOT) is None
    assert invited_by(odd, BOT) is None


def test_a_version_of_thousands_of_digits_is_none_that_we_know() -> None:
    created = {"type": "m.room.create", "state_key": "", "sender": WORKER}
    for version, rules in (("12", True), ("11", False), ("9" * 5000, False)):
        state = state_of("!a", [created | {"content": {"room_version": version}}])
        assert (state.power(WORKER) > 100) is rules


def test_an_id_that_is_no_text_makes_an_address_all_the_same() -> None:
    assert at("/rooms/{}/state", "!\ud800/..") == "/rooms/%21%3F%2F../state"


def test_keys_under_a_name_that_is_no_text_are_remembered_nowhere(ciphers: Ciphers) -> None:
    own = ciphers._olm.account.identity_keys["curve25519"]
    for key in ("\ud800", "x" * 300):
        content = {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": key}
        content["ciphertext"] = {own: {"type": 0, "body": "AAAA"}}  # type: ignore[assignment]  # odd
        sent = {"type": "m.room.encrypted", "sender": WORKER, "content": content}
        assert ciphers.received(json.loads(json.dumps(sent))) is None
        sealed = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "s"}
        with pytest.raises(Unreadable):
            ciphers.opened("!a", SOUND | {"content": sealed | {"sender_key": key}})
    assert not ciphers.sharing.met()
    ciphers.tidy(1e9)
    assert ciphers.tidy(2e9) == []


@pytest.mark.parametrize("told", [{}, {"event_id": None, "room_id": 7}, []], ids=str)
async def test_an_answer_without_the_id_that_it_is_for_is_none(told: Any) -> None:
    wire = Wire(Client(lambda *_: (200, told)), "http://gw.test")  # type: ignore[arg-type]  # likewise
    session: Any = SimpleNamespace(wire=wire, user=BOT, encrypted=set())
    sending = Sending(session, Rooms(session))
    with pytest.raises(Undelivered):
        await sending.talk_with(WORKER)
    with pytest.raises(InDoubt):
        await sending._say(state_of("!a", []), {}, "txn", openly=True)
