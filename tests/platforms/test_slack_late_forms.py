"""A form that stood open while its case closed, or went, or the database did: what was written is not
taken, is not lost, and its writer is told so in the same modal.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.errors import CannotSave
from bot.ports import Noted, OpenWork, Work
from tests.fakes.slack_week import FORM, STORY, Person, Town, town_on
from tests.journeys.test_on_slack import filed

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]

OVER = "This case is over, so that cannot be done any more."
WORDS = "We spoke to the team lead about the nights."


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["socket", "http"])
async def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with town_on(tmp_path_factory.mktemp("town"), request.param) as made:
        yield made
        assert made.wrong == []
        assert Noted.BUG not in {event for event, _ in made.world.log.lines}


def written(person: Person) -> str:
    """What stands in the form still."""
    return str(person.view["state"]["values"]["text"]["text"]["value"])


async def replying(town: Town) -> tuple[str, Person]:
    """A case whose rep has begun to write to its reporter."""
    await town.monday()
    receipt = await filed(town)
    await town.world.slot()
    rep = town.person("rep")
    await rep.types("/cases")
    await rep.presses("open")
    await rep.presses("acknowledge")
    await rep.presses("reply")
    return receipt, rep


async def reading(town: Town, name: str, receipt: str) -> Person:
    """Whoever holds the receipt, at a window of their own."""
    who = town.person(name)
    await who.types("/receipt")
    await who.submits(receipt=receipt)
    return who


@pytest.mark.parametrize(
    ("ends", "said"),
    [("delete", "There is no such case for you."), ("withdraw", OVER)],
)
async def test_what_is_written_of_a_case_that_ended_meanwhile_is_not_taken_and_stays(
    town: Town, ends: str, said: str
) -> None:
    receipt, rep = await replying(town)
    worker, same = await reading(town, "worker", receipt), await reading(town, "colleague", receipt)
    await same.presses("message")
    await worker.presses(ends)
    await worker.presses("confirm")
    assert await same.submits(text=WORDS) == OVER
    await town.world.slot()
    assert said in await rep.submits(text=WORDS)
    assert rep.hand.errors.keys() == same.hand.errors.keys() == {"text"}, "beside what they wrote"
    assert written(rep) == WORDS == written(same)


class Database:
    """The one that is there, until it is ``away``."""

    def __init__(self, there: OpenWork) -> None:
        self._there, self.away = there, False

    def __call__(self) -> AbstractAsyncContextManager[Work]:
        if self.away:
            raise CannotSave
        return self._there()


async def test_a_database_that_is_away_is_told_in_a_sentence_and_is_no_bug(tmp_path: Path) -> None:
    """Where it holds the tokens: of the one workspace over a socket the settings do."""
    async with town_on(tmp_path, "http", many=True, began=False) as town:
        database = Database(town.platform._open_work)
        town.platform = town.makes(database)
        posts: Any = town.world.bot.posts
        posts["slack"] = town.platform.post
        await town.begin()
        await town.install(town.space.user("moderator"))
        worker, colleague = town.person("worker"), town.person("colleague")
        await worker.types("/grievance")
        await worker.submits()
        town.world.clock.move(timedelta(minutes=2))  # what was looked up before is forgotten
        database.away = True
        assert "could not be saved just now" in await worker.submits(**FORM)
        assert worker.view["state"]["values"]["story"]["story"]["value"] == STORY
        await colleague.hand.command("/about", channel=town.general)
        (said,) = await colleague.hand.until(lambda: colleague.hand.ephemerals)
        assert "could not be saved just now" in said["text"]
        database.away = False
        await worker.submits(**FORM)
        await worker.submits()
        assert worker.receipt
        assert Noted.BUG not in {event for event, _ in town.world.log.lines}
