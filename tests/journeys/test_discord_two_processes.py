"""Two processes on one database with Discord, each with a shard of its own: the community's server is on
the second, and so is nobody's talk with the bot. Then two that both hear everything, as while one takes
the other's place."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.discord.manifest import PERMISSIONS
from bot.ports import Noted
from tests.fakes.acts import Acts, names, shown
from tests.fakes.discord import permissions
from tests.fakes.discord_week import STORY, Person, Town, town_on, words
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import CODE, caller
from tests.journeys.test_on_discord import filed, looked

pytestmark = [
    pytest.mark.xdist_group("discord postgres"),
    pytest.mark.asyncio(loop_scope="module"),
]

CALLBACK = "POST /interactions/{interaction}/{token}/callback"
CHANGED = "PATCH /webhooks/{application}/{token}/messages/{message}"
LATER = (5, 6)  #: an answer that says that one comes
SAID = "POST /channels/{channel}/messages"
SHARDS = [{"shards": {"count": 2, "ids": [n]}} for n in (1, 0)]


@asynccontextmanager
async def two(postgres: Postgres, folder: Path) -> AsyncIterator[Town]:
    async with (
        installation(postgres, folder) as where,
        town_on(folder, where=where, shard=(1, 2), **SHARDS[0]) as town,
        town.another_process(**SHARDS[1]),
    ):
        yield town


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with two(postgres, tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    await one_town.monday()
    one_town.server.record.calls.clear()
    yield one_town
    assert one_town.wrong == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


async def test_each_hears_of_its_own(town: Town) -> None:
    assert sorted(one.shard for one in town.server.gateway.joined) == [(0, 2), (1, 2)]


async def test_of_two_who_hear_the_same_one_answers_and_it_is_done_once(town: Town) -> None:
    """As while one process takes the other's place, or where no shards are set. An answer that stands
    is not changed by the other: its person may have gone on to the next. The first story here."""
    rep, acts = town.person("rep"), Acts(town.world)
    async with town.another_process(**SHARDS[0]):
        receipt = await filed(town)
        await town.world.slot()
        await rep.types("cases")
        await rep.presses("open")
        await rep.presses("reply")
        assert "We heard you, once." in await rep.submits(text="We heard you, once.")
    await town.platform.tasks.drain()
    assert "We heard you, once." in rep.sees
    assert names(await acts.say("ines-moreau", "cases")) == ["open"]
    answers = [one for one in town.server.calls if one.route == CALLBACK]
    assert set(Counter(one.path for one in answers).values()) == {2}, "both took each"
    to_come = [one for one in answers if one.status == 204 and one.body["type"] in LATER]
    assert town.server.counted(CHANGED) == len(to_come)
    await town.world.slot()
    assert (await looked(town, receipt)).sees.count("We heard you, once.") == 1


def spoken(town: Town) -> Counter[str]:
    """How often Discord was asked to say each message: it would hold back the second."""
    return Counter(one.body["nonce"] for one in town.server.calls if one.route == SAID)


async def test_what_is_to_be_said_is_said_once_whoever_has_the_server(town: Town) -> None:
    await filed(town)
    await town.world.live(days=7)
    said = spoken(town)
    assert len(said) > 8
    assert set(said.values()) == {1}


async def test_one_that_hears_nothing_of_the_server_speaks_there_all_the_same(town: Town) -> None:
    await filed(town)
    (second,) = town.world.others
    town.world.clock.move(timedelta(hours=1, minutes=30))
    await second.tick()
    (bulletin,) = town.general.messages
    assert "On duty: Ines Moreau (rep)" in words(bulletin.data)
    heard = town.person("rep").heard()
    assert sum("A case needs you" in one for one in heard) == 1


async def test_a_receipt_from_the_server_opens_its_case_in_a_talk(town: Town) -> None:
    """What the one process sealed the other opens."""
    receipt = await filed(town)
    await town.world.slot()
    worker = town.person("worker")
    worker.hand.goes(None)
    await worker.hand.types("receipt")
    await worker.submits(code=CODE)
    await worker.presses("again")
    assert STORY in await worker.submits(receipt=receipt)


async def test_a_case_is_taken_by_one_of_two_who_press_at_once(town: Town) -> None:
    await filed(town)
    await town.world.slot()
    rep, (second,) = town.person("rep"), town.world.others
    await rep.types("cases")
    (number,) = re.findall(r"Case (\w{6})$", await rep.presses("open"), re.MULTILINE)[:1]
    presses = second.door.begin("acknowledge", caller("karim-benali"), number)
    here, there = await asyncio.gather(rep.presses("acknowledge"), presses)
    taken = ["You took this case" in one for one in (here, shown(there))]
    assert sorted(taken) == [False, True]
    loser, winner = (here, "Karim Benali") if taken[1] else (shown(there), "Ines Moreau")
    assert f"{winner} has this case" in loser


async def test_a_code_that_two_hand_in_at_once_makes_one_community(town: Town) -> None:
    before = await town.world.bot.communities.ids()
    code = (await town.world.bot.founding.code(7)).code
    both = [manager(town, n) for n in (0, 1)]
    for one in both:
        await one.types("setup")
    said = await asyncio.gather(*(one.submits(code=code) for one in both))
    assert sorted("This place is yours to set up" in one for one in said) == [False, True]
    assert sorted("This code does not work" in one for one in said) == [False, True]
    assert len(await town.world.bot.communities.ids()) == len(before) + 1


def manager(town: Town, shard: int) -> Person:
    """Of a new server, of which one of the two hears."""
    server = town.server
    dock = server.guild(f"Dock {shard}", may=PERMISSIONS, shard=(shard, 2))
    general, manages = dock.channel("general"), dock.role("manager", permissions.MANAGE_GUILD)
    user = dock.joins(server.user(f"oskar-{shard}"), manages)
    return Person(server.hand(user, general), general, town)
