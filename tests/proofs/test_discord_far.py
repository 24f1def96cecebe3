"""A database far away: on Discord everything is answered in time, with a sentence that fits.

Shows: while each statement takes a fifth of a second and more, on the way to the database and to the key
store, every interaction has its first answer within Discord's three seconds, whatever was asked for is
there in the end, a form behind a button, and what was sent, written, answered and taken is kept once.
Does not show: a machine that other programs hold up for seconds.
Control: the same bot with the patience of a minute is too late.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.discord import acts
from bot.ports import Noted
from tests.fakes.acts import Acts, names
from tests.fakes.discord.hand import SILENT
from tests.fakes.discord.interactions import COMPONENT
from tests.fakes.discord_week import FORM, STORY, Person, Town, town_on, words
from tests.fakes.postgres import Postgres, installation
from tests.fakes.slow_postgres import Distance, far_away
from tests.journeys.asking import KEPT, answers, opened
from tests.journeys.test_on_discord import filed, looked

pytestmark = [
    pytest.mark.xdist_group("discord postgres"),
    pytest.mark.asyncio(loop_scope="module"),
]

ANSWERED = 3.0  #: seconds that Discord waits
FAR = 0.2  #: seconds that each statement takes, at least
CALLBACK = "POST /interactions/{interaction}/{token}/callback"
LONG = 60.0  #: seconds that people look on while "Groundswell is thinking"
MORE = "It happened again last night."


@dataclass
class Far:
    town: Town
    distances: tuple[Distance, ...]

    def person(self, name: str) -> Person:
        one = self.town.person(name)
        one.hand.patience = LONG
        return one

    def goes(self, seconds: float) -> None:
        for one in self.distances:
            one.seconds = seconds

    def seconds(self) -> list[float]:
        """How long each interaction waited for its first answer, the slowest last."""
        answers = [one for one in self.town.server.calls if one.route == CALLBACK]
        known = self.town.server.interactions.by_id
        return sorted(one.at - known[one.path.split("/")[-3]].at for one in answers)

    @property
    def asked(self) -> int:
        return sum(one.messages for one in self.distances)


@asynccontextmanager
async def far(postgres: Postgres, folder: Path) -> AsyncIterator[Far]:
    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(installation(postgres, folder))
        urls = [str(where.database), str(where.key_store)]
        there = [await stack.enter_async_context(far_away(one)) for one in urls]
        (database, one), (key_store, other) = there
        where = replace(where, database=database, key_store=key_store)
        town = await stack.enter_async_context(town_on(folder, where=where))
        yield Far(town, (one, other))
        assert Noted.BUG not in {event for event, _ in town.world.log.lines}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def of(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Far]:
    async with far(postgres, tmp_path_factory.mktemp("town")) as made:
        yield made


async def opens(one: Person, act: Awaitable[str]) -> None:
    """A form, by itself or with the button behind which it waits."""
    said = await act
    if one.hand.modal is None:
        assert "open it with the button" in said
        await one.presses("again")
    assert one.hand.modal


async def files(one: Person) -> str:
    assert "Your name is not kept" in await one.types("grievance")
    await opens(one, one.presses("continue"))
    assert STORY in await one.submits(**FORM)
    assert "Keep this receipt" in await one.presses("send")
    return one.receipt


async def mistypes(one: Person) -> None:
    await opens(one, one.types("receipt"))
    assert "opens nothing" in await one.submits(receipt="0000000-0000000-0000000")
    await one.presses("again")
    assert one.hand.modal


async def writes(one: Person) -> None:
    assert "Readers see your message on" in await one.submits(text=MORE)


async def takes(rep: Person) -> None:
    assert "You took this case" in await rep.presses("acknowledge")


async def votes(one: Person) -> None:
    await opens(one, one.presses("answer"))
    assert KEPT in await one.submits(q1="yes")


async def test_everybody_is_answered_in_time_and_nothing_is_lost(of: Far) -> None:
    town = of.town
    receipt = await filed(town)
    await town.world.slot()
    await opened(Acts(town.world), days="2")
    (rep, worker, *others) = (of.person(name) for name in ("rep", "worker", "a", "b", "c"))
    await worker.types("receipt")
    await worker.submits(receipt=receipt)
    await worker.presses("message")
    await rep.types("cases")
    await rep.presses("open")
    town.server.calls.clear()
    before = of.asked
    of.goes(FAR)
    second, *_ = await asyncio.gather(
        files(others[0]), mistypes(others[1]), votes(others[2]), writes(worker), takes(rep)
    )
    of.goes(0.0)
    assert of.asked > before + 100, "it was asked indeed"
    assert of.seconds()[-1] < ANSWERED
    assert all(one.answer for one in town.server.interactions.by_id.values())
    await nothing_is_lost(town, receipt, second)


async def nothing_is_lost(town: Town, first: str, second: str) -> None:
    acts_ = Acts(town.world)
    for name in "abcd":
        await answers(acts_, name, q1="yes")
    await town.world.slot()
    seen = (await looked(town, first)).sees
    assert "Acknowledged" in seen
    assert seen.count(MORE) == 1
    assert STORY in (await looked(town, second)).sees
    assert names(await acts_.say("ines-moreau", "cases")).count("open") == 2
    await town.world.live(days=2)
    said = "\n".join(words(one.data) for one in town.general.messages)
    assert "Results of a poll" in said
    assert "withheld" not in said, "the fifth answer, too, was counted"


async def test_a_bot_that_waits_for_its_database_answers_too_late(
    of: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the patience of a minute."""
    monkeypatch.setattr(acts, "PATIENCE", 60.0)
    rep = of.person("rep")
    await rep.types("cases")
    of.goes(2 * FAR)
    seen = await rep.hand.presses("open")
    of.goes(0.0)
    assert seen.trouble == SILENT[COMPONENT]
