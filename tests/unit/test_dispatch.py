"""The one door always answers: what is not allowed, not known or broken is a sentence."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.chat import (
    About,
    Ask,
    Card,
    Chart,
    ChartBar,
    ChartPanel,
    Command,
    Here,
    Picture,
    Reply,
    Tone,
    choice,
    choices,
    every,
    line,
    long_text,
    themselves,
)
from bot.dispatch import Door
from bot.domain.communities import Role, Trust
from bot.domain.errors import CaseOver, Invalid, NobodyLeft
from bot.domain.grievances.intake import Spread
from bot.ports import Noted
from bot.services.pictures import Pictures
from tests.fakes.acts import Acts
from tests.fakes.world import PIXEL, KeptCharts, KeptLog, World, caller

WORKER, REP, ORGANISER, MODERATOR = "noor-haddad", "ines-moreau", "ruth-adeyemi", "oskar-brandt"
SECRET = "my manager is called Sam Smith"


@dataclass(frozen=True)
class StoryForm:
    spread: Spread = choice(every(Spread))
    story: str = long_text()


@dataclass(frozen=True)
class SpreadForm:
    spread: tuple[str, ...] = choices(every(Spread))


_WORDS = themselves("look", "handle", "write", "burn", "not_there") | {"draw": "write"}


def _answer(*what: str) -> Reply:
    return Reply((Card(line("saved.title")),))


_CHART = Chart(
    (ChartPanel("Shall we?", (ChartBar("Yes", "68 %", 68, 68),)),), (line("list", items="Yes"),)
)


class Made:
    """Commands made for these tests, and what they were asked."""

    def __init__(self, world: World) -> None:
        self.world, self.log, self.charts = world, KeptLog(), KeptCharts()
        self.asked: list[tuple[str, str]] = []
        self.trouble: Exception | None = None
        self.answer = _answer()
        reps = frozenset({Role.REP})
        self.commands = (
            Command("look", typed=True, opens=self._opens("look")),
            Command("write", About.DRAFT, typed=True, form=StoryForm, run=self._runs("write")),
            Command("pick", About.DRAFT, form=SpreadForm, run=self._runs("pick")),
            Command("handle", About.CASE, reps, opens=self._opens("handle")),
            Command("list", roles=reps, typed=True, opens=self._opens("list")),
            Command("burn", About.VISIT, opens=self._opens("burn"), sure=True),
            Command("end", About.CASE, reps, opens=self._opens("end"), sure=True),
            Command("shop", roles=reps, typed=True, opens=self._opens("shop"), words=_WORDS),
            Command("till", roles=reps, typed=True, opens=self._opens("till"), anywhere=True),
        )

    def door(self) -> Door:
        pictures = Pictures(self.charts, self.log)
        bot = self.world.bot
        return Door(bot.meeting, bot.door.places, self.commands, pictures, self.log)

    def _opens(self, name: str) -> Any:
        async def opens(here: Here, subject: str) -> Reply:
            self.asked.append((name, subject))
            if self.trouble is not None:
                raise self.trouble
            return self.answer

        return opens

    def _runs(self, name: str) -> Any:
        opens = self._opens(name)

        async def run(here: Here, subject: str, form: object) -> Reply:
            answered: Reply = await opens(here, subject)
            return answered

        return run


@pytest.fixture
def made(world: World) -> Made:
    return Made(world)


def said(reply: Reply) -> list[str]:
    return [one.key for card in reply.cards for one in card.lines]


def errors(reply: Reply) -> dict[str, str]:
    assert reply.form is not None
    return {field: one.key for field, one in reply.form.errors.items()}


GOOD = {"spread": "me", "story": SECRET}


# Begin ------------------------------------------------------------------------------------------


async def test_what_is_typed_or_pressed_is_answered(made: Made) -> None:
    assert await made.door().begin("look", caller(WORKER), words="") == _answer()
    assert await made.door().begin("look", caller(WORKER), "subject") == _answer()
    assert made.asked == [("look", ""), ("look", "subject")]


@pytest.mark.parametrize("name", ["look", "burn", "write"])
async def test_a_chart_that_is_answered_comes_with_its_picture(made: Made, name: str) -> None:
    made.answer = Reply((*_answer().cards, Card(line("saved.title"), chart=_CHART)), public=True)
    if name == "write":
        reply = await made.door().submit(name, caller(WORKER), "token", GOOD)
    else:
        command, subject = ("confirm", name) if name == "burn" else (name, "")
        reply = await made.door().begin(command, caller(WORKER), subject)
    assert [one.picture for one in reply.cards] == [None, Picture(PIXEL, "Yes")]
    assert reply == replace(
        made.answer,
        cards=(made.answer.cards[0], replace(made.answer.cards[1], picture=Picture(PIXEL, "Yes"))),
    )


async def test_a_chart_that_cannot_be_drawn_is_answered_without_its_picture(made: Made) -> None:
    made.charts.broken = True
    made.answer = Reply((Card(line("saved.title"), chart=_CHART),))
    assert await made.door().begin("look", caller(WORKER)) == made.answer
    assert [event for event, _ in made.log.lines] == [Noted.WARNED]


async def test_a_command_that_only_has_a_form_shows_it_empty(made: Made) -> None:
    reply = await made.door().begin("write", caller(WORKER), "token")
    assert reply.form is not None
    assert (reply.form.id, [q.id for q in reply.form.questions]) == (
        "write:token",
        ["spread", "story"],
    )
    assert (reply.cards, made.asked) == ((), [])


async def test_what_stands_behind_a_command_is_ignored_and_not_repeated(made: Made) -> None:
    reply = await made.door().begin("look", caller(WORKER), words=f" {SECRET} ")
    assert reply.cards[0].title.key == "ignored.title"
    assert reply.cards[1:] == _answer().cards
    assert SECRET not in repr(reply)
    assert await made.door().begin("look", caller(WORKER), words="  \n") == _answer()


@pytest.mark.parametrize("typed", ["handle", " handle\n", "HANDLE"])
async def test_a_fixed_word_behind_a_command_is_the_button_of_that_name(
    made: Made, typed: str
) -> None:
    assert await made.door().begin("shop", caller(REP), words=typed) == _answer()
    assert made.asked == [("handle", "")]


async def test_a_fixed_word_opens_its_form_and_asks_once_more_as_its_button_does(
    made: Made,
) -> None:
    form = (await made.door().begin("shop", caller(WORKER), words="write")).form
    assert form is not None
    assert form.id == "write"
    assert said(await made.door().begin("shop", caller(WORKER), words="burn")) == ["confirm.burn"]
    assert made.asked == []


async def test_who_may_use_a_fixed_word_is_who_may_press_its_button(made: Made) -> None:
    """The word counts, not the command in front of it."""
    assert await made.door().begin("shop", caller(WORKER), words="look") == _answer()
    refused = await made.door().begin("shop", caller(WORKER), words="handle")
    assert said(refused) == ["refused.not_allowed"]
    assert said(await made.door().begin("shop", caller(WORKER), words="")) == [
        "refused.not_allowed"
    ]
    assert made.asked == [("look", "")]


@pytest.mark.parametrize(
    "typed", ["handle it", "hand", "list", "end", "look look", f"look {SECRET}"]
)
async def test_what_is_no_fixed_word_is_ignored_as_ever(made: Made, typed: str) -> None:
    reply = await made.door().begin("shop", caller(REP), words=typed)
    assert reply.cards[0].title.key == "ignored.title"
    assert (made.asked, typed in repr(reply)) == ([("shop", "")], False)


async def test_a_command_without_fixed_words_has_none(made: Made) -> None:
    reply = await made.door().begin("list", caller(REP), words="handle")
    assert reply.cards[0].title.key == "ignored.title"
    assert made.asked == [("list", "")]


async def test_a_fixed_word_whose_button_there_is_not_is_told_so(made: Made) -> None:
    reply = await made.door().begin("shop", caller(REP), words="not_there")
    assert said(reply) == ["refused.unknown_command"]


async def test_a_button_has_no_words_behind_it(made: Made) -> None:
    await made.door().begin("shop", caller(REP), "handle")
    assert made.asked == [("shop", "handle")]


@pytest.mark.parametrize(
    "name", ["nonsense", "", "LOOK", "look ", "confirm:look", "\ud800", "x" * 9999]
)
async def test_what_is_not_known_is_told_so(made: Made, name: str) -> None:
    for words in (None, ""):
        reply = await made.door().begin(name, caller(WORKER), words=words)
        assert said(reply) == ["refused.unknown_command"]
    assert said(await made.door().submit(name, caller(WORKER), "", {})) == [
        "refused.unknown_command"
    ]
    assert (made.asked, made.log.lines) == ([], [])


@pytest.mark.parametrize("subject", ["\ud800", "5XV8CC.\udfff", "x" * 53, "x" * 10**6, "a\0", "é"])
async def test_what_no_button_of_ours_carries_is_about_nothing_that_there_is(
    world: World, subject: str
) -> None:
    door, log = world.bot.door, world.log
    assert isinstance(log, KeptLog)
    for name in ("reply", "message", "look", "confirm", "answer", "take", "accept"):
        for who in (WORKER, REP):
            for whose in (subject, f"withdraw:{subject}"):
                reply = await door.begin(name, caller(who), whose)
                assert [one.title.key for one in reply.cards] == ["refused.title"]
                assert subject not in repr(reply)
                assert not (await door.submit(name, caller(who), whose, {"text": SECRET})).taken
    assert not [event for event, _ in log.lines if event is Noted.BUG]


async def test_what_is_only_pressed_cannot_be_typed(made: Made) -> None:
    for name in ("handle", "burn", "pick", "confirm"):
        reply = await made.door().begin(name, caller(REP), words="")
        assert said(reply) == ["refused.unknown_command"]
    assert made.asked == []


async def test_staff_commands_are_for_those_who_hold_the_role(made: Made) -> None:
    for who in (WORKER, ORGANISER, MODERATOR, "someone-nobody-knows", ""):
        for name in ("handle", "list", "end", "confirm"):
            subject = "end:7CKQ2M" if name == "confirm" else "7CKQ2M"
            assert said(await made.door().begin(name, caller(who), subject)) == [
                "refused.not_allowed"
            ]
    assert made.asked == []
    await made.door().begin("handle", caller(REP), "7CKQ2M")
    assert made.asked == [("handle", "7CKQ2M")]


@pytest.mark.parametrize("place", [{"space": "elsewhere"}, {"platform": "slack"}, {"space": ""}])
async def test_where_no_community_is_known_its_code_is_asked_for_first(
    made: Made, place: dict[str, str]
) -> None:
    stranger, door = replace(caller(WORKER), **place), made.door()
    for name, subject in (("look", ""), ("burn", "token")):
        reply = await door.begin(name, stranger, subject)
        assert reply.form is not None
        wanted = f"{name}:{subject}".rstrip(":")
        assert reply.form.id == f"community:{wanted}"
        assert [one.id for one in reply.form.questions] == ["code"]
    assert made.asked == []
    assert said(await door.begin("nonsense", stranger)) == ["refused.unknown_command"]


async def test_a_form_that_comes_back_to_no_community_keeps_what_was_typed(made: Made) -> None:
    stranger = replace(caller(WORKER), space="elsewhere")
    reply = await made.door().submit("write", stranger, "", GOOD)
    assert said(reply) == ["refused.no_community"]
    assert not reply.taken


async def test_who_names_the_community_goes_on_with_what_they_wanted(made: Made) -> None:
    stranger, door = replace(caller(WORKER), space=""), made.door()
    wrong = await door.submit("community", stranger, "look", {"code": "WRONGCOD"})
    assert wrong.form is not None
    assert [one.key for one in wrong.form.errors.values()] == ["refused.code_unknown"]
    assert made.asked == []
    assert await door.submit("community", stranger, "look", {"code": " testcode "}) == _answer()
    assert await door.begin("look", stranger, "more") == _answer()  # it is remembered for a while
    assert made.asked == [("look", ""), ("look", "more")]


# Employer-owned spaces --------------------------------------------------------------------------


@pytest.fixture
async def at_work(made: Made) -> Made:
    """The same commands, where a second community's space is employer-owned."""
    from adapters.sandbox import people

    world = made.world
    new = people.community(lambda: world.chance.bytes(16).hex(), "WORKCODE", world.clock.now())
    space = replace(new.spaces[0], address="at-work", trust=Trust.EMPLOYER_OWNED)
    staff = tuple(
        replace(one, accounts=tuple(replace(a, address=f"{a.address}-w") for a in one.accounts))
        for one in new.staff
    )
    await world.bot.communities.found(replace(new, spaces=(space,), staff=staff))
    return made


