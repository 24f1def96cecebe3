"""The gateway of our Discord, over bare websockets: what it greets with, replays, and closes for what."""

import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.discord import Town, discord_town
from tests.fakes.discord.gateway import DIRECT_MESSAGES, GUILD_MESSAGES, STARTS_A_DAY
from tests.fakes.discord_botted import Bare, bare

Json = dict[str, Any]
GUILDS = 1
ETF = "v=10&encoding=etf"


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with discord_town() as made:
        yield made


@pytest.fixture
async def client(town: Town) -> AsyncIterator[Bare]:
    async with bare(town) as made:
        yield made


async def test_it_says_hello_and_then_who_and_where_the_bot_is(town: Town, client: Bare) -> None:
    guild = town.guild("Acme")
    async with client.gateway() as line:
        assert (await line.hears())["d"] == {"heartbeat_interval": 41250}
        await line.identifies()
        ready = (await line.hears())["d"]
        assert ready["user"]["id"] == town.app_id
        assert ready["guilds"] == [{"id": guild.id, "unavailable": True}]
        assert ready["resume_gateway_url"] == town.gateway_url
        there = await line.hears()
        assert (there["t"], there["s"], there["d"]["name"]) == ("GUILD_CREATE", 2, "Acme")
        assert town.gateway.intents == GUILDS


async def test_a_beat_is_answered_and_can_be_asked_for(town: Town, client: Bare) -> None:
    async with client.gateway() as line:
        await line.says(1, None)
        assert (await line.until(11))["d"] is None
        town.gateway.asks_for_beat()
        assert (await line.until(1))["d"] is None
    assert town.beats == 1


async def test_whoever_does_not_beat_is_sent_away_and_may_resume() -> None:
    async with discord_town(beat=0.05) as town, bare(town) as client:
        async with client.gateway() as line:
            await line.identifies()
            ready = await line.until("READY")
            assert await line.closed() == 4009
        assert ready["d"]["session_id"] in town.gateway.sessions


async def test_it_packs_everything_into_one_stream_where_asked(town: Town, client: Bare) -> None:
    unpack = zlib.decompressobj()
    async with client.gateway("v=10&encoding=json&compress=zlib-stream") as line:
        for op in (10, 0):
            raw = await line.socket.receive_bytes(timeout=5)
            assert raw.endswith(b"\x00\x00\xff\xff")
            assert json.loads(unpack.decompress(raw))["op"] == op
            await line.identifies()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"token": "of another"}, 4004),
        ({"shard": [2, 2]}, 4010),
        ({"intents": 1 << 23}, 4013),
        ({"intents": 1 << 1}, 4014),
        ({"intents": 1 << 8}, 4014),
        ({"intents": 1 << 15}, 4014),
    ],
)
async def test_who_identifies_wrongly_is_sent_away(client: Bare, more: Json, code: int) -> None:
    async with client.gateway() as line:
        await line.identifies(**more)
        assert await line.closed() == code


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('{"op": 3, "d": {}}', 4003),
        ('{"op": 5, "d": {}}', 4003),
        ("no JSON", 4002),
        ('{"op": 2, "d": {"token": "x"}}', 4002),
        ('{"op": 1, "d": "' + "x" * 4096 + '"}', 4002),
    ],
)
async def test_what_is_no_sense_ends_the_connection(client: Bare, said: str, code: int) -> None:
    async with client.gateway() as line:
        await line.socket.send_str(said)
        assert await line.closed() == code


@pytest.mark.parametrize(("query", "code"), [("v=9&encoding=json", 4012), ("", 4012)])
async def test_another_version_is_refused(client: Bare, query: str, code: int) -> None:
    async with client.gateway(query) as line:
        assert await line.closed() == code


async def test_what_this_gateway_does_not_speak_is_loud() -> None:
    with pytest.raises(AssertionError, match="etf"):
        async with discord_town() as town, bare(town) as client, client.gateway(ETF) as line:
            await line.closed()


