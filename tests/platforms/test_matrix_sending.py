"""What is said arrives once, for whom it is meant alone; what does not is told as it was."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import nio
import pytest
from nio.crypto import decrypt_attachment

from adapters.matrix.sending import NOT_ENCRYPTED, REFUSED, TOO_LONG, Picture, txn_of
from bot.ports import InDoubt, Rejected, Undelivered, Unreachable
from tests.fakes.matrix_bot import Ear, Known, Notes, listening
from tests.fakes.matrix_host import Host, host_of
from tests.fakes.matrix_people import Crowd
from tests.fakes.synapse import Synapse

pytestmark = pytest.mark.xdist_group("synapse")


@pytest.fixture
async def ear(synapse: Synapse, host: Host, tmp_path: Path) -> AsyncIterator[Ear]:
    """The bot, behind a host."""
    async with listening(Known(host.url, synapse.account("bot")), tmp_path, Notes()) as made:
        yield made


def notice(words: str) -> dict[str, Any]:
    return {"msgtype": "m.notice", "body": words, "m.mentions": {}}


async def test_an_answer_reaches_every_device_of_the_person_alone(ear: Ear, crowd: Crowd) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    event = await ear.sending.say(room, notice("one"), "1", to=worker.user)
    heard = await worker.hears("one")
    assert (heard.event_id, heard.decrypted, type(heard)) == (event, True, nio.RoomMessageNotice)
    second = await crowd.comes(user=worker.user)
    await ear.until(lambda: worker.user not in ear.bot.devices._known)
    await ear.sending.say(room, notice("two"), "2", to=worker.user)
    assert (await worker.hears("two")).decrypted
    assert (await second.hears("two")).decrypted


async def test_the_same_transaction_again_is_said_once(ear: Ear, crowd: Crowd) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    said = {await ear.sending.say(room, notice("once"), txn_of("$event", 0)) for _ in range(3)}
    await ear.sending.say(room, notice("the end"), txn_of("$event", 1))
    await worker.hears("the end")
    assert len(said) == 1
    assert [one.body for one in worker.heard] == ["once", "the end"]


def test_a_transaction_s_id_is_worked_out_from_what_is_answered_to_what() -> None:
    assert txn_of("$event", 0) == txn_of("$event", 0)
    assert len({txn_of(event, n) for event in ("$a", "$b") for n in range(3)}) == 6
    assert len(txn_of("$event", 0)) == 32


async def test_a_room_with_three_is_none_for_a_person_s_words(ear: Ear, crowd: Crowd) -> None:
    worker, other = await crowd.comes(), await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    await worker.says(room, "hello")
    await ear.hears("hello")
    await ear.sending.say(room, notice("alone"), "1", to=worker.user)
    ear.changed.clear()
    for txn, act in (
        ("2", worker.client.room_invite(room, other.user)),
        ("3", other.client.join(room)),
    ):
        await act
        await ear.learns(room)
        with pytest.raises(Unreachable):
            await ear.sending.say(room, notice("a receipt"), txn, to=worker.user)
    with pytest.raises(Unreachable):
        await ear.sending.say(room, notice("a receipt"), "4", to=other.user)
    await ear.sending.say(room, notice("for both"), "5")
    assert (await other.hears("for both")).decrypted


async def test_whoever_comes_in_unheard_of_cannot_open_what_is_said_to_the_other(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    """A host keeps from us that somebody came: they have no key, whatever we believe of the room."""
    worker, other, unread = await crowd.comes(), await crowd.comes(), list[Any]()
    other.client.add_event_callback(lambda room, event: unread.append(event), nio.MegolmEvent)
    room = await worker.talk_with(ear.bot.user)
    await worker.says(room, "hello")
    await ear.hears("hello")
    await ear.sending.say(room, notice("alone"), "1", to=worker.user)

    def hush(path: str, said: Any) -> None:
        if path.endswith("/sync"):
            said.get("rooms", {}).get("join", {}).pop(room, None)

    host.tampers = hush
    await worker.client.room_invite(room, other.user)
    await other.client.join(room)
    await ear.sending.say(room, notice("a receipt"), "2", to=worker.user)
    assert (await worker.hears("a receipt")).decrypted
    await other.until(lambda: unread)
    assert [one.body for one in other.heard] == []


async def test_nothing_goes_in_the_open_unless_it_may_be_read_by_all(
    ear: Ear, crowd: Crowd
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user, encrypted=False)
    with pytest.raises(Unreachable):
        await ear.sending.say(room, notice("for you"), "1", to=worker.user)
    with pytest.raises(Rejected) as no:
        await ear.sending.say(room, notice("for staff"), "2")
    assert no.value.why == NOT_ENCRYPTED
    await ear.sending.say(room, notice("for all"), "3", openly=True)
    await worker.hears("for all")
    assert [one.body for one in worker.heard] == ["for all"]


async def test_a_host_who_says_that_a_room_is_no_longer_encrypted_gets_no_word(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    await ear.until(lambda: room in ear.bot.encrypted)  # it was told so once

    def without_encryption(path: str, said: Any) -> None:
        if path.endswith("/state"):
            said[:] = [one for one in said if one["type"] != "m.room.encryption"]

    host.tampers = without_encryption
    with pytest.raises(Unreachable):
        await ear.sending.say(room, notice("a receipt"), "1", to=worker.user)
    await ear.sending.say(room, notice("for all"), "2", openly=True)
    assert (await worker.hears("for all")).decrypted


async def test_a_picture_is_sealed_before_it_leaves_us_and_has_words_beside_it(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    picture = Picture(b"\x89PNG, as it were" * 40, 30, 20, "Most said yes.")
    await ear.sending.show(room, picture, "1", to=worker.user)
    heard: Any = await worker.hears("Most said yes.")
    assert isinstance(heard, nio.RoomEncryptedImage)
    loaded = await worker.client.download(heard.url)
    assert b"PNG" not in loaded.body
    keys = heard.source["content"]["file"]
    plain = decrypt_attachment(loaded.body, heard.key["k"], heard.hashes["sha256"], heard.iv)
    assert (plain, keys["v"]) == (picture.png, "v2")


async def test_in_the_open_a_picture_is_as_it_is(ear: Ear, crowd: Crowd) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user, encrypted=False)
    picture = Picture(b"\x89PNG", 3, 2, "Most said yes.")
    with pytest.raises(Rejected):
        await ear.sending.show(room, picture, "1")
    await ear.sending.show(room, picture, "2", openly=True)
    heard: Any = await worker.hears("Most said yes.")
    assert (await worker.client.download(heard.url)).body == picture.png


async def test_what_was_said_can_be_taken_back(ear: Ear, crowd: Crowd) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    event = await ear.sending.say(room, notice("a receipt"), "1", to=worker.user)
    await ear.sending.redact(room, event, "2")
    found = await worker.client.room_get_event(room, event)
    assert isinstance(found.event, nio.RedactedEvent)


async def test_whoever_is_asked_in_to_be_alone_with_us_can_read_what_was_said_before_they_came(
    ear: Ear, crowd: Crowd
) -> None:
    worker = await crowd.comes()
    room = await ear.sending.talk_with(worker.user)
    await ear.sending.say(room, notice("hello"), "1", to=worker.user)
    await worker.until(lambda: room in worker.client.invited_rooms)
    await worker.client.join(room)
    assert (await worker.hears("hello")).decrypted


async def test_nobody_else_is_asked_into_a_room_before_its_person_came(
    ear: Ear, crowd: Crowd
) -> None:
    worker, other = await crowd.comes(), await crowd.comes()
    room = await ear.sending.talk_with(worker.user)
    await ear.bot.wire.call("POST", f"/rooms/{room}/invite", {"user_id": other.user})
    with pytest.raises(Unreachable):
        await ear.sending.say(room, notice("hello"), "1", to=worker.user)


async def test_a_room_that_we_left_is_forgotten_and_leaving_it_twice_is_nothing(
    ear: Ear, crowd: Crowd
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    for _ in range(2):
        await ear.sending.leave(room)
    await worker.until(lambda: ear.bot.user not in worker.client.rooms[room].users)
    with pytest.raises(Unreachable):
        await ear.sending.say(room, notice("hello"), "1")
    assert (await ear.bot.wire.call("GET", "/joined_rooms"))["joined_rooms"] == []


async def test_a_host_who_wants_us_slower_gets_it_in_order_and_nothing_is_lost(
    ear: Ear, crowd: Crowd, synapse: Synapse
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    synapse.limit(ear.bot.user, 20, 2)
    words = [f"{n}" for n in range(8)]
    await asyncio.gather(*(ear.sending.say(room, notice(one), one) for one in words))
    await worker.hears("7")
    assert [one.body for one in worker.heard] == words


async def test_one_who_wants_us_much_slower_than_that_is_asked_again_later(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)
    slower = {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 90_000}
    host.answers = lambda method, path: (429, slower) if "/send/" in path else None
    with pytest.raises(Undelivered) as later:
        await ear.sending.say(room, notice("hello"), "1")
    assert later.value.retry_after == timedelta(seconds=90)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((403, {"errcode": "M_FORBIDDEN"}), Unreachable),
        ((404, {"errcode": "M_NOT_FOUND"}), Unreachable),
        ((413, {"errcode": "M_TOO_LARGE"}), Rejected),
        ((400, {"errcode": "M_BAD_JSON"}), Rejected),
        ((401, {"errcode": "M_UNKNOWN_TOKEN"}), Undelivered),
        ((500, {}), InDoubt),
        ((502, {"errcode": 7}), InDoubt),
    ],
)
async def test_what_the_homeserver_says_to_a_message_is_told_as_the_postman_knows_it(
    ear: Ear, crowd: Crowd, host: Host, answer: Any, told: type[Exception]
) -> None:
    room = await ear.sending.talk_with((await crowd.comes()).user)
    host.answers = lambda method, path: answer if "/send/" in path else None
    with pytest.raises(told) as problem:
        await ear.sending.say(room, notice("hello"), "1")
    if isinstance(problem.value, Rejected):
        assert problem.value.why == (TOO_LONG if answer[0] == 413 else REFUSED)


async def test_before_the_message_itself_nothing_is_in_doubt(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    room = await (await crowd.comes()).talk_with(ear.bot.user)
    for step in ("/state", "/keys/query"):
        ear.bot.devices._known.clear()
        host.answers = lambda method, path, step=step: (503, {}) if step in path else None
        with pytest.raises(Undelivered):
            await ear.sending.say(room, notice("hello"), "1")


async def test_an_answer_that_never_comes_leaves_it_in_doubt_and_again_it_is_said_once(
    ear: Ear, crowd: Crowd, host: Host
) -> None:
    worker = await crowd.comes()
    room = await worker.talk_with(ear.bot.user)

    def cut(method: str, path: str) -> None:
        if "/send/" in path:
            raise ConnectionResetError  # after the homeserver took it

    host.after = cut
    with pytest.raises(InDoubt):
        await ear.sending.say(room, notice("once"), "1")
    host.after = lambda method, path: None
    await ear.sending.say(room, notice("once"), "1")
    await ear.sending.say(room, notice("the end"), "2")
    await worker.hears("the end")
    assert [one.body for one in worker.heard] == ["once", "the end"]


async def test_a_homeserver_that_is_not_there_leaves_nothing_in_doubt(
    synapse: Synapse, tmp_path: Path
) -> None:
    async with host_of(synapse.url) as host:
        known = Known(host.url, synapse.account("bot"))
        async with listening(known, tmp_path, Notes()) as ear:
            room = await ear.sending.talk_with(synapse.account("worker"))
            ear.bot.wire._homeserver = "http://127.0.0.1:9"  # where nobody listens
            with pytest.raises(Undelivered):
                await ear.sending.say(room, notice("hello"), "1")
            ear.bot.wire._homeserver = host.url
