"""Timing, first form: before its slot, nothing that reporters do reaches anyone who could look.

Shows: on the real program, all that staff and other workers can see, the panel of stored rows, the
stream of changes and the log are the same bytes, but for ``now``, before and after reporters act.
Does not show: what a platform's own log tells, or the time an answer takes.
Control: one urgent case shows at once, in the same comparison; at the slot the rest does.
"""

import json
import re
import subprocess
from dataclasses import dataclass

import pytest

from adapters.sandbox.people import PERSONAS
from tests.fakes.acts import STAFF
from tests.fakes.demo import Demo, Person, demo_in, receipt_in, values

REPORTERS = ("noor-haddad", "marta-lindqvist", "tomasz-zielinski", "adaeze-okafor", "jun-takahashi")
NOW = re.compile(rb'"now": "[^"]+"')
STORIES = {
    one: f"This is the concern of {n}: the pager never stops." for n, one in enumerate(REPORTERS)
}


@dataclass
class Town:
    """A demo in which each of the reporters has one released case. ``receipts``: by reporter."""

    demo: Demo
    receipts: dict[str, str]

    def seen(self) -> dict[str, bytes]:
        """Whatever anyone but the reporters can look at, and the log."""
        found = {"log": self.demo.stderr.read_bytes()}
        for one in PERSONAS:
            if one.id not in REPORTERS:
                state = self.demo.get("/api/state", one.id).body
                found[f"state of {one.id}"] = NOW.sub(b"", state)
                found[f"stored, for {one.id}"] = self.demo.get("/api/stored", one.id).body
        return found

    def asked(self) -> dict[str, str]:
        """What staff are answered when they ask: their list, and every case on it, opened."""
        found = {}
        for one in STAFF:
            person = self.demo.person(one)
            listed = person.say("/cases")
            found[f"list of {one}"] = _words(listed)
            for button in [b["id"] for b in listed["buttons"] if b["id"].startswith("open:")]:
                body = {"as": one, "message": listed["id"], "button": button}
                assert self.demo.post("press", body).status == 200
                found[f"{button} for {one}"] = _words(person.card)
            for command in ("/reps", "/about", "/help"):
                found[f"{command} for {one}"] = _words(person.say(command))
        return found

    def rep_looks_at(self, n: int) -> None:
        """The rep on duty has the n-th reporter's case before them, and the panel beside it."""
        rep = self.demo.person(STAFF[0])
        listed = rep.say("/cases")
        for button in [b["id"] for b in listed["buttons"] if b["id"].startswith("open:")]:
            body = {"as": rep.id, "message": listed["id"], "button": button}
            assert self.demo.post("press", body).status == 200
            if STORIES[REPORTERS[n]] in str(rep.card):
                return
        raise AssertionError("the rep does not find the case")

    def reporter(self, n: int) -> tuple[Person, str]:
        return self.demo.person(REPORTERS[n]), self.receipts[REPORTERS[n]]


def _words(card: dict) -> str:
    return json.dumps({name: value for name, value in card.items() if name != "id"})


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory):
    with demo_in(tmp_path_factory.mktemp("timing"), begin=subprocess.Popen) as demo:
        people = {one: demo.person(one) for one in REPORTERS}
        receipts = {one: person.file(story=STORIES[one]) for one, person in people.items()}
        demo.move(until="slot")
        yield Town(demo, receipts)


def file(town: Town) -> None:
    town.demo.person(REPORTERS[0]).file(story="Another concern altogether, of many people here.")


def say_more(town: Town) -> None:
    person, receipt = town.reporter(0)
    person.visit(receipt)
    person.press("message")
    person.submit(text="It is getting worse from week to week, and nobody says why.")


def leave_a_rep_out(town: Town) -> None:
    person, receipt = town.reporter(1)
    person.visit(receipt)
    person.press("exclude")
    (asked,) = person.form["fields"]
    values = {option["label"]: option["value"] for option in asked["options"]}
    person.submit(exclude=[values["Karim Benali"]])


def withdraw(town: Town) -> None:
    person, receipt = town.reporter(2)
    person.visit(receipt)
    person.press("withdraw")
    person.press("confirm")


def delete(town: Town) -> None:
    person, receipt = town.reporter(3)
    person.visit(receipt)
    person.press("delete")
    person.press("confirm")


def look(town: Town) -> None:
    person, receipt = town.reporter(4)
    person.visit(receipt)
    person.press("export")


def change_their_mind(town: Town) -> None:
    person = town.demo.person(REPORTERS[4])
    person.preview()
    person.press("cancel")
    person.say("/grievance")


def crowd(town: Town) -> None:
    assert town.demo.crowd("grievances", 14)["done"] == 14


#: What reporters do, and whose case the rep on duty looks at meanwhile.
QUIET = (
    (file, 0),
    (say_more, 0),
    (leave_a_rep_out, 1),
    (withdraw, 2),
    (delete, 3),
    (look, 4),
    (change_their_mind, 4),
    (crowd, 4),
)


def test_nothing_shows_before_the_slot_and_everything_at_it(town: Town) -> None:
    asked = town.asked()
    assert sum(name.startswith("open:") for name in asked) == len(REPORTERS) * 3
    for act, case in QUIET:
        town.rep_looks_at(case)
        before = town.seen()
        assert json.loads(before[f"stored, for {STAFF[0]}"]), "the panel shows rows"
        with town.demo.events(STAFF[0]) as events:
            assert events.next(within=5)  # the first: it is connected
            act(town)
            assert not events.next(within=0.3), f"{act.__name__} was heard"
        now = town.seen()
        assert [name for name in before if now[name] != before[name]] == [], act.__name__
    assert town.asked() == asked

    town.demo.move(until="slot")
    after = town.asked()
    assert {name for name in asked if after.get(name) != asked[name]} >= {
        f"list of {one}" for one in STAFF[:3]
    }


def test_an_urgent_case_shows_at_once(town: Town) -> None:
    before = town.seen()
    person = town.demo.person(REPORTERS[0])
    person.preview(story="This cannot wait: the alarm was switched off in the server room.")
    receipt = receipt_in(person.press("send_urgent"))
    urgent = town.seen()
    changed = {name for name in before if urgent[name] != before[name]}
    assert f"state of {STAFF[0]}" in changed, "the rep on duty was told"
    person.visit(receipt)
    person.press("message")
    person.submit(text="They did it again, and there is smoke in the corridor.")
    later = town.seen()
    assert later[f"state of {STAFF[0]}"] != urgent[f"state of {STAFF[0]}"]
    assert values(person.card)
