"""What a host, a stranger or a broken client tries with us, and what becomes of it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix.events import Trouble
from tests.fakes.matrix_bot import Ear, Known, Notes, listening
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")


@pytest.fixture
def known(synapse: Synapse, host: Host) -> Known:
    return Known(host.url, synapse.account("bot"))


def timelines(path: str, said: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each room's new events, in an answer to /sync."""
    joined = said.get("rooms", {}).get("join", {}) if path.endswith("/sync") else {}
    return [(room, new["timeline"]["events"]) for room, new in joined.items()]


def sealed(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in events if one["type"] == "m.room.encrypted"]


def heard(ear: Ear) -> list[tuple[str, Trouble | None]]:
    return [(one.text, one.trouble) for one in ear.said]


async def test_cleartext_in_an_encrypted_room_is_refused_whoever_put_it_there(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)

        def inject(path: str, said: Any) -> None:
            for events in [found for _, found in timelines(path, said) if sealed(found)]:
                content = {"msgtype": "m.text", "body": "!setup trust everybody"}
                more = {"type": "m.room.message", "sender": worker.user, "event_id": "$injected"}
                events.append(more | {"content": content})

        host.tampers = inject
        await worker.says(room, "true")
        await ear.hears("true")
        assert heard(ear) == [("true", None), ("", Trouble.CLEARTEXT)]


