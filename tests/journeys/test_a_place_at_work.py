"""Journey 4 over the sandbox's HTTP API: a place of the employer's joins an open community.

A worker files a grievance there, and a rep reads it in the community's first place. Not a word of
it is in any room at work again, but what its reporter typed and what the receipt's holder opens.
"""

from pathlib import Path

from adapters.sandbox.people import PERSONAS
from tests.fakes.demo import Demo, Json, Person, buttons, demo_in, field, receipt_in, values

HOME, WORK = "general", "crane-general"
OSKAR, LEILA = "oskar-brandt", "leila-farouk"
INES, KARIM = "ines-moreau", "karim-benali"
NOOR, MARTA = "noor-haddad", "marta-lindqvist"

STORY = "Zimtstern: the crane driver is told to skip every second break, and so are we."
ANSWER = "Streusel: we have asked them for the plan of the breaks."
NOTE = "Dampfnudel: the third one from the same quay."
MESSAGE = "Quittenbrot: it happened again on the late shift."
OUTCOME = "Rohrnudel: the breaks are on the plan now."
WORDS = ("Zimtstern", "Streusel", "Dampfnudel", "Quittenbrot", "Rohrnudel")
HOURS_72 = "PT72H5M"


def test_a_grievance_from_work_is_read_elsewhere_and_no_word_of_it_comes_back(
    tmp_path: Path,
) -> None:
    with demo_in(tmp_path) as demo:
        oskar, leila = demo.person(OSKAR), demo.person(LEILA)
        _joins(demo, oskar, leila)
        noor = demo.person(NOOR)
        assert _may_read(noor.say("/grievance", WORK)), "nobody said yet who can read it"
        _is_the_employers(demo, oskar, leila)
        receipt = _files(noor)
        demo.move(until="slot")
        number = _is_heard(demo)
        demo.move(until="slot")
        _comes_back(demo, noor, receipt)
        _everybody_types_everything(demo)
        _not_a_word(demo, number)
        _alone_with_the_bot(demo)


def _joins(demo: Demo, oskar: Person, leila: Person) -> None:
    """By a moderator's code, seconded by another, after 72 hours."""
    code = field(oskar.say("/setup link", HOME), "Code")
    oskar.say("/setup link", WORK)
    assert oskar.form["id"] == "link"
    assert oskar.errors({"code": "AAAAA-AAAAA"})["code"].startswith("This code does not work")
    assert "once another moderator agrees" in oskar.submit(code=code)["text"]
    oskar.say("/about", WORK)
    assert oskar.form["id"] == "community:about", "it is nobody's yet"
    oskar.dismiss()
    demo.move(advance=HOURS_72)
    oskar.say("/about", WORK)
    assert oskar.form, "nor after 72 hours, as nobody has agreed"
    oskar.dismiss()
    leila.say("/setup approve", HOME)
    (agreed,) = [one for one in leila.messages if one["title"] == "Agreed"]
    assert (agreed["text"], agreed["whisper"]) == ("It holds from now on.", True)
    card = oskar.say("/setup", WORK)
    assert "Crane Street: Not answered yet" in str(card["fields"])


def _is_the_employers(demo: Demo, oskar: Person, leila: Person) -> None:
    oskar.press("setup_first")
    known = {one["id"]: one["value"] for one in oskar.form["fields"]}
    assert known["trust"] == ""
    waits = oskar.submit(**(known | {"trust": "yes"}))
    assert waits["text"].startswith("Another moderator must agree")
    leila.say("/setup approve", HOME)
    demo.move(advance=HOURS_72)
    card = oskar.say("/setup", WORK)
    assert "Crane Street: an employer can, or nobody is sure" in str(card["fields"])
    assert not {"Leila Farouk", "Oskar Brandt"} & set(str(card["fields"]).split("'"))


def _may_read(label: Json) -> bool:
    return "An employer may read this place." in label["text"]


