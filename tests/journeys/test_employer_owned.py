"""A community with a place that an employer may read: what is said there, and what never is.

The employer's place is the one everybody types in unless told otherwise; the other one is neutral.
Karim Benali and Ruth Adeyemi did not agree to be named where an employer reads.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.sandbox import people
from bot.chat import Caller, Reply
from bot.domain.communities import Community, RoomKind, Space, Trust
from bot.settings import Where
from tests.fakes.acts import STORY, Acts, button, names, shown
from tests.fakes.world import World, caller, new_world
from tests.journeys.reading import NAMES, ON_DUTY, REP, WORKER, errors, fields, text, typed

NOT_HERE = (
    "Staff work is not done in a place an employer may read. Please use your account elsewhere."
)


def with_an_employer(seeded: Community) -> Community:
    (first,) = seeded.spaces
    owned = replace(
        first,
        name="Workplace chat",
        trust=Trust.EMPLOYER_OWNED,
        rooms={RoomKind.BULLETIN: "work-general", RoomKind.STAFF: "work-reps"},
    )
    safe = Space(
        id="5" * 32,
        platform=people.PLATFORM,
        address="safe-town",
        name="Harbour elsewhere",
        trust=Trust.NEUTRAL,
        rooms={RoomKind.BULLETIN: "safe-general", RoomKind.STAFF: "safe-reps"},
    )
    staff = tuple(
        replace(one, named=one.named and one.name not in ("Karim Benali", "Ruth Adeyemi"))
        for one in seeded.staff
    )
    return replace(seeded, spaces=(owned, safe), staff=staff)


@pytest.fixture
async def acts(where: Where) -> AsyncIterator[Acts]:
    async with new_world(where, change=with_an_employer) as world:
        yield Acts(world)


def elsewhere(who: str) -> Caller:
    return Caller(people.PLATFORM, "safe-town", who)


async def desk(world: World, rep: str) -> Reply:
    """A rep's first case, opened in the neutral place."""
    listed = await world.bot.door.begin("cases", elsewhere(rep))
    return await world.bot.door.begin("open", elsewhere(rep), button(listed, "open").subject)


async def test_the_label_puts_elsewhere_first_and_warns(acts: Acts) -> None:
    label = await acts.say(WORKER, "grievance")
    assert names(label) == ["elsewhere", "continue"]
    assert [b.weight.value for b in label.cards[0].buttons] == ["primary", "plain"]
    assert label.cards[0].tone.value == "warning"
    assert text(label)[2] == (
        "An employer may read this place. Whoever runs this page can tell that you used this bot "
        "and may read what you type or choose. The bot is run by the test's operator."
    )
    neutral = await acts.world.bot.door.begin("grievance", elsewhere(WORKER))
    assert names(neutral) == ["continue", "elsewhere"]
    assert "An employer may read this place." not in shown(neutral)


async def test_elsewhere_files_nothing_and_names_the_safer_ways(acts: Acts) -> None:
    card = await acts.press(WORKER, await acts.say(WORKER, "grievance"), "elsewhere")
    said = text(card)
    assert "This community also meets here: Harbour elsewhere." in said
    assert "If you must not be found out: https://door.example" in said
    assert any("Harbour Law Centre" in line for line in said)
    assert said[-1] == "Nothing was filed."
    assert (names(card), card.form) == ([], None)
    await acts.world.slot()
    assert acts.world.post.people == []


async def test_staff_commands_are_refused_there_and_work_elsewhere(acts: Acts) -> None:
    await acts.file(WORKER)
    await acts.world.slot()
    for rep in (ON_DUTY, REP, "ruth-adeyemi"):
        assert text(await acts.say(rep, "cases")) == ["Not done", NOT_HERE]
    opened = await desk(acts.world, REP)
    assert STORY in fields(opened).values()
    number = button(opened, "reply").subject
    door = acts.world.bot.door
    for name in ("open", "acknowledge", "reply", "ask", "note", "resolve", "close", "next"):
        assert text(await door.begin(name, caller(REP), number)) == ["Not done", NOT_HERE]
        confirmed = await door.begin("confirm", caller(REP), f"{name}:{number}")
        assert text(confirmed) == ["Not done", NOT_HERE]
    said = await door.submit("reply", caller(REP), number, {"text": "From the wrong place."})
    assert text(said) == ["Not done", NOT_HERE]
    assert "From the wrong place." not in shown(await desk(acts.world, REP))


