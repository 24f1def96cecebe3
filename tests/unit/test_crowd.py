"""The crowd answers through the same door as everybody, everything that is open, in varied words."""

from adapters.sandbox.crowd import COMMENTS, Crowd
from tests.fakes.acts import Acts
from tests.fakes.world import CountedChance, World
from tests.journeys.asking import opened, planned, results
from tests.journeys.reading import ORGANISER, fields


def crowd(world: World) -> Crowd:
    return Crowd(world.bot.door, CountedChance("crowd"))


async def test_where_nothing_is_open_nobody_answers(world: World) -> None:
    assert await crowd(world).answer(5) == (0, 0)


async def test_a_form_of_every_kind_is_answered_as_it_asks(world: World) -> None:
    acts = Acts(world)
    for kind, options in (
        ("single", "Tea\nCoffee"),
        ("multiple", "Tea\nCoffee\nWater\n1"),
        ("scale", ""),
        ("nps", ""),
        ("yes_no", ""),
        ("ranked", "Tea\nCoffee\nWater"),
    ):
        await opened(acts, kind, options, days="1")
    assert await crowd(world).answer(8) == (8, 0)
    await world.live(days=1, hours=1)
    assert len(results(acts)) == 6
    assert not any("fewer than" in " ".join(fields(one).values()) for one in results(acts))


async def test_a_pulse_of_many_questions_and_a_comment_is_answered_whole(world: World) -> None:
    acts = Acts(world)
    await planned(acts, bank=["stay", "recommend", "stress"], comment="yes")
    assert await crowd(world).answer(12) == (12, 0)
    await world.live(days=4)
    view = await acts.press(ORGANISER, await acts.say(ORGANISER, "poll", "results"), "results")
    comments = await acts.press(ORGANISER, view, "comments")
    assert set(fields(comments).values()) <= set(COMMENTS) - {""}


async def test_everyone_in_the_crowd_is_somebody_else(world: World) -> None:
    acts = Acts(world)
    await opened(acts, days="1")
    mine = crowd(world)
    assert [await mine.answer(3) for _ in range(2)] == [(3, 0), (3, 0)]
    await world.live(days=1, hours=1)
    assert "fewer than" not in " ".join(fields(results(acts)[-1]).values())
