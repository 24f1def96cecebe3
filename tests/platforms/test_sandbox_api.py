"""The sandbox's JSON over HTTP, sentence by sentence as outside tools rely on it.

One real process, spoken to like any tool would; expected values are written by hand.
"""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from tests.fakes.demo import (
    FILED,
    RECEIPT,
    STORY,
    Demo,
    Json,
    NotDone,
    buttons,
    demo_in,
    field,
    receipt_in,
    values,
)
from tests.fakes.forked import Forked

pytestmark = pytest.mark.xdist_group("sandbox-api")

REP, OTHER_REP, ORGANISER, MODERATOR = "ines-moreau", "karim-benali", "ruth-adeyemi", "oskar-brandt"
NOOR, MARTA, TOMASZ, ADAEZE = "noor-haddad", "marta-lindqvist", "tomasz-zielinski", "adaeze-okafor"
JUN, PRIYA, LUCA, SOFIA = "jun-takahashi", "priya-raman", "luca-ferrari", "sofia-marques"
EMEKA, HANNA, DIEGO, YASMIN = "emeka-nwosu", "hanna-virtanen", "diego-salazar", "yasmin-aksoy"

WORKERS_COMMANDS = ["pulse", "grievance", "receipt", "reps", "about", "help"]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("api")) as running:
        yield running


def moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    assert read.tzinfo is not None, text
    return read


def is_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text and len(text.split()) > 3


# Who and what there is ---------------------------------------------------------------------------


def test_its_address_is_the_first_line_it_says(demo: Demo) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", demo.address)
    assert demo.get("/").status == 200


def test_it_has_the_people_that_the_journeys_need(demo: Demo) -> None:
    people = demo.get("/api/personas").json
    assert all(set(one) == {"id", "name", "role"} for one in people)
    roles = [one["role"] for one in people]
    assert roles.count("worker") >= 12
    assert roles.count("rep") == 3
    assert roles.count("moderator") == 2
    assert roles.count("organiser") == 1
    assert set(roles) == {"worker", "rep", "moderator", "organiser"}
    assert all(len(one["id"]) >= 8 and one["name"] for one in people)
    assert len({one["id"] for one in people}) == len(people)


def test_the_state_has_exactly_its_shape(demo: Demo) -> None:
    worker = demo.person(LUCA)
    worker.preview()
    worker.say("/grievance")
    worker.press("continue")
    state = worker.state
    assert list(state) == ["now", "due", "rooms", "form", "commands"]
    moment(state["now"])
    for due in state["due"]:
        assert set(due) == {"at", "what"}
        assert due["what"] in {"slot", "deadline", "digest", "close"}
        moment(due["at"])
    for room in state["rooms"]:
        assert set(room) == {"id", "name", "space", "messages"}
        for message in room["messages"]:
            assert set(message) == {
                *("id", "from", "title", "text", "tone", "whisper", "fields", "buttons", "image")
            }
            assert all(set(one) == {"label", "value"} for one in message["fields"])
            assert all(set(one) == {"id", "label", "weight"} for one in message["buttons"])
            assert {one["weight"] for one in message["buttons"]} <= {"primary", "plain", "danger"}
            assert message["tone"] in {"plain", "good", "warning"}
            assert message["whisper"] in (True, False)
            assert message["image"] is None or set(message["image"]) == {"url", "alt"}
    form = state["form"]
    assert set(form) == {"id", "title", "note", "fields"}
    for one in form["fields"]:
        assert set(one) == {
            *("id", "label", "kind", "value", "options", "required", "max_length"),
        }
        assert one["kind"] in {"text", "long_text", "choice", "choices", "number", "person"}
        assert all(set(option) == {"value", "label"} for option in one["options"])
    assert all(set(one) == {"name", "summary"} for one in state["commands"])
    worker.dismiss()


