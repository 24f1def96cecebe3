"""Polls over the sandbox's API, as an outside tool asks, answers and reads them; and what it sends
wrong.
"""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.fakes.demo import Demo, Json, buttons, demo_in, field
from tests.platforms.test_bad_input import MARK, nothing_kept

pytestmark = pytest.mark.xdist_group("sandbox-polls")

NOOR, MARTA, TOMASZ = "noor-haddad", "marta-lindqvist", "tomasz-zielinski"
RUTH, REP, MODERATOR = "ruth-adeyemi", "ines-moreau", "oskar-brandt"
ASKED = {
    "question": "Which day is the hardest?",
    "kind": "single",
    "options": "Monday\nTuesday\nFriday",
    "days": 7,
    "comment": "no",
}
NOT_TEXT = "Please answer in plain text."
NO_OPTION = "That is not one of the choices. Please choose again."
CHOOSE = "Please choose one."


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("polls")) as running:
        running.move(until="slot")  # the next one is two days away: none comes between two counts
        yield running
        assert running.files_with(MARK) == []
        said = running.stderr.read_text()
        assert "bug" not in said, said


def open_poll(demo: Demo, **changes: Json) -> Json:
    """An organiser opens a poll; gives what they are told, below which is what everybody is."""
    ruth = demo.person(RUTH)
    ruth.say("/poll new")
    ruth.submit(**(ASKED | changes))
    ruth.press("confirm")
    return next(one for one in reversed(ruth.messages) if one["title"] == "The poll is open")


def close_all(demo: Demo) -> None:
    ruth = demo.person(RUTH)
    while buttons(ruth.say("/poll close")):
        ruth.press("close_poll")
        ruth.press("confirm")


def heard(demo: Demo, before: int, many: int) -> list[Json]:
    """What NOOR reads from there on, once the postman has been so often; within ten seconds."""
    for _ in range(200):
        if len(said := demo.person(NOOR).messages[before:]) >= many:
            return said
        time.sleep(0.05)
    return said


@pytest.fixture
def asked(demo: Demo) -> Iterator[Demo]:
    """A poll that is open for the length of a test."""
    open_poll(demo)
    yield demo
    close_all(demo)


# What the contract promises ----------------------------------------------------------------------


def test_the_forms_have_the_fields_that_outside_tools_rely_on(demo: Demo) -> None:
    ruth = demo.person(RUTH)
    for typed, form, kinds in (
        (
            "/poll new",
            "poll_new",
            {
                "question": "text",
                "kind": "choice",
                "options": "long_text",
                "days": "number",
                "comment": "choice",
            },
        ),
        (
            "/poll pulse",
            "pulse_new",
            {
                "bank": "choices",
                "every": "choice",
                "days": "number",
                "start": "text",
                "comment": "choice",
            },
        ),
    ):
        ruth.say(typed)
        assert ruth.form["id"].partition(":")[0] == form
        assert {one["id"]: one["kind"] for one in ruth.form["fields"]} == kinds
        ruth.dismiss()


def test_a_poll_from_the_question_to_its_picture(demo: Demo) -> None:
    opened = open_poll(demo)
    assert buttons(opened) == ["close_poll", "results"]
    noor = demo.person(NOOR)
    (card,) = [one for one in noor.messages if one["title"] == "A question for everyone"]
    assert (buttons(card), card["whisper"]) == (["answer"], False)
    noor.press("answer")
    (asked,) = noor.form["fields"]
    assert noor.form["id"].partition(":")[0] == "pulse"
    assert [one["value"] for one in asked["options"]] == ["1", "2", "3"]
    taken = noor.submit(q1="1")
    assert taken["title"] == "Your answer is kept"
    assert demo.crowd("pulse", 30) == {"done": 30, "refused": 0}
    close = demo.due()["close"]
    assert demo.move(until="close")[:19] == close[:19]
    results = noor.messages[-1]
    assert results["title"] == "Results of a poll"
    assert results["image"]["alt"].startswith(ASKED["question"])
    for line in field(results, ASKED["question"]).split("\n"):
        assert line in results["image"]["alt"]
    picture = demo.get(results["image"]["url"])
    assert (picture.status, picture.body[:8]) == (200, b"\x89PNG\r\n\x1a\n")
    ruth = demo.person(RUTH)
    ruth.say("/poll export")
    table = ruth.press("export_results")
    assert field(table, ASKED["question"]).startswith("option,from_percent,to_percent,shown\n")