async def test_staff_work_is_refused_where_an_employer_may_read(at_work: Made) -> None:
    rep = replace(caller("ines-moreau-w"), space="at-work")
    for name, subject in (("handle", "7CKQ2M"), ("list", ""), ("end", "7"), ("confirm", "end:7")):
        assert said(await at_work.door().begin(name, rep, subject)) == ["refused.not_here"]
    assert at_work.asked == []


async def test_what_holds_no_word_of_a_case_is_not_refused_there(at_work: Made) -> None:
    rep = replace(caller("ines-moreau-w"), space="at-work")
    assert await at_work.door().begin("till", rep, words="") == _answer()
    assert said(await at_work.door().begin("shop", rep, words="handle")) == ["refused.not_here"]
    worker = replace(caller(WORKER), space="at-work")
    assert said(await at_work.door().begin("till", worker)) == ["refused.not_allowed"]
    assert at_work.asked == [("till", "")]


async def test_workers_and_reps_may_do_there_what_any_worker_may(at_work: Made) -> None:
    for who in ("noor-haddad", "ines-moreau-w"):
        at = replace(caller(who), space="at-work")
        assert await at_work.door().begin("look", at) == _answer()
        assert await at_work.door().submit("write", at, "", GOOD) == _answer()


# Confirm ----------------------------------------------------------------------------------------


