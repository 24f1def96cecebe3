"""Whom the bot lets ask it in, where it stays, and when it stops answering: on a real homeserver."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.matrix.pace import ANSWERS, INVITES
from tests.fakes.matrix_people import WAITS, Person, crowd_on, stock
from tests.fakes.matrix_town import Town, town_on
from tests.fakes.synapse import Synapse

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    synapse: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    async with crowd_on(synapse) as crowd, town_on(crowd, folder) as made:
        yield made
        assert made.wrong == []
        assert made.world.log.lines == []


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    """An hour later, when what came too fast is forgotten."""
    one_town.world.clock.move(timedelta(hours=1))
    with stock():
        yield one_town


def in_it(town: Town, person: Person, room: str) -> Callable[[], bool]:
    """Whether the bot is."""
    return lambda: town.bot in person.client.rooms[room].users


async def gone(town: Town, person: Person, room: str) -> None:
    """The bot was asked in, and is neither in it nor asked any more."""
    await town.watched.done(room)
    await person.until(
        lambda: (
            not {town.bot}
            & {*person.client.rooms[room].users, *person.client.rooms[room].invited_users}
        )
    )


async def test_it_stays_where_somebody_asks_it_in_who_rules_there_and_leaves_other_rooms(
    town: Town,
) -> None:
    worker, host = town.people["worker"], town.people["moderator"]
    open_ = await worker.room_with(town.bot, encrypted=False)
    said = await worker.hears("only where nobody else can read")
    assert said.sender == town.bot
    await gone(town, worker, open_)

    ruled = await host.room_with(town.bot, worker.user, name="works council")
    await host.until(in_it(town, host, ruled))
    await worker.until(lambda: ruled in worker.client.invited_rooms)
    await worker.client.join(ruled)
    theirs = await host.room_with(worker.user, name="another council")
    await worker.until(lambda: theirs in worker.client.invited_rooms)
    await worker.client.join(theirs)
    await worker.until(lambda: theirs in worker.client.rooms)
    await host.client.room_put_state(theirs, "m.room.power_levels", {"invite": 0, "users": {}})
    await worker.client.room_invite(theirs, town.bot)
    await gone(town, worker, theirs)
    assert await town.joined() == {*town.rooms, ruled}


async def test_a_storm_of_invitations_is_let_through_so_far_and_the_rest_is_declined(
    town: Town,
) -> None:
    storm = await town.crowd.comes("storm")
    before = await town.joined()
    rooms = [await storm.room_with(town.bot) for _ in range(INVITES.from_one + 4)]
    for room in rooms[INVITES.from_one :]:
        await gone(town, storm, room)
    assert await town.joined() - before == set(rooms[: INVITES.from_one])


async def test_a_program_that_answers_every_answer_is_answered_no_more_after_a_while(
    town: Town,
) -> None:
    worker = town.talk("worker")
    await worker.opens()
    for _ in range(ANSWERS.from_one + 5):
        last = await worker.person.says(worker.room, "I did not understand.")
    await town.watched.done(last)
    await worker.reads()
    assert len(worker.heard) == 1 + ANSWERS.from_one, "the greeting, and so many"


async def test_whoever_leaves_their_talk_is_forgotten_with_it(town: Town) -> None:
    worker = town.talk("worker")
    await worker.opens()
    await worker.person.client.room_leave(worker.room)
    await town.until(lambda: worker.room not in town.known_rooms())
    async with asyncio.timeout(WAITS):
        while worker.room in await town.joined():
            await asyncio.sleep(0.02)
