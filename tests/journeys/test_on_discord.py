"""Journeys on Discord: each person at a client that is as strict as Discord is."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from bot.ports import Noted
from tests.fakes.discord_week import FORM, STORY, Person, Town, town_on

pytestmark = [pytest.mark.xdist_group("discord"), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """The town that a module's tests share."""
    async with town_on(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    await one_town.monday()
    yield one_town
    assert one_town.wrong == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


async def filed(town: Town, **answers: object) -> str:
    """A worker files a grievance; gives its receipt."""
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM | answers)
    await worker.presses("send")
    receipt = worker.receipt
    await worker.presses("saved")
    return receipt


async def looked(town: Town, receipt: str) -> Person:
    """The worker comes back another time, with nothing but the receipt."""
    worker = town.person("worker")
    await worker.types("receipt")
    await worker.submits(receipt=receipt.lower().replace("-", " "))
    return worker


async def test_a_worker_is_heard(town: Town) -> None:
    rep = town.person("rep")
    receipt = await filed(town)

    await town.world.slot()
    await rep.hears(f"A case needs you by {town.day(1)}.")
    assert STORY not in "\n".join(rep.heard())
    await rep.types("cases")
    assert STORY in await rep.presses("open")
    assert "You took this case." in await rep.presses("acknowledge")
    await rep.presses("ask")
    assert "Your question is kept." in await rep.submits(text="How often?")

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "asked" in worker.sees
    assert "How often?" in worker.sees
    await worker.presses("message")
    assert "Readers see your message on" in await worker.submits(text="Every night.")

    await town.world.slot()
    await rep.types("cases")
    assert "Every night." in await rep.presses("open")
    await rep.presses("resolve")
    await rep.submits(outcome="You said, we did.")

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "Resolved" in worker.sees
    assert "You said, we did." in worker.sees

    town.world.clock.move(timedelta(days=63))
    await town.world.bot.tick()
    worker = town.person("worker")
    await worker.types("receipt")
    assert "opens nothing" in await worker.submits(receipt=receipt)


async def test_a_worker_sees_the_label_before_they_type_a_word(town: Town) -> None:
    worker = town.person("worker")
    label = await worker.types("grievance")
    assert "Your name is not kept" in label
    assert "Discord can tell that you used this bot" in label
    assert "What happened" in await worker.presses("continue")
    assert worker.hand.modal is not None
    assert STORY in await worker.submits(**FORM)
    shown = await worker.presses("send")
    assert worker.receipt in shown
    assert len(worker.hand.whispers) == 1, "each step stands in the place of the last"
    assert "What you typed" not in await worker.presses("saved")
    assert worker.hand.reads(town.general) == [], "nobody else saw any of it"
