"""An open community is changed by two, after everybody was told: asked, seconded, withdrawn, lapsed.

The world begins on Monday 1 June at 07:30, ten days after the opening. Oskar and Leila were
moderators then; Ada has been one for five days.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox import people
from bot.chat import Caller, Reply
from bot.domain.communities import Community, Grant, Role, RoomKind, Staff, Trust
from bot.domain.communities.staff import roles_at
from bot.ports import Noted
from bot.settings import Where
from tests.fakes.acts import Acts, names
from tests.fakes.agreeing import ADA, MODERATORS, agreed, lately, many_asked_for
from tests.fakes.world import MONDAY as START
from tests.fakes.world import caller, folders, new_world
from tests.journeys.reading import ON_DUTY, ORGANISER, WORKER, errors, fields, labels, text, typed

OSKAR, LEILA = MODERATORS
NEWCOMER = "quincy-newcomer-77"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONG = timedelta(days=400)
BODY = "The union, every Tuesday"
HELD_ON = "Thursday 4 June, 07:30 (UTC)"  #: 72 hours after the beginning
WAITS = f"The outside body: from {HELD_ON} at the earliest"
HOLDS = "The outside body: since 4 June 2026"
NOT_YOU = (
    "Another moderator must do this: not whoever asked for it, nor whose own role it is about, and "
    "somebody who has been one for 30 days."
)
GONE = "This change holds already or was withdrawn. Type /setup to see what is so now."


@pytest.fixture
async def acts(where: Where) -> AsyncIterator[Acts]:
    async with new_world(where, change=lately) as world:
        yield Acts(world)
        assert [facts for event, facts in world.log.lines if event is Noted.BUG] == []


@asynccontextmanager
async def with_staff(
    folder: Path, **moderators: tuple[timedelta, timedelta]
) -> AsyncIterator[Acts]:
    """A world in which these are its moderators, each from and until so long after the beginning."""

    def change(seeded: Community) -> Community:
        community = lately(seeded)

        def changed(one: Staff) -> Staff:
            given = moderators.get(one.name.split()[0].lower())
            others = tuple(grant for grant in one.grants if grant.role is not Role.MODERATOR)
            new = (Grant(Role.MODERATOR, START + given[0], START + given[1]),) if given else ()
            grants = (*others, *new)
            return replace(one, grants=grants, roles=roles_at(grants, START))

        staff = (changed(one) for one in community.staff)
        return replace(community, staff=tuple(one for one in staff if one.grants))

    async with new_world(folders(folder), change=change) as world:
        yield Acts(world)


async def form(acts: Acts, who: str, name: str) -> Reply:
    return await acts.world.bot.door.begin(name, caller(who))


async def end(acts: Acts, who: str, name: str, role: str) -> Reply:
    """Somebody asks that somebody's role end."""
    shown = await form(acts, who, "end_role")
    one = next(one for one in (await community(acts)).staff if one.name == name)
    subject = shown.form.subject if shown.form else ""
    answers = {"who": f"{one.id}/{role}"}
    return await acts.world.bot.door.submit("end_role", caller(who), subject, answers)


async def outside(acts: Acts, who: str = OSKAR, body: str = BODY) -> Reply:
    """Somebody asks for another outside body; everybody is told."""
    reply = await acts.fill(who, await form(acts, who, "setup_outside"), body=body)
    await acts.world.bot.tick()
    return reply


async def move(acts: Acts, **by: float) -> None:
    await acts.world.live(**by)


async def community(acts: Acts) -> Community:
    return (await acts.world.bot.communities.meet(caller("anyone"))).community


def room(acts: Acts, title: str = "A change of this community") -> list[str]:
    """What the bulletin room heard of changes."""
    cards = [Reply((card,)) for who, card in acts.world.post.rooms if who == "general"]
    return [text(card)[1] for card in cards if text(card)[0] == title]