async def test_what_cannot_be_undone_is_asked_once_more(made: Made) -> None:
    asked = await made.door().begin("burn", caller(WORKER), "token")
    assert said(asked) == ["confirm.burn"]
    (button,) = asked.cards[0].buttons
    assert (button.id, button.label.key) == ("confirm:burn:token", "button.burn")
    assert made.asked == []
    done = await made.door().begin("confirm", caller(WORKER), button.subject)
    assert (done, made.asked) == (_answer(), [("burn", "token")])


@pytest.mark.parametrize("forged", ["", ":", "nonsense", "confirm", "confirm:burn:token", "::::"])
async def test_a_forged_confirmation_does_nothing(made: Made, forged: str) -> None:
    reply = await made.door().begin("confirm", caller(WORKER), forged)
    assert said(reply) == ["refused.unknown_command"]
    assert made.asked == []


# Submit -----------------------------------------------------------------------------------------


async def test_a_form_that_was_filled_in_is_taken(made: Made) -> None:
    assert await made.door().submit("write", caller(WORKER), "token", GOOD) == _answer()
    assert made.asked == [("write", "token")]


async def test_mistakes_come_back_with_all_that_was_typed(made: Made) -> None:
    answers = {"spread": "nowhere", "story": SECRET}
    reply = await made.door().submit("write", caller(WORKER), "token", answers)
    assert errors(reply) == {"spread": "invalid.not_an_option"}
    assert reply.form is not None
    assert {q.id: q.value for q in reply.form.questions} == answers
    assert (reply.form.id, made.asked) == ("write:token", [])