def test_the_grievance_form_asks_what_outside_tools_fill_in(demo: Demo) -> None:
    worker = demo.person(LUCA)
    worker.say("/grievance")
    worker.press("continue")
    form = worker.form
    assert form["id"].partition(":")[0] == "grievance"
    asked = {one["id"]: one for one in form["fields"]}
    assert [(one["id"], one["kind"]) for one in form["fields"]] == [
        ("category", "choice"),
        ("spread", "choice"),
        ("impact", "choice"),
        ("story", "long_text"),
        ("exclude", "choices"),
    ]
    assert [o["value"] for o in asked["spread"]["options"]] == ["me", "team", "many"]
    assert [o["value"] for o in asked["impact"]["options"]] == ["1", "2", "3", "4", "5"]
    assert asked["story"]["max_length"] == 3000
    assert {name: one["required"] for name, one in asked.items()} == {
        "category": True,
        "spread": True,
        "impact": True,
        "story": True,
        "exclude": False,
    }
    people = {one["name"]: one["role"] for one in demo.get("/api/personas").json}
    names = [option["label"] for option in asked["exclude"]["options"]]
    assert sorted(people[name] for name in names) == ["organiser", "rep", "rep", "rep"]
    worker.dismiss()


# Rooms -------------------------------------------------------------------------------------------


def test_the_first_room_is_shared_and_the_last_is_ones_own(demo: Demo) -> None:
    people = [one["id"] for one in demo.get("/api/personas").json]
    rooms = {one: [room["id"] for room in demo.person(one).rooms] for one in people}
    assert len({ids[0] for ids in rooms.values()}) == 1
    assert len({ids[-1] for ids in rooms.values()}) == len(people)
    for one, ids in rooms.items():
        others = {room for other in people if other != one for room in rooms[other]}
        assert ids[-1] not in others


@pytest.mark.parametrize("who", [NOOR, REP, ORGANISER, MODERATOR])
def test_all_of_ones_commands_work_in_the_first_room(demo: Demo, who: str) -> None:
    person = demo.person(who)
    able = [one["name"] for one in person.state["commands"]]
    extra = {
        REP: ["cases", "duty"],
        ORGANISER: ["cases", "digest", "poll", "setup"],
        MODERATOR: ["setup"],
    }
    assert sorted(able) == sorted([*WORKERS_COMMANDS, *extra.get(who, [])])
    for name in able:
        before = len(person.messages)
        person.say(f"/{name}")
        if person.form is not None:
            assert person.form["id"].partition(":")[0] == name
            person.dismiss()
        else:
            assert len(person.messages) == before + 1
            assert person.card["title"] not in ("Not done", "")


def test_what_someone_says_in_a_shared_room_is_seen_by_all_there(demo: Demo) -> None:
    demo.person(MARTA).say("Is the canteen open again?")
    for who in (NOOR, REP, MODERATOR):
        said = demo.person(who).rooms[0]["messages"][-1]
        assert (said["from"], said["text"]) == ("Marta Lindqvist", "Is the canteen open again?")
        assert (said["title"], said["whisper"], said["buttons"]) == ("", False, [])


def test_messages_come_oldest_first(demo: Demo) -> None:
    for word in ("first", "second", "third"):
        demo.person(MARTA).say(word)
    assert [one["text"] for one in demo.person(JUN).messages[-3:]] == ["first", "second", "third"]


def test_a_whisper_is_seen_by_who_asked_alone_and_where_they_asked(demo: Demo) -> None:
    asker = demo.person(HANNA)
    others = [demo.person(who) for who in (NOOR, REP, MODERATOR)]
    before = [other.state["rooms"] for other in others]
    direct = asker.direct["id"]
    in_public, alone = len(asker.rooms[0]["messages"]), len(asker.direct["messages"])

    assert asker.say("/reps")["whisper"] is True
    assert len(asker.rooms[0]["messages"]) == in_public + 1
    code = field(asker.say("/about"), "Community code")
    asker.say("/about", direct)  # alone with the bot nobody is in a community yet
    assert asker.submit(code=code)["title"] == "About this bot"
    assert len(asker.direct["messages"]) == alone + 1
    assert len(asker.rooms[0]["messages"]) == in_public + 2

    assert [other.state["rooms"] for other in others] == before


def test_the_typed_command_itself_is_shown_to_nobody(demo: Demo) -> None:
    demo.person(HANNA).say("/reps and my manager is Sam Smith")
    for who in (HANNA, NOOR, REP):
        assert "Sam Smith" not in json.dumps(demo.person(who).state)


