"""What comes is heard once, in order, with whoever said it known: on a real homeserver."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.matrix.events import Invited, Left, Said, Trouble
from adapters.matrix.session import Revoked
from adapters.matrix.wire import Away
from tests.fakes.matrix_bot import Ear, Known, Notes, listening, session
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd
from tests.fakes.synapse import Synapse
from tests.fakes.world import HandClock

pytestmark = pytest.mark.xdist_group("synapse")


async def test_a_worker_is_heard_word_by_word_in_order(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        for n in range(3):
            await worker.says(room, f"word {n}")
        heard = await ear.hears("word 2")
        assert ear.came[0] == Invited(room, worker.user)
        assert [(one.room, one.sender, one.text) for one in heard] == [
            (room, worker.user, f"word {n}") for n in range(3)
        ]
        assert {(one.proof, one.trouble, one.sealed) for one in heard} == {("", None, True)}
        assert not any(one.missed for one in heard)
        assert repr(heard[0]) == "Said(trouble=None, sealed=True)"


async def test_what_is_said_while_we_are_still_on_our_way_in_is_heard(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    notes, worker = Notes(), await crowd.comes()
    async with listening(known, tmp_path, notes):
        pass
    room = await worker.room_with(known.user_id)
    await worker.says(room, "before you came in")
    async with listening(known, tmp_path, notes) as ear:
        assert [one.text for one in await ear.hears("before you came in")] == ["before you came in"]


async def test_what_was_said_before_anybody_asked_us_in_is_history(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.room_with(encrypted=False)
        await worker.says(room, "!history")
        await worker.client.room_invite(room, ear.bot.user)
        await worker.until(lambda: worker.sees(room, ear.bot.user))
        await worker.says(room, "!now")
        assert [(one.text, one.sealed) for one in await ear.hears("!now")] == [("!now", False)]


async def test_a_hundred_messages_of_while_it_was_down_are_all_heard_once(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    notes, worker = Notes(), await crowd.comes()
    async with listening(known, tmp_path, notes) as ear:
        room = await worker.talk_with(ear.bot.user)
        await worker.says(room, "hello")
        await ear.hears("hello")
    other = await worker.room_with(known.user_id, encrypted=False)
    for n in range(110):  # more than fit in one answer
        await worker.says(room, f"{n}")
    await worker.says(other, "beside")
    async with listening(known, tmp_path, notes) as ear:
        heard = await ear.hears("109", "beside")
        assert [one.text for one in heard if one.room == room] == [f"{n}" for n in range(110)]
        assert {one.trouble for one in heard} == {None}
        assert all(one.missed for one in heard if one.room == room)
    async with listening(known, tmp_path, notes) as ear:
        assert ear.came == []


async def test_what_was_not_handled_when_it_died_is_heard_again_and_nothing_before_the_token(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    """Each word in an answer of its own; the handler dies over the third."""
    notes, worker = Notes(), await crowd.comes()
    with pytest.raises(ZeroDivisionError):
        async with listening(known, tmp_path, notes) as ear:
            room = await worker.talk_with(ear.bot.user)
            for word in ("one", "two"):
                await worker.says(room, word)
                await ear.hears(word)
            ear.fails = ZeroDivisionError()
            for word in ("three", "four"):
                await worker.says(room, word)
            await ear.until(lambda: False)
    async with listening(known, tmp_path, notes) as ear:
        assert [one.text for one in await ear.hears("four")] == ["three", "four"]
        assert {one.trouble for one in ear.said} == {None}


async def test_edits_notices_and_our_own_words_are_nothing(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        first = await worker.says(room, "one")
        related = {"rel_type": "m.replace", "event_id": first}
        new = {"msgtype": "m.text", "body": "two"}
        await worker.says(room, "* two", **{"m.relates_to": related, "m.new_content": new})
        await worker.says(room, "* two", **{"m.new_content": new})  # its relation taken away
        await worker.says(room, "three", msgtype="m.notice")
        reaction = {"rel_type": "m.annotation", "event_id": first, "key": "yes"}
        await worker.client.room_send(room, "m.reaction", {"m.relates_to": reaction})
        await ear.bot.wire.call("PUT", f"/rooms/{room}/send/m.room.message/1", new)
        await worker.says(room, "four")
        assert [one.text for one in await ear.hears("four")] == ["one", "four"]


async def test_a_message_of_64_kb_is_told_to_be_too_long(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room, public = (
            await worker.talk_with(ear.bot.user),
            await worker.room_with(ear.bot.user, encrypted=False),
        )
        await worker.says(room, "long " * 9_000)  # as much as fits, encrypted
        await worker.says(public, "x" * 64_000)
        await worker.says(room, "x" * 16_384)
        await ear.until(lambda: len(ear.said) == 3)
        assert sorted(len(one.text) for one in ear.said) == [0, 0, 16_384]
        assert [one.trouble for one in ear.said].count(Trouble.TOO_LONG) == 2


async def test_a_device_without_its_owner_s_signature_proves_nothing_and_one_with_it_does(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        rep = await crowd.comes("rep")
        room = await rep.talk_with(ear.bot.user)
        await rep.says(room, "unsigned")
        await ear.hears("unsigned")
        master = await rep.signs()
        await rep.says(room, "signed")
        added = await crowd.comes(user=rep.user)  # as a host can
        await added.until(lambda: room in added.client.rooms)
        await added.says(room, "from a device that the host added")
        heard = await ear.hears("signed", "from a device that the host added")
        assert [(one.text, one.proof) for one in heard] == [
            ("unsigned", ""),
            ("signed", master),
            ("from a device that the host added", ""),
        ]


async def test_whoever_leaves_is_told_to_have_left(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        await worker.client.room_leave(room)
        await ear.until(lambda: Left(room, worker.user) in ear.came)
        other = await worker.talk_with(ear.bot.user)
        await worker.client.room_kick(other, ear.bot.user)
        await ear.until(lambda: Left(other, ear.bot.user) in ear.came)


async def test_a_revoked_token_ends_it_with_a_sentence(
    synapse: Synapse, known: Known, tmp_path: Path
) -> None:
    with pytest.raises(Revoked, match="has revoked the access token of main"):
        async with listening(known, tmp_path, Notes()) as ear:
            synapse.revoke(ear.bot.user, ear.bot.device)
            async with asyncio.timeout(10):
                await ear.until(lambda: False)


async def test_it_goes_on_where_it_was_when_its_homeserver_comes_back(
    synapse: Synapse, crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    async with listening(known, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        await worker.says(room, "before")
        await ear.hears("before")
        synapse.go_away()
        await ear.until(lambda: not ear.syncing.connected)
        synapse.come_back()
        await worker.says(room, "after")
        assert [one.text for one in await ear.hears("after")] == ["before", "after"]
        assert ear.syncing.connected


async def test_a_proxy_that_speaks_for_it_is_a_homeserver_that_is_away(
    host: Host, crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    behind = replace(known, homeserver=host.url)
    async with listening(behind, tmp_path, Notes()) as ear:
        worker = await crowd.comes()
        room = await worker.talk_with(ear.bot.user)
        for status in (502, 503, 504):
            host.answers = lambda method, path, status=status: (status, {})
            with pytest.raises(Away):
                await ear.bot.wire.call("GET", "/account/whoami")
        await worker.says(room, "one")
        await ear.until(lambda: not ear.syncing.connected)
        host.answers = lambda method, path: None
        assert [one.text for one in await ear.hears("one")] == ["one"]


def rooms_spoken_in(ear: Ear) -> set[str]:
    return {one.room for one in ear.begun if isinstance(one, Said)}


async def test_what_was_handled_before_another_s_turn_can_be_heard_again_if_it_dies(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    """A room that is slow holds the token back: what others said meanwhile comes once more."""
    notes, clock, free = Notes(), HandClock(), asyncio.Event()
    workers = [await crowd.comes() for _ in range(3)]
    async with session(known, tmp_path) as bot:
        ear = Ear(bot, notes, clock)
        slow, slower, quick = [await one.talk_with(bot.user) for one in workers]
        await ear.until(lambda: len(ear.came) == 3)
        held = {slow: free, slower: asyncio.Event()}
        ear.holds = lambda event: held.get(event.room) if isinstance(event, Said) else None
        for worker, room in zip(workers, (slow, slower, quick), strict=True):
            known_tokens = len(notes.tokens)
            await worker.says(room, "once")
            await ear.until(lambda room=room: room in rooms_spoken_in(ear))
        clock.move(timedelta(minutes=1))
        free.set()
        await ear.until(lambda n=known_tokens: len(notes.tokens) > n)
        ear.running.cancel()
        await asyncio.wait([ear.running])
    async with listening(known, tmp_path, notes) as ear:
        await ear.until(lambda: len(ear.said) == 2)
        assert {(one.room, one.trouble) for one in ear.said} == {(slower, None), (quick, None)}


async def test_after_a_lost_store_what_it_cannot_open_is_told_once_and_the_next_is_heard(
    crowd: Crowd, known: Known, tmp_path: Path
) -> None:
    notes, worker = Notes(), await crowd.comes()
    async with listening(known, tmp_path, notes) as ear:
        room = await worker.talk_with(ear.bot.user)
        await worker.says(room, "hello")
        await ear.hears("hello")
    (tmp_path / "state" / "main.db").unlink()
    for word in ("lost", "lost too"):
        await worker.says(room, word)
    async with listening(known, tmp_path, notes) as ear:
        await ear.until(lambda: ear.said)
        await worker.sync()  # hears of the new device
        await worker.says(room, "heard again")
        heard = await ear.hears("heard again")
        assert [(one.trouble, one.text) for one in heard] == [
            (Trouble.UNREADABLE, ""),
            (None, "heard again"),
        ]
        assert isinstance(heard[0], Said)
