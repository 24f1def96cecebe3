"""Everybody is asked: polls of every kind, from the question to what may be shown of the answers."""

from collections.abc import AsyncIterator

import pytest

from bot.chat import Reply
from bot.settings import Where
from tests.fakes.acts import Acts, names, shown
from tests.fakes.world import new_world
from tests.journeys.asking import (
    KEPT,
    PLACES,
    QUESTION,
    ROOMS,
    answers,
    at,
    closed,
    export,
    first_line,
    in_three_places,
    is_open,
    many,
    opened,
    planned,
    posted,
    previewed,
    results,
)
from tests.journeys.reading import ORGANISER, REP, WORKER, errors, fields, text


@pytest.fixture
async def town(where: Where) -> AsyncIterator[Acts]:
    """A community in three places: the harbour, an employer's office, the workers' hall."""
    async with new_world(where, change=in_three_places) as world:
        yield Acts(world)


# Journey 5 ---------------------------------------------------------------------------------------


async def test_a_weekly_pulse_is_asked_in_three_places_and_shows_what_changes(town: Acts) -> None:
    await planned(town)
    for room in ROOMS:
        (card,) = posted(town.world, room)
        assert text(card)[0] == "Pulse, wave 1"

    async def answer(where: str, number: int, word: str) -> None:
        door, who = town.world.bot.door, at(where, f"{where}-{number}")
        form = await door.begin("pulse", who)
        assert form.form is not None
        taken = await door.submit("pulse", who, form.form.subject, {"q1": word})
        assert text(taken)[0] == KEPT

    for where in PLACES:  # each changes their mind: only "yes, yes, no" of the last time counts
        for number, (first, last) in enumerate([("no", "yes"), ("no", "yes"), ("yes", "no")]):
            await answer(where, number, first)
            await answer(where, number, last)
    await town.world.live(days=3, hours=1)
    for room in ROOMS:
        (card,) = results(town, room)
        assert text(card)[0] == "Pulse results, wave 1"
        assert first_line(card) == ["Yes: 50-75 %", "No: 25-50 %"]
        assert card.cards[0].picture is not None
    ((bars,),) = set(town.world.charts.asked)
    assert [(bar.low, bar.high) for bar in bars.bars] == [(50, 75), (25, 50)]

    await town.world.live(days=4)  # the second wave, of which too little came
    for number in range(4):
        await answer(PLACES[number % 3], number, "yes")
    await town.world.live(days=3)
    card = results(town)[-1]
    assert first_line(card) == ["withheld: fewer than 5 answers"]
    assert "Turnout" not in fields(card)
    assert fields(card)["Over time"] == (
        "Still there in a year: yes: wave 1 50-75 % and wave 2 not shown."
    )

    await town.world.live(days=4)  # the third, which all of them answered
    for number in range(9):
        await answer(PLACES[number % 3], number, "no" if number else "yes")
    await town.world.live(days=3)
    card = results(town)[-1]
    assert first_line(card) == ["clear majority: No"]
    line = town.world.charts.asked[-1][-1]
    assert [(one.low, one.high) for one in line.points] == [(50, 75), (None, None), (None, None)]
    assert {event.value for event, _ in town.world.log.lines} == {"slot"}


async def test_the_same_poll_in_one_place_and_the_picture_says_what_the_words_say(
    acts: Acts,
) -> None:
    await opened(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 3)
    card = (await closed(acts)).cards[0]
    assert card.picture is not None
    assert card.picture.alt == f"{QUESTION} Yes: 50-75 % and No: 25-50 %."


async def test_without_a_picture_the_words_are_there(acts: Acts) -> None:
    acts.world.charts.broken = True
    await opened(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 3)
    reply = await closed(acts)
    assert reply.cards[0].picture is None
    assert first_line(reply) == ["Yes: 50-75 %", "No: 25-50 %"]


# Every kind of question --------------------------------------------------------------------------

