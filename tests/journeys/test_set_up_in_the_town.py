"""Journey 7 over the sandbox's HTTP API: from a code on the command line to an open community.

The real program in a process of its own, the code drawn by a second one; everything else is said,
pressed and filled in, in a place of the town that is nobody's.
"""

import subprocess
from pathlib import Path
from time import monotonic

from tests.fakes.demo import STORY, Demo, Json, Person, buttons, demo_in, field, receipt_in, values
from tests.fakes.forked import ran

ROOM, OTHER_ROOM = "dockside-general", "crane-general"
MODERATOR, SECOND = "oskar-brandt", "leila-farouk"
REPS = ("luca-ferrari", "hanna-virtanen")
WORKER = "noor-haddad"
FIRST = {"name": "Dockside", "you": "Oskar Brandt", "language": "en", "zone": "Europe/Berlin"}
BODY = "Dock Law Centre, 1 Quay"
LIST = "\n".join(f"Crane {n}" for n in range(26))
UNKNOWN = (
    "This code does not work: it is mistyped, used, or its time is over. Ask whoever gave it to you "
    "for another one. For a new account of yours, /setup link shows one."
)


def claim(demo: Demo, *words: str) -> str:
    """What ``groundswell claim`` prints, in a process beside the demo."""
    done = claimed(demo, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def claimed(demo: Demo, *words: str) -> subprocess.CompletedProcess[str]:
    return ran("bot", "claim", "--data", str(demo.folder / "demo"), *words, cwd=demo.folder)


def _claims(demo: Demo, who: str, room: str = ROOM, code: str = "") -> Person:
    """Somebody who has claimed a place."""
    person = demo.person(who)
    person.say("/setup", room)
    assert [one["id"] for one in person.form["fields"]] == ["code"]
    assert person.submit(code=code or claim(demo))["title"] == "This place is yours to set up"
    return person


def _offers(moderator: Person, who: str, name: str, role: str = "rep") -> None:
    moderator.say("/setup staff", ROOM)
    moderator.submit(person=who, name=name, role=role)


def _accepts(demo: Demo, who: str, *, unnamed: bool = False) -> Json:
    """The role that somebody was offered, in their direct room."""
    person = demo.person(who)
    person.say("Let me see.", person.direct["id"])
    if not unnamed:
        return person.press("accept")
    message, button = person.button("accept")
    press = {"as": who, "message": message, "button": f"{button}.unnamed"}
    assert demo.post("press", press).status == 200
    return person.card


def test_from_a_code_to_an_open_community_with_a_stop_in_the_middle(tmp_path: Path) -> None:
    began = monotonic()
    with demo_in(tmp_path) as demo:
        oskar = _claims(demo, MODERATOR)
        oskar.press("setup")
        oskar.press("setup_first")
        oskar.submit(**FIRST, trust="neutral")
        _offers(oskar, REPS[0], "Luca Ferrari")
        assert _accepts(demo, REPS[0])["title"] == "Welcome"
        assert demo.stop() == 0
    with demo_in(tmp_path) as demo:
        oskar = demo.person(MODERATOR)
        assert [room["messages"] for room in oskar.rooms] == [[]] * len(oskar.rooms)
        card = oskar.say("/setup", ROOM)
        assert card["title"] == "Set-up of Dockside"
        assert "Still missing: two reps" in card["text"]
        assert "Luca Ferrari: rep" in str(card["fields"])
        assert "open_community" not in buttons(oskar.press("setup_open"))
        _offers(oskar, REPS[1], "Hanna Virtanen")
        assert "but not where an employer may read" in _accepts(demo, REPS[1], unnamed=True)["text"]
        _rooms_and_the_rest(oskar)
        _opens(demo, oskar)
        assert monotonic() - began < 600, "ten minutes, machines apart"
        _is_heard(demo)
        _a_second_moderator(demo)


def _rooms_and_the_rest(oskar: Person) -> None:
    oskar.say("/setup", "dockside-reps")
    message, _ = oskar.button("room")
    (staff,) = [
        one["id"]
        for room in oskar.rooms
        for card in room["messages"]
        if card["id"] == message
        for one in card["buttons"]
        if one["id"] == "room:staff"
    ]
    oskar.demo.post("press", {"as": MODERATOR, "message": message, "button": staff})
    oskar.say("/setup", ROOM)
    oskar.press("setup_rest")
    oskar.press("setup_outside")
    oskar.submit(body=BODY)
    oskar.say("/setup", ROOM)
    oskar.press("setup_rest")
    assert BODY in str(oskar.card["fields"])


def _opens(demo: Demo, oskar: Person) -> None:
    """Tried, and opened; then the status finds what is left."""
    noor = demo.person(WORKER)
    assert "still being set up" in noor.say("/grievance", ROOM)["text"]
    card = oskar.say("/setup", ROOM)
    assert "All five are answered." in card["text"]
    oskar.press("setup_open")
    before, label = oskar.messages[-2:]
    assert (before["title"], label["title"]) == ("Before you open", "Before you write")
    oskar.press("setup_test")
    heard = [one for one in demo.person(REPS[0]).direct["messages"] if one["title"] == "A test"]
    assert len(heard) == 1
    assert oskar.press("open_community")["title"] == "Open"
    status = oskar.say("/setup status", ROOM)
    assert [one["label"] for one in status["fields"]] == [
        "Fewer than two moderators",
        "Fewer than 10 members",
        "The digest reaches nobody",
    ]


def _is_heard(demo: Demo) -> None:
    """Two people file a grievance there, and a rep reads them in the room for it."""
    noor, hanna = demo.person(WORKER), demo.person(REPS[1])
    noor.say("/grievance", ROOM)
    noor.press("continue")
    preview = noor.submit(category="on_call", spread="team", impact="4", story=STORY)
    assert "Readers: Hanna Virtanen (rep) and Luca Ferrari (rep)." in preview["text"]
    receipt = receipt_in(noor.press("send"))
    noor.press("saved")
    demo.move(until="slot")
    listed = hanna.say("/cases", ROOM)
    if "open" not in buttons(listed):  # the seeded community's slot came first
        demo.move(until="slot")
        hanna.say("/cases", ROOM)
    assert STORY in values(hanna.press("open"))
    hanna.press("acknowledge")
    demo.move(advance="P4D")
    noor.say("/receipt", ROOM)
    assert "acknowledged" in str(noor.submit(receipt=receipt)).casefold()


def _a_second_moderator(demo: Demo) -> None:
    """By the operator's code, as there is none: after the same 72 hours and notice."""
    leila = demo.person(SECOND)
    code = claim(demo, "--community", "dockside")
    leila.say("/setup", ROOM)
    leila.press("claim")
    told = leila.submit(code=code)
    assert (told["title"], told["whisper"]) == ("A change of this community", False)
    assert "asked for by whoever runs the bot" in told["text"]
    assert "Leila" not in str(told)
    demo.move(advance="PT71H")
    assert "accept" not in str(leila.direct["messages"])
    demo.move(advance="PT1H5M")
    assert _accepts(demo, SECOND)["title"] == "Welcome"
    assert "setup_first" in buttons(leila.say("/setup", ROOM))


# What goes wrong ----------------------------------------------------------------------------------


def test_codes_that_open_nothing_are_told_alike_and_guessing_ends(tmp_path: Path) -> None:
    with demo_in(tmp_path) as demo:
        used, late = claim(demo), claim(demo, "--days", "1")
        demo.person("marta-lindqvist").say("/setup", ROOM)
        demo.person("marta-lindqvist").submit(code=used.lower().replace("-", " "))
        demo.move(advance="P1DT1H")
        leila = demo.person(SECOND)
        leila.say("/setup", OTHER_ROOM)
        for wrong in (used, late, "AAAAA-AAAAA-AAAAA", "?"):
            assert leila.errors({"code": wrong}) == {"code": UNKNOWN}
        assert leila.errors({"code": "  "})["code"] == "Please write something here."
        assert leila.errors({"code": "A" * 41})["code"].startswith("That is too long")
        assert leila.form["fields"][0]["value"] == "A" * 41, "what was typed comes back"
        for n in range(6):
            assert leila.errors({"code": f"AAAAA-AAAAA-BBBB{n}"}) == {"code": UNKNOWN}
        right = claim(demo)
        assert leila.errors({"code": right})["code"].startswith("Too many codes were tried")
        leila.dismiss()
        assert _claims(demo, "jun-takahashi", OTHER_ROOM, right)


def test_a_place_is_claimed_in_the_place_once(tmp_path: Path) -> None:
    with demo_in(tmp_path) as demo:
        noor, marta, oskar = (demo.person(one) for one in (WORKER, "marta-lindqvist", MODERATOR))
        noor.say("/setup", noor.direct["id"])
        assert noor.form["title"] == "Which community?", "that is no place to live in"
        noor.dismiss()
        oskar.say("/setup link", oskar.rooms[0]["id"])
        joins = field(oskar.card, "Code")
        oskar.say("/setup link", ROOM)  # it is nobody's just now
        assert oskar.form["id"] == "link"
        _claims(demo, marta.id)
        assert oskar.errors({"code": joins})["code"]
        oskar.dismiss()
        card = oskar.say("/setup", ROOM)
        assert buttons(card) == ["claim"], "to others it is a place like any"
        oskar.press("claim")
        assert oskar.errors({"code": claim(demo)}) == {"code": UNKNOWN}
        _what_cannot_be_is_told_beside_its_field(marta)


def _what_cannot_be_is_told_beside_its_field(marta: Person) -> None:
    marta.say("/setup", ROOM)
    first = FIRST | {"trust": "own"}
    forms: list[tuple[list[str], Json, str, str]] = [
        (["setup_first"], first | {"zone": "Mars/Base"}, "zone", "There is no such time zone."),
        (["setup_first"], first | {"language": "xx"}, "language", "That is not one of the"),
        (["setup_first"], first | {"trust": ""}, "trust", ""),
        (["setup_rest", "setup_categories"], {"own": LIST}, "own", "At most 25 categories fit."),
        (["setup_rest", "setup_words"], {"rep": "x" * 200}, "rep", "That is too long"),
        (["setup_rest", "setup_words"], {"rep": "<@everyone>"}, "rep", "Please use letters"),
    ]
    for presses, answers, id, sentence in forms:
        marta.say("/setup", ROOM)
        for one in presses:
            marta.press(one)
        errors = marta.errors(answers)
        assert list(errors) == [id]
        assert errors[id].startswith(sentence)
        kept = {one["id"]: one["value"] for one in marta.form["fields"]}
        assert kept[id] == answers[id], "nothing that was typed is lost"
        marta.dismiss()
    assert "Still missing: name" in marta.say("/setup", ROOM)["text"]


def test_the_command_line_refuses_what_cannot_be(tmp_path: Path) -> None:
    with demo_in(tmp_path) as demo:
        for words, sentence in (
            (("--community", "Harbour Tech Workers"), "has a second moderator"),
            (("--community", "Dockside"), "No community is called 'Dockside' here"),
            (("--days", "0"), "--days"),
        ):
            done = claimed(demo, *words)
            assert (done.returncode, done.stdout) == (2, "")
            assert sentence in done.stderr
