"""What people do on Slack in more than one story, and the town that a module's tests share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.ports import Noted
from tests.fakes.postgres import installation
from tests.fakes.slack_week import FORM, Person, Town, town_on
from tests.proofs.scale import scaled

#: By which a long story is gone through: at a small scale by the first alone.
MODES = ("http", "socket")[: scaled(2, 1)]
TWO = "two processes"  #: behind one address, on PostgreSQL: every next request goes to the other


@asynccontextmanager
async def a_town(
    request: pytest.FixtureRequest, folder: Path, mode: str, **more: Any
) -> AsyncIterator[Town]:
    """``mode``: socket, http, TWO; ``more``: see town_on."""
    if mode != TWO:
        async with town_on(folder, mode, **more) as made:
            yield made
        return
    postgres = request.getfixturevalue("postgres")
    async with (
        installation(postgres, folder) as where,
        town_on(folder, "http", where=where, **more) as made,
        made.another_process(),
    ):
        yield made
        assert len(made.server.delivery.addresses) == 2, "each had every second request"


def town_of_the_module(*modes: str, **more: Any) -> tuple[Any, Any]:
    """Its fixtures ``one_town`` and ``town``. Each test has it on its next Monday, 07:30: an hour and
    a half before a slot. ``modes``: socket, http, TWO; ``more``: see town_on."""

    @pytest_asyncio.fixture(scope="module", loop_scope="module", params=modes)
    async def one_town(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> AsyncIterator[Town]:
        async with a_town(request, tmp_path_factory.mktemp("town"), request.param, **more) as made:
            yield made

    @pytest_asyncio.fixture(loop_scope="module")
    async def town(one_town: Town) -> AsyncIterator[Town]:
        await one_town.monday()
        yield one_town
        assert one_town.wrong == []
        assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}

    return one_town, town


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
    if worker.hand.view:
        await worker.hand.close()
    await worker.types("/receipt")
    await worker.submits(receipt=receipt.lower().replace("-", " "))
    return worker


async def option(town: Town, name: str) -> str:
    """Under what somebody can be left out, as a worker's form offers it."""
    worker = town.person("worker")
    await worker.types("/grievance")
    await worker.submits()
    (asked,) = [one["element"] for one in inputs(worker) if one["block_id"] == "exclude"]
    (found,) = [one["value"] for one in asked["options"] if one["text"]["text"] == name]
    await worker.hand.close()
    return str(found)


def inputs(person: Person) -> list[dict[str, Any]]:
    """What the modal on top asks for."""
    return [one for one in person.view["blocks"] if one["type"] == "input"]
