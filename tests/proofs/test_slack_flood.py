"""Three thousand submissions within ten seconds, and a database far away: Slack is answered in time.

Shows: each of Slack's requests is answered within its three seconds, whoever comes beyond capacity is
told to press again, and nothing that was acknowledged is lost or kept twice. The bot is a process of its
own. Does not show: how a machine behaves that other programs hold up for seconds.
Control: without the cap, and with the patience of a minute, Slack is answered too late.
"""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from bot.tasks import BEHIND, MOST
from tests.fakes.postgres import Postgres, installation
from tests.fakes.slack import Hand, Town, Workspace, payloads, slack_town
from tests.fakes.slack.screen import Shown
from tests.fakes.slack_alone import Alone, alone
from tests.fakes.slack_week import FORM, RECEIPT, TEAM, Person, words
from tests.fakes.slow_postgres import Distance, far_away
from tests.proofs.figures import tell
from tests.proofs.scale import scaled

pytestmark = [pytest.mark.xdist_group("slack flood"), pytest.mark.asyncio(loop_scope="module")]

MANY, WITHIN = scaled(3000, 150), 10.0
ACKED = 3.0  #: seconds that Slack waits
FAR = 0.2  #: seconds that each statement takes, at least
AT_ONCE = 6
TOGETHER, BURDEN = 40, 0.1  #: how many send at once on a slow machine, and how slow: seconds an act


@dataclass
class Flooded:
    """``distance``: of the database; ``database``: its own address."""

    town: Town
    space: Workspace
    bot: Alone
    distance: Distance
    database: str

    @property
    def slowest(self) -> float:
        return max(ack.seconds for _, ack in self.town.delivery.seen)

    async def cases(self) -> int:
        connection = await asyncpg.connect(self.database.replace("+asyncpg", ""))
        try:
            return int(await connection.fetchval("SELECT count(*) FROM waiting"))
        finally:
            await connection.close()


@asynccontextmanager
async def flooded(
    postgres: Postgres, folder: Path, mode: str, **more: Any
) -> AsyncIterator[Flooded]:
    """``more``: of the bot's process."""
    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(installation(postgres, folder))
        url, distance = await stack.enter_async_context(far_away(str(where.database)))
        town = await stack.enter_async_context(slack_town(burst=100_000, record=False))
        space = town.workspace(TEAM, name="Harbour")
        known = {"mode": mode, "api_url": town.api_url, "bot_token": space.bot_token}
        key = "app_token" if mode == "socket" else "signing_secret"
        known[key] = getattr(space, key)
        far = replace(where, database=url)
        bot = await stack.enter_async_context(alone(far, TEAM, known, **more))
        if bot.address:
            town.listen_http(f"{bot.address}/slack/events")
        yield Flooded(town, space, bot, distance, str(where.database))


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["socket", "http"])
async def of(
    request: pytest.FixtureRequest, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Flooded]:
    async with flooded(postgres, tmp_path_factory.mktemp("town"), request.param) as made:
        yield made


@dataclass
class Flood:
    """Everybody sends at a moment of their own, and again some seconds after "busy"."""

    of: Flooded
    hands: list[tuple[Hand, Shown, Any]] = field(default_factory=list)
    receipts: set[str] = field(default_factory=set)
    presses: int = 0
    busy: int = 0

    async def comes(self, many: int, called: str = "worker") -> None:
        """All that can be made before is: what is tried is the bot, not us."""
        town = self.of.town
        users = [self.of.space.user(f"{called}-{n}") for n in range(many)]
        for start in range(0, many, 200):
            some = users[start : start + 200]
            views = await self.of.bot.previews([one.id for one in some])
            for user, view in zip(some, views, strict=True):
                shown = town.screen(user).open(view)
                trigger = town.triggers.new(user, in_modal=True)
                self.hands.append(
                    (town.hand(user), shown, payloads.submission(user, shown, trigger))
                )

    async def breaks(self, within: float) -> None:
        pause = within / len(self.hands)
        sends = [self._sends(n * pause, *one) for n, one in enumerate(self.hands)]
        await asyncio.gather(*sends)

    async def _sends(self, at: float, hand: Hand, shown: Shown, sent: Any) -> None:
        await asyncio.sleep(at)
        while True:
            if secrets.randbelow(20) == 0:
                self.of.town.faults.twice += 1
            self.presses += 1
            ack = await self.of.town.delivery.deliver("interactive", sent, self.of.space)
            assert not ack.trouble, ack
            hand._answered(shown, ack.body)
            await hand.until(lambda: "One moment" not in words(shown.view), 60)
            said = words(shown.view)
            if found := RECEIPT.search(said):
                self.receipts.add(found.group())
                return
            self.busy += 1
            assert "too much to do" in said, said
            await asyncio.sleep(3 + secrets.randbelow(5000) / 1000)


