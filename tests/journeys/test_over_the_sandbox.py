"""Journeys 2, 3 and 8 over the sandbox's HTTP API, with the real program in a process of its own.

The same acts as in ``test_nobody_answers``, ``test_taking_back`` and ``test_troll``, as an outside
tool does them; here it is shown that the program as it is started keeps to them.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.sandbox.people import PERSONAS
from tests.fakes.demo import Demo, Json, Person, buttons, demo_in, field, receipt_in

REPS = ("ines-moreau", "karim-benali", "greta-holm")
ORGANISER = "ruth-adeyemi"
STAFF = (*REPS, ORGANISER)
NOOR, MARTA = "noor-haddad", "marta-lindqvist"
BODY = "Harbour Law Centre, open on weekdays, room 4 at the old post office"


CHAIN = re.compile(r"\b([0-9a-f]{8} ){7}[0-9a-f]{8}\b")  #: as a digest shows its head
SLOT = re.compile(r"Slot of [^'\"]+")  #: as the rooms are told which one it was


@pytest.fixture
def demo(tmp_path) -> Iterator[Demo]:
    with demo_in(tmp_path) as running:
        yield running


def now(demo: Demo) -> datetime:
    return datetime.fromisoformat(demo.person(NOOR).state["now"])


def said(demo: Demo, who: str) -> list[str]:
    """The notices in somebody's direct room, without the list that comes every week."""
    messages = demo.person(who).direct["messages"]
    return [one["text"] for one in messages if one["title"] != "Your own list"]


def told(demo: Demo, moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B, %H:%M} (UTC)"


# Journey 2 ----------------------------------------------------------------------------------------
def test_nobody_acknowledges_and_it_climbs_step_by_step(demo: Demo) -> None:
    ines, noor = demo.person(REPS[0]), demo.person(NOOR)
    ines.say("/duty")
    ines.press("quiet_hours")
    ines.submit(**{"from": "18:00", "until": "10:00", "zone": "UTC"})
    receipt = noor.file()

    demo.move(until="slot")
    slot = now(demo).replace(microsecond=0)
    first, second = slot + timedelta(hours=25), slot + timedelta(hours=49)
    third = second + timedelta(hours=48)
    assert said(demo, REPS[0]) == [], "it is nine o'clock: she sleeps"
    demo.move(advance="PT1H")
    assert said(demo, REPS[0]) == [f"A case needs you by {told(demo, first)}."]
    card = noor.visit(receipt)
    assert field(card, "Answered by") == told(demo, first)
    assert "If nobody does, it goes to all reps." in card["text"]

    moved = demo.post("clock", {"until": "deadline"}).json
    assert timedelta(0) <= datetime.fromisoformat(moved["now"]) - first < timedelta(seconds=5)
    assert {"at": first.isoformat(), "what": "deadline"} in moved["came"]
    for rep in REPS:
        assert said(demo, rep)[-1] == f"A case needs you by {told(demo, second)}."
    assert said(demo, ORGANISER) == []
    demo.move(until="deadline")
    assert now(demo) - second < timedelta(seconds=5)
    assert said(demo, ORGANISER) == [f"A case needs you by {told(demo, third)}."]
    demo.move(until="deadline")
    assert now(demo) - third < timedelta(seconds=5)
    for one in STAFF:
        assert "no step is left" in said(demo, one)[-1]
    assert "deadline" not in demo.due()

    demo.move(until="slot")
    card = noor.visit(receipt)
    assert card["text"].startswith(
        f"We are late. This should have been answered by {told(demo, first)}."
    )
    assert f"Outside this community you can turn to: {BODY}." in card["text"]
    assert "escalate" not in buttons(card)
    ruth = demo.person(ORGANISER)
    ruth.say("/cases")
    assert BODY in ruth.press("open")["text"]


def test_the_reporter_asks_for_it_to_climb(demo: Demo) -> None:
    noor = demo.person(NOOR)
    receipt = noor.file()
    demo.move(until="slot")
    noor.visit(receipt)
    card = noor.press("escalate")
    at = datetime.fromisoformat(demo.due()["slot"])
    assert f"Done. On {told(demo, at)} your case goes one step further." in card["text"]
    assert [one for one in REPS if said(demo, one)] == [REPS[0]]
    demo.move(advance="PT23H")
    assert [one for one in REPS if said(demo, one)] == [REPS[0]]
    ines = demo.person(REPS[0])
    ines.say("/cases")
    ines.press("open")
    ines.press("acknowledge")
    demo.move(until="slot")
    assert [one for one in STAFF if said(demo, one)] == list(REPS)
    assert "It is with all reps." in noor.visit(receipt)["text"]


def test_taken_and_silent_it_is_reminded_of_and_goes_on(demo: Demo) -> None:
    noor, ines = demo.person(NOOR), demo.person(REPS[0])
    noor.file()
    demo.move(until="slot")
    ines.say("/cases")
    ines.press("open")
    ines.press("acknowledge")
    before = len(said(demo, REPS[0]))
    demo.move(advance="PT71H")
    assert len(said(demo, REPS[0])) == before
    demo.move(advance="PT1H5M")
    assert "its reporter has had no word from you" in said(demo, REPS[0])[before]
    assert said(demo, REPS[1]) == []
    demo.move(advance="PT48H")
    assert said(demo, REPS[1])[0].startswith("A case needs you by ")


