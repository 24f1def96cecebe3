"""The door chooses how each reply is said; the sandbox says it so, and says it again the same."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from adapters.sandbox import people
from adapters.sandbox.acts import Acts
from adapters.sandbox.town import Town
from bot.chat import ENGLISH, Caller, Card, Reply, Voice, line
from bot.dispatch import Door
from bot.domain.errors import NobodyLeftAtAll
from bot.services.pictures import Pictures
from bot.settings import Where
from tests.fakes.tongues import GERMAN, in_german
from tests.fakes.world import KeptCharts, KeptLog, World, caller, new_world
from tests.unit.harbour import community
from tests.unit.test_dispatch import GOOD, WORKER, Made
from tests.unit.test_pictures import CARD

SPANISH = replace(GERMAN, language="es")


@dataclass
class Berlin:
    """Made commands in a community that speaks German."""

    world: World
    made: Made

    async def begin(self, name: str, language: str = "", subject: str = "") -> Reply:
        return await self.made.door().begin(name, speaking(language), subject)

    async def submit(self, name: str, language: str = "", **answers: str) -> Reply:
        return await self.made.door().submit(name, speaking(language), "token", answers)


def speaking(language: str) -> Caller:
    return replace(caller(WORKER), language=language)


@pytest.fixture
async def berlin(where: Where) -> AsyncIterator[Berlin]:
    async with new_world(where, change=in_german) as world:
        yield Berlin(world, Made(world))


# What the door chooses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "voice"),
    [("", GERMAN), ("es", SPANISH), ("es-419", SPANISH), ("tlh", GERMAN), ("de-CH", GERMAN)],
)
async def test_a_person_is_answered_in_their_own_language_and_the_community_s_zone_and_words(
    berlin: Berlin, language: str, voice: Voice
) -> None:
    assert (await berlin.begin("look", language)).voice == voice


async def test_whatever_the_answer_is_it_has_its_voice(berlin: Berlin) -> None:
    replies = [
        await berlin.begin("look", "es"),
        await berlin.begin("write", "es"),
        await berlin.begin("burn", "es"),
        await berlin.begin("confirm", "es", "burn"),
        await berlin.begin("handle", "es"),
        await berlin.begin("nothing", "es"),
        await berlin.submit("write", "es", **GOOD),
        await berlin.submit("write", "es", story=""),
        await berlin.submit("nothing", "es"),
    ]
    for trouble in (NobodyLeftAtAll(), ZeroDivisionError()):
        berlin.made.trouble = trouble
        replies += [await berlin.begin("look", "es"), await berlin.submit("write", "es", **GOOD)]
    assert {one.voice for one in replies} == {SPANISH}


async def test_what_everybody_reads_is_in_nobody_s_own_language(berlin: Berlin) -> None:
    berlin.made.answer = Reply((Card(line("saved.title")),), public=True)
    assert (await berlin.begin("look", "es")).voice == GERMAN


async def test_what_has_a_voice_of_its_own_keeps_it_and_its_pictures_have_it(
    berlin: Berlin,
) -> None:
    tokyo = Voice("it", "Asia/Tokyo")
    berlin.made.answer = Reply((CARD,), own_voice=tokyo)
    reply = await berlin.begin("look", "es")
    assert reply.voice == tokyo
    (card,) = reply.cards
    assert card.picture is not None
    assert "martedì 2 giugno, 07:30 (Asia/Tokyo)" in card.picture.alt


@pytest.mark.parametrize(
    ("language", "spoken"), [("", "de"), ("es-MX", "es"), ("tlh", "de"), ("en-GB", "en")]
)
async def test_a_stranger_is_answered_in_their_own_language_or_the_door_s(
    world: World, language: str, spoken: str
) -> None:
    pictures = Pictures(KeptCharts(), KeptLog())
    door = Door(world.bot.communities, world.bot.door.places, (), pictures, KeptLog(), Voice("de"))
    stranger = Caller("sandbox", "another-town", WORKER, language=language)
    assert (await door.begin("look", stranger)).voice == Voice(spoken)
    assert (await door.submit("write", stranger, "", {})).voice == Voice(spoken)


def test_a_voice_is_the_community_s_own_unless_somebody_speaks_another_language() -> None:
    there = in_german(community())
    assert Voice.of(there) == GERMAN
    assert Voice.of(there, "es") == SPANISH
    assert Voice.of(community()) == ENGLISH


def test_what_a_platform_tells_of_somebody_s_language_stands_in_no_trace() -> None:
    assert "es-MX" not in repr(speaking("es-MX"))


# In the sandbox ---------------------------------------------------------------------------------


async def test_a_form_that_is_looked_at_twice_says_the_same_in_its_voice(berlin: Berlin) -> None:
    town = Town()
    acts, noor = Acts(town, berlin.world.bot.door), town.persona(WORKER)
    await acts.say(noor, town.rooms(noor)[0], "/receipt")
    dialog = town.dialog(noor)
    assert dialog is not None
    assert dialog.voice == GERMAN
    wrong = await acts.submit(noor, dialog.form.id, {"receipt": "falsch"})
    assert "Quittung" in wrong["receipt"]
    again = town.dialog(noor)
    assert again is not None
    assert again.voice == GERMAN
    assert again.form.errors


async def test_rooms_and_people_are_told_in_the_community_s_voice(berlin: Berlin) -> None:
    town, noor = Town(), Town().persona(WORKER)
    card = Card(line("role.rep"))
    await town.to_room(people.SPACE, "general", card, in_german(community()), "1" * 32)
    await town.to_person(WORKER, card, community(), "2" * 32)
    said = [one.body["title"] for one in town.all_messages(noor)]
    assert said == ["rep", GERMAN.words.rep]
