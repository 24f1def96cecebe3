"""What a platform brings twice is done once, also around midnight; what is said twice is kept twice."""

from dataclasses import replace
from datetime import timedelta

from tests.fakes.world import World, caller
from tests.journeys.test_first_case import REP, file


async def _number(world: World) -> str:
    await file(world)
    await world.slot()
    (card,) = (await world.type(REP, "cases")).cards
    return card.buttons[0].subject


async def _replies(world: World, number: str) -> int:
    (card,) = (await world.bot.door.begin("open", caller(REP), number)).cards
    return sum(field.value == "We heard you." for field in card.fields)


async def test_a_reply_that_the_platform_brings_twice_is_kept_once(world: World) -> None:
    number = await _number(world)
    for _ in range(2):
        event = replace(caller(REP), once="event-1")
        await world.bot.door.submit("reply", event, number, {"text": "We heard you."})
    assert await _replies(world, number) == 1


async def test_a_redelivery_after_midnight_is_still_known(world: World) -> None:
    number = await _number(world)
    event = replace(caller(REP), once="event-1")
    await world.bot.door.submit("reply", event, number, {"text": "We heard you."})
    world.clock.at = world.clock.at.replace(hour=23, minute=59) + timedelta(minutes=2)
    await world.bot.tick()
    await world.bot.door.submit("reply", event, number, {"text": "We heard you."})
    assert await _replies(world, number) == 1


async def test_the_same_words_said_twice_are_kept_twice(world: World) -> None:
    number = await _number(world)
    for event in ("event-1", "event-2"):
        someone = replace(caller(REP), once=event)
        await world.bot.door.submit("reply", someone, number, {"text": "We heard you."})
    assert await _replies(world, number) == 2


async def test_a_mark_says_nothing_two_days_later(world: World) -> None:
    number = await _number(world)
    event = replace(caller(REP), once="event-1")
    await world.bot.door.submit("reply", event, number, {"text": "We heard you."})
    world.clock.move(timedelta(days=3))
    await world.bot.tick()
    await world.bot.door.submit("reply", event, number, {"text": "We heard you."})
    assert await _replies(world, number) == 2