def test_the_crowd_answers_everything_that_is_open_of_every_kind(demo: Demo) -> None:
    for kind, options in (
        ("multiple", "Rest days\nPay\nTools\n2"),
        ("scale", ""),
        ("nps", ""),
        ("yes_no", ""),
        ("ranked", "Monday\nTuesday\nFriday"),
    ):
        open_poll(demo, kind=kind, options=options, comment="yes")
    assert demo.crowd("pulse", 12) == {"done": 12, "refused": 0}
    before = len(demo.person(NOOR).messages)
    close_all(demo)
    cards = heard(demo, before, 5)
    assert [one["title"] for one in cards] == ["Results of a poll"] * 5
    assert not any("withheld: fewer" in str(one["fields"]) for one in cards)
    ruth = demo.person(RUTH)
    ruth.say("/poll results")
    assert "comments" in buttons(ruth.press("results"))


def test_due_names_the_close_for_everyone_alike_and_not_whose_it_is(asked: Demo) -> None:
    due = [demo_state["due"] for demo_state in (asked.person(one).state for one in (NOOR, RUTH))]
    assert due[0] == due[1]
    assert {key for one in due[0] for key in one} == {"at", "what"}


def test_pulse_is_offered_to_everyone_and_poll_to_organisers(demo: Demo) -> None:
    offered = {
        who: {one["name"] for one in demo.person(who).state["commands"]} for who in (NOOR, RUTH)
    }
    assert "pulse" in offered[NOOR] & offered[RUTH]
    assert "poll" in offered[RUTH] - offered[NOOR]


# What is sent wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, CHOOSE),
        ("", CHOOSE),
        (MARK, NO_OPTION),
        (MARK * 100_000, NO_OPTION),
        (4, NO_OPTION),
        (1.0, NO_OPTION),
        (["1"], NOT_TEXT),
        ([MARK], NOT_TEXT),
        ({MARK: "1"}, NOT_TEXT),
        (True, NOT_TEXT),
    ],
    ids=["none", "empty", "other", "1 MB", "4", "1.0", "a list", "its mark", "object", "true"],
)
def test_what_is_no_answer_is_refused_beside_its_question(
    asked: Demo, value: Json, sentence: str
) -> None:
    worker = asked.person(MARTA)
    worker.say("/pulse")
    with nothing_kept(asked):
        assert worker.errors({"q1": value}) == {"q1": sentence}
    worker.dismiss()


def test_an_answer_to_what_was_not_asked_is_ignored(asked: Demo) -> None:
    worker = asked.person(MARTA)
    worker.say("/pulse")
    worker.submit(q1="1", q2=MARK, comment=MARK, **{MARK: MARK})
    assert asked.files_with(MARK) == []


def test_a_form_of_a_poll_that_closed_keeps_what_was_typed(demo: Demo) -> None:
    open_poll(demo, comment="yes")
    worker = demo.person(TOMASZ)
    worker.say("/pulse")
    close_all(demo)
    with nothing_kept(demo):
        wrong = worker.errors({"q1": "2", "comment": MARK})
    assert all(one.startswith("This poll is closed") for one in wrong.values())
    kept = {one["id"]: one["value"] for one in worker.form["fields"]}
    assert kept == {"q1": "2", "comment": MARK}
    worker.dismiss()


@pytest.mark.parametrize(
    ("field_id", "value"),
    [
        ("question", [MARK]),
        ("question", {"a": MARK}),
        ("options", True),
        ("options", [MARK, MARK]),
        ("days", [7]),
        ("days", True),
        ("days", 7.5),
        ("days", -1),
        ("days", 10**30),
        ("kind", ["single"]),
    ],
)
def test_what_is_no_poll_is_refused_beside_its_field(
    demo: Demo, field_id: str, value: Json
) -> None:
    ruth = demo.person(RUTH)
    ruth.say("/poll new")
    with nothing_kept(demo):
        assert list(ruth.errors(ASKED | {field_id: value})) == [field_id]
    ruth.dismiss()


@pytest.mark.parametrize("who", [NOOR, REP, MODERATOR])
def test_no_one_else_sees_or_presses_an_organisers_card(demo: Demo, who: str) -> None:
    open_poll(demo)
    ruth = demo.person(RUTH)
    message, button = ruth.button("close_poll")
    with nothing_kept(demo):
        refused = demo.post("press", {"as": who, "message": message, "button": button})
        assert refused.status == 404
        someone = demo.person(who)
        assert someone.say("/poll")["text"].startswith("That is for staff of this community.")
        assert someone.say("/poll close")["text"].startswith("That is for staff")
    close_all(demo)


def test_a_poll_survives_a_killed_process_with_all_that_was_answered(tmp_path) -> None:
    with demo_in(tmp_path) as demo:
        open_poll(demo)
        demo.crowd("pulse", 6)
        demo.stop(signal.SIGKILL)
        demo.start()
        noor = demo.person(NOOR)
        noor.say("/pulse")
        noor.submit(q1="1")
        demo.move(until="close")
        (card,) = [one for one in noor.messages if one["title"] == "Results of a poll"]
        assert "withheld: fewer" not in field(card, ASKED["question"])
