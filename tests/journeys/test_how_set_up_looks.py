"""Set-up as a picture, in two languages: from the code to what is wrong when it is open.

The sheet (GROUNDSWELL_SHEET names its file) is for eyes. What a machine can see is asserted:
nothing sticks out of the window, and axe-core finds nothing serious or critical.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.demo import Demo, Person, demo_in
from tests.journeys.tabs import NARROW, WIDE, browser
from tests.journeys.test_how_it_looks import Scene, as_it_is, every_look, looked_at
from tests.journeys.test_set_up_in_the_town import claim

MODERATOR, REPS = "oskar-brandt", ("luca-ferrari", "hanna-virtanen")
#: language -> the room it is set up in, its name, zone, and what it calls a rep
PLACES = {
    "en": ("dockside-general", "Dockside", "Europe/London", "Steward"),
    "de": ("crane-general", "Kranarbeit Süd", "Europe/Berlin", ""),
}
LIGHT, DARK = ("light", WIDE), ("dark", NARROW)
#: Each step of the road, in both languages.
Step = Callable[[Demo, Person, str], None]
STEPS = (
    "claim",
    "claimed",
    "first",
    "missing",
    "staff",
    "offered",
    "answered",
    "rest",
    "steps",
    "categories",
    "kept",
    "pulse",
    "chosen",
    "before",
    "opened",
    "status",
    "waits",
    "changed",
)


SHEET: tuple[Scene, ...] = tuple(
    (f"{language} {step}", as_it_is, (look,))
    for language, look in (("en", LIGHT), ("de", DARK))
    for step in STEPS
)
LOOKED_AT_BY_AXE: tuple[Scene, ...] = tuple(
    one
    for one in SHEET
    if one[0] in ("en claim", "en first", "de missing", "de rest", "en status", "de waits")
)


def set_up(demo: Demo, scene: str) -> str:
    """Brings the road as far as a step; whose page shows it, and in which room."""
    language, _, step = scene.partition(" ")
    room = PLACES[language][0]
    who = demo.person(MODERATOR)
    who.say("/about", room)  # it is the room they are in
    if who.form:
        who.dismiss()
    _STEPS[step](demo, who, language)
    if step == "offered":
        return f"{REPS[0]}@direct-{REPS[0]}"
    return f"{MODERATOR}@{room}"


def _claim(demo: Demo, who: Person, language: str) -> None:
    who.say("/setup", PLACES[language][0])


def _claimed(demo: Demo, who: Person, language: str) -> None:
    who.say("/setup", PLACES[language][0])
    who.submit(code=claim(demo))


def _first(demo: Demo, who: Person, language: str) -> None:
    who.say("/setup", PLACES[language][0])
    who.press("setup_first")


def _missing(demo: Demo, who: Person, language: str) -> None:
    room, name, zone, _ = PLACES[language]
    _first(demo, who, language)
    who.submit(name=name, you="Oskar Brandt", language=language, zone=zone, trust="unsure")
    who.say("/setup", room)


def _staff(demo: Demo, who: Person, language: str) -> None:
    who.say("/setup staff", PLACES[language][0])


def _offered(demo: Demo, who: Person, language: str) -> None:
    for rep in REPS:
        who.say("/setup staff", PLACES[language][0])
        who.submit(person=rep, name=rep.replace("-", " ").title(), role="rep")


def _answered(demo: Demo, who: Person, language: str) -> None:
    for rep in REPS:
        person = demo.person(rep)
        person.say("...", person.direct["id"])
        person.press("accept")
    who.say("/setup", PLACES[language][0])


def _rest(demo: Demo, who: Person, language: str) -> None:
    who.say("/setup", PLACES[language][0])
    who.press("setup_rest")


def _form(name: str) -> Step:
    def fills(demo: Demo, who: Person, language: str) -> None:
        _rest(demo, who, language)
        who.press(name)

    return fills


def _chosen(demo: Demo, who: Person, language: str) -> None:
    _form("setup_pulse")(demo, who, language)
    bank = ["recommend", "workload", "switch_off", "watched", "listened_to", "community_helps"]
    who.submit(bank=bank, every="monthly", days="7", comment="yes")
    _rest(demo, who, language)


def _before(demo: Demo, who: Person, language: str) -> None:
    _rest(demo, who, language)
    who.press("setup_words")
    who.submit(rep=PLACES[language][3])
    who.say("/setup", PLACES[language][0])
    who.press("setup_open")


def _opened(demo: Demo, who: Person, language: str) -> None:
    _before(demo, who, language)
    who.press("open_community")


def _status(demo: Demo, who: Person, language: str) -> None:
    who.say("/setup status", PLACES[language][0])


def _waits(demo: Demo, who: Person, language: str) -> None:
    _form("setup_outside")(demo, who, language)
    who.submit(body="Dock Law Centre, 1 Quay, open on weekdays")


def _changed(demo: Demo, who: Person, language: str) -> None:
    who.say("/setup", PLACES[language][0])


_STEPS: dict[str, Step] = {
    "claim": _claim,
    "claimed": _claimed,
    "first": _first,
    "missing": _missing,
    "staff": _staff,
    "offered": _offered,
    "answered": _answered,
    "rest": _rest,
    "steps": _form("setup_steps"),
    "categories": _form("setup_categories"),
    "kept": _form("setup_kept"),
    "pulse": _form("setup_pulse"),
    "chosen": _chosen,
    "before": _before,
    "opened": _opened,
    "status": _status,
    "waits": _waits,
    "changed": _changed,
}


@pytest.mark.xdist_group("axe")
async def test_set_up_sticks_out_nowhere_and_is_on_one_sheet_in_two_languages(tmp_path) -> None:
    sheet = Path(os.environ.get("GROUNDSWELL_SHEET", tmp_path / "sheet.png"))
    async with browser() as chromium:
        with demo_in(tmp_path / "town") as demo:
            looks = every_look(chromium, demo, SHEET, set_up)
            await looked_at(chromium, looks, SHEET, LOOKED_AT_BY_AXE, tmp_path, sheet)