def test_words_behind_a_command_are_ignored_and_the_person_is_told(demo: Demo) -> None:
    worker = demo.person(HANNA)
    worker.say("/receipt 0000000-0000000-0000000")
    assert worker.card["title"] == "Not read"
    assert [one["value"] for one in worker.form["fields"]] == [""]
    worker.dismiss()


# Pressing, submitting, dismissing ----------------------------------------------------------------


def test_a_form_is_open_until_it_is_taken_or_dismissed(demo: Demo) -> None:
    worker = demo.person(SOFIA)
    worker.say("/grievance")
    worker.press("continue")
    worker.dismiss()
    assert worker.form is None
    worker.press("continue")
    worker.submit(**FILED)
    assert worker.form is None
    assert worker.card["title"] == "Please check before you send"


def test_wrong_answers_come_back_as_a_sentence_for_each_field(demo: Demo) -> None:
    worker = demo.person(SOFIA)
    worker.say("/grievance")
    worker.press("continue")
    wrong = worker.errors({"category": "money", "spread": "me", "story": " "})
    assert wrong == {
        "category": "That is not one of the choices. Please choose again.",
        "impact": "Please choose one.",
        "story": "Please write something here.",
    }
    assert worker.form is not None
    worker.dismiss()


def test_what_was_typed_is_still_in_the_form_after_it_was_refused(demo: Demo) -> None:
    worker = demo.person(SOFIA)
    worker.say("/grievance")
    worker.press("continue")
    note = worker.form["note"]
    chosen = worker.form["fields"][4]["options"][1]["value"]
    worker.errors(FILED | {"impact": "9", "exclude": [chosen]})
    kept = {one["id"]: one["value"] for one in worker.form["fields"]}
    assert kept == FILED | {"impact": "9", "exclude": [chosen]}
    assert worker.form["note"] == note
    worker.dismiss()


def test_numbers_are_taken_as_text(demo: Demo) -> None:
    worker = demo.person(SOFIA)
    worker.preview(impact=4)
    assert field(worker.card, "How much does it weigh on you?") == "4: it does harm"


def test_a_field_left_out_is_empty(demo: Demo) -> None:
    worker = demo.person(SOFIA)
    worker.say("/receipt")
    assert worker.submit()["title"] == "Hold a receipt?"
    worker.say("/grievance")
    worker.press("continue")
    answers = {name: said for name, said in FILED.items() if name != "category"}
    assert worker.errors(answers) == {"category": "Please choose one."}
    worker.submit(**FILED)  # without "exclude": nobody is left out
    assert "Greta Holm" in worker.card["text"]


def test_several_choices_are_a_list_of_option_values(demo: Demo) -> None:
    worker = demo.person(SOFIA)
    worker.say("/grievance")
    worker.press("continue")
    options = {o["label"]: o["value"] for o in worker.form["fields"][4]["options"]}
    out = [options["Karim Benali"], options["Greta Holm"]]
    readers = worker.submit(**FILED, exclude=out)["text"].splitlines()[1]
    assert readers == "Readers: Ines Moreau (rep) and Ruth Adeyemi (organiser)."


def test_every_id_is_the_one_that_outside_tools_know(demo: Demo) -> None:
    worker, rep = demo.person(DIEGO), demo.person(REP)
    assert buttons(worker.say("/grievance")) == ["continue", "elsewhere"]
    worker.press("continue")
    assert buttons(worker.submit(**FILED)) == ["send", "edit", "cancel", "send_urgent"]
    sent = worker.press("send")
    assert buttons(sent) == ["saved", "show_again"]
    receipt = receipt_in(sent)
    worker.press("saved")
    view = worker.visit(receipt)
    assert buttons(view) == ["message", "exclude", "withdraw", "export", "delete"]
    asks = {"message": [("text", "long_text")], "exclude": [("exclude", "choices")]}
    assert _form_of(worker, "message") == ("message", asks["message"])
    assert _form_of(worker, "exclude") == ("leave_out", asks["exclude"])

    demo.move(until="slot")
    assert set(buttons(rep.say("/cases"))) == {"open"}
    shown = rep.press("open")
    assert set(buttons(shown)) == {
        *("acknowledge", "reply", "ask", "note", "resolve", "close", "next"),
        *("bring_in", "hand_over", "recuse", "mute"),
    }
    for name in ("reply", "ask", "note"):
        assert _form_of(rep, name) == (name, [("text", "long_text")])
    for name in ("bring_in", "hand_over"):
        assert _form_of(rep, name) == (name, [("note", "long_text")])
    assert _form_of(rep, "resolve") == ("resolve", [("outcome", "long_text")])
    assert buttons(rep.press("close")) == ["confirm"]
    view = worker.visit(receipt)
    assert buttons(view) == ["message", "escalate", "exclude", "withdraw", "export", "delete"]


