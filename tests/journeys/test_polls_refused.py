"""What is no poll, no pulse and no answer is refused with what to do; what was typed is still there,
and nothing of it is kept.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from adapters.sandbox import people
from bot.chat import Answers, Caller, Reply
from bot.settings import Where
from storage.tables import metadata
from tests.contract.conftest import opened as engine_on
from tests.fakes.acts import Acts, button, names, shown
from tests.fakes.world import World, caller, new_world
from tests.journeys.asking import (
    KEPT,
    PULSE,
    QUESTION,
    answers,
    closed,
    first_line,
    many,
    opened,
    planned,
    posted,
    previewed,
)
from tests.journeys.reading import ORGANISER, REP, WORKER, errors, text, typed

MODERATOR = "oskar-brandt"
TOO_FEW = "Please give at least 2 options, one a line."
CONTROL = (
    "There are invisible control characters in it. Please type it again, or paste it as plain text."
)
EMPTY = "Please write something here."
CHOOSE = "Please choose one."
NO_OPTION = "That is not one of the choices. Please choose again."
DAYS = "Please give a whole number from 1 to 60."
NO_SUCH_POLL = "There is no such poll here. What you can do: /help"
POLL_OVER = "This poll is closed, so your answer was not counted. Nothing of it was stored."
FOR_STAFF = "That is for staff of this community. What you can do here: /help"


@asynccontextmanager
async def nothing_kept(world: World) -> AsyncIterator[None]:
    """What happens inside writes no row, and no bug into the log."""
    before = await rows(world)
    yield
    assert await rows(world) == before
    assert [facts for event, facts in world.log.lines if event.value == "bug"] == []


async def rows(world: World) -> dict[str, int]:
    found: dict[str, int] = {}
    for url in (world.where.database, world.where.key_store):
        async with engine_on(url) as engine, engine.connect() as connection:
            tables = await connection.run_sync(_tables)
            for table in metadata.sorted_tables:
                if table.name in tables:
                    count = await connection.scalar(select(func.count()).select_from(table))
                    found[table.name] = count or 0
    return found


def _tables(connection: object) -> list[str]:
    from sqlalchemy import inspect

    return inspect(connection).get_table_names()


# A poll that is none -----------------------------------------------------------------------------

BAD_POLLS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "no option": ({"options": ""}, {"options": TOO_FEW}),
    "empty lines alone": ({"options": "\n \n\t\n"}, {"options": TOO_FEW}),
    "one option": ({"options": "Tea"}, {"options": TOO_FEW}),
    "one option and a limit": ({"kind": "multiple", "options": "Tea\n1"}, {"options": TOO_FEW}),
    "sixty options": (
        {"options": "\n".join(f"Option {n}" for n in range(60))},
        {"options": "There are 60 options, and 20 are possible. Please take some away."},
    ),
    "ten to be ranked": (
        {"kind": "ranked", "options": "\n".join("abcdefghij")},
        {"options": "There are 10 options, and 9 are possible. Please take some away."},
    ),
    "two equal options": (
        {"options": "Tea\nCoffee\ntea"},
        {"options": "This is there twice: tea. Please give each once."},
    ),
    "equal but for spaces": (
        {"options": "Green tea\nGreen   tea "},
        {"options": "This is there twice: Green tea. Please give each once."},
    ),
    "an option of 500 characters": (
        {"options": "Tea\n" + "x" * 500},
        {"options": "Line 2 is too long: 500 characters, and 75 are possible. Please shorten it."},
    ),
    "a limit of 0": (
        {"kind": "multiple", "options": "Tea\nCoffee\n0"},
        {
            "options": "The last line is a number, so it says how many may be chosen. "
            "Please give one from 1 to 2."
        },
    ),
    "a limit beyond the options": (
        {"kind": "multiple", "options": "Tea\nCoffee\n3"},
        {
            "options": "The last line is a number, so it says how many may be chosen. "
            "Please give one from 1 to 2."
        },
    ),
    "a limit of three thousand digits": (
        {"kind": "multiple", "options": "Tea\nCoffee\n" + "9" * 2900},
        {
            "options": "The last line is a number, so it says how many may be chosen. "
            "Please give one from 1 to 2."
        },
    ),
    "a scale with one word": (
        {"kind": "scale", "options": "calm"},
        {
            "options": "Please give two lines, the words for 1 and the words for 5, "
            "or leave this empty."
        },
    ),
    "a yes or no with options": (
        {"kind": "yes_no", "options": "Tea\nCoffee"},
        {"options": "This kind of question brings its own answers. Please leave this empty."},
    ),
    "options with a bell": ({"options": "Tea\x07\nCoffee"}, {"options": CONTROL}),
    "0 days": ({"days": "0"}, {"days": DAYS}),
    "-1 day": ({"days": "-1"}, {"days": DAYS}),
    "1000 days": ({"days": "1000"}, {"days": DAYS}),
    "599 days behind zeros": ({"days": "0000000599"}, {"days": DAYS}),
    "999 days far behind zeros": ({"days": "00000000999"}, {"days": DAYS}),
    "half a day": ({"days": "0.5"}, {"days": DAYS}),
    "soon": ({"days": "soon"}, {"days": DAYS}),
    "arabic days": ({"days": "\u0667"}, {"days": DAYS}),
    "a million digits": ({"days": "7" * 10**6}, {"days": DAYS}),
    "no days": ({"days": ""}, {"days": DAYS}),
    "no question": ({"question": ""}, {"question": EMPTY}),
    "a blank question": ({"question": " \n "}, {"question": EMPTY}),
    "a long question": (
        {"question": "x" * 201},
        {"question": "That is too long: 201 characters, and 200 are possible. Please shorten it."},
    ),
    "a megabyte": (
        {"question": "x" * 2**20},
        {
            "question": "That is too long: 1048576 characters, and 200 are possible. "
            "Please shorten it."
        },
    ),
    "a question with an escape": ({"question": "Shall \x1b[31mwe\x1b[0m?"}, {"question": CONTROL}),
    "half a character": ({"question": "Shall we \ud83d?"}, {"question": CONTROL}),
    "no kind": ({"kind": ""}, {"kind": CHOOSE}),
    "another kind": ({"kind": "essay"}, {"kind": NO_OPTION}),
    "perhaps a comment": ({"comment": "perhaps"}, {"comment": NO_OPTION}),
    "everything": (
        {"question": "", "kind": "", "days": "", "comment": ""},
        {"question": EMPTY, "kind": CHOOSE, "days": DAYS, "comment": CHOOSE},
    ),
}
TYPED = {
    "question": QUESTION,
    "kind": "single",
    "options": "Tea\nCoffee",
    "days": "7",
    "comment": "no",
}


@pytest.mark.parametrize("name", BAD_POLLS)
async def test_what_is_no_poll_is_told_beside_its_field_and_is_still_there(
    acts: Acts, name: str
) -> None:
    changes, wrong = BAD_POLLS[name]
    async with nothing_kept(acts.world):
        reply = await previewed(acts, **(TYPED | changes))
    assert errors(reply) == wrong
    assert {one: typed(reply, one) for one in TYPED} == TYPED | changes


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script> &amp; <b>bold</b>?",
        "*bold* _it_ `code` <@U012AB3CD> <!channel> @everyone {date} {0} %s",
        "‏האם לבקש ימי מנוחה? هل نطلب ذلك؟",
        "\u202edrawkcab\u202c and zero\u200bwidth?",
        "休みを増やしますか？",
    ],
    ids=["html", "markup of chats", "right to left", "direction marks", "japanese"],
)
async def test_markup_and_other_scripts_are_words_in_question_and_options(
    acts: Acts, words: str
) -> None:
    option = words[:60].strip()
    await opened(acts, "single", f"{option}\nCoffee", question=words)
    (card,) = posted(acts.world)
    assert text(card)[1] == words
    await many(acts, ["1"] * 4 + ["2"] * 3)
    assert first_line(await closed(acts))[0] == f"{option}: 50-75 %"


async def test_a_poll_that_fewer_than_ten_may_answer_is_refused_with_the_reason(
    where: Where,
) -> None:
    async with new_world(where, change=lambda one: replace(one, members=9)) as world:
        acts = Acts(world)
        why = (
            "A poll needs at least 10 people who can answer, so that nobody is guessed. "
            "Nothing was opened."
        )
        async with nothing_kept(world):
            assert why in shown(await previewed(acts))
            assert why in shown(await planned(acts))


async def test_a_draft_that_is_over_says_to_begin_again(acts: Acts) -> None:
    preview = await previewed(acts)
    acts.world.clock.move(timedelta(hours=2))
    await acts.world.bot.tick()
    async with nothing_kept(acts.world):
        late = await acts.press(ORGANISER, preview, "confirm")
    assert text(late)[0] == "Not done"
    assert text(late)[1].endswith("To begin again: /poll.")
    await acts.world.bot.tick()
    assert posted(acts.world) == []


# A pulse that is none ----------------------------------------------------------------------------

BAD_PULSES: dict[str, tuple[dict[str, str | list[str]], dict[str, str]]] = {
    "nothing chosen": ({"bank": []}, {"bank": CHOOSE}),
    "what is not in the bank": ({"bank": ["stay", "gossip"]}, {"bank": NO_OPTION}),
    "never": ({"every": "never"}, {"every": NO_OPTION}),
    "a start in the past": (
        {"start": "2026-05-31 09:00"},
        {"start": "That is past already. Please give a later moment, like 2026-06-03 14:00."},
    ),
    "a start that is no day": (
        {"start": "next week"},
        {"start": "That is no day. Please write it like 2026-06-03 or 2026-06-03 14:00."},
    ),
    "a start that is on no calendar": (
        {"start": "2026-02-30"},
        {"start": "That is no day. Please write it like 2026-06-03 or 2026-06-03 14:00."},
    ),
    "a start far away": (
        {"start": "2030-01-01"},
        {"start": "That is more than a year ahead. Please give an earlier day."},
    ),
    "a start beyond all calendars": (
        {"start": "99999-01-01"},
        {"start": "That is no day. Please write it like 2026-06-03 or 2026-06-03 14:00."},
    ),
    "0 days": ({"days": "0"}, {"days": DAYS}),
    "longer than a week": ({"days": "8"}, {"days": "Please give a number of days from 1 to 7."}),
    "longer than two weeks": (
        {"every": "fortnightly", "days": "15"},
        {"days": "Please give a number of days from 1 to 14."},
    ),
    "longer than the shortest month": (
        {"every": "monthly", "days": "29"},
        {"days": "Please give a number of days from 1 to 28."},
    ),
}


@pytest.mark.parametrize("name", BAD_PULSES)
async def test_what_is_no_pulse_is_told_beside_its_field_and_is_still_there(
    acts: Acts, name: str
) -> None:
    changes, wrong = BAD_PULSES[name]
    async with nothing_kept(acts.world):
        reply = await planned(acts, **changes)
    assert errors(reply) == wrong
    kept = {one: typed(reply, one) for one in PULSE}
    kept["bank"] = list(kept["bank"])
    assert kept == PULSE | changes


# An answer that is none --------------------------------------------------------------------------

RANK = "Please give numbers from 1 to 3, with spaces between them, like 3 1 2."
RANK_ALL = "Please give the numbers of all 3 options, each once, the one you like best first."
THREE = "Monday\nTuesday\nFriday"

BAD_ANSWERS: dict[str, tuple[str, str, str | list[str], str]] = {
    "nothing": ("single", THREE, "", CHOOSE),
    "option 0": ("single", THREE, "0", NO_OPTION),
    "option 4": ("single", THREE, "4", NO_OPTION),
    "the words": ("single", THREE, "Monday", NO_OPTION),
    "a megabyte": ("single", THREE, "1" * 2**20, NO_OPTION),
    "a list": ("single", THREE, ["1"], "Please answer in plain text."),
    "step 6": ("scale", "", "6", NO_OPTION),
    "step 11": ("nps", "", "11", NO_OPTION),
    "maybe": ("yes_no", "", "maybe", NO_OPTION),
    "none of several": ("multiple", THREE, [], CHOOSE),
    "several and another": ("multiple", THREE, ["1", "4"], NO_OPTION),
    "too many": (
        "multiple",
        f"{THREE}\n1",
        ["1", "2"],
        "At most 1 can be chosen. Please take some away.",
    ),
    "nothing ranked": ("ranked", THREE, "", EMPTY),
    "one missing": ("ranked", THREE, "3 1", RANK_ALL),
    "one twice": (
        "ranked",
        THREE,
        "3 1 3",
        "Number 3 is there twice. Please give each once, the one you like best first.",
    ),
    "one out of range": ("ranked", THREE, "1 2 4", RANK),
    "ranked in words": ("ranked", THREE, "Monday, Friday, Tuesday", RANK),
    "ranked without a gap": ("ranked", THREE, "312", RANK),
    "ranked with a bell": ("ranked", THREE, "3 1\x07 2", CONTROL),
    "ranked at length": (
        "ranked",
        THREE,
        "1 " * 30 + "1",
        "That is too long: 61 characters, and 40 are possible. Please shorten it.",
    ),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
async def test_what_is_no_answer_is_told_beside_its_field_and_is_still_there(
    acts: Acts, name: str
) -> None:
    kind, options, given, wrong = BAD_ANSWERS[name]
    await opened(acts, kind, options)
    async with nothing_kept(acts.world):
        reply = await answers(acts, WORKER, q1=given)
    assert errors(reply) == {"q1": wrong}
    assert typed(reply, "q1") == (tuple(given) if isinstance(given, list) else given)


@pytest.mark.parametrize("first", ["1\t2\n3", "1,2,3", " 1 , 2 ,, 3 "])
async def test_a_ranking_may_have_commas_and_spaces(acts: Acts, first: str) -> None:
    await opened(acts, "ranked", THREE)
    await many(acts, [first.replace("\n", " ")] * 5)
    assert first_line(await closed(acts)) == ["clear majority: Monday"]


async def test_what_was_written_beside_a_wrong_answer_is_still_there(acts: Acts) -> None:
    await opened(acts, comment="yes")
    words = "The evenings are the hardest part of it."
    async with nothing_kept(acts.world):
        reply = await answers(acts, WORKER, q1="", comment=words)
        assert typed(reply, "comment") == words
        long = "x" * 3001
        reply = await answers(acts, WORKER, q1="yes", comment=long)
    assert list(errors(reply)) == ["comment"]
    assert (typed(reply, "q1"), typed(reply, "comment")) == ("yes", long)


async def test_an_answer_after_the_close_is_not_counted_and_says_so(acts: Acts) -> None:
    await opened(acts)
    form = await acts.say(WORKER, "pulse")
    acts.world.clock.move(timedelta(days=7, hours=1))  # its time is over, and nobody has ticked
    async with nothing_kept(acts.world):
        assert POLL_OVER in errors(await acts.fill(WORKER, form, q1="yes")).values()
        assert (await acts.say(WORKER, "pulse")).form is None
    await acts.world.bot.tick()
    (card,) = posted(acts.world)[:1]
    async with nothing_kept(acts.world):
        late = await acts.fill(WORKER, form, q1="yes")
        assert POLL_OVER in errors(late).values()
        assert typed(late, "q1") == "yes"
        pressed = await acts.press(WORKER, card, "answer")
    assert text(pressed) == ["Not done", POLL_OVER]


async def test_an_account_that_came_less_than_two_weeks_ago_is_told_so(acts: Acts) -> None:
    await opened(acts)
    form = (await acts.say(WORKER, "pulse")).form
    assert form is not None
    door, now = acts.world.bot.door, acts.world.clock.now()

    def since(days: int) -> Caller:
        return replace(caller("new-here"), member_since=now - timedelta(days=days))

    async with nothing_kept(acts.world):
        for reply in (
            await door.begin("answer", since(13), form.subject),
            await door.submit("pulse", since(13), form.subject, {"q1": "yes"}),
        ):
            assert "Answers are taken from accounts that have been here for 14 days." in shown(
                reply
            )
    taken = await door.submit("pulse", since(14), form.subject, {"q1": "yes"})
    assert text(taken)[0] == KEPT


async def test_from_outside_any_place_of_the_community_nobody_answers(acts: Acts) -> None:
    await opened(acts)
    subject = button(posted(acts.world)[0], "answer").subject
    nowhere = Caller(people.PLATFORM, "another-town", WORKER)
    async with nothing_kept(acts.world):
        for reply in (
            await acts.world.bot.door.begin("pulse", nowhere),
            await acts.world.bot.door.begin("answer", nowhere, subject),
        ):
            assert reply.form is not None
            assert reply.form.name == "community"
        late = await acts.world.bot.door.submit("pulse", nowhere, subject, {"q1": "yes"})
        assert "This place belongs to no community yet." in shown(late)


GARBAGE = ["0" * 32, "nothing", "a:b", "../x", "\x00\x07", "' OR 1=1 --", "x" * 2**20, "é" * 16]


@pytest.mark.parametrize("id", GARBAGE, ids=lambda id: ascii(id)[:20])
async def test_a_poll_that_never_was_cannot_be_answered_closed_or_looked_at(
    acts: Acts, id: str
) -> None:
    await opened(acts)
    door = acts.world.bot.door
    async with nothing_kept(acts.world):
        for reply in (
            await door.begin("answer", caller(WORKER), id),
            await door.begin("pulse", caller(WORKER), id),
            await door.submit("pulse", caller(WORKER), id, {"q1": "yes"}),
            await door.begin("confirm", caller(ORGANISER), f"close_poll:{id}"),
            await door.begin("results", caller(ORGANISER), id),
            await door.begin("export_results", caller(ORGANISER), id),
            await door.begin("comments", caller(ORGANISER), id),
        ):
            assert text(reply) == ["Not done", NO_SUCH_POLL]
        over = await door.begin("open_poll", caller(ORGANISER), id)
        assert text(over)[0] == "Not done"


async def test_a_poll_of_another_community_is_none_here(where: Where) -> None:
    async with new_world(where) as world:
        acts = Acts(world)
        await opened(acts)
        subject = button(posted(world)[0], "answer").subject
        await _found_another(world)
        there = Caller(people.PLATFORM, "other-town", WORKER)
        boss = Caller(people.PLATFORM, "other-town", ORGANISER)
        door = world.bot.door
        async with nothing_kept(world):
            for reply in (
                await door.begin("answer", there, subject),
                await door.submit("pulse", there, subject, {"q1": "yes"}),
                await door.begin("confirm", boss, f"close_poll:{subject}"),
                await door.begin("results", boss, subject),
                await door.begin("export_results", boss, subject),
                await door.begin("comments", boss, subject),
            ):
                assert text(reply) == ["Not done", NO_SUCH_POLL]
            assert text(await door.begin("pulse", there))[0] == "Nothing is being asked"
        await world.live(days=8)
        for reply in (  # nor does it say that it is over
            await door.begin("answer", there, subject),
            await door.submit("pulse", there, subject, {"q1": "yes"}),
        ):
            assert text(reply) == ["Not done", NO_SUCH_POLL]


async def _found_another(world: World) -> None:
    seeded = people.community(lambda: world.chance.bytes(16).hex(), "OTHER", world.clock.now())
    (space,) = seeded.spaces
    other = replace(seeded, name="Others", spaces=(replace(space, address="other-town"),))
    await world.bot.communities.found(other)


async def test_two_answers_at_once_from_one_person_are_one(acts: Acts) -> None:
    await opened(acts)
    await many(acts, ["yes"] * 4)
    form = (await acts.say(WORKER, "pulse")).form
    assert form is not None

    async def answer(word: str) -> Reply:
        given: Answers = {"q1": word}
        return await acts.world.bot.door.submit("pulse", caller(WORKER), form.subject, given)

    taken = await asyncio.gather(*(answer(word) for word in ["yes", "no"] * 10))
    assert {text(one)[0] for one in taken} == {KEPT}
    assert (await rows(acts.world))["ballots"] == 5


# Forged buttons ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [WORKER, REP, MODERATOR])
async def test_who_is_no_organiser_and_forges_an_organisers_button_is_told_so(
    acts: Acts, who: str
) -> None:
    preview = await previewed(acts, question="Is this one kept back?")
    draft = button(preview, "confirm").subject
    await opened(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 3)
    subject = button(posted(acts.world)[0], "answer").subject
    door = acts.world.bot.door
    async with nothing_kept(acts.world):
        for name in ("close_poll", "results", "export_results", "comments", "poll_new"):
            assert text(await door.begin(name, caller(who), subject)) == ["Not done", FOR_STAFF]
            forged = await door.begin("confirm", caller(who), f"{name}:{subject}")
            assert text(forged) == ["Not done", FOR_STAFF]
        assert text(await door.begin("confirm", caller(who), draft)) == ["Not done", FOR_STAFF]
        for name in ("pulse_new", "bank", "poll_list", "poll_closable"):
            assert text(await door.begin(name, caller(who))) == ["Not done", FOR_STAFF]
        for form, given in (("poll_new", TYPED), ("pulse_new", PULSE)):
            assert FOR_STAFF in shown(await door.submit(form, caller(who), "", given))
        assert text(await acts.say(who, "poll"))[-1] == FOR_STAFF
        assert text(await acts.say(who, "poll", "close"))[-1] == FOR_STAFF
    assert len(posted(acts.world)) == 1


PAGES = ["x.-1", ".99999999999", ".-1", ".", ".x", ".²", ".1.1", "." + "9" * 5000, ".\x00"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page[:14])
async def test_a_page_of_comments_that_never_was_shows_no_bug_and_nothing_else(
    acts: Acts, page: str
) -> None:
    await opened(acts, comment="yes")
    for number in range(12):
        said = f"The evenings are hard, number {number}."
        await answers(acts, f"worker-{number}", q1="yes", comment=said)
    await closed(acts)
    view = await acts.press(ORGANISER, await acts.say(ORGANISER, "poll", "results"), "results")
    subject = button(view, "comments").subject
    async with nothing_kept(acts.world):
        for id in (f"{subject}{page}", page):
            reply = await acts.world.bot.door.begin("comments", caller(ORGANISER), id)
            assert "Something broke" not in shown(reply)
            assert names(reply) in ([], ["comments"])


async def test_confirming_what_was_never_asked_is_refused(acts: Acts) -> None:
    async with nothing_kept(acts.world):
        for id in ("open_poll", "close_poll", "open_poll:", "close_poll:", ":"):
            reply = await acts.world.bot.door.begin("confirm", caller(ORGANISER), id)
            assert text(reply)[0] == "Not done", id