SIX_OF_TWELVE = {
    "single": (
        "Tea\nCoffee\nNeither",
        ["1", "2"],
        ["Tea: 50-75 %", "Coffee: 50-75 %", "Neither: 0-25 %"],
    ),
    "yes_no": ("", ["yes", "no"], ["Yes: 50-75 %", "No: 50-75 %"]),
    "scale": (
        "calm\nloud",
        ["1", "5"],
        ["1 (calm): 50-75 %", "2: 0-25 %", "3: 0-25 %", "4: 0-25 %", "5 (loud): 50-75 %"],
    ),
    "nps": (
        "",
        ["3", "10"],
        ["0 to 6: 50-75 %", "7 or 8: 0-25 %", "9 or 10: 50-75 %"],
    ),
    "ranked": (
        "Monday\nTuesday\nFriday",
        ["3 1 2", "1,3,2"],
        [
            "First choices:",
            "Monday: 50-75 %",
            "Tuesday: 0-25 %",
            "Friday: 50-75 %",
            "Place 1: Monday and Friday",
        ],
    ),
}


@pytest.mark.parametrize("kind", SIX_OF_TWELVE)
async def test_a_question_of_every_kind_is_asked_answered_and_shown(acts: Acts, kind: str) -> None:
    options, (one, other), shares = SIX_OF_TWELVE[kind]
    await opened(acts, kind, options)
    await many(acts, [one, other] * 6)
    assert first_line(await closed(acts)) == shares


async def test_of_several_each_may_choose_up_to_the_limit(acts: Acts) -> None:
    await opened(acts, "multiple", "Rest days\nPay\nTools\n2")
    form = await acts.say(WORKER, "pulse")
    assert "Choose at most 2." in shown(form)
    refused = await acts.fill(WORKER, form, q1=["1", "2", "3"])
    assert errors(refused) == {"q1": "At most 2 can be chosen. Please take some away."}
    for number in range(4):
        await answers(acts, f"worker-{number}", q1=["1", "3"])
    for number in range(4, 8):
        await answers(acts, f"worker-{number}", q1=["2"])
    shares = ["Rest days: 50-75 %", "Pay: 50-75 %", "Tools: 50-75 %"]
    assert first_line(await closed(acts)) == shares


async def test_a_ranking_tells_how_to_put_numbers_in_order(acts: Acts) -> None:
    await opened(acts, "ranked", "Monday\nTuesday\nFriday")
    form = shown(await acts.say(WORKER, "pulse"))
    assert "Put the numbers in order, the best first, like 3 1 2: 1 Monday, 2 Tuesday" in form


async def test_from_twenty_answers_on_shares_are_rounded_and_the_whole_order_is_told(
    acts: Acts,
) -> None:
    await opened(acts, "ranked", "Monday\nTuesday\nFriday")
    await many(acts, ["1 2 3"] * 10 + ["2 1 3"] * 7 + ["3 2 1"] * 7)
    assert first_line(await closed(acts)) == [
        "First choices:",
        "Monday: about 40 %",
        "Tuesday: about 30 %",
        "Friday: about 30 %",
        "Place 1: Tuesday",
        "Place 2: Monday",
        "Place 3: Friday",
    ]


async def test_what_nearly_all_chose_is_a_clear_majority_and_has_no_turnout(acts: Acts) -> None:
    await opened(acts, "single", "Tea\nCoffee")
    await many(acts, ["1"] * 9 + ["2"])
    reply = await closed(acts)
    assert first_line(reply) == ["clear majority: Tea"]
    assert list(fields(reply)) == [QUESTION]
    assert reply.cards[0].picture is None


async def test_only_the_last_answer_counts_also_when_it_comes_in_the_last_hour(acts: Acts) -> None:
    await opened(acts, days="1")
    await many(acts, ["yes"] * 5)
    await acts.world.live(hours=23)
    await many(acts, ["no"] * 5)
    assert first_line(await closed(acts, 1)) == ["clear majority: No"]


# The card ----------------------------------------------------------------------------------------


async def test_the_card_says_all_that_matters_and_has_one_button(acts: Acts) -> None:
    await opened(acts)
    (card,) = posted(acts.world)
    assert names(card) == ["answer"]
    assert text(card) == [
        "A question for everyone",
        QUESTION,
        "We do not keep who answers. Answers are sealed until the close, and nobody here reads "
        "a single one.",
        "People who tell each other their answers can work out the rest.",
        "Hold a receipt? Look again: /receipt",
    ]
    assert fields(card) == {
        "Closes": "Monday 8 June, 08:00 (UTC). Until then you can change your mind: "
        "your last answer counts.",
        "Results": "Only at the close, and only from 5 answers on.",
        "Who may answer": "About 30 people, as a moderator declared.\n"
        "Accounts that have been here for at least 14 days.",
    }


