"""A clock that was set back: moderators find it, as a slot has happened that is still to come."""

from datetime import timedelta

from tests.fakes.acts import Acts, shown
from tests.fakes.world import World


async def test_status_finds_a_clock_that_was_set_back(world: World) -> None:
    acts = Acts(world)
    await world.slot()
    found = "The clock of the bot's machine is off"
    for back, told in ((timedelta(minutes=59), False), (timedelta(minutes=2), True)):
        world.clock.move(-back)
        status = await acts.say("oskar-brandt", "setup", "status")
        assert (found in shown(status)) == told
