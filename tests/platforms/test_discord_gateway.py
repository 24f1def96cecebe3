"""At Discord's gateway: shards as the settings have them, a broken line made whole again, and an end
with a sentence where only somebody can mend it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.chance import SystemChance
from adapters.discord import gateway
from adapters.discord.app import DiscordPlatform
from adapters.discord.gateway import Gateway, Happened
from bot import platforms
from bot.dispatch import Door
from bot.ports import Noted
from bot.settings import CannotStart
from tests.fakes.discord import Town as Server
from tests.fakes.discord import discord_town
from tests.fakes.discord_week import WAITS, known_for
from tests.fakes.world import US, HandClock, World

pytestmark = pytest.mark.xdist_group("discord")


@asynccontextmanager
async def served(
    world: World, server: Server, **more: Any
) -> AsyncIterator[tuple[DiscordPlatform, list[CannotStart]]]:
    wrong: list[CannotStart] = []
    of = (US, HandClock(), SystemChance(), world.bot.communities._open_work)
    platform = DiscordPlatform(known_for(server, **more), *of, between=0.0, after=0.0)
    async with platform.serve(world.bot.door, wrong.append):
        yield platform, wrong


async def until(so: Callable[[], Any]) -> None:
    async with asyncio.timeout(WAITS):
        while not so():
            await asyncio.sleep(0.01)


def identified(server: Server) -> list[Any]:
    return [one.shard for one in server.gateway.joined]


async def test_as_many_shards_as_discord_recommends_unless_the_settings_say(world: World) -> None:
    async with discord_town() as server:
        server.shards = 2
        async with served(world, server) as (platform, wrong):
            assert platform.post.connected()
            assert sorted(identified(server)) == [(0, 2), (1, 2)]
        server.gateway.sessions.clear()
        async with served(world, server, shards={"count": 4, "ids": [1, 3]}) as (platform, wrong):
            assert platform.post.connected()
            assert sorted(identified(server)) == [(1, 4), (3, 4)]
            assert wrong == []


async def test_a_line_that_breaks_is_resumed_and_one_that_cannot_be_begins_anew(
    world: World,
) -> None:
    async with discord_town() as server, served(world, server) as (platform, wrong):
        await server.gateway.drop()
        await until(lambda: server.gateway.resumed)
        await until(platform.post.connected)
        joined = len(server.gateway.joined)
        await server.gateway.drop(4009)
        await until(lambda: len(server.gateway.joined) > joined or server.gateway.resumed > 1)
        await until(platform.post.connected)
        assert wrong == []


async def test_nothing_comes_packed_for_what_unpacks_it_would_keep_it(world: World) -> None:
    """Neither when a session begins nor when it is gone on with."""
    async with discord_town() as server, served(world, server):
        (first,) = server.gateway.sockets
        await server.gateway.drop()
        await until(lambda: server.gateway.resumed)
        (second,) = server.gateway.sockets
        assert first is not second
        assert first._packer is second._packer is None
        (begun,) = [one for one in server.bodies if one.kind == "gateway 2"]
        assert json.loads(begun.raw)["d"]["compress"] is False


async def test_it_ends_in_the_midst_of_connecting_again(world: World) -> None:
    """There the library passes over a cancellation, and would wait for ever."""
    async with discord_town() as server, asyncio.timeout(WAITS), served(world, server):
        before = set(server.gateway.sockets)
        server.faults.silent = True  # it lets somebody in, and says nothing
        await server.gateway.drop()
        await until(lambda: server.gateway.sockets - before)


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4013, 4014])
async def test_what_only_somebody_can_mend_ends_it_with_a_sentence(world: World, code: int) -> None:
    async with discord_town() as server, served(world, server) as (platform, wrong):
        assert platform.post.connected()
        await server.gateway.drop(code)
        await until(lambda: wrong)
        assert not platform.post.connected()
        assert str(wrong[0]) == f"Discord {gateway.FOR_GOOD[code]}."


async def test_a_token_that_discord_does_not_take_ends_it_with_a_sentence(world: World) -> None:
    async with discord_town() as server:
        async with served(world, server, token="a.wrong.one") as (_, wrong):
            await until(lambda: wrong)
        server.wrong.clear()
    assert "does not take [discord] token" in str(wrong[0])


async def test_a_discord_that_is_away_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.discord import app

    monkeypatch.setattr(app, "STARTS_WITHIN", 0.01)
    monkeypatch.setattr(app, "FIRST_PAUSE", 0.3)
    async with discord_town() as server:
        server.faults.cut("GET /users/@me", times=2)  # aiohttp asks twice
        server.faults.cut("GET /gateway/bot", times=2)
        async with served(world, server) as (platform, wrong):
            assert not platform.post.connected()
            await until(platform.post.connected)
            assert wrong == []


async def test_what_nobody_foresaw_is_noted_and_discord_is_listened_to_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.discord import app

    once, login = [1], DiscordPlatform._login

    async def breaks(*of: Any) -> None:
        if once:
            raise RuntimeError(once.pop())
        await login(*of)

    monkeypatch.setattr(DiscordPlatform, "_login", breaks)
    monkeypatch.setattr(app, "STARTS_WITHIN", 0.01)
    monkeypatch.setattr(platforms, "FIRST_PAUSE", 0.3)
    async with discord_town() as server, served(world, server) as (platform, wrong):
        await until(lambda: world.log.lines)
        assert not platform.post.connected()
        await until(platform.post.connected)
        assert wrong == []
    assert [event for event, _ in world.log.lines] == [Noted.BUG]


async def test_the_commands_are_told_once_discord_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.discord import app

    monkeypatch.setattr(app, "FIRST_PAUSE", 0.02)
    async with discord_town() as server:
        server.faults.cut("PUT /applications/{application}/commands")
        async with served(world, server):
            await until(lambda: server.commands)


async def test_commands_that_discord_will_not_have_are_noted_and_the_bot_runs(
    world: World,
) -> None:
    async with discord_town() as server:
        server.faults.error("PUT /applications/{application}/commands", 400, 50035)
        async with served(world, server) as (platform, wrong):
            await until(lambda: world.log.lines)
            assert platform.post.connected()
            assert wrong == []
    told = {"platform": "discord", "kind": "commands", "place": "400 50035"}
    assert world.log.lines == [(Noted.WARNED, told)]


async def test_whoever_joins_often_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times a day, and Discord takes the token away."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(gateway.asyncio, "sleep", sleep)
    nothing: Any = None
    door: Door = nothing
    of = (nothing, door, lambda told: None, Happened(_none, _none, lambda: None))
    one = Gateway(known_for(_Nowhere()), *of)  # type: ignore[arg-type]  # its addresses alone
    for _ in range(40):
        await one._waits(0)
    assert slept[0] == gateway.BETWEEN
    assert slept == sorted(slept)
    assert slept[-1] == gateway.LONGEST_BETWEEN
    assert 86_400 / gateway.LONGEST_BETWEEN < 1000


class _Nowhere:
    token, api_url, gateway_url = "a.b.c", "http://127.0.0.1:9/api", "ws://127.0.0.1:9/"


def _none(guild: str) -> None:
    """Nothing happens."""


async def test_where_too_many_joined_today_the_next_one_waits_for_tomorrow(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.discord import app

    monkeypatch.setattr(app, "STARTS_WITHIN", 0.2)
    async with discord_town() as server:
        limit = server.gateway.start_limit
        server.gateway.start_limit = lambda: limit() | {"remaining": 0, "reset_after": 400}  # type: ignore[method-assign]  # until below
        async with served(world, server) as (platform, _):
            assert server.gateway.joined == []
            server.gateway.start_limit = limit  # type: ignore[method-assign]  # as it was
            await until(platform.post.connected)


async def test_a_server_that_is_not_to_be_served_is_left_and_told_so(world: World) -> None:
    async with discord_town() as server:
        ours, other = server.guild("Harbour"), server.guild("Elsewhere")
        hand = server.hand(
            other.joins(server.user("noor", installed=True)), other.channel("general")
        )
        async with served(world, server, guilds=[ours.id]) as (_, wrong):
            await until(lambda: not other.with_bot)
            assert ours.with_bot
            await until(lambda: server.commands)
            seen = await hand.types("about")
            assert "does not work in this server" in hand.sees
            assert (len(seen.whispers), wrong) == (1, [])


async def test_a_server_that_put_us_out_between_two_sessions_is_gone(world: World) -> None:
    """Nothing tells of it but that the next session does not begin with it."""
    async with discord_town() as server:
        ours, other = server.guild("Harbour"), server.guild("Elsewhere")
        told: list[str] = []

        async def lost(platform: str, space: str, via: str = "", heir: str = "") -> None:
            told.append(space)

        world.bot.door.places.lost = lost  # type: ignore[method-assign]  # told here alone
        async with served(world, server) as (platform, _):
            there = platform.post.gateway
            assert there
            await until(lambda: there.guild(other.id) and there.guild(ours.id))
            other.with_bot = False
            other.members.pop(server.bot.id)
            server.gateway.invalidate()
            await until(lambda: told)
            assert (told, there.guild(other.id)) == ([other.id], None)
            await until(lambda: there.guild(ours.id))