async def everywhere(acts: Acts) -> tuple[bool, bool, bool]:
    """Whether a change of the outside body is named in /about, on the label and in the bulletin."""
    about = fields(await acts.say(WORKER, "about")).get("Changes to come, and lately", "")
    label = " ".join(text(await acts.say(WORKER, "grievance")))
    cards = [card for who, card in acts.world.post.rooms if who == "general"]
    weekly = [text(Reply((card,))) for card in cards if card.title.key == "bulletin.title"]
    named = "The outside body:" in " ".join(weekly[-1]) if weekly else False
    return "The outside body" in about, "The outside body. More under" in label, named


# Asked, told, held ------------------------------------------------------------------------------------


async def test_what_is_asked_waits_and_everybody_is_told(acts: Acts) -> None:
    before = await community(acts)
    reply = await outside(acts)
    assert text(reply) == [
        "Waiting",
        f"Another moderator must agree with /setup approve. It holds at the earliest on {HELD_ON}, "
        "and everybody is told.",
    ]
    assert fields(reply) == {
        f"1. Not before {HELD_ON}": f"The outside body: {BODY}\n"
        "Asked for by Oskar Brandt. Another moderator must agree."
    }
    assert names(reply) == ["withdraw", "setup"]
    assert room(acts) == [
        f"It is asked for: The outside body. It holds on {HELD_ON} at the earliest, once another "
        "moderator agrees. Whoever is against it can tell a moderator."
    ]
    assert [(who, text(Reply((card,)))[1]) for who, card in acts.world.post.people] == [
        (
            LEILA,
            f"A change waits for another moderator: The outside body. It can hold on {HELD_ON} at "
            "the earliest. Look at it, and agree or withdraw it.",
        )
    ]
    assert await community(acts) == before


async def test_it_is_named_in_about_on_the_label_and_in_the_weekly_bulletin_for_30_days(
    acts: Acts,
) -> None:
    assert await everywhere(acts) == (False, False, False)
    await outside(acts)
    assert fields(await acts.say(WORKER, "about"))["Changes to come, and lately"] == WAITS
    await acts.world.slot()
    assert await everywhere(acts) == (True, True, True)
    await acts.say(LEILA, "setup", "approve")
    await move(acts, hours=71)
    assert (await community(acts)).policy.outside_body == BODY
    assert room(acts)[1:] == ["It holds from now on: The outside body."]
    assert fields(await acts.say(WORKER, "about"))["Changes to come, and lately"] == HOLDS
    await move(acts, days=29)
    assert await everywhere(acts) == (True, True, True)
    await move(acts, days=8)
    assert await everywhere(acts) == (False, False, False)
    assert len(room(acts)) == 2


async def test_it_holds_72_hours_after_its_notice_and_not_a_second_sooner(acts: Acts) -> None:
    await outside(acts)
    reply = await acts.say(LEILA, "setup", "approve")
    assert text(reply) == [
        "Agreed",
        f"The outside body: {BODY}",
        f"It holds from {HELD_ON} on, unless a moderator withdraws it.",
    ]
    acts.world.clock.at = START + 3 * DAY - timedelta(seconds=1)
    await acts.world.bot.tick()
    assert (await community(acts)).policy.outside_body != BODY
    acts.world.clock.at = START + 3 * DAY
    await acts.world.bot.tick()
    assert (await community(acts)).policy.outside_body == BODY


async def test_seconded_after_the_72_hours_it_holds_at_once(acts: Acts) -> None:
    await outside(acts)
    await move(acts, days=5)
    assert text(await acts.say(LEILA, "setup", "approve")) == ["Agreed", "It holds from now on."]
    assert (await community(acts)).policy.outside_body == BODY