async def test_the_preview_is_what_everybody_will_see_and_opens_nothing(acts: Acts) -> None:
    preview = await previewed(acts, "multiple", "Rest days\nPay\n1")
    assert text(preview)[-1] == "Once it is open nothing about it can be changed."
    assert fields(preview)["Options"] == "Rest days\nPay"
    assert fields(preview)["Limit"] == "Choose at most 1."
    assert names(preview) == ["confirm"]
    await acts.world.live(days=1)
    assert posted(acts.world) == []
    assert not await is_open(acts)


async def test_the_button_of_the_card_opens_the_form_and_the_form_says_the_rest(
    acts: Acts,
) -> None:
    await opened(acts, comment="yes")
    (card,) = posted(acts.world)
    form = await acts.press(WORKER, card, "answer")
    said = shown(form)
    assert "Open until Monday 8 June, 08:00 (UTC). You can answer again until then" in said
    assert "Whoever runs this page can tell that you used this bot and may read what you" in said
    assert "Comments are for organisers only, mixed, and only if at least 5" in said
    assert "Hold a receipt? Look again: /receipt" in said
    taken = await acts.fill(WORKER, form, q1="yes", comment="")
    assert text(taken)[0] == KEPT
    again = await acts.press(WORKER, taken, "answer")
    assert "yes" not in [one.value for one in again.form.questions]  # nobody can tell any more


async def test_nothing_that_anyone_sees_changes_while_people_answer(acts: Acts) -> None:
    await opened(acts)

    async def seen() -> list[str]:
        looks = [("someone", "pulse", ""), ("someone", "about", ""), ("someone", "reps", "")]
        looks += [(ORGANISER, "poll", word) for word in ("", "list", "close", "results", "export")]
        found = [shown(await acts.say(*one)) for one in looks]
        early = await acts.press(
            ORGANISER, await acts.say(ORGANISER, "poll", "close"), "close_poll"
        )
        return [*found, shown(early), str(len(acts.world.post.heard)), str(acts.world.log.lines)]

    before = await seen()
    await many(acts, ["yes"] * 7)
    await acts.world.bot.tick()
    assert await seen() == before


async def test_the_results_are_not_there_before_the_close_for_anyone(acts: Acts) -> None:
    reply = await opened(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 3)
    early = await acts.press(ORGANISER, reply, "results")
    assert text(early)[-1] == "Results are shown at the close only, Monday 8 June, 08:00 (UTC)."
    assert (fields(early), early.cards[0].chart) == ({}, None)
    listed = await acts.say(ORGANISER, "poll", "results")
    assert text(listed) == ["Results", "No poll has closed yet."]


async def test_a_poll_opened_by_pressing_twice_is_one(acts: Acts) -> None:
    preview = await previewed(acts)
    first = await acts.press(ORGANISER, preview, "confirm")
    again = await acts.press(ORGANISER, preview, "confirm")
    assert shown(first) == shown(again)
    await acts.world.bot.tick()
    assert len(posted(acts.world)) == 1
    assert len((await acts.say(ORGANISER, "poll", "list")).cards[0].buttons) == 1


async def test_nobody_can_change_a_question_that_is_open(acts: Acts) -> None:
    preview = await previewed(acts)
    await acts.press(ORGANISER, preview, "confirm")
    await acts.world.bot.tick()
    before = [shown(one) for one in posted(acts.world)]
    other = await previewed(acts, question="Something else altogether?")
    await acts.press(ORGANISER, preview, "confirm")
    assert QUESTION in shown(await acts.say(WORKER, "pulse"))
    assert [shown(one) for one in posted(acts.world)] == before
    await acts.press(ORGANISER, other, "confirm")
    both = fields(await acts.say(WORKER, "pulse"))
    assert set(both.values()) == {QUESTION, "Something else altogether?"}  # both close at once


# /pulse ------------------------------------------------------------------------------------------


async def test_where_nothing_is_open_pulse_says_so(acts: Acts) -> None:
    reply = await acts.say(WORKER, "pulse")
    assert text(reply)[0] == "Nothing is being asked"
    assert names(reply) == []


