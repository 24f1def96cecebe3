"""Forms: what was typed becomes a typed form, or comes back with a sentence beside each mistake."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.chat import (
    About,
    Ask,
    Button,
    Card,
    Command,
    Form,
    Here,
    Option,
    Reply,
    about,
    blank,
    choice,
    choices,
    every,
    line,
    long_text,
    read,
    short_text,
    shown_again,
    with_errors,
)
from bot.domain.communities import Role, Trust
from bot.domain.errors import NotAllowed
from tests.unit.harbour import INES, MONDAY, community, here


class Colour(StrEnum):
    TEAL = "teal"
    AMBER = "amber"


def _letters(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one, one.upper()) for one in "abc")


def _nobody(here: Here) -> tuple[Option, ...]:
    return ()


@dataclass(frozen=True)
class Everything:
    """One question of each kind."""

    name: str = short_text(10)
    story: str = long_text(shortest=5)
    colour: Colour = choice(every(Colour))
    letters: tuple[str, ...] = choices(_letters)
    aside: str = short_text(10, required=False)


@dataclass(frozen=True)
class AtLeastOne:
    letters: tuple[str, ...] = choices(_letters, required=True)


@dataclass(frozen=True)
class NobodyToChoose:
    story: str = long_text()
    people: tuple[str, ...] = choices(_nobody)


GOOD: dict[str, Any] = {
    "name": "Noor",
    "story": "It is too much.",
    "colour": "teal",
    "letters": ["a", "c"],
    "aside": "",
}


def shown(form: type = Everything, **known: Any) -> Form:
    return blank(form, here(), "everything", "token", **known)


def filled(**changes: Any) -> Everything:
    form = read(Everything, shown(), GOOD | changes)
    assert isinstance(form, Everything), form.errors
    return form


def refused(form: type = Everything, **changes: Any) -> Form:
    back = read(form, shown(form), (GOOD if form is Everything else {}) | changes)
    assert isinstance(back, Form), back
    return back


def mistakes(form: type = Everything, **changes: Any) -> dict[str, str]:
    return {field: said.key for field, said in refused(form, **changes).errors.items()}


# Blank ------------------------------------------------------------------------------------------


def test_a_blank_form_shows_its_questions_in_order() -> None:
    form = shown()
    assert [(q.id, q.ask, q.required, q.max_length) for q in form.questions] == [
        ("name", Ask.TEXT, True, 10),
        ("story", Ask.LONG_TEXT, True, 3000),
        ("colour", Ask.CHOICE, True, None),
        ("letters", Ask.CHOICES, False, None),
        ("aside", Ask.TEXT, False, 10),
    ]
    assert form.title == line("everything.title")
    assert form.questions[0].label == line("everything.name")
    assert all(q.value == "" and q.error is None for q in form.questions)


def test_an_enumeration_offers_its_members_by_their_sentences() -> None:
    (colour,) = [q for q in shown().questions if q.id == "colour"]
    assert colour.options == (
        Option("teal", line("colour.teal")),
        Option("amber", line("colour.amber")),
    )


def test_the_form_carries_what_it_is_about() -> None:
    form = shown()
    assert (form.id, form.note) == ("everything:token", (line("everything.above"),))
    assert blank(Everything, here(), "everything").id == "everything"


def test_a_question_without_anything_to_choose_is_left_out() -> None:
    assert [q.id for q in shown(NobodyToChoose).questions] == ["story"]
    form = read(NobodyToChoose, shown(NobodyToChoose), {"story": "words"})
    assert form == NobodyToChoose("words", ())


def test_what_was_answered_before_stands_in_it() -> None:
    form = shown(values={"name": "Noor", "letters": ["a", "b"], "colour": "amber"})
    assert {q.id: q.value for q in form.questions} == {
        "name": "Noor",
        "story": "",
        "colour": "amber",
        "letters": ("a", "b"),
        "aside": "",
    }


# Read -------------------------------------------------------------------------------------------


def test_good_answers_become_a_typed_form() -> None:
    form = filled()
    assert form == Everything("Noor", "It is too much.", Colour.TEAL, ("a", "c"), "")
    assert isinstance(form.colour, Colour)


def test_a_single_choice_of_several_may_come_as_text() -> None:
    assert filled(letters="b").letters == ("b",)
    assert filled(letters="").letters == ()
    assert filled(letters=[]).letters == ()
    assert filled(letters=["b", "a", "b"]).letters == ("b", "a")


def test_what_may_be_empty_may_be_missing() -> None:
    answers = {k: v for k, v in GOOD.items() if k not in ("letters", "aside")}
    assert read(Everything, shown(), answers) == filled(letters=[])
    assert filled(aside="   ").aside == ""


def test_answers_to_questions_that_were_not_asked_are_ignored() -> None:
    assert filled(role="moderator", __class__="x", subject="other") == filled()
    form = read(NobodyToChoose, shown(NobodyToChoose), {"story": "words", "people": ["ines"]})
    assert form == NobodyToChoose("words", ())


def test_nothing_at_all_is_told_question_by_question() -> None:
    back = read(Everything, shown(), {})
    assert isinstance(back, Form)
    assert {field: said.key for field, said in back.errors.items()} == {
        "name": "invalid.empty",
        "story": "invalid.empty",
        "colour": "invalid.choose_one",
    }


def test_one_must_be_chosen_where_it_is_required() -> None:
    for nothing in ("", [], ()):
        assert mistakes(AtLeastOne, letters=nothing) == {"letters": "invalid.choose_one"}
    assert mistakes(AtLeastOne) == {"letters": "invalid.choose_one"}
    assert read(AtLeastOne, shown(AtLeastOne), {"letters": ["a"]}) == AtLeastOne(("a",))


@pytest.mark.parametrize(
    ("field", "given", "why"),
    [
        ("name", "", "invalid.empty"),
        ("name", " \n", "invalid.empty"),
        ("name", "x" * 11, "invalid.too_long"),
        ("name", "x" * 2**20, "invalid.too_long"),
        ("aside", "x" * 11, "invalid.too_long"),
        ("aside", "a\x00b", "invalid.control_characters"),
        ("story", "1234", "invalid.too_short"),
        ("story", "x" * 3001, "invalid.too_long"),
        ("story", "a lone \ud800 half", "invalid.control_characters"),
        ("colour", "", "invalid.choose_one"),
        ("colour", "red", "invalid.not_an_option"),
        ("colour", "TEAL", "invalid.not_an_option"),
        ("colour", " teal", "invalid.not_an_option"),
        ("letters", ["a", "d"], "invalid.not_an_option"),
        ("letters", "d", "invalid.not_an_option"),
        ("letters", [""], "invalid.choose_one"),
    ],
)
def test_each_mistake_has_its_sentence(field: str, given: Any, why: str) -> None:
    assert mistakes(**{field: given}) == {field: why}


def test_too_long_says_the_question_s_own_limit() -> None:
    said = refused(name="x" * 11).errors["name"]
    assert said.facts == {"most": 10, "now": 11}


WRONG: list[Any] = [None, 7, 1.5, True, {"a": 1}, ["a", ["b"]], [None], {}, b"bytes", 2j]


@pytest.mark.parametrize("given", WRONG, ids=repr)
@pytest.mark.parametrize("field", ["name", "story", "colour", "letters"])
def test_an_answer_of_the_wrong_type_is_a_mistake_like_any_other(field: str, given: Any) -> None:
    if field == "letters" and not given:
        return  # nothing chosen, however it is said
    back = refused(**{field: given})
    assert set(back.errors) == {field}
    assert all(q.value == _as_kept(GOOD[q.id]) for q in back.questions if q.id != field)


def _as_kept(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class WhenForm:
    from_: str = short_text(10)


def test_a_field_whose_name_python_keeps_for_itself_is_asked_without_its_underscore() -> None:
    shown = blank(WhenForm, here(), "away", values={"from": "noon"})
    (question,) = shown.questions
    assert (question.id, question.label.key, question.value) == ("from", "away.from", "noon")
    assert read(WhenForm, shown, {"from": "today"}) == WhenForm(from_="today")
    again = read(WhenForm, shown, {"from_": "today"})
    assert isinstance(again, Form)
    assert list(again.errors) == ["from"]


def test_every_mistake_is_told_at_once_and_all_that_was_typed_is_kept() -> None:
    typed = {"name": "x" * 40, "story": "no", "colour": "red", "letters": ["a", "z"], "aside": "ok"}
    back = refused(**typed)
    assert set(back.errors) == {"name", "story", "colour", "letters"}
    assert {q.id: q.value for q in back.questions} == typed | {"letters": ("a", "z")}
    assert (back.name, back.subject, back.title) == ("everything", "token", shown().title)


def test_what_comes_back_can_be_mended_and_sent_again() -> None:
    back = refused(story="no")
    assert read(Everything, back, GOOD) == filled()


def test_a_sentence_can_be_said_beside_a_field_afterwards() -> None:
    back = with_errors(shown(), GOOD, {"story": line("invalid.own_receipt")})
    assert back.errors == {"story": line("invalid.own_receipt")}
    assert {q.id: q.value for q in back.questions}["story"] == "It is too much."


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=6,
)
fields = some.sampled_from(["name", "story", "colour", "letters", "aside", "other"])


@given(some.dictionaries(fields, anything | some.text(min_size=0, max_size=30)))
def test_whatever_is_sent_is_read_or_comes_back(answers: dict[str, Any]) -> None:
    result = read(Everything, shown(), answers)
    if isinstance(result, Form):
        assert result.errors
        for question in result.questions:
            if isinstance(given_ := answers.get(question.id, ""), str):
                assert question.value == given_
    else:
        assert isinstance(result, Everything)
        assert set(result.letters) <= set("abc")
        assert 5 <= len(result.story) <= 3000


# Callers and ids --------------------------------------------------------------------------------


def test_an_id_goes_there_and_back() -> None:
    for button in (Button("send"), Button("send", "token"), Button("confirm", "delete:token")):
        assert about(button.id) == (button.name, button.subject)
    assert Button("confirm", "delete:token").id == "confirm:delete:token"


def test_whoever_asks_is_a_worker_and_what_roles_they_hold() -> None:
    assert here().roles == {Role.WORKER}
    assert here(staff=INES).roles == {Role.WORKER, Role.REP}
    assert here(staff=INES).person is INES
    with pytest.raises(NotAllowed):
        _ = here().person


def test_only_an_employer_owned_space_is_employer_owned() -> None:
    assert [trust for trust in Trust if here(trust).employer_owned] == [Trust.EMPLOYER_OWNED]


def test_since_when_somebody_is_a_member_is_told_by_the_places_that_are_asked() -> None:
    there = here()
    assert there.member_since([there.space.id, "b"]) == there.caller.member_since is not None
    assert there.member_since(["b"]) is None
    early, late = MONDAY - timedelta(days=9), MONDAY - timedelta(days=2)
    space, seen = replace(there.space, id=""), {"a": early, "b": late, "c": None}
    alone = replace(there, space=space, seen_in=seen)
    found = [alone.member_since(asked) for asked in ("ab", "bc", "b", "c", "d")]
    assert found == [early, late, late, None, None]
    assert alone.places == {"a", "b", "c"}


def test_who_is_not_to_be_named_at_work_is_named_alone_only_to_whoever_was_seen() -> None:
    ines = replace(INES, named=False)
    own = here().space
    there = here(of=community(ines, spaces=(own,)))
    alone = replace(there, space=replace(own, id=""))
    owned = replace(there.community, spaces=(replace(own, trust=Trust.EMPLOYER_OWNED),))
    seen = replace(alone, seen_in={own.id: None})
    named = {
        "there": there.known_names(),
        "alone": alone.known_names(),
        "seen": seen.known_names(),
        "seen at work": replace(seen, community=owned).known_names(),
        "staff": replace(alone, staff=ines).known_names(),
    }
    unseen, names = list[str](), [ines.name]
    assert named == dict(zip(named, (names, unseen, names, unseen, names), strict=True))
    assert alone.shown_trust is Trust.EMPLOYER_OWNED
    assert not alone.employer_owned  # what may be said there is another matter


def test_an_account_is_never_in_a_repr() -> None:
    assert "noor" not in repr(here()).replace(repr(here().community), "")


OURS = {
    one.name: one
    for one in (
        Command("cases", typed=True),
        Command("escalate", About.VISIT),
        Command("acknowledge", About.CASE),
        Command("saved"),
    )
}


@pytest.mark.parametrize(
    ("buttons", "name", "subject", "again"),
    [
        ([], "cases", "", "cases"),
        ([], "cases", "about something", ""),
        ([], "saved", "", ""),
        ([Button("escalate", "v1")], "message", "d1", "look:v1"),
        ([Button("saved"), Button("acknowledge", "c1")], "reply", "c1", "open:c1"),
        ([Button("acknowledge", "c1")], "cases", "", "cases"),
        ([Button("escalate")], "nothing like it", "", ""),
    ],
)
def test_what_shows_a_reply_again_does_nothing(
    buttons: list[Button], name: str, subject: str, again: str
) -> None:
    reply = Reply((Card(line("view.title"), buttons=tuple(buttons)),))
    assert shown_again(OURS, reply, name, subject) == again
