"""What a community's steps must be, and that one that reaches nobody is not founded."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.sandbox import people
from bot.domain.communities import Community, Policy, Role, Step, Target
from bot.domain.errors import Invalid
from tests.fakes.world import World

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize("length", [90 * MINUTE, HOUR + timedelta(seconds=1), 24 * HOUR - MINUTE])
def test_a_step_lasts_whole_hours_and_is_told_again_after_whole_hours(length: timedelta) -> None:
    for within, repeat in ((length, None), (HOUR, length)):
        with pytest.raises(Invalid) as refused:
            Step(Target.ON_DUTY, within, repeat)
        assert (refused.value.field, refused.value.reason) == ("steps", "invalid.whole_hours")


@pytest.mark.parametrize("length", [HOUR, 2 * HOUR, 24 * HOUR, 30 * 24 * HOUR])
def test_whole_hours_are_taken(length: timedelta) -> None:
    assert Step(Target.ON_DUTY, length, length).within == length


def _another(world: World) -> Community:
    chance = world.chance
    new = people.community(lambda: chance.bytes(16).hex(), "OTHER234", world.clock.now())
    return replace(new, spaces=tuple(replace(one, address="other") for one in new.spaces))


async def test_a_community_with_a_step_that_reaches_nobody_is_not_founded(world: World) -> None:
    new = _another(world)
    reps = tuple(one for one in new.staff if Role.ORGANISER not in one.roles)
    before = await world.bot.communities.ids()
    with pytest.raises(Invalid) as refused:
        await world.bot.communities.found(replace(new, staff=reps))
    assert (refused.value.reason, refused.value.facts) == ("invalid.step_reaches_nobody", {"n": 3})
    with pytest.raises(Invalid) as refused:
        nowhere = Policy(new.policy.steps, outside_body="")
        await world.bot.communities.found(replace(new, policy=nowhere))
    assert refused.value.reason == "invalid.no_outside_body"
    assert await world.bot.communities.ids() == before


async def test_who_will_hold_a_role_is_reached_and_who_held_it_is_not(world: World) -> None:
    new = _another(world)

    def moved(by: timedelta) -> Community:
        staff = (
            replace(
                one,
                roles=frozenset(),
                grants=tuple(
                    replace(grant, begins=grant.begins + by, ends=grant.ends + by)
                    for grant in one.grants
                ),
            )
            for one in new.staff
        )
        return replace(new, staff=tuple(staff))

    with pytest.raises(Invalid):
        await world.bot.communities.found(moved(timedelta(days=-4000)))
    await world.bot.communities.found(moved(timedelta(days=30)))
    assert new.id in await world.bot.communities.ids()
