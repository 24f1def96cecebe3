"""Figures 1, 3 and 5: Slack over HTTP, the last step of a grievance and the answer to a command.

Ours is the whole bot on PostgreSQL with fsync, in a process of its own; so is its peer, Bolt with
process_before_response, which is told what Slack would send and does nothing. The rows that ours
writes are written by asyncpg, one INSERT after another; and, to be told beside it, by Bolt's handler,
sixteen requests in flight. No request asks Slack who it is (auth.test).
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from tests.benchmarks.rounds import Cost, Figure, Slice, measured, ratio
from tests.benchmarks.slack_bots import like
from tests.benchmarks.slack_wire import Hands, Slack, signed
from tests.fakes.postgres import Postgres

FLIGHT, SENDS, COMMANDS = 16, 64, 24  #: sends and commands of a slice
CROWD, CROWDED = 64, 640  #: commands in flight, and how many of them are timed
FEW, MANY = 1_000, 1_000_000  #: cases that are stored
SEND, GROWN, COST, NO_OP, TAIL = 0.7, 0.9, 3.0, 1.5, 5.0
STARTS_WITHIN = 90
#: Of both stores: the table, and which of its columns must be new each time.
ROWS = (("key_store", "case_keys", ("id", "waiting")), ("database", "waiting", ("id", "lookup")))
ROWS += (("key_store", "drafts", ("id",)),)

_numbers = count()


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The lines of figures 1, 3 and 5."""
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(_town(server, folder))
        slices = town.slices()

        def used() -> float:
            return sum(one.cpu() for one in town.bots.values())

        await measured(slices, used, rounds=1)  # connected, prepared
        asked = town.slack.calls["auth.test"]
        cost = await measured(slices, used)
        for one in _sends(cost), _grown(cost), _answers(cost), _cpu(cost), _no_op(cost):
            yield one
        yield await town.crowded()
        asked = town.slack.calls["auth.test"] - asked
        yield Figure("3 auth.test asked for these requests", f"{asked} times", "0", not asked)


def _sends(cost: dict[str, list[Cost]]) -> Figure:
    """As figure 2 is reckoned: Bolt's no-op and the rows, added up. Beside it, without a goal, what a
    Bolt that writes the rows itself does, as many in flight."""
    rounds = zip(*(cost[name] for name in ("send", "nothing", "raw")), strict=True)
    times = statistics.median((b.wall + c.wall) / a.wall for a, b, c in rounds)
    stricter = ratio(cost["writes"], cost["send"])
    return Figure(
        f"1 send through Slack, {FLIGHT} in flight, against Bolt's no-op and the same rows raw",
        f"{times:.2f} of its rate ({_cpu_of(cost, 'send')} of the bot's CPU); {stricter:.2f} of Bolt "
        f"that writes the rows in its handler ({_cpu_of(cost, 'writes')})",
        f">= {SEND}",
        times >= SEND,
    )


def _grown(cost: dict[str, list[Cost]]) -> Figure:
    times = ratio(cost["send"], cost["send among many"])
    name = f"1 send among {MANY:,} cases, against {FEW:,}"
    return Figure(name, f"{times:.2f} of the rate", f">= {GROWN}", times >= GROWN)


def _answers(cost: dict[str, list[Cost]]) -> Figure:
    rounds = zip(*(cost[name] for name in ("command", "stock command", "raw")), strict=True)
    times = statistics.median(a.wall / (b.wall + c.wall) for a, b, c in rounds)
    return Figure(
        "3 answer to a command, one at a time, against Bolt's with the same calls and 3 transactions",
        f"{times:.2f} of the time ({_cpu_of(cost, 'command')} of CPU, {_cpu_of(cost, 'stock command')})",
        "<= 1",
        times <= 1,
    )


def _cpu(cost: dict[str, list[Cost]]) -> Figure:
    rounds = list(zip(*(cost[name] for name in ("send", "nothing", "raw")), strict=True))
    whole = statistics.median(a.others / c.cpu for a, _, c in rounds)
    above = statistics.median((a.others - b.others) / c.cpu for a, b, c in rounds)
    raw = statistics.median(one.cpu for one in cost["raw"]) * 1e6
    return Figure(
        "5 CPU of a send, without Bolt's own, against that of the raw writes",
        f"{above:.2f} times ({raw:.0f} us of asyncpg's); with Bolt's {whole:.2f} times",
        f"<= {COST:.0f}",
        above <= COST,
    )


def _no_op(cost: dict[str, list[Cost]]) -> Figure:
    pairs = zip(cost["our nothing"], cost["nothing"], strict=True)
    times = statistics.median(a.others / b.others for a, b in pairs)
    return Figure(
        "3 CPU of what we only acknowledge, against Bolt's no-op",
        f"{times:.2f} times ({_cpu_of(cost, 'our nothing')}, {_cpu_of(cost, 'nothing')})",
        f"<= {NO_OP}",
        times <= NO_OP,
    )


def _cpu_of(cost: dict[str, list[Cost]], name: str) -> str:
    return f"{statistics.median(one.others for one in cost[name]) * 1e6:.0f} us"