async def test_who_asked_and_who_is_new_cannot_be_the_second(acts: Acts) -> None:
    reply = await outside(acts)
    id = next(one.subject for one in reply.cards[0].buttons if one.name == "withdraw")
    id = id.removeprefix("setup.")
    for who in (OSKAR, ADA):
        assert text(await acts.world.bot.door.begin("approve", caller(who), id)) == [
            "Not done",
            NOT_YOU,
        ]
        shown = await acts.press(who, await acts.say(who, "setup"), "setup_changes")
        assert names(shown) == ["withdraw", "setup"]
        assert text(await acts.say(who, "setup", "approve"))[0] == "Changes that wait"
    for who in (WORKER, ON_DUTY, ORGANISER):
        for name in ("approve", "withdraw_change"):
            refused = text(await acts.world.bot.door.begin(name, caller(who), id))
            assert refused[1].startswith("That is for staff of this community.")
    shown = await acts.press(LEILA, await acts.say(LEILA, "setup"), "setup_changes")
    assert names(shown) == ["approve", "withdraw", "setup"]


@pytest.mark.parametrize("forged", ["0" * 32, "x", "a" * 26, "1; DROP", "💥"])
async def test_a_forged_change_is_none(acts: Acts, forged: str) -> None:
    await outside(acts)
    for name in ("approve", "withdraw_change"):
        reply = await acts.world.bot.door.begin(name, caller(LEILA), forged)
        assert text(reply) == ["Not done", GONE]
    assert len(room(acts)) == 1


async def test_any_other_moderator_withdraws_it_and_everybody_is_told(acts: Acts) -> None:
    await outside(acts)
    await acts.say(LEILA, "setup", "approve")
    shown = await acts.press(ADA, await acts.say(ADA, "setup"), "setup_changes")
    reply = await acts.press(ADA, shown, "withdraw")
    assert text(reply)[0] == "Withdrawn"
    await move(acts, days=4)
    assert room(acts)[1:] == ["It will not happen: The outside body."]
    assert (await community(acts)).policy.outside_body != BODY
    assert await everywhere(acts) == (False, False, False)
    assert text(await acts.say(LEILA, "setup", "approve"))[1] == "No change waits."


async def test_what_nobody_seconds_lapses_after_14_days(acts: Acts) -> None:
    await outside(acts)
    await move(acts, days=13, hours=23)
    assert len(room(acts)) == 1
    await move(acts, hours=1)
    assert len(room(acts)) == 2
    assert text(await acts.say(LEILA, "setup", "approve"))[1] == "No change waits."


async def test_after_14_days_without_the_clock_nobody_seconds_it_either(acts: Acts) -> None:
    await outside(acts)
    acts.world.clock.move(20 * DAY)
    shown = await acts.say(LEILA, "setup", "approve")
    assert text(shown)[0] == "Changes that wait"
    (id,) = [one.id for one in (await acts.world.bot.communities.meet(caller(LEILA))).pending]
    assert text(await acts.world.bot.door.begin("approve", caller(LEILA), id)) == [
        "Not done",
        NOT_YOU,
    ]
    await acts.world.bot.tick()
    assert (await community(acts)).policy.outside_body != BODY


async def test_after_days_off_the_room_hears_of_it_first_and_has_its_72_hours(acts: Acts) -> None:
    await acts.fill(OSKAR, await form(acts, OSKAR, "setup_outside"), body=BODY)
    await acts.say(LEILA, "setup", "approve")
    acts.world.clock.move(6 * DAY)  # nothing ran: nobody was told
    assert room(acts) == []
    await acts.world.bot.tick()
    assert len(room(acts)) == 1
    await move(acts, hours=71)
    assert (await community(acts)).policy.outside_body != BODY
    assert fields(await acts.say(WORKER, "about"))["Changes to come, and lately"] != WAITS
    await move(acts, hours=1)
    assert (await community(acts)).policy.outside_body == BODY


