"""Polls in a real browser: asked by an organiser, answered by keyboard, read with picture and words;
and how they look, on a sheet of their own beside the other one's file.
"""

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.fakes.demo import Demo, Json, Person, demo_in
from tests.journeys.tabs import (
    NARROW,
    NARROWEST,
    Tab,
    browser,
    window,
)
from tests.journeys.test_how_it_looks import (
    ALL,
    ENDS,
    EVERY,
    FEW,
    MOST,
    Scene,
    as_it_is,
    every_look,
    looked_at,
    with_errors,
)
from tests.journeys.test_in_a_browser import _tab_to

RUTH, NOOR, INES = "ruth-adeyemi", "noor-haddad", "ines-moreau"
PEOPLE = (NOOR, "marta-lindqvist", "jun-takahashi")
QUESTION = "Shall we ask for rest days after a night on call?"
LONG = [
    f"{n} " + "Überstundenausgleichsregelungsvereinbarungsentwurf mit allen Anhängen"
    for n in range(20)
]
LONGEST = [one[:75] for one in LONG]


async def test_an_organiser_asks_three_people_and_a_crowd_answer_and_all_read_the_same(
    tmp_path,
) -> None:
    with demo_in(tmp_path) as demo:
        async with browser() as chromium:
            context = await window(chromium)
            ruth = await Tab.open(context, demo.address, RUTH)
            await ruth.says("/poll")
            await ruth.presses("new")
            await ruth.fills("question", QUESTION)
            await ruth.chooses("kind", "yes_no")
            await ruth.fills("days", "3")
            await ruth.chooses("comment", "yes")
            await ruth.submits()
            await ruth.sees("Look at it once more")
            await ruth.sees(QUESTION)
            await ruth.presses("confirm", "A question for everyone")

            tabs = [await Tab.open(context, demo.address, who) for who in PEOPLE]
            for tab, down in zip(tabs, (0, 1, 0), strict=True):
                await answers_by_keyboard(tab, down)
                await expect(tab.last).to_contain_text("Only you see this", ignore_case=True)
            await tabs[0].page.bring_to_front()
            crowd = tabs[0].page.locator('[data-crowd="pulse"]')
            await crowd.click()
            await expect(tabs[0].page.locator("#crowd .status")).to_contain_text("answered")

            await tabs[0].moves_clock("close")
            pictures = []
            for tab in (*tabs, ruth):
                await tab.page.bring_to_front()
                said = tab.page.locator("[data-message]").filter(has_text="Results of a poll")
                picture = said.last.locator("img")  # a slot at that very hour may have said more
                await expect(picture).to_be_visible()
                pictures.append(await picture.get_attribute("alt"))
                wide = "node => node.complete && node.naturalWidth > 100"
                assert await picture.evaluate(wide)
            assert len(set(pictures)) == 1
            assert pictures[0] is not None
            assert pictures[0].startswith(QUESTION)
            for tab in (*tabs, ruth):
                assert tab.complaints == []


async def answers_by_keyboard(tab: Tab, down: int) -> None:
    """From the field for messages to what is kept, without a mouse."""
    await tab.page.bring_to_front()
    page, keys = tab.page, tab.page.keyboard
    await _tab_to(page, "#say")
    await keys.type("/pulse")
    await keys.press("Enter")
    if not await tab.dialog.is_visible():
        await keys.press("Enter")
    await expect(tab.dialog).to_be_visible()
    await _tab_to(page, 'input[name="q1"][value="yes"]')
    await keys.press("Space")
    for _ in range(down):
        await keys.press("ArrowDown")
    await keys.press("Tab")
    await keys.type("The nights are long, and nobody rests after them.")
    await _tab_to(page, "#form-submit")
    await keys.press("Enter")
    await tab.sees("Your answer is kept")


# How it looks ------------------------------------------------------------------------------------


def ask(demo: Demo, kind: str = "single", options: str = "", **changes: Json) -> None:
    ruth = demo.person(RUTH)
    ruth.say("/poll new")
    asked = {"question": QUESTION, "kind": kind, "options": options, "days": 3, "comment": "no"}
    ruth.submit(**(asked | changes))
    ruth.press("confirm")


def _crowd(demo: Demo, count: int, **given: Json) -> None:
    """Personas who answer alike, for shares that are no matter of chance."""
    for one in demo.get("/api/personas").json[:count]:
        person = Person(demo, one["id"])
        person.say("/pulse")
        person.submit(**given)


async def in_the_organisers_room(tab: Tab) -> None:
    await _goes_to(tab, "organisers")


async def in_their_own_room(tab: Tab) -> None:
    await _goes_to(tab, f"direct-{INES}")


async def with_no_such_zone(tab: Tab) -> None:
    await tab.fills("zone", "Mars/Harbour")
    await with_errors(tab)


async def _goes_to(tab: Tab, room: str) -> None:
    if await tab.page.locator("#open-side").is_visible():
        await tab.page.locator("#open-side").click()
    await tab.goes_to(room)