# Journey 3 ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["Ines Moreau", "Ruth Adeyemi"])
def test_who_is_left_out_sees_a_town_in_which_the_case_is_not(
    demo: Demo, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Beside it runs a town in which nothing was filed; both clocks go the same way."""
    me = next(one.id for one in PERSONAS if one.name == name)
    with demo_in(tmp_path_factory.mktemp("empty")) as empty:
        noor = demo.person(NOOR)
        noor.say("/grievance")
        noor.press("continue")
        (asked,) = [one for one in noor.form["fields"] if one["id"] == "exclude"]
        value = next(one["value"] for one in asked["options"] if one["label"] == name)
        noor.dismiss()
        noor.file(exclude=[value])
        for town in (demo, empty):
            town.move(until="slot")
        _acted_on(demo, me)
        for step in ("PT30H", "PT30H", "P3D", "P9D"):
            for town in (demo, empty):
                town.move(advance=step)
            assert _all_of(demo, me) == _all_of(empty, me), step
        other = demo.person(next(one for one in STAFF if one != me))
        assert "open" in buttons(other.say("/cases")), "the others have it"


def _acted_on(demo: Demo, me: str) -> None:
    """Another rep works on it: notes, asks, hands it over."""
    other = demo.person(next(one for one in REPS if one != me))
    other.say("/cases")
    other.press("open")
    other.press("acknowledge")
    other.press("note")
    other.submit(text="For the other readers of this case.")
    other.press("bring_in")
    other.submit(note="Please help us with this one.")
    other.press("hand_over")
    other.submit(note="I am away from now on.")


def _all_of(demo: Demo, who: str) -> list[str]:
    """All that somebody sees and is answered, without ids, the community's random code and the
    random head of its audit chain."""
    person, seen = demo.person(who), list[str]()
    code = field(person.say("/about"), "Community code")
    for command in [one["name"] for one in person.state["commands"]]:
        card = person.say(f"/{command}")
        seen.append(_words(card) if card else "")
        if person.form:
            seen.append(str([one["id"] for one in person.form["fields"]]))
            person.dismiss()
        if command == "cases":
            seen.append(demo.get("/api/stored", who).body.decode())
    rooms = [(room["id"], [_words(one) for one in room["messages"]]) for room in person.rooms]
    return [CHAIN.sub("the head", one.replace(code, "the code")) for one in (*seen, str(rooms))]


def _words(card: Json) -> str:
    shown = {name: value for name, value in card.items() if name not in ("id", "buttons")}
    return str(shown) + str(buttons(card))


#: Before and after the others come. The clock runs: in some minutes one more would be let through,
#: so all two hundred of the journey are tried in process, where it stands still.
TRIES = 30


# Journey 8 ----------------------------------------------------------------------------------------
def test_a_troll_floods_it_and_others_are_still_served(demo: Demo) -> None:
    workers = [one.id for one in PERSONAS if one.role.value == "worker"]
    trolls, others = workers[:4], workers[4:10]
    taken = sum(_files(demo.person(trolls[n % 4])) for n in range(TRIES))
    receipts = {who: demo.person(who).file() for who in others}
    taken += sum(_files(demo.person(trolls[n % 4])) for n in range(TRIES))
    assert taken == 3 * len(trolls)
    demo.move(until="slot")
    for who, receipt in receipts.items():
        assert "put off" not in demo.person(who).visit(receipt)["text"]
    for rep in REPS:
        listed = demo.person(rep).say("/cases")
        assert buttons(listed).count("open") == len(others) + len(trolls)
    assert len(said(demo, REPS[0])) == 1, "one notice, however many came"
    spoken = [one for one in demo.person(REPS[0]).rooms if one["id"] in ("reps", "general")]
    heard = [_told(one) for room in spoken for one in room["messages"] if not one["whisper"]]
    assert heard, "the slot was announced"
    for words in heard:
        assert not re.search(r"\d", words), f"no count in any room: {words}"


def _told(message: Json) -> str:
    """What a message says, without the ids that chance gave it and the slot that it names."""
    return SLOT.sub("the slot", _words({**message, "id": ""}))


def _files(person: Person) -> bool:
    """One more try; whether it was taken."""
    person.say("/grievance")
    if "continue" not in buttons(person.card):
        return False
    person.press("continue")
    person.submit(category="other", spread="me", impact="1", story="Rubbish, and rubbish again.")
    receipt_in(person.press("send"))
    person.press("saved")
    return True


def test_the_clock_says_the_same_to_everybody_and_no_count(demo: Demo) -> None:
    demo.person(NOOR).file()
    demo.person(MARTA).file()
    demo.move(until="slot")
    dues = {str(demo.get("/api/state", one.id).json["due"]) for one in PERSONAS}
    assert len(dues) == 1
    moved = demo.post("clock", {"advance": "P8D"}).json
    assert set(moved) == {"now", "came"}
    assert {frozenset(one) for one in moved["came"]} == {frozenset({"at", "what"})}
    kinds = [one["what"] for one in moved["came"]]
    assert set(kinds) == {"slot", "deadline", "duty", "digest"}
    assert kinds.count("deadline") == 3, "two cases that are due together are one moment"
    moments = [datetime.fromisoformat(one["at"]) for one in moved["came"]]
    assert moments == sorted(moments)
    assert all(one.tzinfo is not None and one.astimezone(UTC) <= now(demo) for one in moments)
