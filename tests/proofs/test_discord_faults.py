"""A gateway that breaks three hundred times: nothing that was acknowledged is lost, nothing is doubled.

Shows: while sockets end with and without a word, sessions are asked to come again, are void, or can be
resumed, beats are asked for, payloads are no JSON, and what people do is told twice, each receipt that
was shown opens its case, each message that was confirmed is read once, and no other case is there. People
do what people do: they press again where Discord says that something failed.
Does not show: a process that is killed meanwhile; what Discord itself loses.
Control: a case that went, and one that was kept twice, are found.
"""

import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import gateway
from bot.ports import Noted
from tests.fakes.acts import Acts, shown
from tests.fakes.discord_week import FORM, RECEIPT, Person, Town, town_on
from tests.proofs.figures import tell
from tests.proofs.scale import scaled

pytestmark = pytest.mark.xdist_group("discord faults")

FAULTS = scaled(300, 30)
FAULTED_OF = 0.7  #: acts of which so many meet a fault
TRIES = 20


@dataclass
class Storm:
    """``receipts``: of each story the receipts that were shown; ``messages``: what was confirmed, by
    receipt; ``struck``: how often each fault struck."""

    town: Town
    seed: random.Random
    receipts: dict[str, set[str]] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)

    async def strikes(self) -> None:
        """One fault, before what is done next."""
        gateway, faults = self.town.server.gateway, self.town.server.faults

        def twice() -> None:
            faults.twice += 1

        def broken() -> None:
            faults.broken += 1

        kinds: dict[str, Callable[[], Any]] = {
            "dropped": gateway.drop,
            "closed": lambda: gateway.drop(4009),
            "asked to come again": gateway.reconnect,
            "void": gateway.invalidate,
            "resumable": lambda: gateway.invalidate(resumable=True),
            "asked for a beat": gateway.asks_for_beat,
            "told twice": twice,
            "no JSON": broken,
        }
        name = self.seed.choice([*kinds, "told twice"])
        self.struck[name] += 1
        said = kinds[name]()
        if isinstance(said, Awaitable):
            await said

    async def does(self, one: Person, act: Callable[[], Awaitable[Any]], done: str) -> str:
        """What somebody does until they see what it is for; the bot is there, or comes again."""
        for attempt in range(TRIES):
            if attempt == 0 and self.seed.random() < FAULTED_OF:
                await self.strikes()
            await self.town.server.joined()
            await act()
            if done in one.sees:
                return one.sees
        raise AssertionError(f"{done!r} never came; seen: {one.sees!r}")

    async def files(self, number: int) -> None:
        worker, story = self.town.person(f"worker-{number}"), f"The {number}th night without sleep."
        hand = worker.hand
        await self.does(worker, lambda: hand.types("grievance", worker.room), "Before you write")
        await self.does(worker, lambda: hand.presses("continue"), "Raise a grievance")
        await self.does(worker, lambda: hand.submits(FORM | {"story": story}), "Please check")
        said = await self.does(worker, lambda: hand.presses("send"), "Keep this receipt")
        self.receipts[story] = set(RECEIPT.findall(said))
        await self.does(worker, lambda: hand.presses("show_again"), "Keep this receipt")
        self.receipts[story] |= set(RECEIPT.findall(worker.sees))

    async def writes(self, receipt: str) -> None:
        worker, text = self.town.person("visitor"), f"More of {receipt[:7]}."
        hand = worker.hand
        await self.does(worker, lambda: hand.types("receipt", worker.room), "Your receipt")
        await self.does(worker, lambda: hand.submits(receipt=receipt), "Your case")
        await self.does(worker, lambda: hand.presses("message"), "Your message")
        await self.does(worker, lambda: hand.submits(text=text), "Readers see your message")
        self.messages.setdefault(receipt, []).append(text)


def kept(town: Town) -> int:
    """Cases and messages that wait for their slot, or have crossed."""
    with closing(sqlite3.connect(town.world.where.data / "groundswell.db", timeout=10)) as line:
        asked = "SELECT (SELECT count(*) FROM waiting) + (SELECT count(*) FROM cases)"
        return int(line.execute(asked).fetchone()[0])


async def wrong(storm: Storm) -> list[str]:
    """What is lost, or doubled."""
    acts, found = Acts(storm.town.world), list[str]()
    for story, receipts in storm.receipts.items():
        if len(receipts) != 1:
            found.append(f"{len(receipts)} receipts of one story")
        for receipt in receipts:
            view = shown(await acts.visit("somebody", receipt))
            if story not in view:
                found.append("a receipt opens nothing")
            for text in storm.messages.get(receipt, ()):
                if view.count(text) != 1:
                    found.append(f"a message is there {view.count(text)} times")
    told = len(storm.receipts) + sum(map(len, storm.messages.values()))
    if kept(storm.town) != told:
        found.append(f"{kept(storm.town)} are kept of {told} that were told")
    return found


async def test_nothing_acknowledged_is_lost_and_nothing_doubled(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So many ends in one minute are no life: the bot would wait longer and longer.
    monkeypatch.setattr(gateway, "LONGEST_PAUSE", 0.05)
    async with town_on(tmp_path) as town:
        storm = Storm(town, random.Random("gateway"))  # noqa: S311 what happens, and when
        number = 0
        while storm.struck.total() < FAULTS:
            await storm.files(number)
            if number % 2:
                (receipt,) = storm.receipts[f"The {number}th night without sleep."]
                await storm.writes(receipt)
            number += 1
        await town.server.joined()
        assert await wrong(storm) == []
        assert town.wrong == []
        assert Noted.BUG not in {event for event, _ in town.world.log.lines}
        every = ", ".join(f"{many} {name}" for name, many in sorted(storm.struck.items()))
        tell(request, f"Discord's gateway: {every}; {number} cases, none lost, none doubled")


async def test_what_is_lost_or_doubled_is_found(tmp_path: Path) -> None:
    async with town_on(tmp_path) as town:
        storm = Storm(town, random.Random("control"))  # noqa: S311 likewise
        await storm.files(0)
        await storm.files(1)
        assert await wrong(storm) == []
        await Acts(town.world).file("somebody")
        assert await wrong(storm) == ["3 are kept of 2 that were told"]
        (story,) = [one for one in storm.receipts if "0th" in one]
        storm.receipts[story] = {"0000000-0000000-0000000"}
        assert "a receipt opens nothing" in await wrong(storm)
