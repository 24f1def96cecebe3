"""A clock that was set back: moderators find it, as a slot has happened that is still to come; and
what is sent by it is kept."""

from datetime import timedelta

from tests.fakes.acts import REPS, STORY, Acts, names, receipt_in, shown
from tests.fakes.world import World


async def test_status_finds_a_clock_that_was_set_back(world: World) -> None:
    acts = Acts(world)
    await world.slot()
    found = "The clock of the bot's machine is off"
    for back, told in ((timedelta(minutes=59), False), (timedelta(minutes=2), True)):
        world.clock.move(-back)
        status = await acts.say("oskar-brandt", "setup", "status")
        assert (found in shown(status)) == told


async def test_what_is_sent_for_a_slot_that_has_happened_crosses_at_the_next_one(
    world: World,
) -> None:
    acts = Acts(world)
    await world.slot()
    world.clock.move(-timedelta(minutes=2))
    preview = await acts.preview("somebody")
    receipts = {receipt_in(await acts.press("somebody", preview, "send")) for _ in range(2)}
    assert len(receipts) == 1
    world.clock.move(timedelta(minutes=2))
    await world.slot()
    for rep in REPS:
        listed = await acts.say(rep, "cases")
        assert names(listed).count("open") == 1
    assert STORY in shown(await acts.visit("somebody", receipts.pop()))
