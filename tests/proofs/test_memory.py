"""Memory: a quarter of an hour after somebody was here, nothing of them is in the bot's memory.

Shows: of a bot in a process of its own, on Discord and on Slack, with which somebody filed, came back
with a wrong and a right receipt, wrote, and on Discord spoke alone: no object that anything still refers
to holds their account, a name of theirs, a word, a receipt or what the platform calls their acts (but the
ids of the last acts on Discord, kept so that none is done twice). In full, where the allocator overwrites
what is freed (``WIPES``), no page of the whole memory does, buffers of C libraries and stacks included.
Does not show: what is freed and not overwritten, without those settings: it lies there; what TLS keeps of
the last record; swap; Matrix (test_matrix_leaks.py walks our own structures there) and the sandbox, which
is the chat itself. Control: people whom the bot is told to keep, in a module, a number, a task, a cache
or a timer, are found; in full, so is a form that waits behind a button, until its time is over.
"""

import asyncio
import platform
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.manifest import PERMISSIONS
from tests.fakes import discord_week, slack_person
from tests.fakes.discord import discord_town
from tests.fakes.discord_week import FORM
from tests.fakes.remembering import PLACES, WITHIN, Remembering, remembering
from tests.fakes.slack import slack_town
from tests.fakes.slack_week import TEAM
from tests.fakes.world import CODE
from tests.proofs.discord_life import AVATAR, NAME, NICK, SHOWN, WRONG, ids_of
from tests.proofs.scale import SCALE, scaled
from tests.proofs.slack_life import ids_of as ids_on_slack
from tests.proofs.traces import hits

#: What overwrites freed memory: Python's own allocator stands back, and glibc's writes over it at once.
WIPES = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
}
GLIBC = platform.libc_ver()[0] == "glibc"
#: Words of one, two and four bytes a character, for Python keeps a text as wide as its widest.
WIDE = (
    "Quittenspeck",
    "Mohnstrudel für uns",
    "Zimtstern \N{EURO SIGN} Uhr",
    "Nussbeugel \U0001f950",
)
WHOLE = SCALE >= 1  #: in CI only what living objects hold, and on Discord alone, which is quick
STORY = ", ".join(WIDE) + ": the pager goes off most nights."
ANSWER = "Powidltascherl: every night but the one before a holiday."


@dataclass
class Here:
    """A bot that somebody can use. ``uses``: they do what workers do, and give what they could be found
    by; ``comes``: somebody else looks in, and gives their account."""

    bot: Remembering
    uses: Callable[[], Awaitable[set[str]]]
    comes: Callable[[int], Awaitable[str]]


@asynccontextmanager
async def on_discord(folder: Path, **more: Any) -> AsyncIterator[Here]:
    async with discord_town(generous=1000, within=60.0) as server:
        guild = server.guild("Harbour", may=PERMISSIONS)
        general, user = guild.channel("general"), server.user(NAME)
        user.shown, user.avatar = SHOWN, AVATAR
        guild.joins(user)
        guild.members[user.id].nick = NICK
        known = {"token": server.token, "api_url": server.api_url}
        known["gateway_url"] = server.gateway_url

        def person(at: Any, who: Any = user) -> discord_week.Person:
            town: Any = None
            return discord_week.Person(server.hand(who, at), at, town)

        async def uses() -> set[str]:
            worker = person(general)
            await worker.types("grievance")
            await worker.presses("continue")
            await worker.submits(**FORM | {"story": STORY})
            await worker.presses("send")
            receipt = worker.receipt
            await worker.presses("saved")
            worker = person(server.direct(user))
            await worker.types("receipt")
            await worker.submits(code=CODE)
            await worker.presses("again")
            await worker.submits(receipt=receipt)
            await worker.presses("message")
            await worker.submits(text=ANSWER)
            await worker.types("receipt")
            await worker.submits(receipt=WRONG)
            acts = set(server.interactions.by_id)
            names = {NAME, SHOWN, NICK, AVATAR}
            return names | {receipt} | ids_of(server, guild, user.id) - acts

        async def comes(number: int) -> str:
            other = guild.joins(server.user(f"streuselkuchen-{number}"))
            await person(general, other).types("help")
            return str(other.id)

        async with remembering(folder, "discord", known, guild.id, **more) as bot:
            async with asyncio.timeout(WITHIN):
                while not server.commands:
                    await asyncio.sleep(0.01)
            yield Here(bot, uses, comes)


