"""Journey 5: a weekly pulse over some spaces of one community. One floor, one result, a card in each."""

from collections.abc import Sequence

from tests.fakes.slack_week import Town
from tests.journeys.over_slack import inputs
from tests.journeys.spaces import NO, YES, Asked

MIND_CHANGED = "no yes"
#: Who answers in the first, in any space between, and in the last, wave by wave: in none of them five
#: do, ever. First four or fewer; then five of eight, or four of seven, say yes; then as many say no.
WAVES = (
    ((MIND_CHANGED,), (YES,), (NO, NO)),
    ((MIND_CHANGED, YES, NO), (MIND_CHANGED,), (YES, YES, NO, NO)),
    ((NO, "yes no", YES), (NO,), (YES, MIND_CHANGED, NO, NO)),
)
STAY = "stay"  #: would you still be here in a year?


async def planned(town: Town) -> None:
    """By the organiser, on Slack: weekly, open for three days each, from the next hour."""
    organiser = town.person("organiser")
    await organiser.types("/poll", "pulse", town.organisers)
    (every,) = [one["element"] for one in inputs(organiser) if one["block_id"] == "every"]
    assert "weekly" in [one["value"] for one in every["options"]]
    asked = {"bank": [STAY], "every": "weekly", "days": "3", "start": "", "comment": "no"}
    assert "Then every week at the same hour." in await organiser.submits(**asked)
    await town.world.tick()


async def ended(town: Town) -> None:
    """So that the next test is asked its own alone."""
    organiser = town.person("organiser")
    await organiser.types("/poll", "close", town.organisers)
    await organiser.presses("close_poll")
    said = await organiser.presses("confirm")
    assert "The pulse has ended" in said, said
    await organiser.hand.close()


async def told(spaces: Sequence[Asked]) -> list[tuple[str, bool]]:
    return [await one.told() for one in spaces]


async def lives_through_a_pulse(town: Town, *spaces: Asked) -> None:
    """Three waves: too few, enough, and enough again."""
    await told(spaces)
    await planned(town)
    for number in range(1, len(WAVES) + 1):
        await lives_through_a_wave(town, number, *spaces)
    await ended(town)


async def lives_through_a_wave(town: Town, number: int, *spaces: Asked) -> None:
    """From its opening, at the end of the last one's week, to its results."""
    if number > 1:
        await town.world.live(days=4)
    for said, _ in await told(spaces):
        assert f"wave {number}" in said
        assert "a year from now?" in said
    first, between, last = WAVES[number - 1]
    given = (first, *(between for _ in spaces[2:]), last)
    for space, people in zip(spaces, given, strict=True):
        await space.answer(people)
    assert [said for said, _ in await told(spaces)] == [""] * len(spaces), "no live figures"
    await town.world.live(days=3)
    for said, drawn in await told(spaces):
        assert f"results, wave {number}" in said
        as_expected(number, said, drawn=drawn)


def as_expected(number: int, said: str, *, drawn: bool) -> None:
    """What every space is told of a wave, the same in each."""
    if number == 1:
        assert "withheld: fewer than 5 answers" in said
        assert "%" not in said
        assert not drawn
        return
    assert drawn, "a chart, where the floor allows one"
    yes, no = [("50-75 %", "25-50 %"), ("25-50 %", "50-75 %")][number - 2]
    for option, share in (("Yes", yes), ("No", no)):
        assert f"{option}: {share}" in said
    if number == 3:
        assert "wave 1 not shown, wave 2 50-75 %, and wave 3 25-50 %." in said