async def test_of_several_one_is_chosen_and_the_first_to_close_comes_first(acts: Acts) -> None:
    await opened(acts, question="The long one?", days="9")
    await opened(acts, question="The short one?", days="2")
    reply = await acts.say(WORKER, "pulse")
    assert list(fields(reply).values()) == ["The short one?", "The long one?"]
    assert names(reply) == ["answer", "answer"]
    form = await acts.press(WORKER, reply, "answer")
    assert "The short one?" in shown(form)


async def test_what_is_typed_behind_pulse_is_ignored(acts: Acts) -> None:
    await opened(acts)
    reply = await acts.say(WORKER, "pulse", "yes because of my manager")
    assert "my manager" not in shown(reply)
    assert reply.form is not None


# The close ---------------------------------------------------------------------------------------


async def test_everyone_is_reminded_a_day_before_whoever_has_answered(acts: Acts) -> None:
    await opened(acts)
    await many(acts, ["yes"] * 7)
    await acts.world.live(days=6)
    assert len(posted(acts.world)) == 1
    await acts.world.live(hours=1)
    (_, card) = posted(acts.world)
    assert text(card)[2].startswith("This closes soon. Everybody gets this reminder")
    assert names(card) == ["answer"]


async def test_what_is_open_for_less_than_two_days_has_no_reminder(acts: Acts) -> None:
    await opened(acts, days="1")
    await acts.world.live(days=1, hours=1)
    assert len(posted(acts.world)) == 2  # the question and the results


async def test_an_organiser_closes_early_once_more_asked_and_for_good(acts: Acts) -> None:
    await opened(acts)
    await many(acts, ["yes"] * 4 + ["no"] * 3)
    once_more = await acts.press(
        ORGANISER, await acts.say(ORGANISER, "poll", "close"), "close_poll"
    )
    assert text(once_more) == ["Are you sure?", "What is closed cannot be opened again."]
    assert await is_open(acts)
    reply = await acts.press(ORGANISER, once_more, "confirm")
    assert text(reply)[0] == "The poll is closed"
    await acts.world.bot.tick()
    assert first_line(results(acts)[-1]) == ["Yes: 50-75 %", "No: 25-50 %"]
    assert not await is_open(acts)
    again = await acts.press(ORGANISER, once_more, "confirm")
    assert text(again)[0] == "Not done"
    assert text(await acts.say(ORGANISER, "poll", "close"))[-1] == (
        "Nothing is open, and no pulse is planned."
    )


async def test_after_an_early_close_there_is_no_reminder_and_no_second_close(acts: Acts) -> None:
    await opened(acts)
    await many(acts, ["yes"] * 7)
    await acts.confirm(ORGANISER, await acts.say(ORGANISER, "poll", "close"), "close_poll")
    await acts.world.live(days=20)
    assert len(posted(acts.world)) == 2  # the question, the results
    assert len(results(acts)) == 1


async def test_the_results_go_to_every_place_that_was_asked_once_and_nowhere_else(
    town: Acts,
) -> None:
    await opened(town)
    await many(town, ["yes"] * 4 + ["no"] * 3)
    await town.world.live(days=9)
    await town.world.bot.tick()
    said = [room for room, card in town.world.post.rooms if card.title.key == "results.title"]
    assert sorted(said) == sorted(ROOMS)
    told = [card.title.key for _, card in town.world.post.people]
    assert not [key for key in told if key.startswith(("poll", "results", "pulse"))]


async def test_the_results_stay_the_same_in_every_view(acts: Acts) -> None:
    await opened(acts, "single", "Tea\nCoffee")
    await many(acts, ["1"] * 4 + ["2"] * 3)
    shares = first_line(await closed(acts))
    view = await acts.press(ORGANISER, await acts.say(ORGANISER, "poll", "results"), "results")
    assert first_line(view) == shares == ["Tea: 50-75 %", "Coffee: 25-50 %"]
    assert await export(acts) == [
        "option,from_percent,to_percent,shown",
        '"Tea",50,75,share',
        '"Coffee",25,50,share',
    ]


