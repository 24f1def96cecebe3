"""Between being written and being said, a notice of a case may come to concern nobody: then it is
never said. Those whom it still concerns hear it, however late.
"""

from datetime import timedelta

from tests.fakes.acts import Acts
from tests.journeys.reading import ON_DUTY, WORKER, heard

STORY = "The lift on level two drops half a floor."
OTHER = "And the lamps in the yard are dark."


async def slot_unsaid(acts: Acts) -> None:
    """The slot happens; the platform is away, so that nothing is said yet."""
    world = acts.world
    dues = await world.bot.communities.coming()
    world.clock.at = next(due.at for due in dues if due.what == "slot")
    await world.bot.heartbeat.tick()


async def said(acts: Acts) -> list[str]:
    """The platform is there again: who is told what waited."""
    acts.world.clock.move(timedelta(minutes=1))
    await acts.world.bot.postman.drain()
    return [who for _, who, _ in heard(acts)]


async def test_who_still_has_the_case_hears_of_it_however_late(acts: Acts) -> None:
    await acts.file(WORKER, story=STORY)
    await slot_unsaid(acts)
    assert await said(acts) == [ON_DUTY]


async def test_who_lost_the_case_before_it_was_said_hears_nothing(acts: Acts) -> None:
    await acts.file(WORKER, story=STORY)
    await slot_unsaid(acts)
    await acts.press(ON_DUTY, await acts.desk_of(ON_DUTY, STORY), "recuse")
    assert ON_DUTY not in await said(acts)
    await acts.world.live(hours=240)
    assert ON_DUTY not in {who for _, who, _ in heard(acts)}


async def test_while_one_of_several_cases_is_theirs_the_sentence_is_said(acts: Acts) -> None:
    await acts.file(WORKER, story=STORY)
    await acts.file("someone", story=OTHER)
    await slot_unsaid(acts)
    await acts.press(ON_DUTY, await acts.desk_of(ON_DUTY, STORY), "recuse")
    assert (await said(acts)).count(ON_DUTY) == 1


async def test_of_a_case_that_was_deleted_nobody_is_told_any_more(acts: Acts) -> None:
    receipt = await acts.file(WORKER, story=STORY)
    await slot_unsaid(acts)
    await acts.confirm(WORKER, await acts.visit(WORKER, receipt), "delete")
    await slot_unsaid(acts)
    assert await said(acts) == []