def test_the_ids_of_duty_are_those_that_outside_tools_know(demo: Demo) -> None:
    rep = demo.person(OTHER_REP)
    card = rep.say("/duty")
    assert {"on", "away", "offer", "quiet_hours", "hand_over_all"} <= set(buttons(card))
    span = [("from", "text"), ("until", "text")]
    assert _form_of(rep, "away") == ("away", span)
    assert _form_of(rep, "offer") == ("offer", span)
    assert _form_of(rep, "quiet_hours") == ("quiet_hours", [*span, ("zone", "text")])
    assert buttons(rep.press("hand_over_all")) == ["confirm"]
    assert "off" in buttons(rep.say("/duty on"))
    assert "on" in buttons(rep.say("/duty off"))


def _form_of(person: object, button: str) -> tuple[str, list[tuple[str, str]]]:
    person.press(button)
    form = person.form
    person.dismiss()
    return form["id"].partition(":")[0], [(one["id"], one["kind"]) for one in form["fields"]]


def test_a_reporters_button_never_carries_the_number_staff_know(demo: Demo) -> None:
    worker, rep = demo.person(DIEGO), demo.person(REP)
    receipt = worker.file()
    demo.move(until="slot")
    rep.say("/cases")
    rep.press("open")
    number = rep.button("reply")[1].partition(":")[2]
    assert re.fullmatch(r"[2-9A-Z]{6}", number)
    assert number not in json.dumps(worker.visit(receipt))


def test_a_receipt_is_the_only_text_that_looks_like_one(demo: Demo) -> None:
    worker = demo.person(YASMIN)
    worker.preview()
    assert RECEIPT.findall(json.dumps(worker.state)) == []
    receipt = receipt_in(worker.press("send"))
    assert set(RECEIPT.findall(json.dumps(worker.state))) == {receipt}
    worker.press("saved")
    assert RECEIPT.findall(json.dumps(worker.state)) == []
    for other in (NOOR, REP):
        assert receipt not in json.dumps(demo.person(other).state)


# The clock ---------------------------------------------------------------------------------------


def test_the_slots_are_monday_wednesday_and_friday_at_nine(demo: Demo) -> None:
    seen = []
    for _ in range(3):
        at = moment(demo.due()["slot"])
        moved = moment(demo.move(until="slot"))
        assert timedelta(0) <= moved - at < timedelta(seconds=5)
        seen.append(at.strftime("%A %H:%M"))
    assert sorted(seen) == ["Friday 09:00", "Monday 09:00", "Wednesday 09:00"]


def test_an_advance_lets_every_moment_on_the_way_happen(demo: Demo) -> None:
    rep = demo.person(REP)
    said = len(rep.rooms[1]["messages"])
    before = moment(rep.state["now"])
    now = moment(demo.move(advance="P7D"))
    assert timedelta(0) <= now - before - timedelta(days=7) < timedelta(seconds=5)
    slots = [one["title"] for one in rep.rooms[1]["messages"][said:]]
    assert len(slots) == 3  # each slot of a week said its fixed sentence, once
    assert {title.split()[2] for title in slots} == {"Monday", "Wednesday", "Friday"}
    assert all(title.endswith("09:00 (UTC)") for title in slots)


def test_what_happens_on_the_way_happens_at_its_own_moment(demo: Demo) -> None:
    worker, rep = demo.person(EMEKA), demo.person(REP)
    receipt = worker.file()
    slot = moment(demo.due()["slot"])
    demo.move(advance="P7D")
    released = f"{slot:%A} {slot.day} {slot:%B}, 09:00 (UTC)"
    late = slot + timedelta(hours=24)
    promised = f"{late:%A} {late.day} {late:%B}, 09:00 (UTC)"
    view = worker.visit(receipt)
    assert f"We are late. This should have been answered by {promised}." in view["text"]
    assert released in [one["value"] for one in worker.press("export")["fields"]]
    notices = [one["text"] for one in rep.direct["messages"]]
    assert f"A case needs you by {promised}." in notices


