"""The first pulse: chosen while a community is set up, it begins by itself as soon as it can.

Where the community is open already the world begins on Monday 1 June at 07:30, ten days after.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.chat import Here, Reply, Rows, line
from bot.domain.communities import Community, FirstPulse, RoomKind
from bot.domain.polls import Every, Pulse
from bot.ports import Noted
from bot.services.polls.opening import MOST_RUNNING
from bot.settings import Where
from storage.engine import open_engine
from storage.work import work_on
from tests.fakes.acts import Acts, names
from tests.fakes.agreeing import MODERATORS, agreed, lately, second
from tests.fakes.world import World, caller, new_world
from tests.journeys.asking import planned
from tests.journeys.reading import ORGANISER, WORKER, errors, fields, labels, text
from tests.journeys.test_setting_up import Chat, answered, there

OSKAR, LEILA = MODERATORS
ASKED: dict[str, Any] = {
    "bank": ["recommend", "stay"],
    "every": "weekly",
    "days": "3",
    "comment": "no",
}
CHOSEN = FirstPulse(("recommend", "stay"), "weekly", 3, comment=False)


async def chosen(oskar: Chat, **changes: Any) -> Reply:
    """A moderator chooses it on the card of defaults."""
    await oskar.say("setup")
    await oskar.press("setup_rest")
    await oskar.press("setup_pulse")
    return await oskar.submit(**(ASKED | changes))


async def counted(oskar: Chat, members: int) -> None:
    await oskar.say("setup")
    await oskar.press("setup_rest")
    await oskar.press("setup_figures")
    await oskar.submit(members=str(members), floor="5")


async def opens(oskar: Chat) -> None:
    await oskar.say("setup")
    await oskar.press("setup_open")
    await oskar.press("open_community")


def on_card(reply: Reply) -> list[str]:
    """The keys of what the card of defaults says of it."""
    for card in reply.cards:
        for one in card.fields:
            if one.label == line("rest.pulse"):
                assert isinstance(one.value, Rows)
                return [said.key for said in one.value.lines]  # type: ignore[union-attr]  # lines are what it has
    raise LookupError


async def here(oskar: Chat) -> Here:
    return await oskar.world.bot.communities.meet(oskar.at)


def waves(world: World) -> list[str]:
    """Where waves were told of."""
    return [room for room, card in world.post.rooms if card.title.key == "pulse.wave"]


async def pulses(world: World, community: Community) -> list[Pulse]:
    """Those that are planned."""
    engine = open_engine(world.where.database)
    async with work_on(engine)() as work:
        found = await work.polls.pulses(community.id)
    await engine.dispose()
    return [pulse for pulse, _ in found]


# From nothing -----------------------------------------------------------------------------------------


async def test_what_was_chosen_begins_with_the_opening(world: World) -> None:
    oskar = await answered(world)
    await counted(oskar, 30)
    await chosen(oskar)
    assert oskar.said == ["changed.title", "changed.held"]
    await oskar.say("setup")
    await oskar.press("setup_rest")
    assert on_card(oskar.last) == ["value.pulse", "planned.open", "first_pulse.begins"]
    await oskar.say("setup")
    await oskar.press("setup_open")
    assert "first_pulse.begins" in oskar.said
    await oskar.press("open_community")
    assert oskar.said[-1] == "first_pulse.now"
    opened = world.clock.now()
    for _ in range(3):
        await world.bot.tick()
    assert waves(world) == ["dockside-general"]
    community = (await here(oskar)).community
    assert community.first_pulse is None
    (pulse,) = await pulses(world, community)
    assert (pulse.bank, pulse.every, pulse.days) == (CHOSEN.bank, Every.WEEKLY, 3)
    assert opened - timedelta(hours=1) < pulse.first <= opened
    assert pulse.zone == "Europe/Berlin"
    await oskar.say("setup")
    await oskar.press("setup_rest")
    assert on_card(oskar.last) == ["first_pulse.theirs"]
    assert "setup_pulse" not in oskar.ids
    noor = Chat(world, "noor-haddad")
    await noor.say("pulse")
    assert noor.last.form is not None
    assert [one.id for one in noor.last.form.questions] == ["q1", "q2"]
    await world.live(days=7)
    assert waves(world) == ["dockside-general"] * 3, "the first, its reminder, the second"


async def test_nothing_chosen_is_nothing_begun(world: World) -> None:
    oskar = await answered(world)
    await counted(oskar, 30)
    await oskar.say("setup")
    await oskar.press("setup_rest")
    assert on_card(oskar.last) == ["first_pulse.none"]
    await opens(oskar)
    assert not any(key.startswith("first_pulse") for key in oskar.said)
    await world.live(days=10)
    assert waves(world) == []
    assert await pulses(world, (await here(oskar)).community) == []


async def test_it_can_be_chosen_otherwise_and_not_at_all_until_the_opening(world: World) -> None:
    oskar = await answered(world)
    await counted(oskar, 30)
    await chosen(oskar)
    await oskar.say("setup")
    await oskar.press("setup_rest")
    await oskar.press("setup_pulse")
    assert oskar.last.form is not None
    filled_in = {one.id: one.value for one in oskar.last.form.questions}
    assert filled_in == ASKED | {"bank": tuple(ASKED["bank"])}
    await oskar.submit(**(ASKED | {"bank": []}))
    assert (await here(oskar)).community.first_pulse is None
    await opens(oskar)
    await world.live(days=2)
    assert waves(world) == []


async def test_where_it_cannot_begin_the_opening_and_the_status_say_so(world: World) -> None:
    oskar = await answered(world)
    await chosen(oskar)
    await oskar.say("setup")
    await oskar.press("setup_open")
    assert "first_pulse.waits" in oskar.said
    await oskar.press("open_community")
    assert oskar.said[-1] == "first_pulse.waits"
    await world.live(days=9)
    assert waves(world) == []
    await oskar.say("setup", "status")
    found = [(one.label, one.value) for card in oskar.last.cards for one in card.fields]
    told = (line("finding.pulse_members"), Rows((line("remedy.pulse_members"),)))
    assert told in found
    assert line("finding.pulse_room") not in [label for label, _ in found]
    await oskar.say("setup")
    await oskar.press("setup_rest")
    assert on_card(oskar.last)[-1] == "first_pulse.waits"


async def test_only_a_moderator_chooses_it(world: World) -> None:
    oskar = await answered(world)
    form = await world.bot.door.begin("setup_pulse", there("noor-haddad"))
    assert form.form is None
    await chosen(oskar)
    forged = await world.bot.door.submit("setup_pulse", there("ines-moreau"), "", ASKED)
    assert [one.key for one in forged.cards[0].lines] == ["refused.not_allowed"]


# Open, and it waits -----------------------------------------------------------------------------------


def waiting(**changes: Any) -> Any:
    """The seeded community, open for ten days, with a first pulse that could not begin."""

    def change(seeded: Community) -> Community:
        return replace(lately(seeded), first_pulse=CHOSEN, **({"members": 5} | changes))

    return change


def without_room(seeded: Community) -> Community:
    (space,) = seeded.spaces
    rooms = {kind: room for kind, room in space.rooms.items() if kind is not RoomKind.BULLETIN}
    return replace(waiting(members=30)(seeded), spaces=(replace(space, rooms=rooms),))


@asynccontextmanager
async def open_world(where: Where, change: Any) -> AsyncIterator[Acts]:
    async with new_world(where, change=change) as world:
        yield Acts(world)
        assert [facts for event, facts in world.log.lines if event is Noted.BUG] == []


async def asked_for(acts: Acts, name: str, who: str = OSKAR, **answers: Any) -> Reply:
    return await acts.fill(who, await acts.world.bot.door.begin(name, caller(who)), **answers)


async def status(acts: Acts) -> dict[str, str]:
    return fields(await acts.say(OSKAR, "setup", "status"))


async def community(acts: Acts) -> Community:
    return (await acts.world.bot.communities.meet(caller(WORKER))).community


async def test_it_begins_once_two_moderators_count_enough_members(where: Where) -> None:
    async with open_world(where, waiting()) as acts:
        title = "The first pulse cannot begin: fewer than 10 members"
        assert (await status(acts))[title].startswith('Say under "The rest"')
        await asked_for(acts, "setup_figures", members="30", floor="5")
        await agreed(acts.world)
        for _ in range(3):
            await acts.world.bot.tick()
        assert waves(acts.world) == ["general"]
        assert len(await pulses(acts.world, await community(acts))) == 1
        assert title not in await status(acts)
        listed = await acts.say(ORGANISER, "poll", "list")
        assert "End pulse 2" in " ".join(labels(listed)), "it is the organisers' now"


async def test_it_begins_once_there_is_a_room_for_bulletins(where: Where) -> None:
    async with open_world(where, without_room) as acts:
        title = "The first pulse cannot begin: no room for bulletins"
        assert (await status(acts))[title].startswith("Type /setup in the room")
        at = replace(caller(OSKAR), room="general")
        await acts.world.bot.door.begin("room", at, "bulletin")
        await second(acts.world)
        # Nobody could be told: after two weeks it holds all the same.
        await acts.world.live(days=20)
        for _ in range(3):
            await acts.world.bot.tick()
        assert waves(acts.world)[:1] == ["general"]
        assert title not in await status(acts)


async def test_while_it_waits_another_choice_is_a_change_like_any_other(where: Where) -> None:
    async with open_world(where, waiting()) as acts:
        reply = await asked_for(acts, "setup_pulse", **(ASKED | {"every": "monthly"}))
        (what,) = fields(reply).values()
        assert what.splitlines()[0] == (
            "The first pulse: Every month: Would you tell a friend to work there and Still there in a year"
        )
        await agreed(acts.world)
        now = (await community(acts)).first_pulse
        assert now is not None
        assert now.every == "monthly"
        reply = await asked_for(acts, "setup_pulse", LEILA, **(ASKED | {"bank": []}))
        (what,) = fields(reply).values()
        assert what.splitlines()[0] == "The first pulse: none"
        await agreed(acts.world)
        assert (await community(acts)).first_pulse is None
        await asked_for(acts, "setup_figures", members="30", floor="5")
        await agreed(acts.world)
        await acts.world.live(days=2)
        assert waves(acts.world) == []


async def test_a_change_of_what_has_begun_meanwhile_ends(where: Where) -> None:
    async with open_world(where, waiting()) as acts:
        await asked_for(acts, "setup_figures", members="30", floor="5")
        await acts.world.bot.tick()  # everybody is told
        await acts.world.live(hours=1)
        await asked_for(acts, "setup_pulse", **(ASKED | {"days": "7"}))
        await agreed(acts.world)
        assert (await community(acts)).first_pulse is None
        (pulse,) = await pulses(acts.world, await community(acts))
        assert pulse.days == 3
        ended = [text(Reply((card,))) for room, card in acts.world.post.rooms if room == "general"]
        assert any("It will not happen: The first pulse." in one for one in ended)


async def test_an_open_community_that_has_none_gets_its_pulses_from_organisers(
    where: Where,
) -> None:
    async with open_world(where, lately) as acts:
        rest = await acts.world.bot.door.begin("setup_rest", caller(OSKAR))
        assert "setup_pulse" not in names(rest)
        assert fields(rest)["First pulse"].startswith("Pulses are the organisers'")
        back = await asked_for(acts, "setup_pulse", **ASKED)
        (why,) = errors(back).values()
        assert why.startswith("There is no first pulse to choose any more")


async def test_one_that_waits_has_its_place_among_what_runs(where: Where) -> None:
    async with open_world(where, without_room) as acts:
        for _ in range(MOST_RUNNING - 1):
            last = await planned(acts, start="2026-07-01")
            assert text(last)[0] == "The pulse is planned"
        (why,) = errors(await planned(acts, start="2026-07-01")).values()
        assert why.startswith(f"At most {MOST_RUNNING} ")


@pytest.mark.parametrize("every", ["weekly", "fortnightly", "monthly"])
async def test_a_wave_closes_before_the_next_one_opens(world: World, every: str) -> None:
    oskar = await answered(world)
    most = {"weekly": 7, "fortnightly": 14, "monthly": 28}[every]
    await chosen(oskar, every=every, days=str(most + 1))
    assert oskar.last.form is not None
    assert {id: one.key for id, one in oskar.last.form.errors.items()} == {"days": "invalid.days"}
    await oskar.submit(**(ASKED | {"every": every, "days": str(most)}))
    assert oskar.said == ["changed.title", "changed.held"]