async def test_of_many_changes_each_has_a_number_and_eight_are_shown(acts: Acts) -> None:
    await many_asked_for(acts.world, OSKAR)
    setup = await acts.say(LEILA, "setup")
    assert names(setup).count("setup_changes") == 1
    assert not {"approve", "withdraw"} & set(names(setup))
    shown = await acts.press(LEILA, setup, "setup_changes")
    said = [one.partition(".")[0] for one in fields(shown)]
    assert said == [str(n) for n in range(1, 9)]
    pairs = [(f"Agree to {n}", f"Withdraw {n}") for n in said]
    assert labels(shown) == [*(one for pair in pairs for one in pair), "Set-up"]
    assert text(shown)[-1] == "2 more wait. They are shown as these are settled."


# Two hands at one thing -------------------------------------------------------------------------------


async def test_of_two_who_change_the_same_the_second_is_told_and_loses_nothing(acts: Acts) -> None:
    await outside(acts)
    reply = await acts.fill(LEILA, await form(acts, LEILA, "setup_outside"), body="Somebody else")
    assert errors(reply) == {
        "body": "This is being changed already. Wait until that holds, or withdraw it with /setup "
        "withdraw."
    }
    assert typed(reply, "body") == "Somebody else"
    assert len(room(acts)) == 1


async def test_a_form_that_was_filled_in_before_somebody_changed_something_comes_back(
    acts: Acts,
) -> None:
    mine = await form(acts, LEILA, "setup_figures")
    reply = await acts.fill(
        OSKAR, await form(acts, OSKAR, "setup_figures"), members="30", floor="9"
    )
    assert text(reply) == ["Changed", "It holds from now on."], "a higher floor is harmless"
    back = await acts.fill(LEILA, mine, members="30", floor="6")
    assert errors(back)["floor"].startswith("Another moderator changed something while you")
    assert (typed(back, "members"), typed(back, "floor")) == ("30", "6")
    assert (await community(acts)).floor == 9


async def test_of_one_form_what_is_harmless_holds_and_the_rest_waits(acts: Acts) -> None:
    shown = await form(acts, OSKAR, "setup_figures")
    reply = await acts.fill(OSKAR, shown, members="44", floor="9")
    assert text(reply)[:2] == ["Waiting", "Part of it holds from now on. The rest waits."]
    now = await community(acts)
    assert (now.floor, now.members) == (9, 30)


async def test_where_digests_come_is_one_setting_whoever_asks(acts: Acts) -> None:
    there = Caller(people.PLATFORM, people.SPACE, OSKAR, room="square", member_since=people.JOINED)
    await acts.world.bot.door.begin("room", there, "organisers")
    shown = await acts.say(ORGANISER, "digest", "set")
    answers = {one.id: one.value for one in shown.form.questions} if shown.form else {}
    reply = await acts.fill(ORGANISER, shown, **(answers | {"addresses": "ruth@example.org"}))
    assert errors(reply)["addresses"].startswith("Where the digest comes is being changed already.")


async def test_a_room_named_where_nobody_else_is_is_refused(acts: Acts) -> None:
    for kind in RoomKind:
        reply = await acts.world.bot.door.begin("room", caller(OSKAR), kind.value)
        assert text(reply)[0] == "Not done"
    assert room(acts) == []


async def test_the_bulletin_room_is_not_taken_away_by_another_use(acts: Acts) -> None:
    there = Caller(people.PLATFORM, people.SPACE, OSKAR, room="general", member_since=people.JOINED)
    for kind in ("staff", "organisers"):
        reply = await acts.world.bot.door.begin("room", there, kind)
        assert text(reply)[1].startswith("Everybody reads bulletins in this room.")


# What became impossible -------------------------------------------------------------------------------


