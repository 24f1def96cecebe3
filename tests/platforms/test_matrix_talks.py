"""What a talk remembers, for how long, of whom; and what a number means in it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from adapters.matrix.commands import Typed
from adapters.matrix.talk import Talk, lettered
from adapters.matrix.talks import Talks
from bot.chat import Button, Caller, Card, Voice, Weight, line
from bot.domain.communities import Role
from tests.fakes.acts import STORY, Acts
from tests.fakes.lines import Room, from_there, here, talks_in, told_to
from tests.fakes.world import World, caller

NOOR, MARTA, INES = "noor-haddad", "marta-lindqvist", "ines-moreau"
NOTICE = Card(line("notice.title"), (line("notice.case_moved"),), buttons=(Button("cases"),))
OFFERED = Card(line("offered.title"), buttons=(Button("accept", "t" * 26), Button("decline", "t")))


@pytest.fixture
def talks(world: World) -> Talks:
    return talks_in(world)


async def asked(talks: Talks, who: str, command: str) -> Room:
    room = Room(talks, who)
    await room.type(command, here(who))
    return room


# What is typed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["!reps", "/reps", "reps", "REPS", " !Reps ", "! reps"])
async def test_a_command_is_typed_with_a_prefix_or_bare(talks: Talks, typed: str) -> None:
    said = await Room(talks, INES).type(typed)
    assert said.startswith("Who hears cases")


async def test_a_prefix_of_ones_own_is_understood_and_told(world: World) -> None:
    talks = Talks(world.bot.door, world.clock, from_there, "!gs ")
    assert "!gs reps" in await Room(talks, NOOR).type("hello")
    assert (await Room(talks, INES).type("!gs reps")).startswith("Who hears cases")


@pytest.mark.parametrize(
    "typed",
    ["about my boss, I cannot sleep", "help me please", "cases are piling up", "", "?", "  "],
)
async def test_a_sentence_that_begins_like_a_command_is_none(talks: Talks, typed: str) -> None:
    said = await Room(talks, NOOR).type(typed)
    assert said.startswith("What you can type")
    assert all(f"!{one}" in said for one in ("grievance", "receipt", "pulse", "reps", "about"))
    assert "!cases" not in said
    assert "boss" not in said


async def test_what_stands_behind_a_command_is_not_repeated(talks: Talks) -> None:
    said = await (await asked(talks, NOOR, "!grievance my boss shouts")).type("help")
    first = (await asked(talks, MARTA, "!grievance my boss shouts")).by_the_bot[0]
    assert "What you typed behind the command was ignored" in first
    assert "boss" not in said + first


async def test_an_unknown_command_is_refused_without_being_quoted(talks: Talks) -> None:
    said = await Room(talks, INES).type("!fire @everyone")
    assert "Please note: Not done" in said
    assert "everyone" not in said


async def test_help_never_asks_a_stranger_for_a_code(talks: Talks) -> None:
    assert (await Room(talks, NOOR).type("help")).startswith("What you can type")
    assert "!cases" in await Room(talks, INES).type("help")


# What a number means ----------------------------------------------------------------------------


async def test_a_number_means_the_last_card(world: World, talks: Talks) -> None:
    acts = Acts(world)
    for n in range(2):
        await acts.file(f"worker-number-{n}")
    await world.slot()
    ines = Room(talks, INES)
    await ines.lines("cases", "2")
    assert "You took this case." in await ines.type("1")


async def test_a_number_that_is_on_no_card_does_nothing_and_shows_what_is(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    for typed in ("3", "0", "99"):
        assert await noor.type(typed) == (
            "That is none of these.\n\nAnswer with a number:\n1. Continue\n2. Somewhere safer"
        )


async def test_where_nothing_can_be_chosen_a_number_is_answered_by_what_can_be_typed(
    talks: Talks,
) -> None:
    ines = Room(talks, INES)
    await ines.type("cases")
    assert (await ines.type("1")).startswith("What you can type")


async def test_what_comes_unasked_changes_no_number(world: World, talks: Talks) -> None:
    await Acts(world).file(MARTA)
    await world.slot()
    ines = Room(talks, INES)
    await ines.type("cases")
    ines.read(talks.told(ines.id, INES, OFFERED, Voice()))
    ines.read(talks.told(ines.id, INES, NOTICE, Voice()))
    assert "State: Waits for a first word" in await ines.type("1")


async def test_what_comes_unasked_does_not_close_the_form_that_is_open(talks: Talks) -> None:
    ines = Room(talks, INES)
    await ines.lines("duty", "quiet hours", "22:00")
    told = ines.read(talks.told(ines.id, INES, NOTICE, Voice()))
    assert told.endswith("You can type !cases.")
    assert "3 of 3" in await ines.type("07:00")


async def test_an_offer_can_be_answered_days_later_by_its_letter(
    world: World, talks: Talks
) -> None:
    card = (await Acts(world).offered(MARTA, "Marta", Role.REP)).cards[0]
    marta = Room(talks, MARTA)
    assert "A. Accept" in marta.read(talks.told(marta.id, MARTA, card, Voice()))
    await world.live(days=2)
    assert talks.over() == [], "nothing of it goes, and the room is not left"
    assert "role" in await marta.type("a")


async def test_an_offer_that_is_over_is_no_letter_any_more(world: World, talks: Talks) -> None:
    marta = Room(talks, MARTA)
    marta.read(talks.told(marta.id, MARTA, OFFERED, Voice()))
    world.clock.move(timedelta(days=8))
    assert (await marta.type("a")).startswith("What you can type")


def test_letters_are_never_given_twice_at_a_time() -> None:
    talk = Talk("someone", Voice())
    for n in range(30):
        lettered((Button("accept", f"{n}"), Button("decline", f"{n}")), talk, 1.0)
        typed = [one.typed for one in talk.told]
        assert len(set(typed)) == len(typed) <= 26
    assert talk.told[-1].button == Button("decline", "29")


async def test_what_cannot_be_taken_back_is_no_number_that_may_be_typed_twice(
    world: World, talks: Talks
) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4", "2", "4", STORY, "1")
    said = noor.by_the_bot[-1]
    assert said.endswith(
        "Answer with a word or a number:\nsend: Send it\n1. Edit\n2. Cancel\nurgent: Send as urgent"
    )
    assert "Is it right like this?" in await noor.type("1"), "that number sends nothing"
    await noor.lines("done", "urgent")
    assert "Readers can see your grievance now." in noor.by_the_bot[-1]


async def test_what_is_asked_once_more_is_meant_by_a_word(world: World, talks: Talks) -> None:
    receipt = await Acts(world).file(NOOR)
    noor = await asked(talks, NOOR, "!receipt")
    await noor.type(receipt)
    said = await noor.type("withdraw")
    assert said.endswith("Answer with the word:\nyes: Withdraw")
    assert (await noor.type("4")).startswith("That is none of these.")
    assert "State: Withdrawn" in await noor.type("Yes.")


async def test_words_are_understood_without_their_accents(world: World) -> None:
    noor = Room(talks_in(world, Voice("fr")), NOOR)
    assert "!receipt" in await noor.type("termine")


# A form is open ---------------------------------------------------------------------------------


async def test_an_answer_is_not_lost_to_another_command(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4", "2", "4")
    said = await noor.type("!receipt")
    assert said.startswith("That was not done: something is still open here.")
    assert "4 of 5: What happened?" in said
    await noor.type("!grievance", here(NOOR))
    assert "On-call" in await noor.lines(STORY, "skip")


async def test_a_form_in_which_nothing_was_answered_gives_way(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!receipt")
    await noor.type("!grievance", here(NOOR))
    assert noor.by_the_bot[-1].startswith("Before you write")


async def test_help_and_cancel_may_have_a_prefix_there(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!receipt")
    assert (await noor.type("!help")).startswith("Questions come one after the other.")
    assert "Cancelled." in await noor.type("/cancel")


async def test_a_story_may_begin_like_a_command_of_somebody_else(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    said = await noor.lines("1", "4", "2", "4", "/home was full and nobody cared.", "skip")
    assert "home was full and nobody cared." in said


async def test_an_answer_that_is_refused_without_its_form_is_asked_for_again(world: World) -> None:
    there = [True]

    async def again(room: str, alone: Caller) -> Caller:
        return await from_there(room, alone) if there[0] else replace(alone, room=room)

    ruth = Room(Talks(world.bot.door, world.clock, again), "ruth-adeyemi")
    await ruth.type("!poll new", here("ruth-adeyemi"))
    await ruth.lines("Shall we?", "1", "Yes\nNo", "7")
    there[0] = False
    said = await ruth.type("no")
    assert "5 of 5" in said
    assert said.splitlines()[0].endswith((".", "!help"))
    there[0] = True
    assert "Look at it once more" in await ruth.type("no")


# How long, and of whom --------------------------------------------------------------------------


async def test_half_an_hour_after_the_last_message_an_open_form_is_forgotten(
    world: World, talks: Talks
) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4")
    await world.live(minutes=29)
    assert "3 of 5" in await noor.type("2")
    await world.live(minutes=30)
    assert (await noor.type("4")).startswith("I no longer know what this belongs to")
    assert [one.room for one in talks.over()] == []


async def test_what_was_forgotten_before_it_was_asked_for_goes_with_the_next_answer(
    world: World, talks: Talks
) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4", "2", "4", STORY, "skip")
    await world.live(minutes=31)
    await noor.type("1")
    assert STORY not in "".join(noor.by_the_bot)


async def test_a_message_that_arrives_when_its_talk_is_over_is_to_go_at_once(
    world: World, talks: Talks
) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4", "2", "4", STORY)
    page = noor.pages[-1]
    talks.forget(noor.id)
    assert page.passing
    assert not talks.was_said(noor.id, page, "$late")
    assert talks.was_said(noor.id, replace(page, passing=frozenset()), "$late")


async def test_a_receipt_that_was_typed_goes_with_the_talk_wherever_it_was_typed(
    world: World, talks: Talks
) -> None:
    receipt = await Acts(world).file(NOOR)
    noor = await asked(talks, NOOR, "!receipt")
    alone = replace(caller(NOOR), space="", member_since=None)
    await noor.type("not one", replace(alone, once="$typed"))
    await noor.type(receipt, replace(alone, once="$right"))
    await noor.type(f"it is {receipt.lower()}", replace(alone, once="$open"))
    await noor.type("hello", replace(alone, once="$hello"))
    await world.live(minutes=30)
    (over,) = talks.over()
    assert {"$typed", "$right", "$open"} <= set(over.redact)
    assert "$hello" not in over.redact


async def test_the_room_of_somebody_of_staff_is_not_left(world: World, talks: Talks) -> None:
    ines = Room(talks, INES)
    ines.read(talks.told(ines.id, INES, NOTICE, Voice()))
    await world.live(minutes=31)
    assert talks.over() == []
    await ines.type("cases")
    await world.live(minutes=31)
    assert [(one.redact, one.stays) for one in talks.over()] == []
    await ines.type("duty")
    await world.live(minutes=31)
    assert [(one.redact, one.stays) for one in talks.over()] == [((), True)]


async def test_two_talks_at_once_do_not_mix(talks: Talks) -> None:
    noor, marta = await asked(talks, NOOR, "!grievance"), await asked(talks, MARTA, "!grievance")
    both = (("1", "1"), ("4", "1"), ("2", "3"), ("4", "5"), ("Mine is this.", "And this is mine."))
    for one, other in both:
        await asyncio.gather(noor.type(one), marta.type(other))
    said = await asyncio.gather(noor.type("skip"), marta.type("skip"))
    assert ["On-call" in one for one in said] == [True, False]
    assert ["Pay and pay gap" in one for one in said] == [False, True]
    assert ["Mine is this." in one for one in said] == [True, False]


async def test_two_rooms_of_one_person_are_two_talks(talks: Talks) -> None:
    one = await asked(talks, NOOR, "!grievance")
    other = Room(talks, NOOR, "!another")
    await one.type("1")
    assert (await other.type("1")).startswith("I no longer know")
    assert "2 of 5" in await one.type("4")


async def test_messages_of_one_talk_wait_for_one_another(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await asyncio.gather(*(noor.type(one) for one in ("1", "4", "2", "4", STORY, "skip")))
    assert "This is exactly what readers will see." in noor.by_the_bot[-1]


async def test_somebody_else_in_the_room_finds_nothing_of_it(talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4", "2", "4", STORY, "skip")
    other = replace(caller("rival"), space="")
    (said,) = await talks.heard(noor.id, "1", other)
    assert said.words is not None
    assert said.words.plain.startswith("I no longer know")
    assert len(said.redact) >= 1, "and what stood there for the one before goes"


async def test_what_is_pressed_from_a_shared_room_is_pressed_there_read_anew(world: World) -> None:
    read: list[str] = []

    async def again(room: str, alone: Caller) -> Caller:
        read.append(room)
        return await from_there(room, alone)

    noor = Room(Talks(world.bot.door, world.clock, again), NOOR)
    await noor.type("!grievance", here(NOOR))
    assert read == []
    await noor.lines("1", "4", "2", "4", STORY, "skip", "send")
    assert read == ["general"] * 3, "continue, the form, send"


async def test_nothing_of_a_talk_is_in_a_repr(world: World, talks: Talks) -> None:
    noor = await asked(talks, NOOR, "!grievance")
    await noor.lines("1", "4", "2", "4", STORY, "skip")
    everything = repr([*talks._talks.values(), noor.pages, talks._talks[noor.id, ""].last])
    for secret in (NOOR, STORY, "On-call", "pager"):
        assert secret not in everything
    assert world.log.lines == []  # type: ignore[attr-defined]  # a log that is kept


# Shared rooms -----------------------------------------------------------------------------------


def test_in_a_shared_room_a_card_says_what_to_type_and_whom_to_write_to(talks: Talks) -> None:
    buttons = (Button("receipt"), Button("grievance"), Button("answer", "poll", Weight.PRIMARY))
    (said,) = talks.shared(Card(line("bulletin.title"), buttons=buttons), Voice(), "@bot:hs.org")
    assert said.words is not None
    assert said.words.plain.split("\n\n")[1:] == [
        "You can type !receipt, !grievance, and !pulse.",
        "Or write to me alone: https://matrix.to/#/@bot:hs.org",
    ]
    assert '<a href="https://matrix.to/#/@bot:hs.org">@bot:hs.org</a>' in said.words.html
    assert talks.sentence(line("talk.written")).plain == "I have written to you alone."


def test_every_button_of_a_shared_card_leads_somewhere_or_is_left_out(world: World) -> None:
    typed = Typed(world.bot.door.commands, "!")
    assert typed.leads_to(Button("results", "p")) == "poll results"
    assert typed.leads_to(Button("poll_outcome", "p")) == "poll results"
    assert typed.leads_to(Button("accept", "t")) == ""


def test_a_role_that_is_offered_is_no_secret_of_a_talk(world: World) -> None:
    typed = Typed(world.bot.door.commands, "!")
    for name in ("send", "saved", "withdraw", "message", "open", "reply"):
        assert typed.passing(name, "token") == {"token"}
    assert typed.passing("confirm", "withdraw:token") == {"token"}
    for name in ("accept", "setup", "grievance", "nothing"):
        assert not typed.passing(name, "" if name == "grievance" else "token")


# Whatever is typed ------------------------------------------------------------------------------

LINES = some.one_of(
    some.text(max_size=80),
    some.integers(0, 12).map(str),
    some.sampled_from(["back", "cancel", "help", "skip", "keep", "send", "done", "saved", "edit"]),
    some.sampled_from(["!grievance", "!receipt", "/pulse", "cases", "!help", "about", "!setup"]),
    some.sampled_from([STORY, "@a:b", "\x00", "\ud800", "!", "/", "! !", "1 2 3"]),
)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(some.lists(some.tuples(some.sampled_from([NOOR, INES, "ruth-adeyemi"]), LINES), max_size=15))
async def test_whatever_is_typed_there_is_an_answer_and_no_bug(
    world: World, typed: list[tuple[str, str]]
) -> None:
    talks = talks_in(world)
    rooms = {who: Room(talks, who) for who, _ in typed}
    for room in rooms.values():
        await room.type("!grievance", here(room.who))
    for who, text in typed:
        assert (await rooms[who].type(text)).strip()
    assert "bug" not in [event.value for event, _ in world.log.lines]  # type: ignore[attr-defined]  # likewise


async def test_all_that_was_told_comes_to_the_room_it_belongs_to(
    world: World, talks: Talks
) -> None:
    await Acts(world).file(NOOR)
    await world.slot()
    ines = Room(talks, INES)
    told_to(world, ines)
    assert ines.by_the_bot[0].startswith("For you alone")
