"""A rep looks after their own duty: on, off, away, offers, swaps, quiet hours; and what is refused."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat import Caller, Reply
from bot.domain.communities import Community, Rota, Trust
from bot.settings import Where
from tests.fakes.acts import Acts, names
from tests.fakes.world import caller, new_world
from tests.journeys.reading import (
    ON_DUTY,
    REP,
    THIRD,
    WORKER,
    day,
    errors,
    fields,
    text,
    typed,
)

INES, KARIM, GRETA = "Ines Moreau (rep)", "Karim Benali (rep)", "Greta Holm (rep)"
NEXT_MONDAY, AFTER_THAT = "Monday 8 June, 09:00 (UTC)", "Monday 15 June, 09:00 (UTC)"
WEEK = {"from": "2026-06-08 09:00", "until": "2026-06-15 09:00"}


@pytest.fixture
async def turns(where: Where) -> AsyncIterator[Acts]:
    """The reps have the weeks in turn: Karim this one, then Greta, then Ines."""

    def in_turn(seeded: Community) -> Community:
        ids = {one.name.split()[0]: one.id for one in seeded.staff}
        order = tuple(ids[name] for name in ("Karim", "Greta", "Ines"))
        return replace(seeded, rota=Rota(order))

    async with new_world(where, change=in_turn) as world:
        world.clock.move(timedelta(hours=2))  # the week of Monday 1 June has begun
        await world.bot.tick()
        world.post.people.clear()
        yield Acts(world)


async def filled(acts: Acts, who: str, form: str, **answers: str) -> Reply:
    """A form of /duty, opened from its card and filled in; ``from_`` is the field ``from``."""
    given = {name.removesuffix("_"): value for name, value in answers.items()}
    return await acts.fill(who, await acts.press(who, await acts.say(who, "duty"), form), **given)


async def offered(acts: Acts, who: str, **answers: str) -> Reply:
    reply = await filled(acts, who, "offer", **answers)
    assert "is offered to the other reps" in " ".join(text(reply)), (text(reply), reply.form)
    return reply


def weeks(reply: Reply) -> list[str]:
    return [value for label, value in fields(reply).items() if label.startswith("Week from")]


def told(acts: Acts) -> list[tuple[str, str]]:
    """(to whom, what) since the last time."""
    found = [(who, text(Reply((card,)))[1]) for who, card in acts.world.post.people]
    acts.world.post.people.clear()
    return found


# The card ---------------------------------------------------------------------------------------


async def test_the_card_says_who_is_on_duty_and_the_next_four_weeks(turns: Acts) -> None:
    reply = await turns.say(REP, "duty")
    assert text(reply) == ["Your duty", f"On duty now: {KARIM}, until {NEXT_MONDAY}."]
    assert weeks(reply) == [KARIM, GRETA, INES, KARIM]
    assert fields(reply)["Your quiet hours"] == "None"
    assert names(reply) == ["off", "away", "offer", "quiet_hours", "bind", "hand_over_all"]
    assert names(await turns.say(THIRD, "duty"))[0] == "on"


@pytest.mark.parametrize("who", [WORKER, "ruth-adeyemi", "oskar-brandt"])
async def test_duty_is_for_reps_alone(turns: Acts, who: str) -> None:
    refused = ["Not done", "That is for staff of this community. What you can do here: /help"]
    for words in ("", "on", "off", "away", "quiet_hours"):
        assert text(await turns.say(who, "duty", words)) == refused
    for name in ("on", "off", "away", "offer", "take", "swap", "quiet_hours"):
        reply = await turns.world.bot.door.begin(name, caller(who), "x")
        assert text(reply) == refused


async def test_words_behind_the_command_are_its_buttons_and_nothing_else_is_read(
    turns: Acts,
) -> None:
    for form in ("away", "offer", "quiet_hours"):
        reply = await turns.say(THIRD, "duty", f" {form.upper()} ")
        assert reply.form is not None
        assert (reply.form.id, reply.cards) == (form, ())
    assert "You are on duty until" in text(await turns.say(THIRD, "duty", "on"))[1]
    assert text(await turns.say(REP, "duty", "hand_over_all"))[0] == "Are you sure?"
    ignored = await turns.say(THIRD, "duty", "on holiday with Sam")
    assert text(ignored)[0] == "Not read"
    assert "Sam" not in repr(ignored)
    assert fields(ignored)["Your quiet hours"] == "None"
    assert text(await turns.say(THIRD, "duty", "take"))[0] == "Your duty"
    assert text(await turns.say(THIRD, "duty", "swap"))[0] == "Your duty"


# On, off, away ----------------------------------------------------------------------------------


async def test_who_comes_on_duty_hears_cases_until_the_handover(turns: Acts) -> None:
    reply = await turns.press(THIRD, await turns.say(THIRD, "duty"), "on")
    assert text(reply)[1:] == [
        f"You are on duty until {NEXT_MONDAY}.",
        f"On duty now: {GRETA} and {KARIM}, until {NEXT_MONDAY}.",
    ]
    assert fields(await turns.say(WORKER, "reps"))["On duty"] == (
        f"{GRETA} and {KARIM}, until {NEXT_MONDAY}"
    )


async def test_coming_on_while_on_duty_changes_nothing(turns: Acts) -> None:
    before = (await _community(turns)).changes
    reply = await turns.world.bot.door.begin("on", caller(REP))
    assert text(reply)[1] == f"You are on duty until {NEXT_MONDAY}."
    assert (await _community(turns)).changes == before == ()


async def test_when_the_last_goes_off_the_reply_says_that_all_reps_hear(turns: Acts) -> None:
    reply = await turns.press(REP, await turns.say(REP, "duty"), "off")
    assert text(reply)[1:] == [
        f"You are off duty until {NEXT_MONDAY}.",
        f"From Monday 1 June, 09:30 (UTC) until {NEXT_MONDAY} nobody is on duty now. "
        "All reps hear cases at once then.",
        f"On duty now: Nobody until {NEXT_MONDAY}: all reps hear cases.",
    ]
    assert fields(await turns.say(WORKER, "reps"))["On duty"] == (
        f"Nobody until {NEXT_MONDAY}: all reps hear cases"
    )
    again = await turns.say(REP, "duty", "off")
    assert text(again)[1].startswith("You are not on duty now, so nothing was changed.")
    back = await turns.say(REP, "duty", "on")
    assert text(back)[1:] == [
        f"You are on duty until {NEXT_MONDAY}.",
        f"On duty now: {KARIM}, until {NEXT_MONDAY}.",
    ]


async def test_who_goes_off_beside_another_leaves_no_gap(turns: Acts) -> None:
    await turns.say(THIRD, "duty", "on")
    reply = await turns.say(REP, "duty", "off")
    assert "nobody" not in " ".join(text(reply))


async def test_days_away_are_said_kept_and_taken_back(turns: Acts) -> None:
    reply = await filled(turns, REP, "away", from_="2026-06-03", until="2026-06-04")
    away = ("Wednesday 3 June, 00:00 (UTC)", "Friday 5 June, 00:00 (UTC)")
    assert (
        text(reply)[1] == f"You are away from {away[0]} until {away[1]}. You are told nothing "
        "then. Cases you have taken stay with you unless you hand them over."
    )
    assert text(reply)[2].startswith(f"From {away[0]} until {away[1]} nobody is on duty now.")
    assert fields(reply)["You are away"] == f"From {away[0]} until {away[1]}"
    assert (
        weeks(reply)[0] == f"{KARIM}; from {away[0]}: nobody, so all reps; from {away[1]}: {KARIM}"
    )
    (person,) = [one for one in (await _community(turns)).staff if one.name == "Karim Benali"]
    assert len(person.days_off) == 1
    back = next(b for c in reply.cards for b in c.buttons if b.id.startswith("on:"))
    done = await turns.world.bot.door.begin(back.name, caller(REP), back.subject)
    assert text(done)[1] == "Done. You are not away then."
    assert weeks(done)[0] == KARIM


async def test_others_cannot_take_ones_days_away_back(turns: Acts) -> None:
    reply = await filled(turns, REP, "away", from_="2026-06-03", until="2026-06-04")
    back = next(b for c in reply.cards for b in c.buttons if b.id.startswith("on:"))
    refused = await turns.world.bot.door.begin(back.name, caller(THIRD), back.subject)
    assert text(refused)[0] == "Not done"
    assert "You are away" in fields(await turns.say(REP, "duty"))


# Offers and swaps -------------------------------------------------------------------------------


async def test_an_offered_shift_is_told_to_the_other_reps_and_taken_once(turns: Acts) -> None:
    await offered(turns, THIRD, **WEEK)
    assert weeks(await turns.say(THIRD, "duty"))[1] == GRETA
    await turns.world.bot.tick()
    cards = dict(turns.world.post.people)
    assert set(cards) == {ON_DUTY, REP}
    card = Reply((cards[REP],))
    assert names(card) == ["take", "swap"]
    assert f"{NEXT_MONDAY} until {AFTER_THAT}" in text(card)[1]
    taken = await turns.press(REP, card, "take")
    assert text(taken)[1] == "Done. That shift is yours."
    assert weeks(taken)[:3] == [KARIM, KARIM, INES]
    for button in names(card):
        late = await turns.press(ON_DUTY, card, button)
        assert text(late)[1].startswith("That is not open any more")
    assert weeks(await turns.say(ON_DUTY, "duty"))[:3] == [KARIM, KARIM, INES]


async def test_who_offered_a_shift_is_told_who_took_it(turns: Acts) -> None:
    card = await offered(turns, THIRD, **WEEK)
    await turns.press(THIRD, card, "take")  # taken back: nobody needs to be told
    await offered(turns, THIRD, **WEEK)
    await turns.world.bot.tick()
    told(turns)
    await turns.press(REP, await turns.say(REP, "duty"), "take")
    await turns.world.bot.tick()
    assert told(turns) == [
        (THIRD, f"Your shift from {NEXT_MONDAY} until {AFTER_THAT} is {KARIM}'s now.")
    ]


async def test_who_offered_a_shift_is_told_what_they_have_for_it(turns: Acts) -> None:
    await offered(turns, THIRD, **WEEK)
    await turns.world.bot.tick()
    told(turns)
    reply = await turns.press(ON_DUTY, await turns.say(ON_DUTY, "duty"), "swap")
    await turns.world.bot.tick()
    ((who, card),) = turns.world.post.people
    assert who == THIRD
    assert text(Reply((card,)))[1:] == [
        f"Your shift from {NEXT_MONDAY} until {AFTER_THAT} is {INES}'s now.",
        f"For it you have theirs, from {AFTER_THAT} until Monday 22 June, 09:00 (UTC).",
    ]
    assert weeks(reply)[2] == GRETA


async def test_a_swap_gives_ones_own_next_shift_in_return(turns: Acts) -> None:
    await offered(turns, THIRD, **WEEK)
    reply = await turns.press(ON_DUTY, await turns.say(ON_DUTY, "duty"), "swap")
    assert text(reply)[1] == (
        "Done. That shift is yours, and yours from Monday 15 June, 09:00 (UTC) until "
        "Monday 22 June, 09:00 (UTC) is theirs."
    )
    assert weeks(reply) == [KARIM, INES, GRETA, KARIM]


async def test_ones_own_offer_is_taken_back_and_not_swapped(turns: Acts) -> None:
    card = await offered(turns, THIRD, **WEEK)
    (button,) = [b for c in card.cards for b in c.buttons if b.name == "take"]
    swapped = await turns.world.bot.door.begin("swap", caller(THIRD), button.subject)
    assert text(swapped)[1] == "That shift is your own. To keep it, take it back: /duty."
    done = await turns.press(THIRD, card, "take")
    assert text(done)[1].startswith("Done. You keep that shift")
    late = await turns.world.bot.door.begin("take", caller(REP), button.subject)
    assert text(late)[1].startswith("That is not open any more")


async def test_who_is_on_duty_or_away_then_cannot_take_it(turns: Acts) -> None:
    await offered(turns, THIRD, **WEEK)
    await filled(turns, ON_DUTY, "away", from_="2026-06-10", until="2026-06-10")
    for button in ("take", "swap"):
        reply = await turns.press(ON_DUTY, await turns.say(ON_DUTY, "duty"), button)
        assert text(reply)[1].startswith("You are away then.")
    await offered(turns, REP, from_="2026-06-02", until="2026-06-02")
    await turns.say(THIRD, "duty", "on")
    card = await turns.say(THIRD, "duty")
    reply = await turns.press(THIRD, card, "take")  # the first is Karim's, of tomorrow
    assert text(reply)[1].startswith("You are on duty then already.")


@pytest.mark.parametrize("wrong", ["", "nothing", "0" * 32, "a:b", "x" * 500])
async def test_an_offer_that_never_was_is_not_open(turns: Acts, wrong: str) -> None:
    for button in ("take", "swap"):
        reply = await turns.world.bot.door.begin(button, caller(REP), wrong or " ")
        assert text(reply)[1].startswith("That is not open any more")


async def test_an_offer_that_ran_out_is_not_open(turns: Acts) -> None:
    await offered(turns, THIRD, **WEEK)
    await turns.world.bot.tick()
    card = Reply((dict(turns.world.post.people)[REP],))
    await day(turns, 15)
    for button in ("take", "swap"):
        assert text(await turns.press(REP, card, button))[1].startswith("That is not open")
    assert (await _community(turns)).changes == ()


async def test_an_event_that_comes_twice_is_done_once(turns: Acts) -> None:
    await offered(turns, THIRD, **WEEK)
    card = await turns.say(REP, "duty")
    (button,) = [b for c in card.cards for b in c.buttons if b.name == "take"]
    once = replace(caller(REP), once="event-7")
    for _ in range(2):
        reply = await turns.world.bot.door.begin("take", once, button.subject)
        assert weeks(reply)[1] == KARIM
        assert text(reply)[0] == "Your duty"


# What is typed wrongly --------------------------------------------------------------------------

NO_DAY = "That is no day. Please write it like 2026-06-03 or 2026-06-03 14:00."
EMPTY = "Please write something here."
PAST = "That is past already. Please give a later moment, like 2026-06-03 14:00."
FIRST = "The end is not after the beginning. Please give a later one, like 2026-06-05 18:00."
TOO_FAR = "That is more than a year ahead. Please give an earlier day."

WRONG_SPANS = [
    ("", "", {"from": EMPTY, "until": EMPTY}),
    ("tomorrow", "2026-06-10", {"from": NO_DAY}),
    ("2026-06-09", "soon", {"until": NO_DAY}),
    ("2026-13-01", "2026-06-10", {"from": NO_DAY}),
    ("2026-05-30", "2026-06-10", {"from": PAST}),
    ("2026-06-01 09:00", "2026-06-10", {"from": PAST}),
    ("2026-06-12", "2026-06-10", {"until": FIRST}),
    ("2026-06-09 10:00", "2026-06-09 10:00", {"until": FIRST}),
    ("2026-06-09", "2027-06-10", {"until": TOO_FAR}),
    ("<b>2026-06-09</b>", "2026-06-10", {"from": NO_DAY}),
    ("2026-06-09\x07", "2026-06-10", None),
    ("9" * 41, "2026-06-10", None),
]


@pytest.mark.parametrize("form", ["away", "offer"])
async def test_a_wrong_day_is_told_beside_its_field_and_nothing_is_kept(
    turns: Acts, form: str
) -> None:
    before = await _community(turns)
    for begins, until, wrong in WRONG_SPANS:
        reply = await filled(turns, THIRD, form, from_=begins, until=until)
        found = errors(reply)
        assert found == wrong or (wrong is None and set(found) == {"from"}), (begins, until)
        assert (typed(reply, "from"), typed(reply, "until")) == (begins, until)
    assert await _community(turns) == before


async def test_what_is_not_ones_own_or_offered_already_cannot_be_offered(turns: Acts) -> None:
    not_mine = (
        "You are not on duty all that time, so you cannot offer it. Your weeks are here: /duty."
    )
    for begins, until in (
        ("2026-06-01 10:00", "2026-06-02"),
        ("2026-06-14", "2026-06-16"),
        ("2026-06-20", "2026-06-21"),
    ):
        reply = await filled(turns, THIRD, "offer", from_=begins, until=until)
        assert errors(reply) == {"from": not_mine}
    await offered(turns, THIRD, **WEEK)
    reply = await filled(turns, THIRD, "offer", from_="2026-06-10", until="2026-06-11")
    assert errors(reply)["from"].startswith("You have offered some of that time already.")


async def test_days_away_that_overlap_are_refused(turns: Acts) -> None:
    await filled(turns, THIRD, "away", from_="2026-06-10", until="2026-06-12")
    reply = await filled(turns, THIRD, "away", from_="2026-06-12", until="2026-06-13")
    assert errors(reply) == {
        "from": "You are away for some of that time already. Please give other days."
    }


# Quiet hours ------------------------------------------------------------------------------------


async def test_quiet_hours_are_kept_and_shown_in_the_form_again(turns: Acts) -> None:
    answers = {"from": "22:00", "until": "7:00", "zone": "europe/berlin"}
    reply = await filled(turns, REP, "quiet_hours", **answers)
    assert fields(reply)["Your quiet hours"] == "From 22:00 until 07:00 (Europe/Berlin)"
    form = await turns.press(REP, await turns.say(REP, "duty"), "quiet_hours")
    assert [typed(form, one) for one in answers] == ["22:00", "07:00", "Europe/Berlin"]
    done = await turns.fill(REP, form, **{"from": "", "until": "", "zone": "Europe/Berlin"})
    assert fields(done)["Your quiet hours"] == "None"


async def test_a_notice_waits_for_the_end_of_quiet_hours(turns: Acts) -> None:
    await filled(turns, REP, "quiet_hours", from_="08:00", until="12:00", zone="UTC")
    await offered(turns, THIRD, **WEEK)
    await turns.world.bot.tick()
    assert [who for who, _ in told(turns)] == [ON_DUTY]
    turns.world.clock.move(timedelta(hours=3))
    await turns.world.bot.tick()
    assert [who for who, _ in told(turns)] == [REP]


@pytest.mark.parametrize(
    ("begins", "until", "zone", "wrong"),
    [
        ("22", "07:00", "UTC", {"from": "That is no time. Please write it like 22:00."}),
        ("22:00", "25:00", "UTC", {"until": "That is no time. Please write it like 22:00."}),
        ("22:00", "", "UTC", {"until": "That is no time. Please write it like 22:00."}),
        ("22:00", "07:00", "", {"zone": EMPTY}),
        (
            "22:00",
            "07:00",
            "Europe/Atlantis",
            {
                "zone": "There is no such time zone. Please write it like Europe/Berlin or "
                "America/New_York."
            },
        ),
        (
            "09:00",
            "01:01",
            "UTC",
            {
                "until": "Quiet hours are at most 16 hours of a day, so that you can be reached. "
                "Please give an earlier end; leave both hours empty for none."
            },
        ),
        (
            "22:00",
            "22:00",
            "UTC",
            {"until": "The two are the same. Leave both empty to have none."},
        ),
    ],
)
async def test_wrong_quiet_hours_are_told_beside_their_field_and_nothing_is_kept(
    turns: Acts, begins: str, until: str, zone: str, wrong: dict[str, str]
) -> None:
    reply = await filled(turns, REP, "quiet_hours", from_=begins, until=until, zone=zone)
    assert errors(reply) == wrong
    assert [typed(reply, one) for one in ("from", "until", "zone")] == [begins, until, zone]
    assert fields(await turns.say(REP, "duty"))["Your quiet hours"] == "None"


# Employer-owned ---------------------------------------------------------------------------------


async def test_duty_is_refused_where_an_employer_may_read(where: Where) -> None:
    def owned(seeded: Community) -> Community:
        (space,) = seeded.spaces
        return replace(seeded, spaces=(replace(space, trust=Trust.EMPLOYER_OWNED),))

    async with new_world(where, change=owned) as world:
        acts = Acts(world)
        for words in ("", "on", "away", "take"):
            assert "an employer may read" in " ".join(text(await acts.say(ON_DUTY, "duty", words)))
        for name in ("on", "off", "away", "offer", "take", "swap", "quiet_hours"):
            reply = await world.bot.door.begin(name, caller(ON_DUTY), "x")
            assert "an employer may read" in " ".join(text(reply))
        who = fields(await acts.say(WORKER, "reps"))["On duty"]
        assert who.startswith("Ines Moreau (rep), until")


async def _community(acts: Acts) -> Community:
    here = await acts.world.bot.communities.meet(Caller("sandbox", "harbour-town", "anyone"))
    return here.community