async def test_what_became_impossible_while_it_waited_ends_and_stops_nothing_else(
    acts: Acts,
) -> None:
    """A staff room in a place that by then an employer reads."""
    first = {"name": "Harbour Tech Workers", "you": "Oskar Brandt", "language": "en", "zone": "UTC"}
    await acts.fill(OSKAR, await form(acts, OSKAR, "setup_first"), **first, trust="yes")
    there = Caller(people.PLATFORM, people.SPACE, LEILA, room="square", member_since=people.JOINED)
    await acts.world.bot.door.begin("room", there, "staff")
    await outside(acts)
    await agreed(acts.world)
    now = await community(acts)
    assert now.spaces[0].trust is Trust.EMPLOYER_OWNED
    assert now.spaces[0].rooms[RoomKind.STAFF] == "reps"
    assert now.policy.outside_body == BODY
    assert "It will not happen: What a room is for." in room(acts)


async def test_a_second_who_comes_too_late_for_it_is_told_so(acts: Acts) -> None:
    there = Caller(people.PLATFORM, people.SPACE, OSKAR, room="square", member_since=people.JOINED)
    await acts.world.bot.door.begin("room", there, "staff")
    first = {"name": "Harbour Tech Workers", "you": "Leila Farouk", "language": "en", "zone": "UTC"}
    await acts.fill(LEILA, await form(acts, LEILA, "setup_first"), **first, trust="yes")
    await acts.world.bot.tick()
    rooms, trust = sorted(
        (await acts.world.bot.communities.meet(caller(LEILA))).pending,
        key=lambda one: one.edit.kind,
    )
    await acts.world.bot.door.begin("approve", caller(OSKAR), trust.id)
    await move(acts, days=4)
    reply = await acts.world.bot.door.begin("approve", caller(LEILA), rooms.id)
    assert text(reply) == [
        "It cannot be done",
        "As things are now this change is not possible any more, so it was taken back. Everybody "
        "is told.",
    ]
    await acts.world.bot.tick()
    assert room(acts)[-1] == "It will not happen: What a room is for."


async def test_who_asked_and_is_a_moderator_no_more_takes_it_along(tmp_path: Path) -> None:
    both = {"oskar": (-40 * DAY, 2 * DAY), "leila": (-40 * DAY, LONG)}
    async with with_staff(tmp_path, **both) as acts:
        await outside(acts)
        await acts.say(LEILA, "setup", "approve")
        await move(acts, days=4)
        assert (await community(acts)).policy.outside_body != BODY
        assert room(acts)[1:] == ["It will not happen: The outside body."]


async def test_a_second_who_is_a_moderator_no_more_is_none_and_another_is_asked(
    tmp_path: Path,
) -> None:
    three = {"oskar": (-40 * DAY, LONG), "leila": (-40 * DAY, 2 * DAY), "ada": (-40 * DAY, LONG)}
    async with with_staff(tmp_path, **three) as acts:
        await outside(acts)
        await acts.say(LEILA, "setup", "approve")
        await move(acts, days=4)
        assert (await community(acts)).policy.outside_body != BODY
        cards = [(who, card) for who, card in acts.world.post.people if "asks" in card.lines[0].key]
        assert [who for who, _ in cards].count(ADA) == 2
        assert text(await acts.say(ADA, "setup", "approve")) == ["Agreed", "It holds from now on."]


# Roles ------------------------------------------------------------------------------------------------


async def test_the_last_moderator_cannot_go(tmp_path: Path) -> None:
    async with with_staff(tmp_path, oskar=(-40 * DAY, LONG)) as acts:
        reply = await end(acts, OSKAR, "Oskar Brandt", "moderator")
        assert errors(reply)["who"].startswith("This is the last moderator:")


