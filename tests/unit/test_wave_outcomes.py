"""A wave opens with what came of the last one: said once by an organiser, and read by everyone."""

from datetime import datetime

from bot.chat import Card, Line
from tests.fakes.acts import Acts
from tests.fakes.lives import ORGANISER
from tests.fakes.world import World, caller
from tests.journeys.asking import planned

FIRST, SECOND = "Rest days are in the plan, three weeks ahead.", "Nothing yet: we ask again."
DAYS_OPEN = 3


async def opens(world: World) -> Card:
    """The next wave opens: what the room is told. Then it closes."""
    dues = await world.bot.communities.coming()
    before = len(world.post.rooms)
    due: datetime = next(due.at for due in dues if due.what == "wave")
    await world.live(hours=(due - world.clock.at).total_seconds() / 3600)
    told = [card for _, card in world.post.rooms[before:]]
    await world.live(days=DAYS_OPEN, hours=1)
    return next(card for card in told if "poll.opens" in {one.key for one in card.lines})


async def say_what_came(acts: Acts, words: str) -> None:
    """Of the wave that closed last."""
    listed = await acts.say(ORGANISER, "poll", "results")
    (newest, *_) = (one for one in listed.cards[0].buttons if one.name == "results")
    door = acts.world.bot.door
    form = await door.begin("poll_outcome", caller(ORGANISER), newest.subject)
    assert (await acts.fill(ORGANISER, form, outcome=words)).taken


async def test_each_wave_opens_with_what_came_of_the_last_and_of_no_other(world: World) -> None:
    acts = Acts(world)
    await planned(acts)
    (_, first) = world.post.rooms[-1]
    assert first.lines[0].key == "poll.asks"
    await world.live(days=DAYS_OPEN, hours=1)
    await say_what_came(acts, "Said too soon.")
    await say_what_came(acts, FIRST)
    second = await opens(world)
    assert second.lines == (Line("pulse.outcome", {"outcome": FIRST}), *first.lines)
    third = await opens(world)  # of the second nobody said anything
    assert third.lines == first.lines
    await say_what_came(acts, SECOND)
    fourth = await opens(world)
    assert fourth.lines == (Line("pulse.outcome", {"outcome": SECOND}), *first.lines)


async def test_what_came_of_one_pulse_opens_no_other(world: World) -> None:
    acts = Acts(world)
    await planned(acts)
    await world.live(days=DAYS_OPEN, hours=1)
    await say_what_came(acts, FIRST)
    await planned(acts, bank=["workload"])
    (_, other) = world.post.rooms[-1]
    assert other.lines[0].key == "poll.asks"
