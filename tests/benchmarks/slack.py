"""Figures 1, 3 and 5: Slack over HTTP, the last step of a grievance and the answer to a command.

Ours is the whole bot on PostgreSQL with fsync, in a process of its own; so is its peer, Bolt with
process_before_response, which is told what Slack would send and does nothing. The rows that ours
writes are written by asyncpg, one INSERT after another; and, to be told beside it, by Bolt's handler,
sixteen requests in flight. No request asks Slack who it is (auth.test).
"""

import statistics
from collections.abc import AsyncIterator
from pathlib import Path

from tests.benchmarks.rounds import Cost, Figure, beyond, measured, ratio
from tests.benchmarks.slack_town import FEW, FLIGHT, MANY, Town, town_on
from tests.fakes.postgres import Postgres

CROWD, CROWDED = 64, 640  #: commands in flight, and how many of them are timed
SEND, GROWN, COST, NO_OP, TAIL = 0.7, 0.9, 3.0, 1.5, 5.0
#: Found on 27 November 2026: two versions of ours side by side, eight turns and five, and samples.
FIVE_TURNS = (
    "five turns at the databases (the community, the draft, the key, the case, the draft's words go), "
    "where the raw rows are three, have a third of it; each costs two thirds of an INSERT of asyncpg's. "
    "The rest is spread over the door, the rules, sealing and the answer's view, none above a sixth"
)


async def figures(server: Postgres, folder: Path) -> AsyncIterator[Figure]:
    """The lines of figures 1, 3 and 5."""
    async with town_on(server, folder) as town:
        slices = town.slices()
        await measured(slices, town.used, rounds=1)  # connected, prepared
        asked = town.slack.calls["auth.test"]
        cost = await measured(slices, town.used)
        for one in _sends(cost), _grown(cost), _answers(cost), _cpu(cost), _no_op(cost):
            yield one
        yield await _crowded(town)
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
        beyond=beyond(cost["send"], cost["nothing"]),
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
        FIVE_TURNS,
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


async def _crowded(town: Town) -> Figure:
    taken = sorted(await town.bots["few"].answers(town.slack, CROWDED, CROWD))
    times = taken[int(0.99 * len(taken))] / taken[len(taken) // 2]
    name = f"3 slowest of a hundred answers to a command, {CROWD} in flight, against the median"
    return Figure(name, f"{times:.2f} times", f"<= {TAIL:.0f}", times <= TAIL)