async def test_nobody_identifies_twice_or_says_what_is_no_op(town: Town, client: Bare) -> None:
    async with client.gateway() as line:
        await line.identifies()
        await line.identifies()
        assert await line.closed() == 4005
    async with client.gateway() as line:
        await line.identifies()
        await line.says(99, None)
        assert await line.closed() == 4001


async def test_a_privileged_intent_that_was_granted_is_taken(town: Town, client: Bare) -> None:
    town.granted = 1 << 15
    async with client.gateway() as line:
        await line.identifies(intents=GUILDS | 1 << 15)
        assert await line.until("READY")


async def test_a_hundred_and_twenty_payloads_a_minute_are_the_most(client: Bare) -> None:
    async with client.gateway() as line:
        for _ in range(121):
            await line.says(1, None)
        assert await line.closed() == 4008


async def test_a_thousand_starts_a_day_and_the_token_is_another(town: Town, client: Bare) -> None:
    town.gateway.identified = [town.now()] * (STARTS_A_DAY - 1)
    old = town.token
    async with client.gateway() as line:
        await line.identifies()
        await line.until("READY")
        _, said = await client.call("GET", "/gateway/bot")
        assert said["session_start_limit"]["remaining"] == 0
        async with client.gateway() as other:
            await other.identifies()
            assert await other.closed() == 4004
        assert await line.closed() == 4004
    assert town.token != old
    assert (await client.call("GET", "/users/@me", token=old))[0] == 401
    town.later(86401)
    async with client.gateway() as line:
        await line.identifies()
        assert await line.until("READY")


async def test_starts_in_haste_are_put_off_where_that_is_watched(town: Town, client: Bare) -> None:
    town.identify_every = 5.0
    async with client.gateway() as line, client.gateway() as other:
        await line.identifies()
        await line.until("READY")
        await other.identifies()
        assert (await other.until(9))["d"] is False


async def test_what_was_missed_comes_again_before_resumed(town: Town, client: Bare) -> None:
    guild = town.guild("Acme")
    async with client.gateway() as line:
        await line.identifies()
        ready = await line.until("READY")
        await line.until("GUILD_CREATE")
        await town.gateway.drop()
        await line.closed()
    guild.channel("missed")
    session = ready["d"]["session_id"]
    async with client.gateway() as line:
        await line.says(6, {"token": town.token, "session_id": session, "seq": 2})
        heard = [await line.hears() for _ in range(3)][1:]
        assert [one["t"] for one in heard] == ["CHANNEL_CREATE", "RESUMED"]
        assert [one["s"] for one in heard] == [3, 4]
    assert town.gateway.resumed == 1
    assert len(town.gateway.identified) == 1


async def test_what_is_gone_cannot_be_resumed(town: Town, client: Bare) -> None:
    async with client.gateway() as line:
        await line.identifies()
        session = (await line.until("READY"))["d"]["session_id"]
    again = {"token": town.token, "session_id": session, "seq": 1}
    await town.until(lambda: not town.gateway.sessions)  # it was closed with 1000
    async with client.gateway() as line:
        await line.says(6, again)
        assert (await line.until(9))["d"] is False
    async with client.gateway() as line:
        await line.identifies()
        again["session_id"] = (await line.until("READY"))["d"]["session_id"]
        await line.socket.close(code=4000)
    async with client.gateway() as line:
        await line.says(6, again | {"seq": 99})
        assert await line.closed() == 4007
    async with client.gateway() as line:
        await line.identifies()
        again["session_id"] = (await line.until("READY"))["d"]["session_id"]
        await town.gateway.drop(4000)
        assert await line.closed() == 4000
    await town.until(lambda: not town.gateway.joined)
    town.gateway.forget()
    async with client.gateway() as line:
        await line.says(6, again)
        assert (await line.until(9))["d"] is False
    async with client.gateway() as line:
        await line.says(6, again | {"token": "of another"})
        assert await line.closed() == 4004