async def test_each_submission_of_a_flood_is_answered_in_time_and_none_is_lost(
    request: pytest.FixtureRequest, of: Flooded
) -> None:
    flood = Flood(of)
    await flood.comes(MANY)
    of.town.delivery.seen.clear()
    began, kept = time.monotonic(), await of.cases()
    await flood.breaks(WITHIN * MANY / 3000)
    took = time.monotonic() - began
    seen = sorted(ack.seconds for _, ack in of.town.delivery.seen)
    tell(
        request,
        f"a flood over {'http' if of.bot.address else 'a socket'}: {MANY} in "
        f"{WITHIN * MANY / 3000:.1f} s, {flood.presses} presses, {flood.busy} told to press again, all kept after {took:.1f} s; answered in "
        f"{seen[len(seen) // 2]:.2f} s (half), {seen[-len(seen) // 100]:.2f} s (99 of 100), "
        f"{seen[-1]:.2f} s (all)",
    )
    assert of.slowest < ACKED
    assert len(flood.receipts) == MANY
    assert await of.cases() - kept == MANY
    assert (await of.bot.asks({"previews": []}))["bugs"] == []


async def filed(person: Person) -> str:
    await person.types("/grievance")
    await person.submits()
    await person.submits(**FORM)
    return RECEIPT.findall(await person.submits())[0]


def people(of: Flooded) -> list[Person]:
    users = [of.space.user(f"worker-{n}") for n in range(AT_ONCE)]
    general = of.space.channel("general", members=users)
    return [Person(of.town.hand(one), general) for one in users]


async def test_a_database_far_away_delays_what_people_read_and_no_answer_to_slack(
    of: Flooded,
) -> None:
    kept = await of.cases()
    everybody = people(of)
    of.town.delivery.seen.clear()
    of.distance.seconds = FAR
    asked, began = of.distance.messages, time.monotonic()
    receipts = await asyncio.gather(*(filed(one) for one in everybody))
    took, asked = time.monotonic() - began, of.distance.messages - asked
    assert asked >= 5 * AT_ONCE, "it was asked indeed: five times for each who sends"
    assert took > 5 * FAR
    assert of.slowest < ACKED
    of.distance.seconds = 0.0
    assert len(set(receipts)) == await of.cases() - kept == AT_ONCE


async def acked_late(of: Flooded, called: str, **bears: Any) -> int:
    """How many of those who send at once Slack gives up on. Nobody sends a second time."""
    flood, kept = Flood(of), await of.cases()
    await flood.comes(TOGETHER, called)
    await of.bot.bears(**bears)
    delivers = [of.town.delivery.deliver("interactive", one, of.space) for *_, one in flood.hands]
    acks = await asyncio.gather(*delivers)
    await of.bot.bears(0.0, MOST, BEHIND)
    taken = TOGETHER - sum("too much to do" in json.dumps(one.body) for one in acks)
    async with asyncio.timeout(60):
        while await of.cases() < kept + taken:
            await asyncio.sleep(0.05)
    return sum(one.trouble == "operation_timeout" for one in acks)


@pytest.mark.parametrize("of", ["http"], indirect=True, scope="module")
async def test_a_bot_that_takes_on_all_there_is_answers_slack_too_late(of: Flooded) -> None:
    """The control: a machine so slow that all of it takes longer than Slack waits, with the cap and
    without."""
    assert TOGETHER * BURDEN > ACKED
    assert await acked_late(of, "all", burden=BURDEN, most=10**9, behind=10**9) > 0
    assert await acked_late(of, "few", burden=BURDEN, most=4, behind=BEHIND) == 0


async def test_a_bot_that_waits_for_its_database_answers_slack_too_late(
    postgres: Postgres, tmp_path: Path
) -> None:
    """The control: the same bot with the patience of a minute."""
    async with flooded(postgres, tmp_path, "http", patience=60.0) as of:
        (one, *_) = people(of)
        await one.types("/grievance")
        await one.submits()
        of.distance.seconds = 2 * FAR
        await one.hand.submit(FORM)
        await one.hand.submit({})
        assert "operation_timeout" in {ack.trouble for _, ack in of.town.delivery.seen}
