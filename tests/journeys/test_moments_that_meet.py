"""Moments that meet: what is due at a slot, after a slot that was missed, or on a clock put back."""

from datetime import datetime, timedelta

from bot.chat import Reply
from bot.domain.cases import State, Why, for_staff
from bot.domain.cases.views import View
from bot.heartbeat import Each
from tests.fakes.acts import REPS, Acts, names
from tests.fakes.looking import looking
from tests.fakes.world import World, caller

INES, HOUR = REPS[0], timedelta(hours=1)
MONDAY = datetime.fromisoformat("2026-06-01T09:00+00:00")
WEDNESDAY, FRIDAY = MONDAY + 48 * HOUR, MONDAY + 96 * HOUR


async def to(world: World, moment: datetime) -> None:
    world.clock.at = moment
    await world.bot.tick()


async def stands(world: World, receipt: str) -> View:
    """The case as staff have it now."""
    async with looking(world.where, world.chance) as look:
        found = await look.case(receipt)
        async with look.open_work() as work:
            (id,) = await work.communities.all()
            community = await world.bot.communities.load(work, id)
    assert found is not None
    return for_staff(found[1], community, world.clock.at)


async def press(world: World, who: str, name: str, receipt: str) -> Reply:
    number = (await stands(world, receipt)).case.number
    return await world.bot.door.begin(name, caller(who), number)


def told(world: World, key: str) -> list[str]:
    """Who was told this sentence."""
    return [who for who, card in world.post.people if card.lines[0].key == key]


async def test_a_reminder_due_at_a_slot_comes_behind_what_crosses_there(world: World) -> None:
    acts = Acts(world)
    receipt = await acts.file("worker")
    await to(world, MONDAY)
    await to(world, FRIDAY)
    await press(world, INES, "acknowledge", receipt)  # 72 hours on it is Monday, at the slot
    form = await acts.press("worker", await acts.visit("worker", receipt), "exclude")
    await acts.fill("worker", form, exclude=[await acts.staff("Ruth Adeyemi")])
    await to(world, FRIDAY + 72 * HOUR)
    assert told(world, "notice.case_reminder") == [INES]


async def test_no_deadline_passes_over_a_slot_that_has_not_happened(world: World) -> None:
    """However the questions of one tick are put: the reporter's word was there before."""
    acts = Acts(world)
    receipt = await acts.file("worker")
    await to(world, MONDAY)
    await press(world, INES, "acknowledge", receipt)
    await to(world, FRIDAY)
    await acts.write("worker", await acts.visit("worker", receipt), "And one thing more.")
    world.clock.at = MONDAY + 8 * 24 * HOUR  # climbed on Saturday, Sunday, and this Tuesday
    beats = {beat.name: beat for beat in world.bot.heartbeat._beats}
    climbing = beats["climbing.due"]
    assert isinstance(climbing, Each)
    for id in await climbing.waiting():
        await climbing.ask(id)
    seen = await stands(world, receipt)
    assert (seen.standing.step, seen.promise) == (2, world.clock.at)  # Monday's slot comes first
    await world.bot.tick()
    assert (await stands(world, receipt)).standing.step == 3


async def test_a_word_written_on_a_clock_put_back_reopens_the_case_all_the_same(
    world: World,
) -> None:
    acts = Acts(world)
    receipt = await acts.file("worker")
    await to(world, MONDAY)
    asked = await press(world, INES, "close", receipt)
    await acts.press(INES, asked, "confirm")
    await to(world, WEDNESDAY)
    await to(world, WEDNESDAY - 2 * HOUR)
    await acts.write("worker", await acts.visit("worker", receipt), "It is not over.")
    await to(world, WEDNESDAY + HOUR)
    await to(world, FRIDAY)
    seen = await stands(world, receipt)
    assert (seen.state, seen.standing.why) == (State.WITH_REPS, Why.REOPENED)
    assert (seen.since, seen.promise) == (FRIDAY, FRIDAY + 24 * HOUR)


async def test_a_case_filed_on_a_clock_put_back_is_promised_from_the_slot_it_gets(
    world: World,
) -> None:
    acts = Acts(world)
    await to(world, MONDAY)
    await to(world, MONDAY - HOUR)
    receipt = await acts.file("worker")  # told: Monday, which has happened
    await to(world, MONDAY + HOUR)
    await to(world, WEDNESDAY)
    seen = await stands(world, receipt)
    assert (seen.case.release, seen.promise, seen.late) == (WEDNESDAY, WEDNESDAY + 24 * HOUR, False)
    assert "open" in names(await acts.say(INES, "cases"))


async def test_a_case_withdrawn_on_a_clock_put_back_is_known_to_be_withdrawn(world: World) -> None:
    acts = Acts(world)
    receipt = await acts.file("worker")
    await to(world, MONDAY)
    await to(world, MONDAY - HOUR)
    await acts.confirm("worker", await acts.visit("worker", receipt), "withdraw")
    await to(world, WEDNESDAY)
    seen = await stands(world, receipt)
    assert (seen.state, seen.since) == (State.WITHDRAWN, WEDNESDAY)
    shown = await press(world, INES, "open", receipt)
    assert shown.cards[0].lines[0].key == "case.withdrawn"