def set_up(demo: Demo, scene: str) -> str:
    """Bring the town to a scene, through the API; gives who to look as."""
    noor, ruth = demo.person(NOOR), demo.person(RUTH)
    if scene == "nothing to answer":
        noor.say("/pulse")
    elif scene == "nothing asked yet":
        ruth.say("/poll")
        ruth.say("/poll list")
    elif scene == "a form for a poll":
        ruth.say("/poll new")
    elif scene == "a preview":
        ruth.submit(
            question=QUESTION, kind="multiple", options="Pay\nTools\nRest\n2", days=3, comment="yes"
        )
    elif scene == "an open poll":
        ruth.press("confirm")
    elif scene == "a form to answer":
        noor.press("answer")
    elif scene == "kept":
        noor.submit(q1=["1", "3"], comment="")
    elif scene == "results":
        demo.crowd("pulse", 30)
        demo.move(until="close")
    elif scene == "results, for an organiser":
        ruth.say("/poll results")
        ruth.press("results")
    elif scene == "comments":
        ruth.press("comments")
    elif scene == "a table":
        ruth.say("/poll export")
        ruth.press("export_results")
    elif scene == "withheld":
        ask(demo, options="Tea\nCoffee")
        _crowd(demo, 3, q1="1")
        demo.move(until="close")
    elif scene == "a clear majority":
        ask(demo, options="Tea\nCoffee")
        _crowd(demo, 12, q1="1")
        demo.move(until="close")
    elif scene == "twenty long options":
        ask(demo, options="\n".join(LONGEST), question=f"{LONGEST[1]}, " * 2 + "?")
        noor.press("answer")
    elif scene == "twenty long results":
        noor.submit(q1="3")
        demo.crowd("pulse", 200)
        demo.move(until="close")
    elif scene == "a scale":
        ask(demo, "scale", "not at all\nvery much")
        demo.crowd("pulse", 60)
        demo.move(until="close")
    elif scene == "a ranking to answer":
        ask(demo, "ranked", "Monday\nTuesday\nFriday")
        noor.press("answer")
    elif scene == "a ranking":
        noor.dismiss()
        demo.crowd("pulse", 40)
        demo.move(until="close")
    elif scene == "several to answer":
        for kind in ("yes_no", "nps"):
            ask(demo, kind)
        noor.say("/pulse")
    elif scene == "what can be closed":
        ruth.say("/poll close")
    elif scene == "a form for a pulse":
        demo.move(until="close")
        ruth.say("/poll pulse")
    elif scene == "a pulse to answer":
        bank = ["work_goes_well", "recommend", "stay", "workload"]
        ruth.submit(bank=bank, every="weekly", days=2, start="", comment="yes")
        noor.press("answer")
    elif scene == "a trend with a gap":
        noor.dismiss()
        for count in (40, 40, 2):
            demo.crowd("pulse", count)
            demo.move(advance="P7D")
        demo.crowd("pulse", 40)
        demo.move(until="close")
    elif scene == "a list":
        ruth.say("/poll list")
    elif scene == "the bank":
        ruth.say("/poll")
        ruth.press("bank")
    elif scene == "a digest":
        demo.crowd("grievances", 12)
        demo.move(until="digest")
    elif scene == "a rep's own list":
        return INES
    elif scene == "where digests come":
        ruth.say("/digest")
    elif scene == "a form for the digest":
        ruth.press("set")
    elif scene == "a preview of the digest":
        ruth.dismiss()
        ruth.press("preview")
    return RUTH if scene in ORGANISERS else NOOR


ORGANISERS = {
    "nothing asked yet",
    "a form for a poll",
    "a preview",
    "results, for an organiser",
    "comments",
    "a table",
    "what can be closed",
    "a form for a pulse",
    "a list",
    "the bank",
    "a digest",
    "where digests come",
    "a form for the digest",
    "a preview of the digest",
}

EDGES = (*ENDS, ("light", NARROW)) if ALL else ENDS
ONE = (("dark", NARROW),)

SHEET: tuple[Scene, ...] = (
    ("nothing to answer", as_it_is, ONE),
    ("nothing asked yet", as_it_is, FEW),
    ("a form for a poll", with_errors, FEW),
    ("a preview", as_it_is, FEW),
    ("an open poll", as_it_is, ENDS),
    ("a form to answer", as_it_is, MOST),
    ("kept", as_it_is, ONE),
    ("results", as_it_is, EVERY),
    ("results, for an organiser", as_it_is, FEW),
    ("comments", as_it_is, ONE),
    ("a table", as_it_is, ENDS),
    ("withheld", as_it_is, ENDS),
    ("a clear majority", as_it_is, ONE),
    ("twenty long options", as_it_is, EDGES),
    ("twenty long results", as_it_is, MOST),
    ("a scale", as_it_is, ONE),
    ("a ranking to answer", as_it_is, (("light", NARROW), ("dark", NARROWEST))),
    ("a ranking", as_it_is, ONE),
    ("several to answer", as_it_is, ONE),
    ("what can be closed", as_it_is, FEW),
    ("a form for a pulse", as_it_is, FEW),
    ("a pulse to answer", as_it_is, ENDS),
    ("a trend with a gap", as_it_is, EDGES),
    ("a list", as_it_is, FEW),
    ("the bank", as_it_is, FEW),
    ("a digest", in_the_organisers_room, MOST),
    ("a rep's own list", in_their_own_room, ONE),
    ("where digests come", as_it_is, FEW),
    ("a form for the digest", with_no_such_zone, ENDS),
    ("a preview of the digest", as_it_is, ONE),
)


#: All of it, in the light and in the dark where it is shown in both.
LOOKED_AT_BY_AXE: tuple[Scene, ...] = tuple(
    (scene, act, tuple(dict.fromkeys((looks[0], *[one for one in looks if one[0] == "dark"][-1:]))))
    for scene, act, looks in SHEET
)


@pytest.mark.xdist_group("axe")
async def test_nothing_of_polls_sticks_out_axe_finds_nothing_serious_and_all_is_on_one_sheet(
    tmp_path,
) -> None:
    other = Path(os.environ.get("GROUNDSWELL_SHEET", tmp_path / "sheet.jpg"))
    sheet = other.with_stem(f"{other.stem}-polls")
    async with browser() as chromium:
        with demo_in(tmp_path / "town") as demo:
            looks = every_look(chromium, demo, SHEET, set_up)
            await looked_at(chromium, looks, SHEET, LOOKED_AT_BY_AXE, tmp_path, sheet)