@dataclass
class _Bot:
    """One of them, in its process."""

    process: asyncio.subprocess.Process
    hands: Hands
    ready: list[bytes] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    def cpu(self) -> float:
        """Seconds of CPU that it has used so far. On Linux alone."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in tasks) / 1e9

    async def tell(self, what: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        return await heard(self.process)

    async def previews(self) -> None:
        """So many people are about to press ``send``."""
        told = await self.tell(SENDS)
        assert not told["bugs"], told["bugs"]
        self.forms = told["sent"]
        self.ready = [signed(one) for one in self.forms]

    async def send(self) -> int:
        said = await self.hands.all(self.ready, FLIGHT)
        if not all(b'"initial_value": ' in one for one in said):  # its receipt, to copy
            raise AssertionError((said[0], (await self.tell(0))["bugs"]))
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


@dataclass
class _Town:
    """``lines``: to both stores of the peer, and what it writes there."""

    slack: Slack
    bots: dict[str, _Bot]
    rows: list[tuple["asyncpg.Connection[Any]", str, list[Any], list[int]]]

    def slices(self) -> dict[str, Slice]:
        few, many, stock = (self.bots[name] for name in ("few", "many", "stock"))

        def command(bot: _Bot) -> Callable[[], Awaitable[int]]:
            async def run() -> int:
                return len(await bot.answers(self.slack, COMMANDS, 1))

            return run

        async def written() -> None:
            stock.ready = [_renamed(one, callback_id="writes") for one in few.forms]

        async def read() -> None:
            stock.ready = [_renamed(one, callback_id="nothing") for one in few.forms]

        async def chosen() -> None:
            few.ready = [_selected(one) for one in few.forms]

        return {
            "send": Slice(few.send, few.previews),
            "send among many": Slice(many.send, many.previews),
            "writes": Slice(stock.acknowledge, written),
            "nothing": Slice(stock.acknowledge, read),
            "our nothing": Slice(few.acknowledge, chosen),
            "raw": Slice(self.write),
            "command": Slice(command(few)),
            "stock command": Slice(command(stock)),
        }

    async def write(self) -> int:
        for _ in range(SENDS):
            for line, sql, values, new in self.rows:
                await line.execute(sql, *(like(v) if n in new else v for n, v in enumerate(values)))
        return SENDS

    async def crowded(self) -> Figure:
        taken = sorted(await self.bots["few"].answers(self.slack, CROWDED, CROWD))
        times = taken[int(0.99 * len(taken))] / taken[len(taken) // 2]
        name = f"3 slowest of a hundred answers to a command, {CROWD} in flight, against the median"
        return Figure(name, f"{times:.2f} times", f"<= {TAIL:.0f}", times <= TAIL)


def _selected(form: dict[str, str]) -> bytes:
    """The same view with something chosen in it, which needs no answer."""
    told = json.loads(form["payload"])
    action = {"type": "static_select", "action_id": "category", "block_id": "category"}
    told |= {"type": "block_actions", "actions": [action], "container": {"type": "view"}}
    return signed({"payload": json.dumps(told)})


@asynccontextmanager
async def _town(server: Postgres, folder: Path) -> AsyncIterator[_Town]:
    async with AsyncExitStack() as stack:
        slack, bots, stores = Slack(), dict[str, _Bot](), dict[str, dict[str, str]]()
        stack.push_async_callback(_closed, await slack.listen())
        for name, cases in (("few", FEW), ("many", MANY)):
            stores[name] = {
                one: await stack.enter_async_context(server.database())
                for one in ("database", "key_store")
            }
            given = stores[name] | {"slack": slack.url, "folder": str(folder / f"slack-{name}")}
            bots[name] = await stack.enter_async_context(_bot("ours", given))
            await filled(stores[name], cases)
        few = bots["few"]
        await few.previews()
        await few.send()
        await few.answers(slack, 1, 1)
        lines = {n: await asyncpg.connect(plain(u)) for n, u in stores["few"].items()}
        for line in lines.values():
            stack.push_async_callback(line.close)
        rows = [await row_of(lines[where], where, *more) for where, *more in ROWS]
        given = stores["few"] | {"slack": slack.url}
        bots["stock"] = await stack.enter_async_context(_bot("stock", given))
        views = [slack.views[one] for one in ("views.open", "views.update")]
        told = [[where, sql, [told_of(v) for v in values], new] for where, sql, values, new in rows]
        await bots["stock"].tell({"views": views, "rows": told})
        yield _Town(slack, bots, [(lines[where], *more) for where, *more in rows])


async def _closed(listening: asyncio.Server) -> None:
    listening.close()


async def row_of(
    line: "asyncpg.Connection[Any]", where: str, table: str, new: tuple[str, ...]
) -> tuple[str, str, list[Any], list[int]]:
    """A row as ours left it: its store, the INSERT, its values, and which of them must be new."""
    known = "WHERE NOT settled" if table == "case_keys" else ""
    row = await line.fetchrow(f"SELECT * FROM {table} {known} LIMIT 1")
    assert row is not None, table
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    sql = f"INSERT INTO {table} ({', '.join(row.keys())}) VALUES ({places})"
    return where, sql, list(row.values()), [n for n, one in enumerate(row.keys()) if one in new]


def told_of(value: Any) -> Any:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


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


def plain(url: str) -> str:
    return url.replace("+asyncpg", "")


async def heard(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    async with asyncio.timeout(STARTS_WITHIN):
        return json.loads(await process.stdout.readline())


@asynccontextmanager
async def _bot(name: str, given: dict[str, str]) -> AsyncIterator[_Bot]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.slack_bots", name, json.dumps(given)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        yield _Bot(process, Hands((await heard(process))["address"]))
    finally:
        process.kill()
        await process.wait()