TROUBLES = [
    (CaseOver(), "refused.case_over"),
    (NobodyLeft(outside_body="Harbour Law Centre"), "refused.nobody_left"),
    (Invalid("story", "invalid.own_receipt"), "invalid.own_receipt"),
    (Invalid("no_such_field", "invalid.own_receipt"), "invalid.own_receipt"),
    (RuntimeError(SECRET), "refused.sorry"),
    (KeyError(SECRET), "refused.sorry"),
    (TimeoutError(), "refused.sorry"),
]


@pytest.mark.parametrize(("trouble", "sentence"), TROUBLES, ids=lambda one: repr(one)[:30])
async def test_a_refusal_returns_the_form_with_everything_typed(
    made: Made, trouble: Exception, sentence: str
) -> None:
    made.trouble = trouble
    reply = await made.door().submit("write", caller(WORKER), "token", GOOD)
    assert errors(reply) == {"story": sentence}
    assert reply.form is not None
    assert {q.id: q.value for q in reply.form.questions} == GOOD


async def test_an_invalid_answer_is_told_beside_its_field(made: Made) -> None:
    made.trouble = Invalid("spread", "invalid.answer")
    reply = await made.door().submit("write", caller(WORKER), "token", GOOD)
    assert errors(reply) == {"spread": "invalid.answer"}