async def test_the_table_has_no_figure_that_the_card_has_not(acts: Acts) -> None:
    await opened(acts, "single", "Tea\nCoffee\nWater")
    await many(acts, ["1"] * 3)
    assert first_line(await closed(acts)) == ["withheld: fewer than 5 answers"]
    assert await export(acts) == ["option,from_percent,to_percent,shown", ",,,withheld"]


async def test_a_small_cell_is_hidden_and_the_next_one_with_it(acts: Acts) -> None:
    await opened(acts, "single", "Tea\nCoffee\nWater")
    await many(acts, ["1"] * 12 + ["2"] * 8 + ["3"] * 2)
    shares = ["Tea: about 55 %", "Coffee: not shown", "Water: not shown"]
    assert first_line(await closed(acts)) == shares
    assert (await export(acts))[1:] == [
        '"Tea",55,55,share',
        '"Coffee",,,hidden',
        '"Water",,,hidden',
    ]


async def test_an_option_that_a_spreadsheet_would_reckon_is_harmless_in_the_table(
    acts: Acts,
) -> None:
    await opened(acts, "single", '=1+1\n-2\nSay "no"')
    await many(acts, ["1"] * 3 + ["2"] * 3 + ["3"] * 3)
    await closed(acts)
    assert [one.partition(",")[0] for one in (await export(acts))[1:]] == [
        '"\'=1+1"',
        '"\'-2"',
        '"Say ""no"""',
    ]


# Comments ----------------------------------------------------------------------------------------

SAID = [
    f"The {word} day is the hardest one." for word in ("first", "second", "third", "last", "next")
]


async def comment(acts: Acts, words: list[str], others: int) -> None:
    await opened(acts, comment="yes")
    for number, one in enumerate(words + [""] * others):
        await answers(acts, f"worker-{number}", q1="yes", comment=one)
    await closed(acts)


async def newest_results(acts: Acts) -> Reply:
    """For an organiser."""
    return await acts.press(ORGANISER, await acts.say(ORGANISER, "poll", "results"), "results")


async def newest(acts: Acts) -> list[str]:
    """The buttons of the newest results, for an organiser."""
    return names(await newest_results(acts))


async def test_comments_are_for_organisers_alone_and_never_in_a_room(acts: Acts) -> None:
    await comment(acts, SAID, 5)
    listed = await acts.say(ORGANISER, "poll", "results")
    view = await acts.press(ORGANISER, listed, "results")
    assert "hardest" not in shown(view)
    pages = [await acts.press(ORGANISER, view, "comments")]
    pages.append(await acts.press(ORGANISER, pages[0], "comments"))
    read = [value for page in pages for value in fields(page).values()]
    assert sorted(read) == sorted(SAID)
    assert names(pages[1]) == []
    assert not any("hardest" in repr(one) for one in acts.world.post.rooms)
    for who in (WORKER, REP):
        refused = await acts.press(who, view, "comments")
        assert text(refused)[0] == "Not done"
        assert "hardest" not in shown(refused)


@pytest.mark.parametrize(("written", "others"), [(4, 8), (5, 4)])
async def test_of_too_few_answers_or_comments_none_is_there(
    acts: Acts, written: int, others: int
) -> None:
    await comment(acts, SAID[:written], others)
    assert await newest(acts) == ["poll_outcome", "export_results"]


async def test_comments_are_forgotten_sixty_days_after_the_close(acts: Acts) -> None:
    await comment(acts, SAID, 5)
    assert "comments" in await newest(acts)
    await acts.world.live(days=62)
    assert "comments" not in await newest(acts)


# Places ------------------------------------------------------------------------------------------


async def test_where_an_employer_may_read_there_is_no_field_for_a_comment(town: Acts) -> None:
    await opened(town, comment="yes")
    forms = [await town.world.bot.door.begin("pulse", at(where, WORKER)) for where in PLACES]
    asked = [[one.id for one in form.form.questions] for form in forms if form.form]
    assert asked == [["q1"] if "office" in where else ["q1", "comment"] for where in PLACES]
    at_work = shown(forms[PLACES.index("office-town")])
    assert "An employer may read this place" in at_work