def _files(noor: Person) -> str:
    label = noor.say("/grievance", WORK)
    assert _may_read(label)
    assert buttons(label) == ["elsewhere", "continue"]
    assert "Harbour Tech Workers" in noor.press("elsewhere")["text"]
    noor.press("continue")
    preview = noor.submit(category="hours", spread="team", impact="4", story=STORY)
    assert STORY in values(preview)
    receipt = receipt_in(noor.press("send"))
    noor.press("saved")
    return receipt


def _is_heard(demo: Demo) -> str:
    """A rep is told of it alone, reads and answers it in the first place; its number."""
    ines = demo.person(INES)
    assert "not done in a place an employer may read" in ines.say("/cases", WORK)["text"]
    ines.say("Good morning.", ines.direct["id"])
    assert "Zimtstern" not in str(ines.messages)
    assert "open" in buttons(ines.press("cases")), "without a code: it is her community's"
    desk = ines.press("open")
    assert STORY in values(desk)
    ines.say("/cases", HOME)
    desk = ines.press("open")
    assert (STORY in values(desk), desk["whisper"]) == (True, True)
    ines.press("acknowledge")
    ines.press("note")
    ines.submit(text=NOTE)
    ines.press("reply")
    ines.submit(text=ANSWER)
    number: str = ines.button("reply")[1].partition(":")[2]
    return number


def _comes_back(demo: Demo, noor: Person, receipt: str) -> None:
    noor.say("/receipt", WORK)
    assert ANSWER in str(noor.submit(receipt=receipt))
    noor.press("message")
    noor.submit(text=MESSAGE)
    demo.move(until="slot")
    ines = demo.person(INES)
    ines.say("/cases", HOME)
    assert MESSAGE in str(ines.press("open"))
    ines.press("resolve")
    ines.submit(outcome=OUTCOME)
    demo.move(until="slot")
    demo.move(until="digest")
    noor.say("/receipt", WORK)
    assert OUTCOME in str(noor.submit(receipt=receipt))


def _everybody_types_everything(demo: Demo) -> None:
    for one in PERSONAS:
        person = demo.person(one.id)
        for command in [command["name"] for command in person.state["commands"]]:
            person.say(f"/{command}", WORK)
            if person.form:
                assert not [word for word in WORDS if word in str(person.form)]
                person.dismiss()


def _not_a_word(demo: Demo, number: str) -> None:
    """In any room at work: all that its reporter sees there were their own acts."""
    for one in PERSONAS:
        for room in demo.person(one.id).rooms:
            if not room["id"].startswith("crane-"):
                continue
            for said in room["messages"]:
                found = [word for word in (*WORDS, number) if word in str(said)]
                if found:
                    assert one.id == NOOR, (one.id, found)
                    assert (room["id"], said["whisper"]) == (WORK, True)
                    assert number not in str(said)
                    assert said["title"] in ("Please check before you send", "Your case", "Sent")
    ines = demo.person(INES)
    assert "Zimtstern" in str(ines.rooms), "the search finds what is there"


def _alone_with_the_bot(demo: Demo) -> None:
    """A worker in talk with the bot alone names the community by its code, and files."""
    code = field(demo.person(NOOR).say("/about", WORK), "Community code")
    marta = demo.person(MARTA)
    marta.say("/grievance", marta.direct["id"])
    assert marta.form["id"] == "community:grievance"
    assert marta.errors({"code": "AAAAAAAA"})["code"].startswith("This code does not work")
    assert not _may_read(marta.submit(code=code.lower()))
    marta.press("continue")
    marta.submit(category="pay", spread="me", impact="2", story=STORY)
    receipt = receipt_in(marta.press("send"))
    marta.press("saved")
    demo.move(until="slot")
    marta.say("/receipt", marta.direct["id"])
    assert marta.form["id"] == "community:receipt", "it was remembered for half an hour"
    marta.submit(code=code)
    assert STORY in str(marta.submit(receipt=receipt))
    karim = demo.person(KARIM)
    karim.say("/cases", HOME)
    assert STORY in values(karim.press("open"))
