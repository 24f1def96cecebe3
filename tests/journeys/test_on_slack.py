"""Journeys on Slack, by socket and by HTTP: each person at a client that is as strict as Slack is."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.sandbox.people import OUTSIDE_BODY
from bot.ports import Noted
from tests.fakes.acts import Acts, shown
from tests.fakes.slack_week import FORM, STORY, Person, Town, town_on

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["socket", "http"])
async def one_town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """The town that a module's tests share."""
    async with town_on(tmp_path_factory.mktemp("town"), request.param) as made:
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
    await worker.types("/grievance")
    await worker.submits()
    await worker.submits(**FORM | answers)
    await worker.submits()
    receipt = worker.receipt
    await worker.submits()
    return receipt


async def looked(town: Town, receipt: str) -> Person:
    """The worker comes back another time, with nothing but the receipt."""
    worker = town.person("worker")
    await worker.hand.close()
    await worker.types("/receipt")
    await worker.submits(receipt=receipt.lower().replace("-", " "))
    return worker


async def test_a_worker_sees_the_label_before_they_type_a_word(town: Town) -> None:
    worker = town.person("worker")
    label = await worker.types("/grievance")
    assert "Your name is not kept" in label
    assert "Whoever owns this Slack can tell that you used this bot" in label
    assert worker.view["submit"]["text"] == "Continue"
    form = await worker.submits()
    assert "What happened" in form
    preview = await worker.submits(**FORM)
    assert STORY in preview
    assert worker.view["submit"]["text"] == "Send it"
    receipt = await worker.submits()
    assert worker.receipt in receipt
    assert "What you typed" not in await worker.submits()
