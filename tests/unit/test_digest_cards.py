"""The card of a digest: the same shape every week, never a nought, and short enough everywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.chat import Card, Line, Voice
from bot.commands.digests.cards import digest_card, own_list_card
from bot.commands.digests.polls import LONGEST
from bot.commands.notices import NOTICES, Told
from bot.commands.polls.results import LONGEST_OUTCOME
from bot.domain.cases import Kind, View, Why
from bot.domain.communities import Community, Lies, Role, Rota, Space, Trust
from bot.domain.communities.rota import Change
from bot.domain.digests import Digest, Gap, Plan
from bot.domain.polls import BANK, Poll, Question, QuestionKind
from bot.domain.privacy import Counted, Result, Share, Shares, Shown, disclosed
from bot.limits import PLATFORMS
from bot.ports import Notice
from bot.services.communities.roles import LONGEST_NAME
from bot.services.digests.telling import ITEMS, Issue
from bot.services.polls.reading import Asked
from bot.texts import Speaker
from tests.contract.rows import poll
from tests.unit.harbour import DAY, MONDAY, community, person
from tests.unit.histories import case, entry, staff, step, with_entries
from tests.unit.test_trends import wave

WEEK = 7 * DAY
SAY = Speaker(Voice("en", "America/Argentina/ComodRivadavia"), "/groundswell-")
HARBOUR = community()
EMPTY = Digest(
    week=date(2026, 6, 1),
    due=MONDAY,
    since=MONDAY - WEEK,
    serial=34,
    weeks=34,
    gap=None,
    in_time=True,
    moved={},
    about={},
    polls=(),
    head="",
)
FULL = replace(
    EMPTY,
    weeks=36,
    gap=Gap(date(2026, 5, 18), date(2026, 5, 25)),
    in_time=False,
    moved={"came": 105, "taken": 100, "climbed": 5, "ended": 10},
    about={"pay": 100, "hours": 5, "on_call": 50, "harassment": 5},
    head="5a" * 32,
)


def closed(*questions: Question, days: int = 0, result: Result | None = None, **more: Any) -> Poll:
    made = poll(questions=questions or (Question(QuestionKind.YES_NO, "Tea?"),), **more)
    counts = [Counted((3,) * one.cells, 3 * one.cells) for one in made.questions]
    found = result or disclosed(counts, floor=5, eligible=90)
    return replace(made, closed=MONDAY - days * DAY, result=found)


def issue(
    *asked: Asked, digest: Digest = EMPTY, waiting: Sequence[Poll] = (), **more: Any
) -> Issue:
    return Issue(digest, Plan(), asked, tuple(waiting), **more)


def card(of: Issue, where: Community = HARBOUR, trust: Trust = Trust.NEUTRAL) -> Card:
    return digest_card(where, trust, of)


def section(of: Card, label: str) -> list[str]:
    (found,) = (field.value for field in of.fields if field.label == Line(f"digest.{label}"))
    return SAY.say(found).split("\n")


def words(of: Card) -> str:
    said = [of.title, *of.lines]
    for field in of.fields:
        said += [field.label, field.value]
    return "\n".join(SAY.say(one) for one in said)


# The shape ---------------------------------------------------------------------------------------


def test_a_week_without_anything_has_every_section_that_a_full_one_has() -> None:
    two = (Asked(closed()), Asked(closed()))
    full = card(issue(*two, digest=FULL, waiting=[closed(days=3)], more_closed=3, more_waiting=2))
    empty = card(issue())
    labels = [field.label for field in empty.fields]
    assert labels == [field.label for field in full.fields]
    assert len(labels) == 6
    for field in empty.fields:
        assert SAY.say(field.value).strip()


def test_the_first_line_is_whether_every_case_was_answered_in_time() -> None:
    said = {
        answer: SAY.say(card(issue(digest=replace(EMPTY, in_time=answer))).lines[0])
        for answer in (True, False, None)
    }
    assert said[True] == "Every case was answered in time: yes."
    assert said[False] == "Every case was answered in time: no."
    assert said[None].startswith("Every case was answered in time: we tell you on Monday 1 June")


def test_it_says_its_number_and_the_weeks_that_had_none() -> None:
    said = [SAY.say(one) for one in card(issue(digest=FULL)).lines]
    assert said[1] == "This is week 34 of 36."
    assert said[2].startswith("No digest came for the weeks between 18 May 2026 and 31 May 2026.")
    assert [line.key for line in card(issue()).lines] == ["digest.in_time.yes", "digest.serial"]


def test_a_test_says_so_in_its_title_and_before_all_else() -> None:
    found = card(issue(digest=EMPTY, test=True))
    assert found.title.key == "digest_card.test"
    assert found.lines[0].key == "digest.test.words"


def test_the_head_of_the_chain_is_there_in_groups_or_said_to_be_missing() -> None:
    (head,) = section(card(issue(digest=FULL)), "chain")
    assert head.replace(" ", "") == "5a" * 32
    assert max(map(len, head.split())) == 8
    assert section(card(issue()), "chain")[0].startswith("None yet")


def test_who_is_on_duty_is_there_for_two_weeks_and_nobody_is_named_to_an_employer() -> None:
    one, two = person("Ines", Role.REP), person("Karim", Role.REP, named=False)
    where = community(one, two, rota=Rota((one.id, two.id)))
    said = section(card(issue(), where), "duty")
    assert [line.rsplit(": ")[-1] for line in said[:2]] == ["Ines (rep)", "Karim (rep)"]
    there = section(card(issue(), where, Trust.EMPLOYER_OWNED), "duty")
    assert "Karim" not in "\n".join(there)


def test_of_many_on_duty_at_once_two_are_named_and_the_others_counted() -> None:
    people = [person(f"Rep{n}", Role.REP) for n in range(5)]
    on = [
        Change(f"{n}", one.id, Lies.ON, MONDAY - DAY, MONDAY + 3 * WEEK)
        for n, one in enumerate(people)
    ]
    where = community(*people, rota=Rota((people[0].id,)), changes=tuple(on))
    (first, *_) = section(card(issue(), where), "duty")
    assert first.endswith(", and 3 more")
    assert first.count("(rep)") == 2


# Figures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("digest", [EMPTY, replace(EMPTY, moved={"came": 0}, about={})])
def test_too_few_are_never_said_as_a_nought(digest: Digest) -> None:
    found = card(issue(digest=digest))
    moved = section(found, "moved")
    assert len(moved) == 4
    assert {line.split(": ")[1] for line in moved} == {"fewer than 5, carried on"}
    assert section(found, "about") == ["Any subject: fewer than 5 each, carried on"]
    assert "0" not in "\n".join(moved + section(found, "about"))


def test_each_figure_is_said_in_new_ones() -> None:
    found = card(issue(digest=replace(FULL, moved={"came": 10, "climbed": 5})))
    assert section(found, "moved") == [
        "New cases: 10 more",
        "Cases that a rep took: fewer than 5, carried on",
        "Cases nobody took in time: 5 more",
        "Cases that a rep ended: fewer than 5, carried on",
    ]


@pytest.mark.parametrize(
    ("more", "last"), [({}, "fewer than 5 each, carried on"), ({"harassment": 5}, "5 more")]
)
def test_the_three_subjects_with_most_are_named_and_the_others_in_one_line(
    more: dict[str, int], last: str
) -> None:
    found = {"pay": 100, "hours": 10, "on_call": 50}
    said = section(card(issue(digest=replace(FULL, about=found | more))), "about")
    assert [line.rsplit(": ")[-1] for line in said] == ["100 more", "50 more", "10 more", last]
    assert said[-1].startswith("Any other subject")


def test_a_preview_says_when_it_is_counted_and_no_figure() -> None:
    later = replace(EMPTY, in_time=None, moved=None, about=None)
    found = card(issue(digest=later))
    for label, lines in (("moved", 4), ("about", 1)):
        said = section(found, label)
        assert len(said) == lines
        assert all("counted on Monday 1 June" in line for line in said)


# Polls -------------------------------------------------------------------------------------------


def test_each_poll_is_numbered_as_its_buttons_are() -> None:
    over = [closed(Question(QuestionKind.YES_NO, f"Question {n}?")) for n in range(2)]
    waits = [closed(Question(QuestionKind.YES_NO, f"Open {n}?"), days=9 * n) for n in (1, 2)]
    found = card(issue(*map(Asked, over), waiting=waits))
    assert [line for line in section(found, "polls") if line[0].isdigit()] == [
        "1. Question 0?",
        "2. Question 1?",
    ]
    assert section(found, "outcomes") == [
        "3. Open 1?: closed 9 days ago",
        "4. Open 2?: closed 18 days ago",
    ]
    said = [(one.name, one.subject, SAY.say(one.label)) for one in found.buttons]
    assert said == [
        ("results", over[0].id, "Results of 1"),
        ("results", over[1].id, "Results of 2"),
        ("poll_outcome", waits[0].id, "Say what came of 3"),
        ("poll_outcome", waits[1].id, "Say what came of 4"),
        ("digest", "", "When and where"),
    ]


def test_what_is_more_than_four_is_counted_and_where_it_is_found_is_said() -> None:
    many = [Asked(closed())] * ITEMS
    found = card(issue(*many, waiting=[closed()] * ITEMS, more_closed=5, more_waiting=1))
    assert section(found, "polls")[-1] == "and 5 more: /groundswell-poll"
    assert section(found, "outcomes")[-1] == "and 1 more: /groundswell-poll"


def test_a_poll_whose_answers_are_all_withheld_says_so_once() -> None:
    result = Result(None, (Shares(Shown.WITHHELD),) * 3)
    three = tuple(Question(QuestionKind.YES_NO, f"{n}?") for n in range(3))
    said = section(card(issue(Asked(closed(*three, result=result)))), "polls")
    assert said[1:] == ["withheld: fewer than 5 answers"]


def test_of_several_questions_each_is_said_and_one_that_is_withheld_as_such() -> None:
    yes_no = Shares(Shown.SHARES, (Share(60, 60), Share(40, 40)))
    result = Result(None, (yes_no, Shares(Shown.WITHHELD)))
    two = (Question(QuestionKind.YES_NO, "Tea?"), Question(QuestionKind.YES_NO, "Milk?"))
    said = section(card(issue(Asked(closed(*two, result=result)))), "polls")
    assert said[1:] == [
        "Tea?: Yes: about 60 % and No: about 40 %",
        "Milk?: withheld: fewer than 5 answers",
    ]


def test_of_many_options_the_four_that_most_chose_are_named_and_hidden_ones_last() -> None:
    cells: list[Share | None] = [Share(5 * n, 5 * n) for n in range(7)]
    cells[6] = None
    many = Question(QuestionKind.MULTIPLE, "Which?", tuple(f"option {n}" for n in range(7)))
    result = Result(None, (Shares(Shown.SHARES, tuple(cells)),))
    said = section(card(issue(Asked(closed(many, result=result)))), "polls")
    assert said[1:] == [
        *(f"option {n}: about {5 * n} %" for n in (5, 4, 3, 2)),
        "and 3 more options",
    ]


def test_a_few_options_stand_in_their_own_order() -> None:
    five = Question(QuestionKind.SINGLE, "Which?", tuple("abcde"))
    cells = tuple(Share(5 * n, 5 * n) for n in range(5))
    result = Result(None, (Shares(Shown.SHARES, cells),))
    said = section(card(issue(Asked(closed(five, result=result)))), "polls")
    assert [line[0] for line in said[1:]] == list("abcde")


@pytest.mark.parametrize(
    ("kind", "shares", "words"),
    [
        ("single", Shares(Shown.MAJORITY, majority=(1,)), "clear majority: b"),
        ("single", Shares(Shown.SCATTERED), "withheld: too few chose the same"),
        ("single", Shares(Shown.LOST), "could not be counted: what opens the answers is gone"),
        ("ranked", Shares(Shown.SHARES, (None,) * 3, order=((1, 2), (0,))), "Place 1: b and c"),
        ("nps", Shares(Shown.SHARES, (None,) * 11, score=-45), "9 or 10 less 0 to 6: -45 points"),
    ],
)
def test_everything_else_that_a_result_can_be_is_one_line(
    kind: str, shares: Shares, words: str
) -> None:
    asked = Question(QuestionKind(kind), "Which?", ("a", "b", "c") if kind != "nps" else ())
    said = section(card(issue(Asked(closed(asked, result=Result(None, (shares,)))))), "polls")
    assert said[1:] == [words]


def test_a_wave_says_how_it_went_beside_the_one_before() -> None:
    first, second = (wave(n, ("stress", cells)) for n, cells in SCALES)
    alone = section(card(issue(Asked(first, (first,)))), "polls")
    assert alone[0].startswith("1. Pulse, wave 1, opened 8 June 2026")
    assert alone[1].endswith(": about 40 %")
    both = section(card(issue(Asked(second, (first, second)))), "polls")
    assert both[1].endswith(": about 60 %; about 40 % in the wave before")


SCALES = [(1, (6, 6, 6, 6, 6)), (2, (3, 3, 6, 9, 9))]


def test_a_wave_that_is_withheld_after_one_that_was_shown_tells_nothing_of_either() -> None:
    first, second = wave(1, ("stress", (6, 6, 6, 6, 6))), wave(2, ("stress", (1, 1, 0, 1, 0)))
    said = section(card(issue(Asked(second, (first, second)))), "polls")
    assert said[1:] == ["withheld: fewer than 5 answers"]


def test_a_chart_has_four_panels_at_most_and_there_is_none_without_a_poll() -> None:
    waves = [wave(n, ("stress", cells), ("workload", cells)) for n, cells in SCALES]
    chart = card(issue(*[Asked(waves[-1], tuple(waves))] * 4)).chart
    assert chart is not None
    assert len(chart.panels) == len(chart.alt) == 4
    assert all(panel.points for panel in chart.panels)
    assert card(issue()).chart is None
    lost = closed(result=Result(None, (Shares(Shown.WITHHELD),)))
    assert card(issue(Asked(lost))).chart is None


# How long it is ----------------------------------------------------------------------------------


def longest_names() -> Community:
    """As many turns as are listed, each of several people with the longest names."""
    people = [person("W" * (LONGEST_NAME - 2) + f"{n:02}", Role.REP) for n in range(6)]
    on = [
        Change(f"{n}", one.id, Lies.ON, MONDAY + n * DAY, MONDAY + 3 * WEEK + n * DAY)
        for n, one in enumerate(people)
    ]
    return community(*people, rota=Rota(tuple(one.id for one in people)), changes=tuple(on))


def longest_polls() -> Iterator[Asked]:
    asked, options = "Q" * 200, tuple(f"{n:02} " + "W" * 72 for n in range(20))
    for kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        one = Question(kind, asked, options)
        yield Asked(closed(one))
        every = Shares(Shown.MAJORITY, majority=tuple(range(20)))
        yield Asked(closed(one, result=Result(Share(45, 45), (every,))))
    ranked = Question(QuestionKind.RANKED, asked, options[:9])
    level = Shares(Shown.SHARES, (Share(0, 25),) * 9, order=(tuple(range(9)),))
    yield Asked(closed(ranked, result=Result(None, (level,))))
    yield Asked(closed(Question(QuestionKind.SCALE, asked, options[:2])))
    five = tuple(Question(QuestionKind.SINGLE, "Q" * 44 + f"{n}", options) for n in range(3))
    lost = Result(None, (Shares(Shown.LOST), Shares(Shown.SCATTERED), Shares(Shown.WITHHELD)))
    yield Asked(closed(*five, result=lost))
    short = {name: SAY.say(Line(f"bank.{name}.short")) for name in BANK}
    names = sorted(BANK, key=lambda name: -len(short[name]))[:5]
    cells = {
        QuestionKind.SCALE: (6,) * 5,
        QuestionKind.YES_NO: (30, 20),
        QuestionKind.NPS: (5,) * 11,
    }
    asks = [(name, cells[BANK[name].kind]) for name in names]
    waves = tuple(wave(n, *asks) for n in (1, 2, 3))
    yield Asked(waves[-1], waves)


@pytest.mark.parametrize(
    "asked", list(longest_polls()), ids=lambda one: one.poll.questions[0].kind.value
)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_four_of_the_longest_polls_fit_every_platform(asked: Asked, platform: str) -> None:
    """Discord counts all words of a message together."""
    limits = PLATFORMS[platform]
    waiting = [closed(Question(QuestionKind.YES_NO, "Q" * 200), days=400)] * ITEMS
    many = {"more_closed": 1000, "more_waiting": 56}
    full = issue(*[asked] * ITEMS, digest=FULL, waiting=waiting, test=True, **many)
    found = card(full, longest_names())
    assert len(section(found, "duty")) == ITEMS
    assert len(words(found)) <= PLATFORMS["discord"].text
    assert len(found.buttons) <= limits.buttons
    for field in found.fields:
        assert len(SAY.say(field.value)) <= limits.text
    for one in found.buttons:
        assert len(SAY.say(one.label)) <= limits.button
        assert len(one.id) <= limits.id


def test_long_words_are_cut_and_short_ones_are_not() -> None:
    for length, said in ((LONGEST, "Q" * LONGEST), (LONGEST + 1, "Q" * (LONGEST - 1) + "…")):
        one = closed(Question(QuestionKind.YES_NO, "Q" * length))
        found = card(issue(Asked(one), waiting=[one]))
        assert section(found, "polls")[0] == f"1. {said}"
        assert section(found, "outcomes")[0] == f"2. {said}: closed less than a day ago"


# A rep's own list --------------------------------------------------------------------------------


def views(count: int) -> tuple[View, ...]:
    return tuple(staff(case(number=f"7CKQ{n:02}"), MONDAY) for n in range(count))


def test_an_empty_list_says_so_and_has_its_button() -> None:
    found = own_list_card(())
    assert ([line.key for line in found.lines], found.fields) == (["own_list.none"], ())
    assert [one.name for one in found.buttons] == ["cases"]


@pytest.mark.parametrize("count", [1, 10, 12])
def test_it_counts_them_and_lists_none(count: int) -> None:
    found = own_list_card(views(count))
    assert SAY.say(found.lines[0]).startswith(f"{count} open case")
    assert found.fields == ()
    assert [one.name for one in found.buttons] == ["cases"]


def test_no_word_no_number_and_no_subject_of_a_case_is_in_it() -> None:
    late = with_entries(case(), step(1, MONDAY + DAY, None, Why.NOBODY_TOOK_IT, MONDAY + DAY))
    taken = with_entries(case(number="9TAKEN"), entry(Kind.ACKNOWLEDGE, at=MONDAY + DAY))
    replied = with_entries(taken, entry(Kind.REPLY, at=MONDAY + DAY))
    said = words(
        own_list_card(tuple(staff(one, MONDAY + 2 * DAY) for one in (late, taken, replied)))
    )
    for hidden in ("7CKQ2M", "9TAKEN", late.grievance.story, "Pay", "pay", "reply", "team"):
        assert hidden not in said


def test_a_missed_promise_a_due_one_and_none_are_told_apart() -> None:
    late = with_entries(case(), step(1, MONDAY + DAY, None, Why.NOBODY_TOOK_IT, MONDAY + DAY))
    calm = with_entries(case(), entry(Kind.ASK, at=MONDAY + DAY))
    told = {
        "own_list.late": (staff(late, MONDAY + 2 * DAY),),
        "own_list.first": (staff(case(), MONDAY),),
        "own_list.some": (staff(calm, MONDAY + 2 * DAY),),
    }
    for key, own in told.items():
        assert own_list_card(own).lines[-1].key == key
    both = own_list_card(told["own_list.first"] + told["own_list.late"])
    assert [one.key for one in both.lines] == ["own_list.some", "own_list.late", "own_list.first"]


# What came of the last wave ----------------------------------------------------------------------


def opening(asked: Asked, notice: Notice = Notice.POLL_OPENS) -> Card:
    space = Space("s" * 32, "sandbox", "harbour", "Harbour", Trust.NEUTRAL, {})
    return NOTICES[notice](Told(HARBOUR, {}, space, (asked,)))


@pytest.mark.parametrize("notice", [Notice.POLL_OPENS, Notice.POLL_REMINDS])
def test_a_wave_opens_with_what_came_of_the_one_before(notice: Notice) -> None:
    before = replace(wave(1, ("stress", (6, 6, 6, 6, 6))), outcome="Two more people at night.")
    now = replace(wave(2, ("stress", (6, 6, 6, 6, 6))), result=None)
    said = [SAY.say(one) for one in opening(Asked(now, (before,)), notice).lines]
    assert said[0] == "What came of the last wave: Two more people at night."
    silent = replace(before, outcome="")
    assert [SAY.say(one) for one in opening(Asked(now, (silent,)), notice).lines] == said[1:]
    assert [SAY.say(one) for one in opening(Asked(now), notice).lines] == said[1:]


def test_the_longest_outcome_fits_above_the_longest_wave_on_every_platform() -> None:
    asks = [(name, (6,) * BANK[name].cells) for name in sorted(BANK, key=_asked_at_length)[:5]]
    before, now = (wave(n, *asks) for n in (1, 2))
    before = replace(before, outcome="W" * LONGEST_OUTCOME)
    found = opening(Asked(replace(now, result=None), (before,)))
    assert found.lines[0].facts == {"outcome": before.outcome}
    assert len(words(found)) <= PLATFORMS["discord"].text
    for limits in PLATFORMS.values():
        assert len("\n".join(SAY.say(one) for one in found.lines)) <= limits.text


def _asked_at_length(name: str) -> int:
    return -len(SAY.say(Line(f"bank.{name}")))