async def test_a_client_without_encryption_gets_the_same_answer_and_so_after_a_restart(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    notes = Notes()
    async with listening(known, tmp_path, notes) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
    async with listening(known, tmp_path, notes) as ear:
        worker.client.olm = None
        await worker.says(room, "in the open")
        await ear.until(lambda: ear.said)
        assert heard(ear) == [("", Trouble.CLEARTEXT)]


async def test_words_under_another_s_name_are_forged(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker, rep = await crowd.comes(), await crowd.comes("rep")
        await rep.signs()
        room = await worker.talk_with(ear.bot.user)

        def relabel(path: str, said: Any) -> None:
            for _, events in timelines(path, said):
                for one in sealed(events):
                    one["sender"] = rep.user

        host.tampers = relabel
        await worker.says(room, "!cases")
        await ear.until(lambda: ear.said)
        (said,) = ear.said
        assert (said.sender, said.text, said.proof) == (rep.user, "", "")
        assert said.trouble is Trouble.FORGED


async def test_with_a_device_of_the_host_s_own_making_it_is_read_but_proves_nothing(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    """The host lends the worker's device to the rep; the rep's signature it cannot lend."""
    async with listening(known, tmp_path, Notes()) as ear:
        worker, rep = await crowd.comes(), await crowd.comes("rep")
        master = await rep.signs()
        room = await rep.talk_with(ear.bot.user)
        await rep.says(room, "the rep's own")
        assert [one.proof for one in await ear.hears("the rep's own")] == [master]
        other = await worker.talk_with(ear.bot.user)
        device = worker.client.olm.device_id

        def lend(path: str, said: Any) -> None:
            for _, events in timelines(path, said):
                for one in sealed(events):
                    one["sender"] = rep.user
            if path.endswith("/keys/query") and rep.user in said["device_keys"]:
                keys = {"algorithms": worker.client.olm._algorithms, "device_id": device}
                identity = worker.client.olm.account.identity_keys
                keys |= {"keys": {f"{kind}:{device}": key for kind, key in identity.items()}}
                keys |= {"user_id": rep.user}
                signature = {f"ed25519:{device}": worker.client.olm.sign_json(keys)}
                said["device_keys"][rep.user][device] = keys | {"signatures": {rep.user: signature}}

        host.tampers = lend
        await worker.says(other, "!cases")
        said = (await ear.hears("!cases"))[-1]
        assert (said.sender, said.proof, said.trouble) == (rep.user, "", None)


async def test_what_was_changed_on_its_way_or_moved_to_another_room_cannot_be_read(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room, other = [await worker.talk_with(ear.bot.user) for _ in range(2)]
        await worker.says(other, "hello")
        await ear.hears("hello")
        moved: list[dict[str, Any]] = []

        def change(path: str, said: Any) -> None:
            for where, events in timelines(path, said):
                if where == room:
                    moved.extend(copy.deepcopy(sealed(events)))
                    for one in sealed(events):
                        words = one["content"]["ciphertext"]
                        one["content"]["ciphertext"] = words[:-8] + "AAAAAAAA"
                elif moved and sealed(events):
                    events.insert(0, moved.pop() | {"event_id": "$moved"})

        host.tampers = change
        await worker.says(room, "changed")
        await ear.until(lambda: len(ear.said) == 2)
        await worker.says(other, "unchanged")
        await ear.hears("unchanged")
        assert heard(ear) == [
            ("hello", None),
            ("", Trouble.UNREADABLE),
            ("", Trouble.UNREADABLE),
            ("unchanged", None),
        ]


@pytest.mark.parametrize("as_new", [True, False])
async def test_what_was_done_already_is_not_done_again_under_a_new_id_or_its_own(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host, as_new: bool
) -> None:
    """A host keeps a rep's command and brings it again later, also to our next process."""
    notes, kept = Notes(), list[dict[str, Any]]()

    def replay(path: str, said: Any) -> None:
        for _, events in timelines(path, said):
            for one in sealed(events):
                kept.append(copy.deepcopy(one))
            if len(kept) > 1:
                new = {"event_id": f"$again{len(kept)}"} if as_new else {}
                events.append(kept[0] | new)

    async with listening(known, tmp_path, notes) as ear:
        rep = await crowd.comes("rep")
        room = await rep.talk_with(ear.bot.user)
        host.tampers = replay
        await rep.says(room, "close it")
        await ear.hears("close it")
        await rep.says(room, "thank you")
        await ear.until(lambda: len(ear.said) == 3)
        assert heard(ear) == [("close it", None), ("thank you", None), ("", Trouble.UNREADABLE)]
    async with listening(known, tmp_path, notes) as ear:
        await rep.says(room, "good night")
        await ear.until(lambda: len(ear.said) == 2)
        assert heard(ear) == [("", Trouble.UNREADABLE), ("good night", None)]


async def test_words_whose_sender_nobody_tells_the_keys_of_cannot_be_read(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when they are on another homeserver, and it is away: nothing waits for it for ever."""
    monkeypatch.setattr("adapters.matrix.reading.FIRST_WAIT", 0.01)
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)

        def away(path: str, said: Any) -> None:
            if path.endswith("/keys/query"):
                said |= {"device_keys": {}, "failures": {"gw.test": {"status": 503}}}

        host.tampers = away
        ear.bot.devices.outdated([worker.user])
        await worker.says(room, "who is it?")
        await ear.until(lambda: ear.said)
        assert heard(ear) == [("", Trouble.UNREADABLE)]
        host.tampers = lambda path, said: None
        await worker.says(room, "it is me")
        assert (await ear.hears("it is me"))[-1].trouble is None


async def test_a_device_that_changes_while_it_is_asked_for_stops_nothing(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        host.after = lambda method, path: ear.bot.devices.outdated([worker.user])
        assert [one.user for one in await ear.bot.devices.of(worker.user)] == [worker.user]
        other = await crowd.comes()
        assert len(await ear.bot.devices.of_all([worker.user, other.user])) == 2


async def test_devices_that_are_none_are_nobody_s(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        (true,) = await ear.bot.devices.of(worker.user)

        def rubbish(path: str, said: Any) -> None:
            if path.endswith("/keys/query"):
                devices = said["device_keys"][worker.user]
                whole = devices[true.id]
                devices |= {
                    "A": None,
                    "B": {},
                    "C": {"keys": None},
                    "D": whole,  # another's name
                    "E": {"user_id": worker.user, "device_id": "E", "keys": {}},
                    "F": whole | {"device_id": "F", "keys": {"ed25519:F": 1, "curve25519:F": 1}},
                    "G": whole | {"device_id": "G"},
                }
                said["master_keys"] = {worker.user: 7}

        host.tampers = rubbish
        ear.bot.devices.outdated([worker.user])
        assert await ear.bot.devices.of(worker.user) == (true,)


async def test_a_host_who_brings_rubbish_stops_nothing(
    crowd: Crowd, known: Known, tmp_path: Path, host: Host
) -> None:
    rubbish: list[Any] = [
        None,
        7,
        "words",
        {},
        {"type": "m.room.encrypted"},
        {"type": "m.room.encrypted", "sender": "x", "event_id": "$1", "content": {}},
        {
            "type": "m.room.encrypted",
            "sender": "@x:gw.test",
            "event_id": "$2",
            "origin_server_ts": 1,
            "content": {
                "algorithm": "m.megolm.v1.aes-sha2",
                "session_id": "ünlesbar",
                "sender_key": "x",
                "device_id": "x",
                "ciphertext": "x",
            },
        },
        *(
            {
                "type": "m.room.encrypted",
                "sender": "@x:gw.test",
                "event_id": f"$empty-{name}",
                "origin_server_ts": 1,
                "content": {
                    "algorithm": "m.megolm.v1.aes-sha2",
                    "session_id": "x",
                    "sender_key": "x",
                    "device_id": "x",
                    "ciphertext": "x",
                }
                | {name: ""},
            }
            for name in ("session_id", "sender_key")
        ),
        {"type": "m.room.message", "sender": 1, "event_id": "$3", "content": {"msgtype": []}},
        {"type": "m.room.member", "sender": "x", "event_id": "$4", "content": {"membership": {}}},
    ]
    to_device = [
        *rubbish,
        {
            "type": "m.room.encrypted",
            "sender": "@x:gw.test",
            "content": {
                "algorithm": "m.olm.v1.curve25519-aes-sha2",
                "sender_key": "x",
                "ciphertext": {"OURS": {"type": 0, "body": "rubbish"}},
            },
        },
    ]
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        ours = ear.bot.ciphers.device_keys["keys"][f"curve25519:{ear.bot.device}"]

        def pour(path: str, said: Any) -> None:
            for _, events in timelines(path, said):
                events[:0] = copy.deepcopy(rubbish)
            if path.endswith("/sync"):
                more = json.loads(json.dumps(to_device).replace("OURS", ours))
                said.setdefault("to_device", {}).setdefault("events", [])[:0] = more

        host.tampers = pour
        for word in ("one", "two"):
            await worker.says(room, word)
        await ear.hears("one", "two")
        assert [one.text for one in ear.said if not one.trouble] == ["one", "two"]
        assert {one.trouble for one in ear.said} <= {None, Trouble.UNREADABLE}


@pytest.mark.parametrize("content", ["words", ["words"], None, {"body": 1, "msgtype": "m.text"}])
async def test_what_is_sealed_and_is_no_message_stops_nothing(
    crowd: Crowd, known: Known, tmp_path: Path, content: Any
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        await worker.says(room, "before")
        event = {"type": "m.room.message", "content": content}
        sealed = worker.client.olm.group_encrypt(room, event)
        path, token = f"/_matrix/client/v3/rooms/{room}/send/m.room.encrypted/1", "access_token"
        url = f"{worker.client.homeserver}{path}?{token}={worker.client.access_token}"
        async with worker.client.client_session.put(url, json=sealed) as said:
            assert said.status == 200
        await worker.says(room, "after")
        await ear.hears("before", "after")
        assert [one.text for one in ear.said if not one.trouble] == ["before", "after"]
