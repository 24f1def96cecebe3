"""The town in which figures 1, 3 and 5 are measured: a Slack, ours twice, its peer, and the raw rows.

Ours is there among few cases and among many. Slices of work on each, and what each process used.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from tests.benchmarks.processes import Apart, apart
from tests.benchmarks.raw import Raw, plain, raw_rows
from tests.benchmarks.rounds import LESS, Slice
from tests.benchmarks.slack_wire import Hands, Slack, signed
from tests.fakes.postgres import Postgres

FLIGHT, SENDS, COMMANDS = 16, 64, 24  #: sends and commands of a slice
FEW, MANY = 1_000, 1_000_000 // LESS  #: cases that are stored

_numbers = count()


@dataclass
class Bot:
    """One of them. ``forms``: what Slack would send of who is about to press; ``ready``: the same
    as requests."""

    apart: Apart
    hands: Hands
    ready: list[bytes] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    async def previews(self) -> None:
        """So many people are about to press ``send``."""
        told = await self.apart.tell(SENDS)
        assert not told["bugs"], told["bugs"]
        self.forms = told["sent"]
        self.ready = [signed(one) for one in self.forms]

    async def send(self) -> int:
        said = await self.hands.all(self.ready, FLIGHT)
        if not all(b'"initial_value": ' in one for one in said):  # its receipt, to copy
            raise AssertionError((said[0], (await self.apart.tell(0))["bugs"]))
        return len(said)

    async def acknowledge(self) -> int:
        return len(await self.hands.all(self.ready, FLIGHT))

    async def answers(self, slack: Slack, many: int, flight: int) -> list[float]:
        """The seconds until each person saw what a command answers."""
        taken, left = list[float](), iter(range(many))

        async def one() -> None:
            for _ in left:
                trigger = f"1.2.{next(_numbers)}"
                request, began = signed(_command(trigger)), time.perf_counter()
                seen = slack.updated(trigger)
                await self.hands.post(request)
                await seen
                taken.append(time.perf_counter() - began)

        await asyncio.gather(*(one() for _ in range(flight)))
        return taken


def _command(trigger: str) -> dict[str, str]:
    known = {"command": "/grievance", "text": "", "user_id": f"U{trigger}", "trigger_id": trigger}
    known |= {"team_id": f"T0HARBOUR{hash(trigger) % 8}", "channel_id": "C0GENERAL"}
    return known | {"channel_name": "general", "response_url": "http://127.0.0.1:1/"}


def _renamed(form: dict[str, str], **changes: Any) -> bytes:
    """The same view, as another's."""
    told = json.loads(form["payload"])
    told["view"] |= changes
    return signed({"payload": json.dumps(told)})


def _selected(form: dict[str, str]) -> bytes:
    """The same view with something chosen in it, which needs no answer."""
    told = json.loads(form["payload"])
    action = {"type": "static_select", "action_id": "category", "block_id": "category"}
    told |= {"type": "block_actions", "actions": [action], "container": {"type": "view"}}
    return signed({"payload": json.dumps(told)})


@dataclass
class Town:
    """``raw``: the rows that ours writes, to the stores of the one among few cases."""

    slack: Slack
    bots: dict[str, Bot]
    raw: Raw

    def used(self) -> float:
        """Seconds of CPU of all bots so far."""
        return sum(one.apart.cpu() for one in self.bots.values())

    def slices(self) -> dict[str, Slice]:
        few, many, stock = (self.bots[name] for name in ("few", "many", "stock"))

        def command(bot: Bot) -> Callable[[], Awaitable[int]]:
            async def run() -> int:
                return len(await bot.answers(self.slack, COMMANDS, 1))

            return run

        async def written() -> None:
            stock.ready = [_renamed(one, callback_id="writes") for one in few.forms]

        async def read() -> None:
            stock.ready = [_renamed(one, callback_id="nothing") for one in few.forms]

        async def chosen() -> None:
            few.ready = [_selected(one) for one in few.forms]

        async def raw() -> int:
            return await self.raw.write(SENDS)

        return {
            "send": Slice(few.send, few.previews),
            "send among many": Slice(many.send, many.previews),
            "writes": Slice(stock.acknowledge, written),
            "nothing": Slice(stock.acknowledge, read),
            "our nothing": Slice(few.acknowledge, chosen),
            "raw": Slice(raw),
            "command": Slice(command(few)),
            "stock command": Slice(command(stock)),
        }


@asynccontextmanager
async def town_on(server: Postgres, folder: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        slack, bots, stores = Slack(), dict[str, Bot](), dict[str, dict[str, str]]()
        stack.push_async_callback(_closed, await slack.listen())
        for name, cases in (("few", FEW), ("many", MANY)):
            stores[name] = {
                one: await enter(server.database()) for one in ("database", "key_store")
            }
            given = stores[name] | {"slack": slack.url, "folder": str(folder / f"slack-{name}")}
            bots[name] = await enter(_bot("ours", given))
            await filled(stores[name], cases)
        few = bots["few"]
        await few.previews()
        await few.send()
        await few.answers(slack, 1, 1)
        raw = await enter(raw_rows(stores["few"]))
        bots["stock"] = await enter(_bot("stock", stores["few"] | {"slack": slack.url}))
        views = [slack.views[one] for one in ("views.open", "views.update")]
        told = {"views": views, "rows": [one.told() for one in raw.rows]}
        await bots["stock"].apart.tell(told)
        yield Town(slack, bots, raw)


async def _closed(listening: asyncio.Server) -> None:
    listening.close()


@asynccontextmanager
async def _bot(name: str, given: dict[str, str]) -> AsyncIterator[Bot]:
    async with apart("slack_bots", name, given) as process:
        yield Bot(process, Hands((await process.heard())["address"]))


async def filled(stores: dict[str, str], cases: int) -> None:
    """Released cases of others, short ones, and their keys."""
    line = await asyncpg.connect(plain(stores["database"]))
    await line.execute(
        "INSERT INTO cases (id, number, community, lookup, key, release, gone, live, sealed) "
        "SELECT md5(n::text), left(md5(n::text), 8), md5((n % 500)::text), decode(md5(n::text), "
        "'hex'), md5(n::text), 1, 2000000000, n % 2 = 0, decode(repeat(md5(n::text), 6), 'hex') "
        "FROM generate_series(1, $1) AS n ON CONFLICT DO NOTHING",
        cases,
    )
    await line.execute("ANALYZE")
    await line.close()
    line = await asyncpg.connect(plain(stores["key_store"]))
    await line.execute(
        "INSERT INTO case_keys (id, waiting, wrapped, settled) SELECT md5(n::text), "
        "md5(n::text || 'w'), decode(repeat(md5(n::text), 4), 'hex'), true "
        "FROM generate_series(1, $1) AS n",
        cases,
    )
    await line.execute("ANALYZE")
    await line.close()