@asynccontextmanager
async def on_slack(folder: Path, **more: Any) -> AsyncIterator[Here]:
    async with slack_town(burst=1000, ping_every=0.05, ack_within=60.0) as server:
        space = server.workspace(TEAM, name="Harbour")
        user = space.user(NAME)
        general = space.channel("general", members=[user])
        known = {"mode": "socket", "api_url": server.api_url, "bot_token": space.bot_token}
        known["app_token"] = space.app_token

        async def uses() -> set[str]:
            worker = slack_person.Person(server.hand(user), general)
            await worker.types("/grievance")
            await worker.submits()
            await worker.submits(**FORM | {"story": STORY})
            await worker.submits()
            receipt = worker.receipt
            await worker.hand.close()
            await worker.types("/receipt")
            await worker.submits(receipt=WRONG)
            await worker.submits(receipt=receipt)
            await worker.presses("message")
            await worker.submits(text=ANSWER)
            await worker.hand.close()
            return {NAME, receipt, *ids_on_slack(server, space, user.id)}

        async def comes(number: int) -> str:
            other = space.user(f"streuselkuchen-{number}")
            general.members.add(other.id)
            await slack_person.Person(server.hand(other), general).types("/help")
            return str(other.id)

        async with remembering(folder, "slack", known, TEAM, **more) as bot:
            yield Here(bot, uses, comes)


HERE = {"discord": on_discord, "slack": on_slack}


def widths(marks: set[str]) -> set[bytes]:
    """As texts lie in memory, and numbers, Python's own included: thirty bits in each four bytes."""
    kinds = ("utf-8", "latin-1", "utf-16-le", "utf-32-le")
    found = {one.encode(kind, "ignore") for one in marks for kind in kinds}
    for number in (int(one) for one in marks if one.isdecimal()):
        parts = (number >> shift & 2**30 - 1 for shift in range(0, number.bit_length(), 30))
        found |= {
            number.to_bytes(8, "little"),
            b"".join(one.to_bytes(4, "little") for one in parts),
        }
    return found


def in_pages(marks: set[str], memory: bytes) -> list[bytes]:
    return sorted(one for one in widths(marks) if one in memory)


@pytest.mark.parametrize("where", [*HERE][: scaled(len(HERE), least=1)])
async def test_a_quarter_of_an_hour_after_somebody_was_here_nothing_of_them_is_in_memory(
    where: str, tmp_path: Path
) -> None:
    async with HERE[where](tmp_path / "bot", **(WIPES if WHOLE else {})) as here:
        await here.bot.keeps(True)
        kept = [await here.comes(number) for number in range(len(PLACES))]
        await here.bot.keeps(False)
        passed = await here.comes(len(PLACES))
        marks = await here.uses()
        waiting = await here.bot.living(tmp_path / "waiting") if WHOLE else b""
        await here.bot.lives(minutes=16)
        pages = await here.bot.pages(tmp_path / "pages") if WHOLE else b""
        living = await here.bot.living(tmp_path / "living")
    assert len(marks) > 15
    marks |= {passed, *WIDE, ANSWER, WRONG}
    assert hits(marks, {"memory": living}) == []
    for one in kept:
        assert hits([one], {"memory": living}), "the control"
    if WHOLE:
        assert where != "discord" or WRONG.encode() in waiting, "a form that waits behind a button"
        assert not GLIBC or in_pages(marks, pages) == []
        assert all(in_pages({one}, pages) for one in kept), "the control"