async def test_who_did_not_agree_to_be_named_is_left_out_by_role(acts: Acts) -> None:
    form = await acts.press(WORKER, await acts.say(WORKER, "grievance"), "continue")
    assert form.form is not None
    (asked,) = [one for one in form.form.questions if one.id == "exclude"]
    shown_there = shown(form)
    assert [name in shown_there for name in ("Ines Moreau", "Greta Holm")] == [True, True]
    assert [name in shown_there for name in ("Karim Benali", "Ruth Adeyemi")] == [False, False]
    assert "All reps who are not named here" in shown_there
    assert "All organisers who are not named here" in shown_there
    assert len(asked.options) == 4
    neutral = await acts.world.bot.door.begin("continue", elsewhere(WORKER))
    assert all(name in shown(neutral) for name in NAMES)
    assert "not named here" not in shown(neutral)


async def test_leaving_out_a_role_there_keeps_what_its_label_says(acts: Acts) -> None:
    """ "All reps who are not named here": Karim, not those who can be picked by name."""
    preview = await acts.preview(WORKER, exclude=["rep"])
    assert "Readers: Greta Holm (rep), Ines Moreau (rep), and organiser." in text(preview)
    await acts.press(WORKER, preview, "send")
    await acts.world.slot()
    assert STORY in fields(await desk(acts.world, ON_DUTY)).values()
    listed = await acts.world.bot.door.begin("cases", elsewhere(REP))
    assert text(listed) == ["Your cases", "Nothing waits for you."]


async def test_with_every_name_and_role_left_out_nothing_is_filed(acts: Acts) -> None:
    named = [await acts.staff("Ines Moreau"), await acts.staff("Greta Holm")]
    assert names(await acts.preview(WORKER, exclude=[*named, "rep"]))[0] == "send"
    refused = await acts.preview(WORKER, exclude=[*named, "rep", "organiser"])
    assert "Nobody would be left to read it" in errors(refused)["story"]
    assert typed(refused, "story") == STORY


async def test_names_are_told_there_only_of_those_who_agreed(acts: Acts) -> None:
    there = text(await acts.say(WORKER, "reps")), fields(await acts.say(WORKER, "reps"))
    assert there[1]["Reps"] == "Greta Holm (rep), Ines Moreau (rep), and rep"
    here = fields(await acts.world.bot.door.begin("reps", elsewhere(WORKER)))
    assert here["Reps"] == "Greta Holm (rep), Ines Moreau (rep), and Karim Benali (rep)"
    preview = await acts.preview(WORKER)
    assert "Karim Benali" not in shown(preview)
    assert "Ruth Adeyemi" not in shown(preview)


async def test_no_sentence_of_the_slot_comes_into_a_staff_room_there(acts: Acts) -> None:
    await acts.file(WORKER)
    await acts.world.slot()
    await acts.world.slot()
    rooms = [room for room, _ in acts.world.post.rooms]
    assert rooms.count("safe-reps") == 2
    assert "work-reps" not in rooms
    assert rooms.count("work-general") == 1  # the weekly bulletin, for workers


async def test_a_rep_is_told_of_a_case_where_the_employer_does_not_read(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await acts.world.slot()
    assert [to for to, _ in acts.world.post.people] == [ON_DUTY]
    opened = await desk(acts.world, REP)
    number = button(opened, "reply").subject
    said = {"text": "We shall raise it with them."}
    await acts.world.bot.door.submit("reply", elsewhere(REP), number, said)
    await acts.world.slot()
    view = await acts.visit(WORKER, receipt)
    assert "We shall raise it with them." in fields(view).values()
    assert "Karim Benali" not in shown(view)
    posted = [card for _, card in (*acts.world.post.people, *acts.world.post.rooms)]
    assert not any(STORY in repr(card) or number in repr(card) for card in posted)


async def test_a_change_names_nobody_there_who_did_not_agree_to_it(acts: Acts) -> None:
    door = acts.world.bot.door
    form = await acts.say("oskar-brandt", "setup", "staff")
    offered = {"person": "noor-haddad", "name": "Zora Planted", "role": "rep"}
    heard = [await acts.fill("oskar-brandt", form, **offered)]
    heard += [await acts.say("leila-farouk", "setup"), await acts.say("ines-moreau", "about")]
    known = await door.begin("setup", elsewhere("leila-farouk"), words="approve")
    heard.append(await acts.say("leila-farouk", "setup", "withdraw"))
    said = " ".join(shown(one) for one in heard)
    assert "only where no employer may read" in said
    for name in ("Zora Planted", "Karim Benali", "Ruth Adeyemi"):
        assert name not in said
    assert "Oskar Brandt" not in " ".join(shown(one) for one in heard[1:]), "but to himself"
    assert "Zora Planted" in shown(known)