def test_until_deadline_goes_to_the_first_case_that_is_owed_a_word(demo: Demo) -> None:
    demo.person(EMEKA).file()
    demo.move(until="slot")
    at = moment(demo.due()["deadline"])
    moved = moment(demo.move(until="deadline"))
    assert timedelta(0) <= moved - at < timedelta(seconds=5)


def test_until_the_digest_moves_to_it_and_organisers_have_it_in_their_room(demo: Demo) -> None:
    def titles() -> list[str]:
        rooms = {room["id"]: room["messages"] for room in demo.person(ORGANISER).rooms}
        return [one["title"] for one in rooms["organisers"]]

    at, before = moment(demo.due()["digest"]), titles()
    moved = moment(demo.move(until="digest"))
    assert timedelta(0) <= moved - at < timedelta(seconds=5)
    (new,) = titles()[len(before) :]
    assert new.startswith("Digest of")
    assert "organisers" not in {room["id"] for room in demo.person(REP).rooms}


@pytest.mark.parametrize("kind", ["digest", "close"])
def test_until_changes_nothing_when_nothing_of_that_kind_is_due(demo: Demo, kind: str) -> None:
    demo.person(ORGANISER).say("/digest pause")
    before = demo.person(REP).state
    assert kind not in {one["what"] for one in before["due"]}
    rows = demo.rows()
    now = moment(demo.move(until=kind))
    after = demo.person(REP).state
    assert timedelta(0) <= now - moment(before["now"]) < timedelta(seconds=5)
    assert (after["due"], after["rooms"]) == (before["due"], before["rooms"])
    assert demo.rows() == rows


def test_what_is_due_is_told_alike_to_everyone(demo: Demo) -> None:
    demo.person(EMEKA).file()
    people = [one["id"] for one in demo.get("/api/personas").json]
    seen = {json.dumps(demo.person(one).state["due"]) for one in people}
    assert len(seen) == 1


@pytest.mark.parametrize("advance", ["1h", "", "P", "PT", "-PT1H", "P1Y", "P801D", "P99999999999D"])
def test_the_clock_refuses_what_is_no_duration(demo: Demo, advance: str) -> None:
    before = demo.due()
    refused = demo.post("clock", {"advance": advance})
    assert refused.status == 400
    assert is_sentence(refused.sentence)
    assert demo.due() == before


def test_the_clock_refuses_a_kind_of_moment_it_does_not_know(demo: Demo) -> None:
    refused = demo.post("clock", {"until": "christmas"})
    assert refused.status == 400
    assert "slot" in refused.sentence


def test_a_notice_comes_in_the_direct_room_and_is_there_when_the_clock_answers(demo: Demo) -> None:
    worker, rep, other = demo.person(PRIYA), demo.person(REP), demo.person(OTHER_REP)
    worker.file()
    shared = [len(room["messages"]) for room in rep.rooms][:2]
    own, others = len(rep.direct["messages"]), len(other.direct["messages"])
    needs = _needs_you(demo)
    demo.move(until="slot")
    came = [one for one in rep.direct["messages"][own:] if one["text"] == needs]
    assert [one["title"] for one in came] == ["For you alone"]
    assert needs not in [one["text"] for one in other.direct["messages"][others:]]  # not on duty
    assert len(rep.rooms[1]["messages"]) == shared[1] + 1
    assert rep.rooms[1]["messages"][-1]["title"].startswith("Slot of ")


def _needs_you(demo: Demo) -> str:
    """What the rep on duty is told of the cases of the next slot."""
    by = moment(demo.due()["slot"]) + timedelta(hours=24)
    return f"A case needs you by {by:%A} {by.day} {by:%B}, 09:00 (UTC)."


# The crowd ---------------------------------------------------------------------------------------


