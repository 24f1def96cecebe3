"""Questions, options and shares in words: what stands where, and never a count."""

import pytest

from adapters.sandbox import render
from bot.chat import Card, Field, Line, Rows, Voice, line
from bot.commands.polls.cards import results_card
from bot.commands.polls.words import cell, label, name, numbered, question, score, share, shown
from bot.domain.polls import Question, QuestionKind
from bot.domain.polls.bank import BANK
from bot.domain.privacy import Result, Share, Shares, Shown
from bot.services.polls.reading import Asked
from bot.texts import Speaker
from tests.contract.rows import poll

SCALE, NPS, YES_NO = QuestionKind.SCALE, QuestionKind.NPS, QuestionKind.YES_NO
DAYS = ("Monday", "Tuesday", "Friday")


def said(one: Line | str | Rows) -> str:
    card = Card(line("poll.title"), fields=(Field("", one),))
    (field,) = render.card(Speaker(Voice(), "/"), card, whisper=True)["fields"]
    return str(field["value"])


def lines(one: Question, found: Shares) -> list[str]:
    return said(Rows(shown(one, found, 5))).split("\n")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Share(0, 25), "0-25 %"),
        (Share(75, 100), "75-100 %"),
        (Share(0, 0), "about 0 %"),
        (Share(45, 45), "about 45 %"),
        (None, "not shown"),
    ],
)
def test_a_share_is_a_quarter_or_rounded_or_not_shown(part: Share | None, words: str) -> None:
    assert said(share(part)) == words


@pytest.mark.parametrize(
    ("points", "words"), [(15, "+15 points"), (0, "+0 points"), (-40, "-40 points")]
)
def test_a_score_has_its_sign(points: int, words: str) -> None:
    assert said(score(Share(points, points))) == words
    assert said(score(None)) == "not shown"


def test_the_ends_of_a_scale_have_their_words_and_the_middle_none() -> None:
    plain, worded = Question(SCALE, "How?"), Question(SCALE, "How?", ("calm", "loud"))
    assert [said(cell(plain, at)) for at in range(5)] == ["1", "2", "3", "4", "5"]
    assert [said(cell(worded, at)) for at in (0, 2, 4)] == ["1 (calm)", "3", "5 (loud)"]


def test_every_question_of_the_bank_has_words_for_all_of_its_steps() -> None:
    for one in BANK.values():
        assert said(question(one)).endswith("?")
        for at in range(one.cells):
            assert "bank." not in said(cell(one, at))
        if one.kind is SCALE:
            assert said(cell(one, 0)) != "1"
            assert said(cell(one, 4)) != "5"


def test_zero_to_ten_begins_with_zero_and_yes_comes_before_no() -> None:
    nps, yes_no = Question(NPS, "How likely?"), Question(YES_NO, "Shall we?")
    assert [said(cell(nps, at)) for at in (0, 5, 10)] == ["0 (not at all)", "5", "10 (very much)"]
    assert [said(cell(yes_no, at)) for at in (0, 1)] == ["Yes", "No"]


def test_groups_are_named_as_what_they_hold() -> None:
    for kind, groups in (
        (NPS, ["0 to 6", "7 or 8", "9 or 10"]),
        (SCALE, ["1 or 2", "3", "4 or 5"]),
    ):
        one = Question(kind, "How?")
        assert [said(cell(one, at, groups=True)) for at in range(3)] == groups


def test_a_label_is_the_question_as_long_as_it_fits_beside_a_field() -> None:
    fits, long = Question(YES_NO, "x" * 45), Question(YES_NO, "x" * 46)
    bank = Question(SCALE, bank="stress")
    assert label(poll(questions=(fits,)), 1) == "x" * 45
    assert said(label(poll(questions=(long,)), 1)) == "Your answer"
    assert said(label(poll(questions=(fits, long)), 2)) == "Question 2"
    assert len(said(label(poll(questions=(bank,)), 1))) <= 45


def test_one_question_has_no_number_and_several_have() -> None:
    one, other = Question(YES_NO, "First?"), Question(YES_NO, "Second?")
    assert [said(each) for each in numbered(poll(questions=(one,)))] == ["First?"]
    both = [said(each) for each in numbered(poll(questions=(one, other)))]
    assert both == ["1. First?", "2. Second?"]


def test_organisers_know_a_poll_by_its_question_and_a_wave_by_its_number() -> None:
    assert name(poll(questions=(Question(YES_NO, "Shall we?"),))) == "Shall we?"
    assert said(name(poll(wave=3))) == "Pulse, wave 3, opened Monday 1 June, 09:00 (UTC)"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Shares(Shown.WITHHELD), ["withheld: fewer than 5 answers"]),
        (Shares(Shown.SCATTERED), ["withheld: too few chose the same"]),
        (Shares(Shown.MAJORITY, majority=(1,)), ["clear majority: Tuesday"]),
        (Shares(Shown.MAJORITY, majority=(0, 2)), ["clear majority: Monday and Friday"]),
        (
            Shares(Shown.SHARES, (Share(60, 60), None, None)),
            ["Monday: about 60 %", "Tuesday: not shown", "Friday: not shown"],
        ),
    ],
)
def test_what_is_not_shown_says_so_and_no_more(found: Shares, words: list[str]) -> None:
    assert lines(Question(QuestionKind.MULTIPLE, "Which?", DAYS), found) == words


def test_a_ranking_names_who_are_level() -> None:
    cells = (Share(50, 50), Share(30, 30), Share(20, 20))
    found = Shares(Shown.SHARES, cells, order=((1,), (0, 2)))
    assert lines(Question(QuestionKind.RANKED, "Which?", DAYS), found)[-2:] == [
        "Place 1: Tuesday",
        "Place 2: Monday and Friday",
    ]


def test_a_card_of_what_is_wholly_withheld_has_no_picture_and_no_turnout() -> None:
    questions = (Question(YES_NO, "One?"), Question(YES_NO, "Two?"))
    result = Result(None, (Shares(Shown.WITHHELD), Shares(Shown.WITHHELD)))
    card = results_card(Asked(poll(questions=questions, result=result)))
    assert card.chart is None
    assert [said(one.label) for one in card.fields] == ["One?", "Two?"]


def test_a_picture_holds_only_the_questions_that_have_bars() -> None:
    questions = (Question(YES_NO, "One?"), Question(YES_NO, "Two?"))
    bars = Shares(Shown.SHARES, (Share(50, 75), Share(25, 50)))
    result = Result(None, (Shares(Shown.MAJORITY, majority=(0,)), bars))
    card = results_card(Asked(poll(questions=questions, result=result)))
    assert card.chart is not None
    assert [panel.title for panel in card.chart.panels] == ["Two?"]
    assert [said(one) for one in card.chart.alt] == ["Two? Yes: 50-75 % and No: 25-50 %."]