async def test_a_comment_that_could_point_at_somebody_is_held_back_once(acts: Acts) -> None:
    await opened(acts, comment="yes")
    form = await acts.say(WORKER, "pulse")
    words = "I am the only one here, ask Ines, or write to me@example.org"
    held = await acts.fill(WORKER, form, q1="yes", comment=words)
    assert held.form is not None
    said = shown(held)
    for warning in ("There is an e-mail address in it.", "It says that you are the only one."):
        assert warning in said
    assert [one.value for one in held.form.questions] == ["yes", words]
    assert list(held.form.errors) == ["comment"]
    assert text(await acts.fill(WORKER, held, q1="yes", comment=words))[0] == KEPT


async def test_a_comment_may_not_carry_a_receipt(acts: Acts) -> None:
    receipt = await acts.file(WORKER)
    await opened(acts, comment="yes")
    form = await acts.say(WORKER, "pulse")
    for words in (f"mine is {receipt}", f"({receipt.replace('-', ' ').lower()})"):
        refused = await acts.fill(WORKER, form, q1="yes", comment=words)
        assert "something like a receipt" in shown(refused)
    assert text(await acts.fill(WORKER, form, q1="yes", comment="ABCDEFG-ABCDEFG-ABCDEFG"))[0]


async def test_what_came_of_a_poll_is_said_and_shown_with_its_results(acts: Acts) -> None:
    await opened(acts)
    await many(acts, ["yes"] * 6 + ["no"] * 6)
    await closed(acts)
    form = await acts.press(ORGANISER, await newest_results(acts), "poll_outcome")
    said = await acts.fill(ORGANISER, form, outcome="You said yes. We asked. They agreed.")
    assert "What came of it: You said yes. We asked. They agreed." in shown(said)
    for who in (WORKER, REP):
        assert text(await acts.press(who, said, "poll_outcome"))[0] == "Not done"


async def test_at_most_ten_polls_and_pulses_run_at_a_time(acts: Acts) -> None:
    for _ in range(10):
        await opened(acts)
    form = await acts.say(ORGANISER, "poll", "new")
    one_more = {"question": "One more?", "kind": "yes_no", "days": "3", "comment": "no"}
    assert "Please close one first" in shown(await acts.fill(ORGANISER, form, **one_more))
    assert len(names(await acts.say(ORGANISER, "poll", "close"))) == 10
    await acts.confirm(ORGANISER, await acts.say(ORGANISER, "poll", "close"), "close_poll")
    assert names(await acts.fill(ORGANISER, form, **one_more)) == ["confirm"]


async def test_workers_answer_in_an_employers_place_and_organisers_do_nothing_there(
    town: Acts,
) -> None:
    await opened(town)
    door = town.world.bot.door
    form = await door.begin("pulse", at("office-town", WORKER))
    assert form.form is not None
    taken = await door.submit("pulse", at("office-town", WORKER), form.form.subject, {"q1": "no"})
    assert text(taken)[0] == KEPT
    here = at("office-town", ORGANISER)
    for word in ("", "new", "pulse", "list", "close", "results", "export"):
        refused = await door.begin("poll", here, words=word)
        assert text(refused)[-1].startswith(
            "Staff work is not done in a place an employer may read"
        )
    for button in ("poll_new", "open_poll", "close_poll", "results", "export_results", "comments"):
        refused = await door.begin(button, here, form.form.subject)
        assert text(refused)[-1].startswith(
            "Staff work is not done in a place an employer may read"
        )
    assert await is_open(town)


async def test_one_person_in_two_places_has_one_answer(town: Acts) -> None:
    await opened(town)
    door = town.world.bot.door
    for number in range(5):
        for where in PLACES:
            who = at(where, f"worker-{number}")
            form = await door.begin("pulse", who)
            answer = {"q1": "no" if where == PLACES[-1] else "yes"}
            await door.submit("pulse", who, form.form.subject, answer)
    await town.world.live(days=8)
    assert first_line(results(town)[-1]) == ["clear majority: No"]


async def test_the_weekly_bulletin_names_what_is_open(acts: Acts) -> None:
    await opened(acts, days="14")
    await acts.world.live(days=8)
    cards = [card for _, card in acts.world.post.rooms if card.title.key == "bulletin.title"]
    for card in cards:
        said = shown(Reply((card,)))
        assert f"{QUESTION} Open until Monday 15 June, 08:00 (UTC)." in said
        assert "pulse" in said
    assert len(cards) == 2