def test_two_hundred_grievances_are_taken_in_half_a_minute_and_nobody_is_told(demo: Demo) -> None:
    watched = [demo.person(who) for who in (NOOR, REP, ORGANISER, MODERATOR)]
    before = [(one.state["rooms"], one.state["due"]) for one in watched]
    began = monotonic()
    assert demo.crowd("grievances", 200) == {"done": 200, "refused": 0}
    assert monotonic() - began < 30
    assert [(one.state["rooms"], one.state["due"]) for one in watched] == before
    rep = watched[1]
    own = len(rep.direct["messages"])
    needs = _needs_you(demo)
    demo.move(until="slot")
    came = [one["text"] for one in rep.direct["messages"][own:]]
    assert came.count(needs) == 1  # one sentence, however many came


def test_a_crowd_has_nothing_to_answer_while_nothing_is_open(demo: Demo) -> None:
    assert demo.crowd("pulse", 5) == {"done": 0, "refused": 0}


@pytest.mark.parametrize("count", [0, -1, 1.5, "5", True, None, 1_000_000])
def test_a_crowd_is_a_whole_number_of_people(demo: Demo, count: Json) -> None:
    rows = demo.rows()
    refused = demo.post("crowd", {"act": "grievances", "count": count})
    assert refused.status == 400
    assert is_sentence(refused.sentence)
    assert demo.rows() == rows


# What is stored ----------------------------------------------------------------------------------


def test_what_is_stored_is_the_real_rows_of_the_case_on_the_last_card(demo: Demo) -> None:
    worker = demo.person(ADAEZE)
    worker.preview()
    receipt = receipt_in(worker.press("send"))
    stored = demo.get("/api/stored", ADAEZE).json
    assert [set(one) for one in stored] == [{"table", "rows"}] * len(stored)
    assert [(one["table"], len(one["rows"])) for one in stored] == [
        ("waiting", 1),
        ("case_keys", 1),
    ]
    (row,) = stored[0]["rows"]
    assert set(row) == {"id", "community", "slot", "lookup", "key", "sealed"}
    for words in (receipt, receipt.replace("-", ""), STORY, "pager", ADAEZE, "Adaeze"):
        assert words not in json.dumps(stored)
        assert words.encode().hex() not in json.dumps(stored)
    assert demo.get("/api/stored", TOMASZ).json == []


def test_a_rep_is_shown_the_rows_of_the_case_that_is_open(demo: Demo) -> None:
    demo.person(ADAEZE).file()
    demo.move(until="slot")
    rep = demo.person(OTHER_REP)
    rep.say("/cases")
    rep.press("open")
    number = rep.button("reply")[1].partition(":")[2]
    stored = {one["table"]: one["rows"] for one in demo.get("/api/stored", OTHER_REP).json}
    assert set(stored) == {"cases", "entries", "case_keys"}
    assert [row["number"] for row in stored["cases"]] == [number]
    assert stored["entries"]  # that it was opened
    assert STORY not in json.dumps(stored)


# Events ------------------------------------------------------------------------------------------


def test_an_event_comes_to_whom_something_changed_and_to_nobody_else(demo: Demo) -> None:
    with demo.events(JUN) as mine, demo.events(TOMASZ) as theirs:
        assert mine.next(5)  # each stream begins with one
        assert theirs.next(5)
        demo.person(JUN).say("/reps")
        assert mine.next(5)
        assert not theirs.next(1)
        demo.person(JUN).say("Hello")
        assert mine.next(5)
        assert theirs.next(5)


def test_an_event_comes_when_the_clock_moved_and_when_a_form_opened(demo: Demo) -> None:
    with demo.events(JUN) as mine:
        assert mine.next(5)
        demo.person(JUN).say("/receipt")
        assert mine.next(5)
        demo.person(JUN).dismiss()
        assert mine.next(5)
        demo.move(advance="PT1H")
        assert mine.next(5)


# What is not there, and who may not ask ----------------------------------------------------------