async def test_a_form_without_words_of_one_s_own_is_told_at_its_last_field(made: Made) -> None:
    made.trouble = CaseOver()
    reply = await made.door().submit("pick", caller(WORKER), "token", {"spread": ["me", "many"]})
    assert errors(reply) == {"spread": "refused.case_over"}
    assert reply.form is not None
    assert reply.form.questions[0].ask is Ask.CHOICES
    assert reply.form.questions[0].value == ("me", "many")


async def test_the_facts_of_a_refusal_reach_its_sentence(made: Made) -> None:
    made.trouble = NobodyLeft(outside_body="Harbour Law Centre")
    reply = await made.door().begin("look", caller(WORKER))
    assert reply.cards[0].lines[0].facts == {"outside_body": "Harbour Law Centre"}
    assert reply.cards[0].tone is Tone.WARNING


WRONG: list[Any] = [None, 7, True, {"a": 1}, [["b"]], 2j]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
async def test_answers_of_the_wrong_type_never_break_the_door(made: Made, wrong: Any) -> None:
    for field in GOOD:
        reply = await made.door().submit("write", caller(WORKER), "t", GOOD | {field: wrong})
        assert list(errors(reply)) == [field]
    assert (made.asked, made.log.lines) == ([], [])


async def test_a_command_without_a_form_takes_none(made: Made) -> None:
    for name in ("look", "burn", "confirm"):
        reply = await made.door().submit(name, caller(WORKER), "", GOOD)
        assert said(reply) == ["refused.unknown_command"]
    assert made.asked == []


# Bugs -------------------------------------------------------------------------------------------


async def test_a_bug_is_an_apology_and_the_log_gets_its_type_and_place_alone(made: Made) -> None:
    made.trouble = RuntimeError(SECRET)
    reply = await made.door().begin("look", caller(WORKER), "token")
    assert said(reply) == ["refused.sorry"]
    ((event, facts),) = made.log.lines
    assert (event, set(facts), facts["kind"]) == (Noted.BUG, {"kind", "place"}, "RuntimeError")
    file, _, number = str(facts["place"]).partition(":")
    assert (file, number.isdigit()) == ("test_dispatch.py", True)


async def test_no_bug_puts_a_word_into_the_log(made: Made) -> None:
    for bug in (RuntimeError(SECRET), ValueError(SECRET, WORKER), KeyError(SECRET)):
        made.trouble = bug
        await made.door().begin("look", caller(WORKER), SECRET)
        await made.door().submit("write", caller(WORKER), SECRET, GOOD)
    logged = repr(made.log.lines)
    for word in ("Sam", "Smith", "noor", "manager"):
        assert word not in logged


async def test_a_refusal_leaves_no_line_in_the_log(made: Made) -> None:
    made.trouble = CaseOver()
    await made.door().begin("look", caller(WORKER))
    await made.door().submit("write", caller(WORKER), "", GOOD)
    await made.door().begin("nonsense", caller(WORKER))
    assert made.log.lines == []


async def test_the_door_names_all_that_can_be_done(made: Made) -> None:
    assert {c.name for c in made.door().commands} == {c.name for c in made.commands} | {
        "confirm",
        "community",
    }


async def test_a_form_says_whether_it_is_shown_once_more_before_it_counts(world: World) -> None:
    acts = Acts(world)
    asked = await acts.press("noor-haddad", await acts.say("noor-haddad", "grievance"), "continue")
    receipt = await acts.say("noor-haddad", "receipt")
    poll = await acts.say("ruth-adeyemi", "poll", "new")
    wrong = await acts.fill("noor-haddad", asked, story="short")
    shown = [one.form.previewed for one in (asked, receipt, poll, wrong) if one.form]
    assert shown == [True, False, True, True]
