"""Several platforms in one process: one door, one clock, one memory; and one that cannot go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.vault import make_key_files
from bot import running
from bot.platforms import Beside
from bot.ports import Clock, Installation, OpenWork, Vault
from bot.settings import CannotStart, Where, at
from bot.wiring import Bot
from tests.fakes.little import GONE, NAME, Line, Little
from tests.fakes.world import KeptLog

US = Installation("Test", "the test's operator", "", "", "")
ADA, BEA = "@ada:example.org", "@bea:example.org"


@dataclass
class Ran:
    """A program with the little platform, from outside."""

    bot: Bot
    little: Little
    socket: Path
    reasons: list[CannotStart]

    def line(self, who: str = ADA, room: str = "!room:example.org") -> Line:
        return Line(self.socket, who, room)

    async def claimed(self) -> Line:
        """Somebody claims the little platform's space for a community."""
        ada = self.line()
        asked = await ada.tell(say="setup")
        assert asked["form"] == "claim"
        code = (await self.bot.founding.code(7)).code
        done = await ada.tell(submit="claim", answers={"code": code})
        assert done["said"][0] == "claimed.title"
        return ada


def folders(root: Path) -> Where:
    where = at(root / "data", root / "keys")
    make_key_files(where.keys, SystemChance())
    return where


@asynccontextmanager
async def ran(root: Path, *, sandbox: bool, fate: str = "stays") -> AsyncIterator[Ran]:
    """``root`` is short enough for a socket's path."""
    where, socket, reasons = folders(root), root / "talk", list[CannotStart]()
    built: list[Little] = []

    def build(clock: Clock, open_work: OpenWork, vault: Vault) -> Little:
        built.append(Little(socket, open_work, fate))
        return built[-1]

    made, log = {NAME: build}, KeptLog()
    async with AsyncExitStack() as stack:
        if sandbox:
            opened: Any = running.sandbox(
                where, US, 0, empty=True, log=log, made=made, give_up=reasons.append
            )
            _, bot = await stack.enter_async_context(opened)
        else:
            alone = running.chats(where, US, made, SystemClock(), log, reasons.append)
            bot = await stack.enter_async_context(alone)
        yield Ran(bot, built[0], socket, reasons)
    assert built[0].post.connected() is False
    assert not socket.exists() or not await reachable(socket)


async def reachable(socket: Path) -> bool:
    try:
        await Line(socket, ADA).tell(say="help")
    except OSError:
        return False
    return True


@pytest.mark.parametrize("sandbox", [False, True])
async def test_whoever_writes_there_is_answered_through_the_one_door(
    tmp_path: Path, sandbox: bool
) -> None:
    async with ran(tmp_path, sandbox=sandbox) as program:
        ada = await program.claimed()
        assert (await ada.tell(say="setup"))["said"][0] == "setup.title"
        assert (await program.line(BEA).tell(say="cases"))["said"][1] == "refused.not_allowed"


async def test_without_the_sandbox_nothing_of_it_is_there(tmp_path: Path) -> None:
    async with ran(tmp_path, sandbox=False) as program:
        assert set(program.bot.posts) == {NAME}
        assert await program.bot.communities.ids() == []
        assert program.bot.posts[NAME].connected()
    assert not (tmp_path / "data" / "clock.json").exists()


async def test_beside_the_sandbox_both_are_of_one_bot(tmp_path: Path) -> None:
    async with ran(tmp_path, sandbox=True) as program:
        assert set(program.bot.posts) == {NAME, "sandbox"}
        await program.claimed()
        assert len(await program.bot.communities.ids()) == 2  # the seeded one, and theirs


async def test_what_is_due_is_said_there_unasked(tmp_path: Path) -> None:
    """The clock ticks and the postman goes his rounds, with nobody's help."""
    async with ran(tmp_path, sandbox=False) as program:
        ada = await program.claimed()
        await ada.tell(press="setup_test")
        async with asyncio.timeout(20):
            while not program.little.post.said:
                await asyncio.sleep(0.05)
    assert {to for to, _ in program.little.post.said} <= {ADA, "!room:example.org"}


async def test_what_a_platform_remembers_is_there_at_its_next_start(tmp_path: Path) -> None:
    async with ran(tmp_path, sandbox=False) as program:
        for _ in range(3):
            await program.line().tell(say="help")
    where, socket = at(tmp_path / "data", tmp_path / "keys"), tmp_path / "talk"
    built: list[OpenWork] = []

    def build(clock: Clock, open_work: OpenWork, vault: Vault) -> Little:
        built.append(open_work)
        return Little(socket, open_work)

    socket.unlink(missing_ok=True)
    again = running.chats(where, US, {NAME: build}, SystemClock(), KeptLog(), lambda _: None)
    async with again, built[0]() as work:
        assert await work.platforms.remembered(NAME, "heard") == "3"


async def test_a_platform_that_gives_up_says_why(tmp_path: Path) -> None:
    async with ran(tmp_path, sandbox=False, fate="gives up") as program:
        assert program.reasons == []
        await program.line().tell(say="help")
        assert [str(reason) for reason in program.reasons] == [GONE]


@pytest.mark.parametrize("sandbox", [False, True])
async def test_a_platform_that_cannot_start_keeps_the_program_from_it(
    tmp_path: Path, sandbox: bool
) -> None:
    with pytest.raises(CannotStart, match="thrown us out"):
        async with ran(tmp_path, sandbox=sandbox, fate="cannot start"):
            raise AssertionError


async def test_of_several_the_first_that_fails_closes_those_before(tmp_path: Path) -> None:
    async with ran(tmp_path, sandbox=False) as program:
        builds = {
            "one": lambda _, open_work, __: Little(tmp_path / "one", open_work),
            "two": lambda _, open_work, __: Little(tmp_path / "two", open_work, "cannot start"),
        }
        beside = Beside(builds, SystemClock())
        opened = program.bot.communities._open_work
        posts = beside.posts(opened, program.bot.communities._vault)
        with pytest.raises(CannotStart):
            async with beside.serving(program.bot.door, lambda _: None):
                raise AssertionError
        assert [post.connected() for post in posts.values()] == [False, False]


async def test_with_a_role_taken_there_staff_are_known_by_their_keys(tmp_path: Path) -> None:
    """What the platform proves reaches the door, and what is kept."""
    async with ran(tmp_path, sandbox=False) as program:
        await program.claimed()
        (id,) = await program.bot.communities.ids()
        async with program.bot.communities._open_work() as work:
            (one,) = (await program.bot.communities.load(work, id)).staff
        assert [account.proof for account in one.accounts] == [f"key of {ADA}"]