NOBODY = "nobody-at-all"
UNKNOWN = [
    ("GET", "/api/state?as=" + NOBODY, None),
    ("GET", "/api/state", None),
    ("GET", "/api/events?as=" + NOBODY, None),
    ("GET", "/api/stored?as=" + NOBODY, None),
    ("POST", "/api/say", {"as": NOBODY, "room": "general", "text": "hello"}),
    ("POST", "/api/say", {"as": NOOR, "room": "nowhere", "text": "hello"}),
    ("POST", "/api/say", {"as": NOOR, "room": "direct-marta-lindqvist", "text": "hello"}),
    ("POST", "/api/press", {"as": NOBODY, "message": "m1", "button": "send"}),
    ("POST", "/api/press", {"as": NOOR, "message": "m999999", "button": "send"}),
    ("POST", "/api/submit", {"as": NOBODY, "form": "receipt", "answers": {}}),
    ("POST", "/api/submit", {"as": NOOR, "form": "receipt", "answers": {}}),
    ("POST", "/api/dismiss", {"as": NOOR, "form": "receipt"}),
    ("GET", "/api/nothing", None),
    ("POST", "/api/nothing", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), UNKNOWN)
def test_what_is_not_there_is_answered_with_one_sentence(
    demo: Demo, method: str, path: str, body: Json
) -> None:
    refused = demo.ask(method, path, body)
    assert refused.status == 404
    assert is_sentence(refused.sentence)


def test_the_staffs_room_is_not_there_for_workers(demo: Demo) -> None:
    body = {"as": NOOR, "room": "reps", "text": "hello"}
    nowhere = demo.post("say", body | {"room": "nowhere"})
    assert (demo.post("say", body).status, demo.post("say", body).body) == (404, nowhere.body)
    assert "reps" in [room["id"] for room in demo.person(REP).rooms]


def test_a_foreign_host_is_refused(demo: Demo) -> None:
    for host in ("groundswell.example", f"groundswell.example:{demo.port}", "127.0.0.1", "[::]"):
        refused = demo.get("/api/personas", Host=host)
        assert refused.status == 403
        assert is_sentence(refused.sentence)
    for host in (f"127.0.0.1:{demo.port}", f"localhost:{demo.port}", f"[::1]:{demo.port}"):
        assert demo.get("/api/personas", Host=host).status == 200


def test_a_foreign_origin_is_refused_and_a_missing_one_is_not(demo: Demo) -> None:
    body = {"as": NOOR, "room": "general", "text": "said from where?"}
    foreign = ["https://groundswell.example", "null", "", f"https://127.0.0.1:{demo.port}"]
    for origin in [*foreign, "http://127.0.0.1", f"http://127.0.0.1:{demo.port + 1}"]:
        refused = demo.post("say", body, Origin=origin)
        assert refused.status == 403
        assert is_sentence(refused.sentence)
        assert demo.get("/api/state", NOOR, Origin=origin).status == 403
    assert "said from where?" not in json.dumps(demo.person(NOOR).state)
    assert demo.post("say", body, Origin=f"http://127.0.0.1:{demo.port}").status == 200
    assert demo.post("say", body, Origin=f"http://localhost:{demo.port}").status == 200
    assert demo.post("say", body).status == 200


def test_it_listens_on_the_loopback_interface_alone(demo: Demo) -> None:
    assert demo.host == "127.0.0.1"
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    if not all(table.exists() for table in tables):
        pytest.skip("LOUD: this machine has no /proc/net/tcp to read listeners from")
    listening = "0A"
    rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    places = [row[1] for row in rows if row[3] == listening]
    mine = [place for place in places if int(place.split(":")[1], 16) == demo.port]
    loopback = socket.inet_aton("127.0.0.1")[::-1].hex().upper()
    assert [place.split(":")[0] for place in mine] == [loopback]


ANSWERS = [
    ("GET", "/", None, 200),
    ("GET", "/static/app.css", None, 200),
    ("GET", "/static/main.js", None, 200),
    ("GET", "/api/personas", None, 200),
    ("GET", "/api/state?as=noor-haddad", None, 200),
    ("GET", "/api/state?as=nobody-at-all", None, 404),
    ("GET", "/nothing", None, 404),
    ("GET", "/pictures/0123456789abcdef.png", None, 404),
    ("GET", "/pictures/%2e%2e%2fapp.png", None, 404),
    ("POST", "/pictures/0123456789abcdef.png", {}, 405),
    ("GET", "/static/nothing.css", None, 404),
    ("GET", "/static/", None, 404),
    ("GET", "/static/%2e%2e/app.py", None, 404),
    ("PUT", "/api/say", {}, 405),
    ("GET", "/api/say", None, 405),
    ("POST", "/api/say", {}, 400),
    ("POST", "/api/say", b"{", 400),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ANSWERS)
