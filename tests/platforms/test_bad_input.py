"""Whatever is sent to the sandbox that it cannot take: one sentence that says what to do, nothing
stored, nothing lost, and nothing that a person wrote on the disk or in what the process says.

One real process; its databases are counted from outside and every file of it is searched.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fakes.demo import (
    FILED,
    STORY,
    Demo,
    Json,
    Person,
    buttons,
    demo_in,
    field,
    receipt_in,
    values,
)

pytestmark = pytest.mark.xdist_group("bad-input")

NOOR, MARTA, TOMASZ, ADAEZE = "noor-haddad", "marta-lindqvist", "tomasz-zielinski", "adaeze-okafor"
JUN, PRIYA, LUCA, SOFIA = "jun-takahashi", "priya-raman", "luca-ferrari", "sofia-marques"
REP, OTHER_REP = "ines-moreau", "karim-benali"

MARK = "zebraquartz"  #: in every text that must never be found again
EMPTY = "Please write something here."
NOT_TEXT = "Please answer in plain text."
CONTROL = (
    "There are invisible control characters in it. Please type it again, or paste it as plain text."
)
CHOOSE = "Please choose one."
NO_OPTION = "That is not one of the choices. Please choose again."
UNKNOWN_RECEIPT = (
    "This receipt opens nothing. It may be mistyped, or its case was deleted. Please compare it "
    "with what you wrote down."
)
WRONG_CHARACTER = "One of the characters is wrong. Please compare it with what you wrote down."
NO_RECEIPT_AT_ALL = (
    "That does not look like a receipt. It has 21 letters and digits, in three groups of seven."
)
TOO_LATE = (
    "Its half hour is over, or it was finished already. Nothing more was stored. Please start "
    "again: /grievance or /receipt"
)
NO_SUCH_CASE = "There is no such case for you. Your own list: /cases"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("bad")) as running:
        running.move(until="slot")  # the next one is two days away: none comes between two counts
        yield running
        assert running.files_with(MARK) == []
        said = running.stderr.read_text()
        assert "bug" not in said, said
        assert STORY not in said


@contextmanager
def nothing_kept(demo: Demo) -> Iterator[None]:
    """What happens inside writes no row (drafts whose half hour is over may go)."""
    before = demo.rows()
    yield
    after = demo.rows()
    assert {name: n for name, n in after.items() if n > before.get(name, 0)} == {}
    assert demo.files_with(MARK) == []


def too_long(now: int, most: int = 3000) -> str:
    return f"That is too long: {now} characters, and {most} are possible. Please shorten it."


# Words -------------------------------------------------------------------------------------------

BAD_WORDS: dict[str, tuple[Json, str]] = {
    "empty": ("", EMPTY),
    "left empty": (None, EMPTY),
    "blank": (" \n\t ", EMPTY),
    "one too long": (MARK + "x" * (3001 - len(MARK)), too_long(3001)),
    "a megabyte": (MARK + "x" * (2**20 - len(MARK)), too_long(2**20)),
    "a megabyte of emoji": (MARK + "🙂" * (2**18), too_long(2**18 + len(MARK))),
    "a null character": (f"{MARK} stops \0 here, and goes on after it", CONTROL),
    "a terminal's escape": (f"{MARK} \x1b[31mred\x1b[0m and then some more", CONTROL),
    "a bell": (f"{MARK} rings \x07 and rings and rings", CONTROL),
    "a C1 control": (f"{MARK} next\x85line and then some more", CONTROL),
    "half a character": (f"{MARK} \ud83d and then some more", CONTROL),
    "a list": ([MARK, "two"], NOT_TEXT),
    "an object": ({MARK: "one"}, NOT_TEXT),
    "true": (True, NOT_TEXT),
    "false": (False, NOT_TEXT),
}

#: the form's button -> (who fills it in, the field of words)
FORMS = {
    "continue": (MARTA, "story"),
    "message": (NOOR, "text"),
    "reply": (REP, "text"),
    "ask": (REP, "text"),
    "note": (REP, "text"),
    "resolve": (REP, "outcome"),
}


@pytest.fixture(scope="module")
def cards(demo: Demo) -> Demo:
    """Everyone has a card with the buttons they may press."""
    receipt = demo.person(NOOR).file()
    demo.move(until="slot")
    demo.person(NOOR).visit(receipt)
    rep = demo.person(REP)
    rep.say("/cases")
    rep.press("open")
    demo.person(MARTA).say("/grievance")
    return demo


def answers_with(field_id: str, value: Json) -> Json:
    return (FILED if field_id == "story" else {}) | {field_id: value}


@pytest.mark.parametrize("name", BAD_WORDS)
@pytest.mark.parametrize("form", FORMS)
def test_bad_words_are_refused_beside_their_field_and_are_still_there(
    cards: Demo, form: str, name: str
) -> None:
    (who, field_id), (value, sentence) = FORMS[form], BAD_WORDS[name]
    person = cards.person(who)
    person.press(form)
    with nothing_kept(cards):
        assert person.errors(answers_with(field_id, value)) == {field_id: sentence}
    kept = {one["id"]: one["value"] for one in person.form["fields"]}
    typed = value if isinstance(value, str) else [MARK, "two"] if isinstance(value, list) else ""
    assert kept[field_id] == typed
    if field_id == "story":
        assert {k: v for k, v in kept.items() if k in FILED} == answers_with(field_id, typed)
    person.dismiss()


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert('zebra')</script><img src=x onerror=alert(1)> &amp; &lt;b&gt;",
        "*bold* _it_ `code` <@U012AB3CD> <!channel> @everyone [a](http://x) {name} {0} %s",
        "‏אני תורנית כל לילה‏ ואין לי מנוחה, והמנהל אומר שזה רגיל. مرحبا بالعالم",
        "שלום \u202e drawkcab \u202c \u2066isolated\u2069 and zero\u200bwidth joined\u200dtext",
        "日本語で書かれた苦情です。残業が多すぎて、休みが取れません。どうにかしてください。",
        "e\u0301 is not é, and 👩🏽‍💻 is one person, and \ufeff is a mark",
    ],
    ids=["html", "markup of chats", "right to left", "direction marks", "japanese", "combining"],
)
def test_markup_and_other_scripts_are_words_and_come_back_as_they_were_typed(
    cards: Demo, words: str
) -> None:
    worker = cards.person(PRIYA)
    assert field(worker.preview(story=words), "What happened? What should change?") == words
    worker.press("edit")
    assert {one["id"]: one["value"] for one in worker.form["fields"]}["story"] == words
    worker.dismiss()
    worker.press("cancel")


@pytest.mark.parametrize("field_id", ["category", "spread", "impact"])
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", CHOOSE),
        (None, CHOOSE),
        (MARK, NO_OPTION),
        (MARK * 100_000, NO_OPTION),
        ("ON_CALL", NO_OPTION),
        (99, NO_OPTION),
        (["team"], NOT_TEXT),
        ({"team": MARK}, NOT_TEXT),
        (True, NOT_TEXT),
    ],
    ids=["empty", "none", "other", "1 MB", "capitals", "number", "list", "object", "true"],
)
def test_what_is_no_option_is_not_taken(
    cards: Demo, field_id: str, value: Json, sentence: str
) -> None:
    worker = cards.person(MARTA)
    worker.press("continue")
    with nothing_kept(cards):
        assert worker.errors(FILED | {field_id: value}) == {field_id: sentence}
    assert {one["id"]: one["value"] for one in worker.form["fields"]}["story"] == STORY
    worker.dismiss()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (MARK, NO_OPTION),
        ([MARK], NO_OPTION),
        ([MARK] * 10_000, NO_OPTION),
        ([""], CHOOSE),
        ([[MARK]], NOT_TEXT),
        ([{MARK: 1}], NOT_TEXT),
        ([True], NOT_TEXT),
        (True, NOT_TEXT),
        ({MARK: True}, NOT_TEXT),
        (7, NO_OPTION),
    ],
)
def test_whom_to_leave_out_is_chosen_from_the_list(cards: Demo, value: Json, sentence: str) -> None:
    worker = cards.person(MARTA)
    worker.press("continue")
    with nothing_kept(cards):
        assert worker.errors(FILED | {"exclude": value}) == {"exclude": sentence}
    worker.dismiss()


def test_a_list_within_lists_as_deep_as_one_likes_is_refused_kindly(cards: Demo) -> None:
    worker = cards.person(MARTA)
    worker.press("continue")
    with nothing_kept(cards):
        deep: Json = MARK
        for _ in range(300):
            deep = [deep]
        assert worker.errors(FILED | {"exclude": deep}) == {"exclude": NOT_TEXT}
    worker.dismiss()


def test_an_answer_to_a_question_that_was_not_asked_is_ignored(cards: Demo) -> None:
    worker = cards.person(MARTA)
    worker.press("continue")
    worker.submit(**FILED, readers=[MARK], as_=MARK, token=MARK)
    assert MARK not in json.dumps(worker.state)
    assert cards.files_with(MARK) == []
    worker.press("cancel")


# What is said in a room --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   \n", "x" * 3001, "x" * 2**20])
def test_a_message_too_short_or_too_long_is_refused(cards: Demo, text: str) -> None:
    before = len(cards.person(TOMASZ).messages)
    with nothing_kept(cards):
        refused = cards.post("say", {"as": TOMASZ, "room": "general", "text": text})
        assert refused.status == 400
        assert refused.sentence == "A message has 1 to 3000 characters: please shorten it."
    assert len(cards.person(TOMASZ).messages) == before


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "/nonsense",
        "/Grievance",
        "/grievance\n",
        f"/{MARK}",
        f"/{MARK} {MARK}",
        "/" + MARK * 100_000,
        f"/grievance\x00{MARK}",
        f"/grievance:{MARK}",
        "/acknowledge",
        "/send",
        "/continue",
        "/confirm",
        "/saved",
        "//grievance",
        "/../grievance",
        "/❤",
    ],
)
def test_what_is_no_command_is_answered_with_where_to_find_them(cards: Demo, text: str) -> None:
    worker = cards.person(TOMASZ)
    with nothing_kept(cards):
        card = worker.say(text)
    if text == "/grievance\n":
        assert card["title"] == "Before you write"  # a line end is no word
        return
    assert (card["title"], card["text"]) == (
        "Not done",
        "I do not know that. What you can do here: /help",
    )
    assert card["whisper"] is True
    assert MARK not in json.dumps(worker.state)


def test_a_worker_is_told_that_a_staff_command_is_for_staff(cards: Demo) -> None:
    with nothing_kept(cards):
        card = cards.person(TOMASZ).say("/cases")
    assert (card["title"], card["text"]) == (
        "Not done",
        "That is for staff of this community. What you can do here: /help",
    )


# Receipts ----------------------------------------------------------------------------------------


def receipt_errors(worker: Person, typed: Json) -> dict[str, str]:
    worker.say("/receipt")
    found = worker.errors({"receipt": typed})
    kept = worker.form["fields"][0]["value"]
    assert kept == (typed if isinstance(typed, str) else kept)
    worker.dismiss()
    return found


def test_of_all_check_characters_one_is_right_and_opens_nothing(cards: Demo) -> None:
    worker, said = cards.person(LUCA), []
    with nothing_kept(cards):
        for last in "0123456789ABCDEFGHJKMNPQRSTVWXYZ":
            said.append(receipt_errors(worker, f"K7Q2M9X-4TB8WZ1-HN5RC0{last}")["receipt"])
    assert said.count(WRONG_CHARACTER) == 31
    assert said.count(UNKNOWN_RECEIPT) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("hello", NO_RECEIPT_AT_ALL),
        ("K7Q2M9X-4TB8WZ1", NO_RECEIPT_AT_ALL),
        ("K7Q2M9X-4TB8WZ1-HN5RC0AA", NO_RECEIPT_AT_ALL),
        ("K7Q2M9X-4TB8WZ1-HN5RC0U", NO_RECEIPT_AT_ALL),  # U is no symbol of it
        ("К7Q2M9X-4TB8WZ1-HN5RC0A", NO_RECEIPT_AT_ALL),  # its K is Cyrillic
        ("٠" * 21, NO_RECEIPT_AT_ALL),
        ("<b>K7Q2M9X</b>", NO_RECEIPT_AT_ALL),
        ("' OR 1=1 --", NO_RECEIPT_AT_ALL),
        ("K7Q2M9X\x00-4TB8WZ1-HN5RC0A", CONTROL),
        ("K" * 61, too_long(61, 60)),
        ("K" * 2**20, too_long(2**20, 60)),
        (["K7Q2M9X-4TB8WZ1-HN5RC0A"], NOT_TEXT),
        ({"a": "b"}, NOT_TEXT),
        (True, NOT_TEXT),
    ],
)
def test_what_is_no_receipt_is_said_to_be_none(cards: Demo, typed: Json, sentence: str) -> None:
    with nothing_kept(cards):
        assert receipt_errors(cards.person(LUCA), typed) == {"receipt": sentence}


def test_a_receipt_is_read_as_people_copy_it(cards: Demo) -> None:
    worker = cards.person(LUCA)
    receipt = worker.file()
    loose = receipt.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    for typed in (loose, receipt.replace("-", ""), f"  {receipt.replace('-', ' – ')}\n"):
        assert STORY in values(worker.visit(typed))


def test_a_receipt_with_one_character_wrong_is_told_so_wherever_it_is(cards: Demo) -> None:
    worker = cards.person(SOFIA)
    receipt = worker.file()
    with nothing_kept(cards):
        for at in [n for n, character in enumerate(receipt) if character != "-"]:
            other = "7" if receipt[at] != "7" else "8"
            typed = receipt[:at] + other + receipt[at + 1 :]
            assert receipt_errors(worker, typed) == {"receipt": WRONG_CHARACTER}


def test_a_deleted_and_an_expired_receipt_share_the_sentence_of_a_wrong_one(demo: Demo) -> None:
    worker, rep = demo.person(ADAEZE), demo.person(OTHER_REP)
    deleted, closed = worker.file(), worker.file()
    worker.visit(deleted)
    worker.press("delete")
    assert worker.press("confirm")["title"] == "Deleted"
    with nothing_kept(demo):
        assert receipt_errors(worker, deleted) == {"receipt": UNKNOWN_RECEIPT}

    demo.move(until="slot")
    _close_all(rep)
    demo.move(until="slot")
    for _ in range(9):
        demo.move(advance="P7D")
    with nothing_kept(demo):
        assert receipt_errors(worker, closed) == {"receipt": UNKNOWN_RECEIPT}


def _close_all(rep: Person) -> None:
    for _ in range(20):
        if "open" not in buttons(rep.say("/cases")):
            return
        rep.press("open")
        rep.press("close")
        rep.press("confirm")
    raise AssertionError("there is always one more")


def test_a_story_that_carries_its_own_receipt_is_refused(cards: Demo) -> None:
    worker = cards.person(TOMASZ)
    receipt = worker.file()
    worker.visit(receipt)
    worker.press("message")
    said = f"{MARK}: I am {receipt.lower().replace('-', ' ')}, write to me."
    with nothing_kept(cards):
        assert worker.errors({"text": said}) == {
            "text": "Your text carries your receipt: whoever reads it could open your case as you. "
            "Please take it out."
        }
    assert worker.form["fields"][0]["value"] == said
    worker.dismiss()


# Twice, late, by someone else ----------------------------------------------------------------------


def test_send_pressed_twice_shows_the_same_receipt_and_keeps_one_case(demo: Demo) -> None:
    worker = demo.person(JUN)
    worker.preview()
    first = receipt_in(worker.press("send"))
    with nothing_kept(demo):
        assert receipt_in(worker.press("send")) == first
        assert receipt_in(worker.press("send_urgent")) == first
        assert receipt_in(worker.press("show_again")) == first
        worker.press("edit")
        assert worker.form is None
        assert worker.card["text"] == "This was sent already. Your receipt opens it: /receipt"
        worker.press("cancel")
        assert worker.card["text"] == "This was sent already. Your receipt opens it: /receipt"
        assert receipt_in(worker.press("show_again")) == first
    worker.press("saved")
    pressed = [button["id"] for one in worker.messages for button in one["buttons"]]
    assert not [one for one in pressed if one.startswith(("send:", "show_again:"))]
    assert first not in str(worker.state)
    worker.visit(first)


def test_a_form_is_taken_once(demo: Demo) -> None:
    worker = demo.person(MARTA)
    worker.say("/grievance")
    worker.press("continue")
    body = {"as": MARTA, "form": worker.form["id"], "answers": FILED}
    assert demo.post("submit", body).status == 200
    with nothing_kept(demo):
        again = demo.post("submit", body)
        assert (again.status, again.sentence) == (404, "That form is not open: start it again.")
    worker.press("cancel")


def test_a_draft_is_gone_when_its_half_hour_is_over_and_its_words_are_still_shown(
    demo: Demo,
) -> None:
    worker = demo.person(MARTA)
    worker.preview()
    demo.move(advance="PT61M")
    with nothing_kept(demo):
        for button in ("send", "send_urgent", "edit", "cancel"):
            card = worker.press(button)
            assert (card["title"], card["text"]) == ("Not done", TOO_LATE)
        assert STORY in json.dumps(worker.messages)


def test_a_form_that_is_sent_in_too_late_keeps_what_was_typed(demo: Demo) -> None:
    worker = demo.person(MARTA)
    worker.preview()
    worker.press("edit")
    demo.move(advance="PT61M")
    with nothing_kept(demo):
        assert worker.errors(FILED | {"story": f"{MARK}. {STORY}"}) == {"story": TOO_LATE}
    assert {one["id"]: one["value"] for one in worker.form["fields"]}["story"] == f"{MARK}. {STORY}"
    worker.dismiss()


def test_a_visit_is_over_after_its_half_hour(demo: Demo) -> None:
    worker = demo.person(PRIYA)
    receipt = worker.file()
    worker.visit(receipt)
    worker.press("message")
    demo.move(advance="PT61M")
    with nothing_kept(demo):
        assert worker.errors({"text": f"{MARK} was here"}) == {"text": TOO_LATE}
        assert worker.form["fields"][0]["value"] == f"{MARK} was here"
        worker.dismiss()
        for button in ("message", "exclude", "export"):
            assert worker.press(button)["text"] == TOO_LATE
        for button in ("withdraw", "delete"):
            worker.press(button)
            assert worker.press("confirm")["text"] == TOO_LATE
    assert STORY in values(worker.visit(receipt))


def test_nobody_presses_the_buttons_of_somebody_elses_draft_or_visit(demo: Demo) -> None:
    worker, thief = demo.person(SOFIA), demo.person(MARTA)
    story = "Planning runs into the evening and whoever has children is left out."
    worker.preview(story=story)
    message, send = worker.button("send")
    thief.say("/about")
    own = [one["id"] for one in thief.messages][-1]
    with nothing_kept(demo):
        for where in (message, own):
            body = {"as": MARTA, "message": where, "button": send}
            assert demo.post("press", body).status == 404
    receipt = receipt_in(worker.press("send"))
    worker.visit(receipt)
    message, export = worker.button("export")
    worker.press("message")
    form = worker.form["id"]
    with nothing_kept(demo):
        for body in (
            {"as": MARTA, "message": message, "button": export},
            {"as": MARTA, "message": own, "button": export},
        ):
            assert demo.post("press", body).status == 404
        stolen = {"as": MARTA, "form": form, "answers": {"text": MARK}}
        assert demo.post("submit", stolen).status == 404
        assert demo.post("dismiss", {"as": MARTA, "form": form}).status == 404
    assert story not in json.dumps(thief.state)
    worker.dismiss()


# Cases that are not theirs ------------------------------------------------------------------------


def test_a_case_one_was_left_out_of_is_answered_like_one_that_is_gone(demo: Demo) -> None:
    worker, rep = demo.person("emeka-nwosu"), demo.person(OTHER_REP)
    demo.move(until="slot")
    _close_all(rep)
    left_out, deleted = worker.file(), worker.file()
    demo.move(until="slot")
    cards_by_number = {}
    rep.say("/cases")
    first, *others = [one["id"] for one in rep.card["buttons"] if one["id"].startswith("open:")]
    listed = rep.messages[-1]["id"]
    for button in (first, *others):
        body = {"as": OTHER_REP, "message": listed, "button": button}
        assert demo.post("press", body).status == 200
        cards_by_number[button.partition(":")[2]] = rep.card["id"]
    assert len(cards_by_number) == 2

    worker.visit(left_out)
    worker.press("exclude")
    options = {o["label"]: o["value"] for o in worker.form["fields"][0]["options"]}
    worker.submit(exclude=[options["Karim Benali"]])
    worker.visit(deleted)
    worker.press("delete")
    worker.press("confirm")
    demo.move(until="slot")

    answers = []
    with nothing_kept(demo):
        for number, card in cards_by_number.items():
            said = []
            for name in ("acknowledge", "reply", "ask", "note", "resolve"):
                body = {"as": OTHER_REP, "message": card, "button": f"{name}:{number}"}
                assert demo.post("press", body).status == 200
                said.append({k: v for k, v in rep.card.items() if k != "id"})
                assert rep.form is None
            answers.append(said)
    assert answers[0] == answers[1]
    assert {card["text"] for card in answers[0]} == {NO_SUCH_CASE}
    assert "open" not in buttons(rep.say("/cases"))


REPORTERS = (
    *("message", "exclude", "leave_out", "not_urgent", "withdraw", "export", "delete"),
    *("send", "send_urgent", "edit", "cancel", "saved", "show_again"),
)


@pytest.mark.parametrize("name", REPORTERS)
def test_a_rep_cannot_forge_a_reporters_button(cards: Demo, name: str) -> None:
    rep = cards.person(REP)
    message, reply = rep.button("reply")
    number = reply.partition(":")[2]
    with nothing_kept(cards):
        for forged in (f"{name}:{number}", name, f"confirm:{name}:{number}"):
            body = {"as": REP, "message": message, "button": forged}
            refused = cards.post("press", body)
            assert (refused.status, refused.sentence) == (
                404,
                "That message has no such button: look at it again.",
            )
            form = {"as": REP, "form": forged, "answers": {"text": MARK, "exclude": [MARK]}}
            assert cards.post("submit", form).status == 404


STAFFS = ("open", "acknowledge", "reply", "ask", "note", "resolve", "close", "next")


@pytest.mark.parametrize("name", STAFFS)
def test_a_worker_cannot_press_a_reps_button(cards: Demo, name: str) -> None:
    message, reply = cards.person(REP).button("reply")
    number = reply.partition(":")[2]
    worker = cards.person(TOMASZ)
    worker.say("/about")
    with nothing_kept(cards):
        for where in (message, worker.messages[-1]["id"]):
            for forged in (f"{name}:{number}", f"confirm:{name}:{number}"):
                body = {"as": TOMASZ, "message": where, "button": forged}
                assert cards.post("press", body).status == 404
        form = {"as": TOMASZ, "form": f"{name}:{number}", "answers": {"text": MARK}}
        assert cards.post("submit", form).status == 404


# Requests that are none ---------------------------------------------------------------------------

ACTS = ("say", "press", "submit", "dismiss", "clock", "crowd")

NO_JSON = {
    "nothing": b"",
    "half an object": b'{"as": "noor-haddad", ',
    "no object": b"[]",
    "null": b"null",
    "a word": b'"zebraquartz"',
    "a number": b"7",
    "a huge number": b"7" * 100_000,
    "not UTF-8": b'{"as": "\xff\xfe zebraquartz"}',
    "a form of the web": b"as=noor-haddad&text=zebraquartz",
    "very deep": b"[" * 200_000,
    "very deep within": b'{"as":' * 100_000,
    "two objects": b"{}{}",
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
@pytest.mark.parametrize("act", ACTS)
def test_what_is_no_json_object_is_refused(demo: Demo, act: str, body: bytes) -> None:
    with nothing_kept(demo):
        refused = demo.post(act, body)
        assert refused.status == 400
        assert refused.sentence in ("The body is not JSON.", "The body is not a JSON object.")


WANTS = {
    "say": ("as", "room", "text"),
    "press": ("as", "message", "button"),
    "submit": ("as", "form", "answers"),
    "dismiss": ("as", "form"),
    "clock": ("advance",),
    "crowd": ("act", "count"),
}
GOOD = {
    "as": NOOR,
    "room": "general",
    "text": f"{MARK} said",
    "message": "m1",
    "button": "send",
    "form": "receipt",
    "answers": {},
    "advance": "PT1S",
    "act": "grievances",
    "count": 1,
}


@pytest.mark.parametrize(
    ("act", "key"), [(act, key) for act, keys in WANTS.items() for key in keys]
)
def test_a_part_of_the_wrong_kind_is_refused_and_named(demo: Demo, act: str, key: str) -> None:
    good = {one: GOOD[one] for one in WANTS[act]}
    wrongs: list[Json] = [7, 1.5, True, None, [], ["noor-haddad"]]
    wrongs += [{}] if key != "answers" else []
    with nothing_kept(demo):
        for wrong in [one for one in wrongs if (key, type(one)) != ("count", int)]:
            refused = demo.post(act, good | {key: wrong})
            if refused.status == 404:  # answered in the order asked: the form is not open anyway
                assert key == "answers"
                continue
            assert refused.status == 400, (wrong, refused.body)
            assert re.search(rf"\b{key}\b", refused.sentence)
        left_out = {one: GOOD[one] for one in WANTS[act] if one != key}
        assert demo.post(act, left_out).status == (404 if key == "answers" else 400)
    assert MARK not in json.dumps(demo.person(NOOR).rooms[0]["messages"])


def test_a_body_beyond_all_measure_is_refused(demo: Demo) -> None:
    huge = {"as": NOOR, "room": "general", "text": MARK * (9 * 2**20 // len(MARK))}
    with nothing_kept(demo):
        refused = demo.post("say", huge)
        assert refused.status == 413
        assert refused.sentence == "That is too much at once: at most 8 MB."


def test_words_that_were_never_sent_are_nowhere_on_the_disk(demo: Demo) -> None:
    worker = demo.person(JUN)
    worker.preview(story=f"{MARK} {MARK.upper()} and some more words to make it long enough")
    assert demo.files_with(MARK) == []
    worker.press("cancel")
    assert demo.files_with(MARK) == []


def test_the_search_would_have_found_them(demo: Demo) -> None:
    planted = demo.folder / "planted.txt"
    planted.write_text(f"before {MARK} after")
    try:
        assert demo.files_with(MARK) == [planted]
        planted.write_bytes(MARK.encode("utf-16-le"))
        assert demo.files_with(MARK) == [planted]
    finally:
        planted.unlink()
