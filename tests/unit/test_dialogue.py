"""A form asked line by line: what is understood, what is said back, and that no answer is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.chat import Ask, Form, Line, Option, Question, Voice, line, with_errors
from bot.dialogue import Asked, Dialogue, Step, started
from bot.texts import LANGUAGES, Speaker

ENGLISH = Speaker(Voice(), "!")
TOPICS = (Option("pay", "Pay"), Option("hours", "Hours"), Option("other", "Something else"))
PEOPLE = (Option("i", "Ines"), Option("k", "Karim"), Option("g", "Greta"))
STEPS = tuple(Option(str(n), f"{n} (good)" if n == 10 else str(n)) for n in range(11))


def asks(id: str, ask: Ask, options: tuple[Option, ...] = (), **more: object) -> Question:
    facts = {"label": f"About {id}", "required": True, "max_length": 3000} | more
    return Question(id, ask, options=options, **facts)  # type: ignore[arg-type]  # as its caller says


TOPIC = asks("topic", Ask.CHOICE, TOPICS)
STORY = asks("story", Ask.LONG_TEXT)
OUT = asks("out", Ask.CHOICES, PEOPLE, required=False)
NAME = asks("name", Ask.TEXT, required=False, max_length=40)
WHO = asks("who", Ask.PERSON, max_length=255)
DAYS = asks("days", Ask.NUMBER)
SCORE = asks("score", Ask.CHOICE, STEPS)


def form(*questions: Question, previewed: bool = False) -> Form:
    return Form("made", "", line("reply.title"), (line("reply.above"),), questions, previewed)


def at(*questions: Question, previewed: bool = False) -> Dialogue:
    return started(form(*questions, previewed=previewed), ENGLISH)


def typed(dialogue: Dialogue, *texts: str) -> Dialogue:
    for text in texts:
        dialogue = dialogue.answered(text)
    return dialogue


def keys(lines: tuple[Line, ...]) -> list[str]:
    return [one.key for one in lines]


def hints(dialogue: Dialogue) -> str:
    return " ".join(ENGLISH.say(one) for one in dialogue.asked.hints)


# Going through ----------------------------------------------------------------------------------


def test_the_title_and_the_note_are_said_once() -> None:
    first = at(TOPIC, STORY)
    assert keys(first.asked.head) == ["reply.title"]
    assert keys(first.asked.above) == ["reply.above"]
    for text in ("1", "nothing such", "help"):
        later = first.answered(text)
        assert (later.asked.head, later.asked.above) == ((), ())


def test_each_question_says_which_of_how_many_it_is() -> None:
    assert ENGLISH.say(at(TOPIC, STORY).asked.title) == "1 of 2: About topic"
    assert ENGLISH.say(at(TOPIC, STORY).answered("1").asked.title) == "2 of 2: About story"
    assert at(STORY).asked.title == "About story", "where there is one there is nothing to count"


def test_a_whole_form_is_answered_looked_at_and_handed_in() -> None:
    done = typed(at(TOPIC, STORY, OUT, NAME), "2", "It happens.", "1 3", "skip")
    assert done.step is Step.REVIEWING
    assert [ENGLISH.say(one.value) for one in done.asked.fields] == [
        "Hours",
        "It happens.",
        "Ines and Greta",
        "no answer",
    ]
    sent = done.answered("send")
    assert sent.step is Step.READY
    assert sent.answers == {"topic": "hours", "story": "It happens.", "out": ("i", "g"), "name": ""}


def test_what_is_shown_again_before_it_counts_has_no_second_look() -> None:
    assert typed(at(TOPIC, STORY, previewed=True), "1", "Words.").step is Step.READY


def test_one_short_answer_goes_as_it_is() -> None:
    assert at(NAME).answered("A receipt").step is Step.READY
    assert at(STORY).answered("Long words").step is Step.REVIEWING


# What is understood -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["2", " 2 ", "2.", "2)", "hours", "HOURS", " Hours ", "٢", "Höurs"]
)
def test_a_choice_is_made_by_its_number_or_its_words(text: str) -> None:
    assert at(TOPIC).answered(text).answers == {"topic": "hours"}


@pytest.mark.parametrize("text", ["0", "4", "-1", "1.5", "1 2", "2 hours", "9" * 500, "²", "", "x"])
def test_what_is_no_choice_is_said_and_asked_again(text: str) -> None:
    again = at(TOPIC).answered(text)
    assert (again.step, again.answers) == (Step.ASKING, {"topic": ""})
    assert keys(again.asked.said) == ["dialogue.none_of_these"]
    assert ENGLISH.say(again.asked.said[0]).endswith("a number from 1 to 3.")
    assert again.asked.choices == at(TOPIC).asked.choices


@pytest.mark.parametrize(
    "text", ["1 3", "1, 3", "1,3", "3;1", "1/3", "1 & 3", "1\n3", "Ines, Greta", "greta\nines"]
)
def test_several_are_chosen_by_their_numbers_or_their_words(text: str) -> None:
    chosen = at(OUT).answered(text).answers["out"]
    assert sorted(chosen) == ["g", "i"]


def test_the_same_twice_is_once_and_one_alone_is_enough() -> None:
    assert at(OUT).answered("2 2 2").answers == {"out": ("k",)}
    assert at(OUT).answered("Karim").answers == {"out": ("k",)}


@pytest.mark.parametrize("text", ["1 9", "Ines, nobody", "0", "all of them", ",", "1 3 x"])
def test_several_of_which_one_is_none_are_none(text: str) -> None:
    again = at(OUT).answered(text)
    assert keys(again.asked.said) == ["dialogue.none_of_these"]
    assert again.answers == {"out": ()}


def test_options_that_are_numbers_are_chosen_by_what_they_say() -> None:
    for step in ("0", "7", "10"):
        assert at(SCORE).answered(step).answers == {"score": step}
    assert keys(at(SCORE).answered("11").asked.said) == ["dialogue.none_of_these"]
    assert all(one.counted for one in at(SCORE).asked.choices)


def test_options_that_only_begin_with_numbers_are_chosen_by_their_place() -> None:
    days = asks("d", Ask.CHOICE, (Option("1", "4 days"), Option("2", "5 days")))
    assert at(days).answered("2").answers == {"d": "2"}
    assert at(days).answered("4 days").answers == {"d": "1"}


def test_two_options_with_one_label_are_told_apart_by_number_alone() -> None:
    same = asks("s", Ask.CHOICE, (Option("a", "Same"), Option("b", "same")))
    assert keys(at(same).answered("same").asked.said) == ["dialogue.none_of_these"]
    assert at(same).answered("2").answers == {"s": "b"}


def test_a_label_that_was_copied_with_what_is_not_seen_is_the_label() -> None:
    dotted = asks("d", Ask.CHOICE, (Option("a", "mail@example.org"), Option("b", "Else")))
    assert at(dotted).answered("mail@\u2060example.\u2060org").answers == {"d": "a"}


def test_a_person_is_named_by_the_whole_address_of_their_account() -> None:
    assert at(WHO).answered(" @ines:example.org ").answers == {"who": "@ines:example.org"}
    for text in ("Ines", "ines:example.org", "@ines", "@a b:c", f"@{'i' * 300}:example.org"):
        assert keys(at(WHO).answered(text).asked.said) == ["dialogue.no_account"]


def test_too_long_a_text_is_said_at_once_with_both_figures() -> None:
    again = at(NAME).answered("x" * 41)
    assert ENGLISH.say(again.asked.said[0]).startswith("That is too long: 41 characters, and 40")


def test_a_number_is_taken_as_it_is_typed_and_judged_by_the_door() -> None:
    assert at(DAYS).answered("7").answers == {"days": "7"}


# Words that are understood everywhere -----------------------------------------------------------


def test_back_shows_what_was_answered_and_keep_leaves_it() -> None:
    back = typed(at(TOPIC, STORY), "2", "back")
    assert ENGLISH.say(back.asked.fields[0].value) == "Hours"
    assert typed(back, "keep", "Words.").answers == {"topic": "hours", "story": "Words."}
    assert typed(back, "3", "Words.").answers == {"topic": "other", "story": "Words."}


def test_a_long_text_is_kept_without_being_shown_again() -> None:
    back = typed(at(STORY, TOPIC), "My words.", "back")
    assert back.asked.fields == ()
    assert "“keep”" in hints(back)
    assert typed(back, "keep", "1").answers == {"story": "My words.", "topic": "pay"}


def test_there_is_nothing_before_the_first_and_nothing_to_keep_yet() -> None:
    assert keys(at(TOPIC, STORY).answered("back").asked.said) == ["dialogue.first_one"]
    assert keys(at(TOPIC, STORY).answered("keep").asked.said) == ["dialogue.no_answer"]


def test_what_is_needed_is_not_skipped_and_skipping_takes_an_answer_away() -> None:
    assert keys(at(TOPIC, STORY).answered("skip").asked.said) == ["dialogue.needed"]
    assert typed(at(NAME, OUT), "Me", "1", "back", "skip").answers == {"name": "Me", "out": ()}


def test_help_says_what_can_be_typed_and_asks_again() -> None:
    helped = typed(at(TOPIC, STORY), "1", "help")
    assert keys(helped.asked.said) == ["dialogue.help", "dialogue.help.kept"]
    assert ENGLISH.say(helped.asked.title) == "2 of 2: About story"


def test_cancel_ends_it_at_any_question_and_at_the_second_look() -> None:
    for texts in ((), ("1",), ("1", "Words.")):
        assert typed(at(TOPIC, STORY), *texts, "cancel").step is Step.CANCELLED


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_understood_in_the_language_that_is_spoken_and_in_english(
    language: str,
) -> None:
    speaker = Speaker(Voice(language), "!")
    for word, step in (("cancel", Step.CANCELLED), ("send", Step.READY), ("back", Step.ASKING)):
        for said in (word, speaker.say(line(f"dialogue.word.{word}"))):
            for text in (said, said.upper(), f" {said}. "):
                done = typed(started(form(TOPIC, STORY), speaker), "1", "Words.")
                assert done.answered(text).step is step, (language, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_words_of_a_language_are_one_and_all_that_is_said_can_be_said(language: str) -> None:
    speaker = Speaker(Voice(language), "!")
    names = ("back", "cancel", "help", "skip", "keep", "send", "done")
    assert len({speaker.say(line(f"dialogue.word.{one}")).casefold() for one in names}) == 7
    for questions in ((TOPIC, OUT), (STORY,), (WHO, DAYS), (NAME, SCORE)):
        dialogue = started(form(*questions), speaker)
        for text in ("x", "help", "back", "1", "keep", "@a:b.c", "3"):
            assert all_said(dialogue.asked, speaker)
            dialogue = dialogue.answered(text)


def all_said(asked: Asked, speaker: Speaker) -> str:
    lines = (*asked.head, *asked.above, *asked.said, asked.title, *asked.hints)
    fields = [one for field in asked.fields for one in (field.label, field.value)]
    return "\n".join(speaker.say(one) for one in (*lines, *fields))


# Looking once more, and coming back -------------------------------------------------------------


def test_a_number_at_the_second_look_changes_that_answer_alone() -> None:
    done = typed(at(TOPIC, STORY), "1", "Words.")
    changed = typed(done, "1", "Hours")
    assert changed.step is Step.REVIEWING
    assert changed.answers == {"topic": "hours", "story": "Words."}
    assert keys(done.answered("3").asked.said) == ["dialogue.none_of_these"]
    assert typed(done, "2", "back").step is Step.REVIEWING
    assert typed(done, "back").asked.title == at(TOPIC, STORY).answered("1").asked.title


def test_what_is_filled_in_already_is_looked_at_first() -> None:
    filled = with_errors(form(TOPIC, STORY), {"topic": "pay", "story": "Words."}, {})
    assert started(filled, ENGLISH).step is Step.REVIEWING
    half = with_errors(form(TOPIC, STORY), {"topic": "pay"}, {})
    assert started(half, ENGLISH).step is Step.ASKING
    assert typed(started(half, ENGLISH), "keep", "Words.").step is Step.REVIEWING


def test_of_a_form_that_comes_back_only_what_is_wrong_is_asked_again() -> None:
    sent = typed(at(TOPIC, STORY, OUT), "1", "Wrds", "2", "send")
    wrong = {"story": line("invalid.too_short", least=10)}
    again = sent.returned(with_errors(sent.form, sent.answers, wrong))
    assert ENGLISH.say(again.asked.title) == "2 of 3: About story"
    assert keys(again.asked.said) == ["invalid.too_short"]
    assert again.asked.head == again.asked.above == ()
    done = again.answered("Longer words.")
    assert done.step is Step.READY
    assert done.answers == {"topic": "pay", "story": "Longer words.", "out": ("k",)}


def test_what_stands_above_it_only_now_is_said() -> None:
    sent = typed(at(STORY), "Words.", "send")
    back = with_errors(sent.form, sent.answers, {"story": line("pulse.held_back")})
    news = Form(back.name, "", back.title, (line("warning.first"), *back.note), back.questions)
    assert keys(sent.returned(news).asked.above) == ["warning.first"]
    assert sent.returned(news).answered("keep").step is Step.READY, "sent as it is, it is meant"


def test_a_dialogue_shows_nobody_s_words_in_its_repr() -> None:
    said = typed(at(TOPIC, STORY, WHO), "2", "Secret words.", "@noor:example.org")
    for secret in ("Secret", "noor", "hours", "Hours"):
        assert secret not in repr(said)
        assert secret not in repr(typed(said, "help", "9"))


# Whatever is typed ------------------------------------------------------------------------------

KINDS = (TOPIC, STORY, OUT, NAME, WHO, DAYS, SCORE)
forms = some.lists(some.sampled_from(KINDS), min_size=1, max_size=5, unique_by=lambda q: q.id)
OURS = ("back", "cancel", "help", "skip", "keep", "send", "done", "zurück")
lines = some.one_of(
    some.text(),
    some.sampled_from(OURS),
    some.integers(-3, 40).map(str),
    some.sampled_from(["1 3", "1, 2, 9", "Ines", "@a:b", "x" * 4000, "\x00", "\ud800"]),
)


@given(forms, some.booleans(), some.lists(lines, max_size=12))
def test_whatever_is_typed_an_answer_stays_until_its_person_gives_another(
    questions: list[Question], previewed: bool, texts: list[str]
) -> None:
    dialogue = at(*questions, previewed=previewed)
    for text in texts:
        before, dialogue = dialogue, dialogue.answered(text)
        changed = {id for id in before.answers if before.answers[id] != dialogue.answers[id]}
        assert changed <= {before.form.questions[before.round[before.at]].id}
        if changed and text != "skip":
            assert all(dialogue.answers[id] for id in changed)
        if dialogue.step in (Step.ASKING, Step.REVIEWING):
            said = all_said(dialogue.asked, ENGLISH)
            assert said
            assert dialogue.step is Step.ASKING or "“send”" in said or "“done”" in said
        if dialogue.step is Step.READY:
            required = [q.id for q in questions if q.required]
            assert all(dialogue.answers[id] for id in required)


VALID = {
    "topic": some.integers(0, 2).map(lambda n: (str(n + 1), TOPICS[n].value)),
    "out": some.lists(some.integers(0, 2), min_size=1, max_size=3, unique=True).map(
        lambda ns: (" ".join(str(n + 1) for n in ns), tuple(PEOPLE[n].value for n in ns))
    ),
    "score": some.integers(0, 10).map(lambda n: (str(n), str(n))),
    "days": some.integers(1, 30).map(lambda n: (str(n), str(n))),
    "who": some.sampled_from(["@a:b.c", "@noor.h:example.org:8448"]).map(lambda who: (who, who)),
    "story": some.text(min_size=1, max_size=200).map(lambda text: (f"Story {text}",) * 2),
    "name": some.text(max_size=30).map(lambda text: (f"Name {text}",) * 2),
}
noise = some.lists(some.sampled_from(["help", "back", "no such", "99"]), max_size=2)


@given(forms, some.data())
def test_valid_answers_with_anything_between_give_exactly_the_answers_of_the_form(
    questions: list[Question], data: some.DataObject
) -> None:
    dialogue, wanted = at(*questions), {}
    for one in questions:
        text, value = data.draw(VALID[one.id])
        for other in data.draw(noise):
            if other == "back":
                dialogue = dialogue.answered("help")
            elif one.ask in (Ask.CHOICE, Ask.CHOICES) or other == "help":
                dialogue = dialogue.answered(other)
        dialogue, wanted[one.id] = dialogue.answered(text), value
    if dialogue.step is Step.REVIEWING:
        dialogue = dialogue.answered("send")
    assert dialogue.step is Step.READY
    assert dialogue.answers == wanted
