"""The whole bot on Slack as a process of its own, on PostgreSQL, so that nobody shares its loop.

Told so by a line on its input it brings grievances as far as the preview, through the door, or becomes
slower, or takes on more than it can. What goes over Slack goes there by the town of whoever started it.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.sandbox import people
from adapters.slack import acts, render
from adapters.slack.app import SlackPlatform
from adapters.slack.incoming import PLATFORM
from adapters.vault import make_key_files
from bot import ports, tasks
from bot.chat import Caller
from bot.dispatch import Door
from bot.domain.communities import Space, Trust
from bot.domain.privacy import ALLOWED_A_DAY, Act
from bot.settings import Http, Slack, Where
from bot.texts import Speaker
from bot.wiring import groundswell
from tests.fakes.acts import STORY, button
from tests.fakes.world import US, HandClock, KeptLog, KeptPost

FORM = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}
ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 60.0


@dataclass
class Alone:
    """That process, from outside. ``address``: where it listens, over HTTP."""

    process: asyncio.subprocess.Process
    address: str = ""

    async def asks(self, what: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        return await self.hears()

    async def bears(self, burden: float, most: int, behind: float) -> None:
        """``burden``: seconds for which each act holds up everything; ``most``, ``behind``: from when it
        is too much."""
        await self.asks({"burden": burden, "most": most, "behind": behind})

    async def hears(self) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(STARTS_WITHIN):
            return json.loads(await self.process.stdout.readline())

    async def previews(self, users: Sequence[str]) -> list[Any]:
        """Of each: the view from which a grievance is sent off."""
        return list((await self.asks({"previews": list(users)}))["views"])


@asynccontextmanager
async def alone(
    where: Where, team: str, known: dict[str, Any], **more: Any
) -> AsyncIterator[Alone]:
    """``known``: the settings of [slack]; ``more``: see ``_lives``."""
    given = {"root": str(where.keys.parent), "database": where.database}
    given |= {"key_store": where.key_store, "team": team}
    words = json.dumps({"where": given, "slack": known, **more})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.slack_alone", words),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**28,
    )
    one = Alone(process)
    try:
        one.address = (await one.hears())["address"]
        yield one
    finally:
        process.kill()
        await process.wait()


@dataclass
class Burdened:
    """The door, behind which each act holds up everything else, as on a small machine."""

    door: Door
    seconds: float = 0.0

    async def begin(self, *of: Any, **more: Any) -> Any:
        time.sleep(self.seconds)
        return await self.door.begin(*of, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.door, name)


async def _lives(
    where: dict[str, str], slack: dict[str, Any], patience: float = acts.PATIENCE
) -> None:
    """``patience``: seconds that a form's answer may take before its person is told to wait."""
    acts.PATIENCE = patience
    root, clock, chance = Path(where["root"]), HandClock(SystemClock().now()), SystemChance()
    there = Where(root / "data", root / "keys", where["database"], where["key_store"])
    make_key_files(there.keys, chance)
    made = list[SlackPlatform]()

    def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        of = (Slack(**slack), Http(port=0), US, vault, clock, chance, open_work)
        made.append(SlackPlatform(*of))
        return {PLATFORM: made[0].post}

    log, posts = KeptLog(), {people.PLATFORM: KeptPost()}
    ALLOWED_A_DAY[Act.GRIEVANCE] = 1_000_000  # no limit of ours is what is tried
    async with groundswell(there, US, posts, clock, chance, log, beside=beside) as bot:
        seeded = people.community(lambda: chance.bytes(16).hex(), "TESTCODE", clock.now())
        space = Space("there", PLATFORM, where["team"], "Harbour", Trust.NEUTRAL, rooms={})
        await bot.communities.found(replace(seeded, spaces=(space,)))
        burdened = Burdened(bot.door)
        async with made[0].serve(burdened, _give_up):  # type: ignore[arg-type]  # a door all the same
            _say({"address": made[0].address})
            async for asked in _lines():
                if "burden" in asked:
                    burdened.seconds = asked["burden"]
                    made[0].tasks.most, tasks.BEHIND = asked["most"], asked["behind"]
                    _say({})
                    continue
                callers = [Caller(PLATFORM, where["team"], one) for one in asked["previews"]]
                views = [await _preview(bot.door, one) for one in callers]
                _say({"views": views, "bugs": [repr(one) for one in log.lines]})


async def _preview(door: Door, caller: Caller) -> Any:
    opened = await door.begin("grievance", caller)
    form = (await door.begin("continue", caller, button(opened, "continue").subject)).form
    assert form is not None
    reply = await door.submit(form.name, caller, form.subject, FORM)
    return render.view(Speaker(reply.voice, "/"), reply, US.name, "", caller.space)


def _give_up(why: Exception) -> None:
    raise SystemExit(str(why))


async def _lines() -> AsyncIterator[Any]:
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_lives(**json.loads(sys.argv[1])))