@pytest.mark.parametrize(
    ("begins", "found"),
    [
        ({"oskar": -40}, ["Fewer than two moderators"]),
        ({"oskar": -5, "leila": -5}, ["Nobody can agree to a change"]),
        ({"oskar": -40, "leila": -5}, []),
    ],
)
async def test_who_has_no_second_moderator_is_told_to_ask_for_a_code_that_then_works(
    tmp_path: Path, begins: dict[str, int], found: list[str]
) -> None:
    who = {name: (days * DAY, LONG) for name, days in begins.items()}
    async with with_staff(tmp_path, **who) as acts:
        shown = fields(await acts.say(OSKAR, "setup", "status"))
        told = [one for one, said in shown.items() if "ask whoever runs the bot" in said.lower()]
        assert told == found
        claimed = await claim(acts, await a_code(acts))
        assert (claimed.form is None) == bool(found)


async def test_moderators_who_end_each_other_leave_one(tmp_path: Path) -> None:
    """Each was possible when it was asked for; the one that would leave nobody ends."""
    both = {"oskar": (-40 * DAY, LONG), "leila": (-40 * DAY, LONG)}
    async with with_staff(tmp_path, **both) as acts:
        await end(acts, LEILA, "Oskar Brandt", "moderator")
        await end(acts, OSKAR, "Leila Farouk", "moderator")
        await agreed(acts.world)
        assert len((await community(acts)).with_role(Role.MODERATOR)) == 1
        assert sorted(said.partition(":")[0] for said in room(acts)[2:]) == [
            "It holds from now on",
            "It will not happen",
        ]


async def test_an_ended_role_is_not_taken_up_again_with_its_old_card(acts: Acts) -> None:
    shown = await form(acts, OSKAR, "staff")
    await acts.fill(OSKAR, shown, person=NEWCOMER, name="Quincy", role="rep")
    await agreed(acts.world)
    (offer,) = [card for who, card in acts.world.post.people if who == NEWCOMER]
    assert text(await acts.press(NEWCOMER, Reply((offer,)), "accept"))[0] == "Welcome"
    await end(acts, OSKAR, "Quincy", "rep")
    await agreed(acts.world)
    again = await acts.press(NEWCOMER, Reply((offer,)), "accept")
    assert text(again)[1].startswith("This offer is over")
    assert text(await acts.say(NEWCOMER, "cases"))[0] == "Not done"


async def test_what_was_offered_before_the_opening_is_over_with_it(where: Where) -> None:
    def unopened(seeded: Community) -> Community:
        return replace(seeded, opened=None)

    async with new_world(where, change=unopened) as world:
        acts = Acts(world)
        for name in ("Early", "Late"):
            shown = await form(acts, OSKAR, "staff")
            person = f"{name.lower()}-riser"
            await acts.fill(OSKAR, shown, person=person, name=name, role="moderator")
        await world.bot.tick()
        cards = {who: Reply((card,)) for who, card in world.post.people}
        assert text(await acts.press("early-riser", cards["early-riser"], "accept"))[0] == "Welcome"
        await acts.press(OSKAR, await form(acts, OSKAR, "setup_open"), "open_community")
        late = await acts.press("late-riser", cards["late-riser"], "accept")
        assert text(late)[1].startswith("This offer is over")
        assert {"Early"} == {
            one.name for one in (await community(acts)).staff if one.name in ("Early", "Late")
        }


# The operator's code ----------------------------------------------------------------------------------


async def claim(acts: Acts, code: str, who: str = NEWCOMER) -> Reply:
    return await acts.world.bot.door.submit("claim", caller(who), "", {"code": code})


async def a_code(acts: Acts) -> str:
    (id,) = await acts.world.bot.communities.ids()
    return (await acts.world.bot.founding.code(7, id)).code


async def test_with_a_second_moderator_the_operators_code_is_worth_nothing(acts: Acts) -> None:
    code = await a_code(acts)
    for _ in range(2):
        reply = await claim(acts, code)
        assert errors(reply)["code"].startswith("There is another moderator who can agree")
    assert room(acts) == []


