"""The real program on Discord, from outside: it runs, says how it is, and its words on the command line."""

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from adapters.discord import looking
from adapters.discord.looking import trouble
from bot.settings import CannotStart, load
from tests.fakes.discord import Town as Server
from tests.fakes.discord import discord_town, permissions
from tests.fakes.discord_week import known_for, read
from tests.fakes.forked import ran
from tests.fakes.installed import Running, settings_in, warnings_in

pytestmark = pytest.mark.xdist_group("discord")


def section(server: Server, **more: str) -> list[str]:
    told = {"token": server.token, "api_url": server.api_url} | more
    return ["[discord]", *(f'{key} = "{one}"' for key, one in told.items())]


async def until_ready(one: Running, ready: bool = True) -> None:
    async with asyncio.timeout(90):
        while (await asyncio.to_thread(one.ask, "/readyz"))[0] != (200 if ready else 503):
            await asyncio.sleep(0.05)


async def test_the_program_founds_a_community_by_chat_and_stops_when_told(tmp_path: Path) -> None:
    async with discord_town(generous=100) as server:
        guild = server.guild("Harbour", may=1024 + 2048 + 32768)
        manager = guild.role("manager", permissions.MANAGE_GUILD)
        user = guild.joins(server.user("moderator"), manager)
        hand = server.hand(user, guild.channel("general"))
        config = settings_in(tmp_path, platform=section(server))
        one = await asyncio.to_thread(Running, config)
        try:
            assert await asyncio.to_thread(one.address) == "Runs on discord."
            assert one.process.stdout
            code = (await asyncio.to_thread(one.process.stdout.readline)).split()[-1]
            await until_ready(one)
            assert (await asyncio.to_thread(one.ready))["platforms"] == {"discord": True}
            async with asyncio.timeout(30):
                while not server.commands:
                    await asyncio.sleep(0.05)
            await hand.types("setup")
            if hand.modal is None:
                await hand.presses("claim")
            await hand.submits(code=code)
            assert "Harbour" in str(hand.modal) or "Set-up" in read(hand.sees), hand.sees
            for socket in list(server.gateway.sockets):
                await socket.end(4000)
            await until_ready(one)
        finally:
            ended, log = await asyncio.to_thread(one.stop, signal.SIGTERM)
    assert ended == 0
    for secret in (hand.user.id, server.token, code):
        assert secret not in log
    assert warnings_in(log) == []


# The command line ----------------------------------------------------------------------------------


def groundswell(*words: str, folder: Path) -> tuple[int, str, str]:
    script = str(Path(sys.executable).with_name("groundswell"))
    done = ran(script, *words, cwd=folder, timeout=120)
    return done.returncode, done.stdout, done.stderr


async def test_sync_tells_discord_the_commands(tmp_path: Path) -> None:
    async with discord_town() as server:
        settings_in(tmp_path, platform=section(server))
        told = await asyncio.to_thread(groundswell, "discord", "sync", folder=tmp_path)
        assert told == (0, "Discord knows 11 commands now.\n", "")
        named = {one["name"] for one in server.commands.values()}
        assert named >= {"grievance", "receipt", "cases", "poll", "setup"}


def test_invite_says_where_to_let_it_in_and_where_to_take_it_along(tmp_path: Path) -> None:
    words = ["[discord]", 'token = "a.b.c"', 'application_id = "123456"']
    settings_in(tmp_path, platform=words)
    code, said, _ = groundswell("discord", "invite", folder=tmp_path)
    assert code == 0
    assert "client_id=123456&scope=bot+applications.commands&permissions=35840" in said
    assert "client_id=123456&scope=applications.commands&integration_type=1" in said


async def test_what_discord_will_not_have_is_told_in_a_sentence(tmp_path: Path) -> None:
    async with discord_town() as server:
        known = known_for(server)
        assert await looking.named(known) == server.app_id
        with pytest.raises(CannotStart, match="refuses the commands"):
            await looking.synced(known, [{"name": "NOT A NAME", "description": "x"}])
        for wrong in ({"token": "a.b.c"}, {"api_url": "http://127.0.0.1:9/api"}):
            for ask in (looking.named, partial(looking.synced, told=[])):
                with pytest.raises(CannotStart):
                    await ask(known_for(server, **wrong))
        server.wrong.clear()


def test_without_its_section_a_word_on_discord_is_refused_in_a_sentence(tmp_path: Path) -> None:
    settings_in(tmp_path)
    code, told, wrong = groundswell("discord", "invite", folder=tmp_path)
    assert (code, told) == (2, "")
    assert "has no section [discord]" in wrong


async def troubled(folder: Path, words: list[str]) -> str:
    """What ``check`` would say of it."""
    folder.mkdir()
    known = load(settings_in(folder, platform=words)).discord
    assert known
    return await trouble(known) or ""


async def test_check_says_whether_discord_would_have_us(tmp_path: Path) -> None:
    async with discord_town() as server:
        good = section(server)
        assert await troubled(tmp_path / "good", good) == ""
        cases = {
            "token": (section(server, token="a.wrong.one"), "does not take [discord] token"),
            "app": (section(server, application_id="123456"), "is another app's than the token"),
            "away": (
                section(server, api_url="http://127.0.0.1:9/api"),
                "does not answer as Discord does",
            ),
            "shards": ([*good, "[discord.shards]", "count = 1"], "Discord wants 2: raise it"),
        }
        server.shards = 2
        for name, (words, says) in cases.items():
            assert says in await troubled(tmp_path / name, words), name
        server.wrong.clear()