async def test_it_can_ask_to_come_again_or_end_a_session(town: Town, client: Bare) -> None:
    async with client.gateway() as line:
        await line.identifies()
        await line.until("READY")
        town.gateway.reconnect()
        assert await line.until(7)
        town.gateway.invalidate(resumable=True)
        assert (await line.until(9))["d"] is True
        assert town.gateway.sessions
        town.gateway.invalidate()
        assert (await line.until(9))["d"] is False
        assert not town.gateway.sessions


async def test_each_shard_hears_of_its_own_guilds_and_the_first_of_all_else(
    town: Town, client: Bare
) -> None:
    guilds = [town.guild(f"G{number}") for number in range(8)]
    mine = [{one.id for one in guilds if (int(one.id) >> 22) % 2 == n} for n in (0, 1)]
    async with client.gateway() as first, client.gateway() as second:
        for number, line in enumerate((first, second)):
            await line.identifies(shard=[number, 2])
            ready = (await line.until("READY"))["d"]
            assert ready["shard"] == [number, 2]
            assert {one["id"] for one in ready["guilds"]} == mine[number]
        sessions = town.gateway.joined
        assert town.gateway.tell(None, "INTERACTION_CREATE", {}, needs=0) == 1
        assert [one.seq - len(mine[one.shard[0]]) for one in sessions] == [2, 1]


async def test_more_than_2500_guilds_need_more_than_one_shard(town: Town, client: Bare) -> None:
    one = town.guild("Acme")
    town.guilds = {str(number): one for number in range(2501)}
    async with client.gateway() as line:
        await line.identifies()
        assert await line.closed() == 4011


async def test_the_bot_is_told_where_it_is_added_and_thrown_out(town: Town, client: Bare) -> None:
    async with client.gateway() as line:
        await line.identifies()
        await line.until("READY")
        guild = town.guild("New")
        assert (await line.hears())["d"]["id"] == guild.id
        town.breaks_down(guild)
        assert (await line.hears())["d"] == {"id": guild.id, "unavailable": True}
        town.removes_bot(guild)
        gone = await line.hears()
        assert (gone["t"], gone["d"]) == ("GUILD_DELETE", {"id": guild.id})
    assert (await client.call("GET", f"/guilds/{guild.id}"))[1]["code"] == 10004


async def test_messages_of_people_come_to_whom_asked_for_them_and_without_their_words(
    town: Town, client: Bare
) -> None:
    guild = town.guild("Acme")
    room, ada = guild.channel("general"), guild.joins(town.user("ada"))
    async with client.gateway() as deaf, client.gateway() as line:
        await deaf.identifies()
        await deaf.until("GUILD_CREATE")
        await line.identifies(intents=GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES)
        await line.until("GUILD_CREATE")
        hand = town.hand(ada)
        hand.says("to the bot")
        assert (await line.hears())["d"]["content"] == "to the bot"
        hand.says("to all", room)
        assert (await line.hears())["d"]["content"] == ""
        town.gateway.asks_for_beat()
        assert (await deaf.hears())["op"] == 1


async def test_dispatches_come_twice_late_or_broken_where_a_test_wants_it(
    town: Town, client: Bare
) -> None:
    guild, faults = town.guild("Acme"), town.faults
    async with client.gateway() as line:
        await line.identifies()
        await line.until("GUILD_CREATE")
        faults.twice = 1
        guild.channel("a")
        assert await line.hears() == await line.hears()
        faults.slow, faults.slowed = 0.02, 1
        guild.channel("b")
        assert (await line.hears())["d"]["name"] == "b"
        faults.broken = 1
        guild.channel("c")
        with pytest.raises(ValueError, match="Unterminated"):
            await line.hears()
        guild.channel("d")
        assert (await line.hears())["d"]["name"] == "d"
    faults.closes = [4000]
    async with client.gateway() as line:
        assert await line.closed() == 4000


async def test_a_silent_gateway_neither_greets_nor_answers(town: Town, client: Bare) -> None:
    town.faults.silent = True
    async with client.gateway() as line:
        await line.says(1, None)
        with pytest.raises(TimeoutError):
            await line.socket.receive(timeout=0.05)