def test_every_answer_tells_the_browser_to_be_careful(
    demo: Demo, method: str, path: str, body: Json, status: int
) -> None:
    answer = demo.ask(method, path, body)
    assert answer.status == status
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["Cache-Control"] == "no-store"
    if path.startswith(("/api/", "/pictures/")) and status >= 400:
        assert is_sentence(answer.sentence)


def test_the_events_tell_the_browser_to_be_careful_too(demo: Demo) -> None:
    with demo.events(NOOR) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert {name: stream.headers[name] for name in HEADERS} == HEADERS


def test_the_page_brings_no_script_and_no_style_of_its_own(demo: Demo) -> None:
    page = demo.get("/").body.decode()
    assert not re.search(r"<style|\son\w+=|\sstyle=", page)
    assert re.findall(r"<script[^>]*>", page) == [
        '<script type="module" src="/static/main.js">',
    ]
    links = set(re.findall(r'(?:src|href)="([^"]*)"', page))
    assert all(link.startswith(("/static/", "#", "data:image/svg+xml,")) for link in links)


# A second start ----------------------------------------------------------------------------------


def test_a_restart_finds_the_case_and_the_clock_again_but_no_talk(tmp_path: Path) -> None:
    with demo_in(tmp_path) as before:
        receipt = before.person(NOOR).file()
        before.person(NOOR).say("Does anyone remember this?")
        before.move(until="slot")
        moved = moment(before.move(advance="P1D"))
        rows = before.rows()
        assert before.stop() == 0
    with demo_in(tmp_path) as after:
        now = moment(after.person(NOOR).state["now"])
        assert timedelta(0) <= now - moved < timedelta(seconds=30)
        assert after.rows() == rows
        for person in after.get("/api/personas").json:
            assert [room["messages"] for room in after.person(person["id"]).rooms if room] == [
                [] for _ in after.person(person["id"]).rooms
            ]
        assert STORY in values(after.person(NOOR).visit(receipt))
        rep = after.person(REP)
        rep.say("/cases")
        assert STORY in values(rep.press("open"))


def test_it_stops_in_order_from_the_moment_its_address_is_told(tmp_path: Path) -> None:
    for begin in (subprocess.Popen, Forked):
        demo = Demo(tmp_path, begin=begin)
        demo.start()
        assert demo.stop() == 0
        assert sorted(file.name for file in tmp_path.rglob("*-wal")) == []  # all folded in


def test_a_draft_outlives_a_restart_but_its_buttons_are_gone_with_the_talk(tmp_path: Path) -> None:
    with demo_in(tmp_path) as before:
        before.person(NOOR).preview()
        drafts = before.rows()["keys.drafts"]
        assert drafts == 1
    with demo_in(tmp_path) as after:
        assert after.rows()["keys.drafts"] == 1
        with pytest.raises(NotDone):
            after.person(NOOR).button("send")


def test_the_told_story_leaves_something_to_look_at(tmp_path: Path) -> None:
    with demo_in(tmp_path, empty=False, begin=subprocess.Popen) as told:
        told.until_told()
        assert told.get("/api/story").json == {"told": 6, "weeks": 6, "over": True}
        now = moment(told.person(NOOR).state["now"])
        rep = told.person(REP)
        rep.say("/cases")
        assert "open" in buttons(rep.card)
        assert rep.rooms[1]["messages"][0]["title"].startswith("Slot of ")
        slot = moment(told.due()["slot"])
        assert timedelta(0) < slot - now <= timedelta(days=3)


def test_an_empty_town_has_neither_starts_nor_tour_and_its_words_are_there(demo: Demo) -> None:
    assert demo.get("/api/story").json["over"]
    answer = demo.ask("GET", "/api/tour?language=pt-PT,it-IT,en")
    assert (answer.json["starts"], answer.json["stops"]) == ([], [])
    assert answer.json["language"] == "it"
    assert [one["id"] for one in answer.json["languages"]] == ["en", "fr", "de", "es", "it"]
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert demo.get("/api/tour", Origin="http://elsewhere.example").status == 403
