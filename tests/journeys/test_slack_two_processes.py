"""Two processes behind one address on PostgreSQL: every next request of anybody goes to the other."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.ports import Noted
from bot.settings import Where
from bot.wiring import Bot
from tests.fakes.acts import Acts
from tests.fakes.postgres import Postgres, installation
from tests.fakes.slack_week import FORM, RECEIPT, STORY, Town, town_on, words
from tests.journeys.asking import answers
from tests.journeys.over_slack import filed, looked


@pytest.fixture
async def where(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Where]:
    async with installation(postgres, tmp_path) as made:
        yield made


@pytest.fixture
async def town(where: Where, tmp_path: Path) -> AsyncIterator[Town]:
    async with town_on(tmp_path, "http", where=where, most=100) as made:
        yield made
        assert made.wrong == []
        assert Noted.BUG not in {event for event, _ in made.world.log.lines}


async def slot(town: Town, second: Bot) -> None:
    """The next one comes, and both want to do it."""
    dues = await second.communities.coming()
    town.world.clock.at = next(due.at for due in dues if due.what == "slot")
    await asyncio.gather(town.world.bot.tick(), second.tick(), town.world.bot.tick())


async def test_a_worker_is_heard_whichever_process_answers(town: Town) -> None:
    async with town.another_process() as second:
        rep = town.person("rep")
        receipt = await filed(town)
        await slot(town, second)
        assert len([one for one in rep.heard() if "A case needs you" in one]) == 1
        await rep.types("/cases")
        assert STORY in await rep.presses("open")
        await rep.presses("acknowledge")
        await rep.presses("ask")
        await rep.submits(text="How often?")
        await slot(town, second)
        worker = await looked(town, receipt)
        assert "How often?" in worker.sees
        await worker.presses("message")
        await worker.submits(text="Every night.")
        await slot(town, second)
        await rep.types("/cases")
        assert "Every night." in await rep.presses("open")


async def test_the_same_payload_at_both_acts_once(town: Town) -> None:
    async with town.another_process() as second:
        worker = town.person("worker")
        await worker.types("/grievance")
        await worker.submits()
        await worker.submits(**FORM)
        town.server.faults.twice = 1
        await worker.submits()
        again = await town.server.delivery.again()
        assert worker.receipt in str(again.body)
        assert set(RECEIPT.findall(str(again.body))) == {worker.receipt}
        await slot(town, second)
        cases = (await Acts(town.world).say("ines-moreau", "cases")).cards[0]
        assert [b.name for b in cases.buttons] == ["open"]


async def test_one_person_has_one_answer_wherever_it_is_given(town: Town) -> None:
    async with town.another_process() as second:
        organiser, worker = town.person("organiser"), town.person("worker")
        await organiser.types("/poll", "new", town.organisers)
        poll = {"question": "Shall we?", "kind": "yes_no", "days": "2", "comment": "no"}
        await organiser.submits(**poll)
        await organiser.presses("confirm")
        await asyncio.gather(town.world.bot.tick(), second.tick())
        assert sum("Shall we?" in words(m) for m in town.general.messages) == 1
        for answer in ("yes", "no", "no"):
            await worker.presses("answer", where="message")
            await worker.submits(q1=answer)
            await worker.hand.close()
        acts = Acts(town.world)
        for name in "abc":
            await answers(acts, name, q1="yes")
        await town.world.live(days=2, hours=1)
        (results,) = [m for m in town.general.messages if "Results of a poll" in words(m)]
        assert "withheld" in words(results), "four answered, and not six"


async def test_the_digest_comes_once_whoever_brings_it(town: Town) -> None:
    async with town.another_process() as second:
        town.world.clock.move(timedelta(hours=1, minutes=30))
        await asyncio.gather(*(bot.tick() for bot in (town.world.bot, second) * 3))
        found = [m for m in town.organisers.messages if "Every case was answered" in words(m)]
        assert len(found) == 1