async def test_without_a_second_one_it_makes_one_after_72_hours(tmp_path: Path) -> None:
    async with with_staff(tmp_path, oskar=(-40 * DAY, LONG)) as acts:
        code = await a_code(acts)
        reply = await claim(acts, code)
        assert text(reply) == ["Waiting", f"It holds from {HELD_ON} on, and everybody is told."]
        again = await claim(acts, code, "somebody-else")
        assert list(errors(again)) == ["code"], "once"
        await acts.world.bot.tick()
        assert "Somebody is offered a role" in room(acts)[0]
        assert "Asked for with a code of the operator's." in str(
            fields(await acts.say(OSKAR, "setup", "approve"))
        )
        await move(acts, hours=71)
        assert [who for who, _ in acts.world.post.people if who == NEWCOMER] == []
        await move(acts, hours=1)
        (card,) = [card for who, card in acts.world.post.people if who == NEWCOMER]
        assert text(await acts.press(NEWCOMER, Reply((card,)), "accept"))[0] == "Welcome"
        await outside(acts)
        refused = text(await acts.say(NEWCOMER, "setup", "approve"))
        assert refused[0] == "Changes that wait", "for 30 days"
        await acts.say(OSKAR, "setup", "withdraw")
        await outside(acts, NEWCOMER)
        assert text(await acts.say(OSKAR, "setup", "approve"))[0] == "Agreed"


async def test_the_only_moderator_can_withdraw_what_the_operator_asks(tmp_path: Path) -> None:
    async with with_staff(tmp_path, oskar=(-40 * DAY, LONG)) as acts:
        await claim(acts, await a_code(acts))
        assert text(await acts.say(OSKAR, "setup", "withdraw"))[0] == "Withdrawn"
        await move(acts, days=4)
        assert [who for who, _ in acts.world.post.people if who == NEWCOMER] == []


async def test_a_second_moderator_who_comes_meanwhile_ends_what_the_operator_asks(
    tmp_path: Path,
) -> None:
    both = {"oskar": (-40 * DAY, LONG), "leila": (DAY, LONG)}
    async with with_staff(tmp_path, **both) as acts:
        await claim(acts, await a_code(acts))
        await acts.world.bot.tick()
        await move(acts, days=4)
        assert [who for who, _ in acts.world.post.people if who == NEWCOMER] == []
        assert room(acts)[1:] == ["It will not happen: Somebody is offered a role."]


# Dates that people were told --------------------------------------------------------------------------


async def test_no_date_that_a_reporter_was_told_gets_later_with_another_calendar(
    acts: Acts,
) -> None:
    shown = await form(acts, OSKAR, "setup_slots")
    await acts.fill(OSKAR, shown, days=["tuesday"], hour="9")
    await agreed(acts.world)
    assert acts.world.clock.at == START + 3 * DAY
    preview = await acts.preview(WORKER)
    assert "Friday 5 June, 09:00 (UTC)" in str(text(preview)), "the slot that was next already"
    await acts.press(WORKER, preview, "send")
    acts.world.clock.at = START + 4 * DAY + 2 * HOUR
    await acts.world.bot.tick()
    assert names(await acts.say(ON_DUTY, "cases")).count("open") == 1
    assert "Tuesday 9 June, 09:00 (UTC)" in str(text(await acts.preview(WORKER)))


async def test_what_was_filed_before_crosses_when_it_was_told_to(acts: Acts) -> None:
    shown = await form(acts, OSKAR, "setup_slots")
    await acts.fill(OSKAR, shown, days=["sunday"], hour="23")
    await acts.world.bot.tick()
    await acts.say(LEILA, "setup", "approve")
    await move(acts, hours=60)
    await acts.file(WORKER)  # on Wednesday evening, for Friday
    await move(acts, hours=12)
    assert (await community(acts)).slots.weekdays == (6,)
    assert "open" not in names(await acts.say(ON_DUTY, "cases"))
    acts.world.clock.at = START + 4 * DAY + 2 * HOUR
    await acts.world.bot.tick()
    assert names(await acts.say(ON_DUTY, "cases")).count("open") == 1
