"""The sandbox's page in light and dark, wide and narrow: pictures on one sheet, and what axe finds.

The sheet (GROUNDSWELL_SHEET names its file) is for eyes; where nobody asks for it a tenth is drawn.
What a machine can see is asserted: nothing sticks out, and axe-core finds nothing serious or critical.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.async_api import Browser, Page, expect

from tests.fakes.demo import FILED, Demo, Person, demo_in
from tests.journeys.tabs import (
    NARROW,
    NARROWEST,
    WIDE,
    Tab,
    browser,
    is_there,
    missing,
    take_picture,
    too_wide,
    window,
)
from tests.proofs.scale import SCALE

WORKER, REP = "noor-haddad", "ines-moreau"
ANOTHER, ORGANISER = "jun-takahashi", "ruth-adeyemi"
LONG = (
    "I am the only one who is on call on Sundays, see https://status.example.org/incidents/20260531 "
    "and OPS-48213. On 31 May at 03:40 the pager went off for the fourth time that night.\n\n"
    "Mail me at someone@example.org. " + "Überstundenausgleichsregelungsvereinbarung" * 4 + "\n"
    'אני תורנית כל לילה ואין לי מנוחה אחר כך. <b>not bold</b> & "quoted"\n'
    + "Nobody gets the next morning off, and after such a week I make mistakes. "
    * 12
)

AXE = "axe-core-4.14.1"
AXE_INTEGRITY = (  # as the npm registry states it for this version
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
#: To name a place in the page takes axe as long as to look at it: asked only where there is one.
AXE_RUNS = """async ([selectors, ...known]) => {
    const parts = [...document.querySelectorAll("[data-message], #side, #panel > *")];
    const context = {include: document, exclude: parts.filter((one, n) => known.includes(n))};
    const found = await axe.run(context, {resultTypes: ["violations"], selectors});
    const grave = found.violations.filter(one => ["serious", "critical"].includes(one.impact));
    const nodes = one => JSON.stringify(one.nodes.map(node => node.target));
    return [found.passes.length, grave.map(one => ({...one, nodes: nodes(one)}))];
}"""
#: What of a page stays as it is from scene to scene, while something new comes beside it; with all
#: from outside by which it may be hidden.
PARTS = """() => {
    const within = one => `${!!document.querySelector("dialog[open]")} ${one.parentNode.className}`;
    const parts = [...document.querySelectorAll("[data-message], #side, #panel > *")];
    return parts.map(one => `${within(one)} ${one.outerHTML}`);
}"""
CACHE = Path(__file__).parents[2] / ".cache" / "axe"

Act = Callable[[Tab], Awaitable[None]]


# What the page shows, by name ---------------------------------------------------------------------


async def as_it_is(tab: Tab) -> None:
    await expect(tab.page.locator("#room-name")).to_be_visible()


async def with_errors(tab: Tab) -> None:
    await expect(tab.dialog).to_be_visible()
    await tab.page.locator("#form-submit").click()
    await expect(tab.dialog.locator("#form-errors")).to_be_visible()


async def with_people(tab: Tab) -> None:
    await tab.page.locator("#open-side").click()
    await expect(tab.page.locator("#side.open")).to_be_visible()


async def with_stored(tab: Tab) -> None:
    if await tab.page.locator("#open-panel").is_visible():
        await tab.page.locator("#open-panel").click()
    await tab.page.locator("#stored-open").click()
    await expect(tab.page.locator('[data-table="case_keys"]')).to_be_visible()


async def with_commands(tab: Tab) -> None:
    await tab.page.get_by_role("textbox", name="Message").press_sequentially("/")
    await expect(tab.page.locator("#completion")).to_be_visible()


async def with_what_happened(tab: Tab) -> None:
    if await tab.page.locator("#open-panel").is_visible():
        await tab.page.locator("#open-panel").click()
    await tab.page.locator('[data-clock="P7D"]').click()
    await expect(tab.page.locator("#clock .came li").first).to_be_visible()
    await tab.page.locator("#clock .came").scroll_into_view_if_needed()


#: Who is looked over the shoulder; in other scenes the worker is.
LOOKED_AS = {
    "nobody": "",
    "work list": REP,
    "a rep's case": REP,
    "a late case": REP,
    "a late case, opened": REP,
    "late, for its reporter": ANOTHER,
    "outside, for its reporter": ANOTHER,
    "outside, for staff": ORGANISER,
    "duty": REP,
}


def set_up(demo: Demo, scene: str) -> str:
    """Bring the town to a scene, through the API; gives who to look as."""
    worker, rep, another = demo.person(WORKER), demo.person(REP), demo.person(ANOTHER)
    if scene == "label":
        worker.say("Is the canteen open again?")
        worker.say("/grievance")
    elif scene == "dialog":
        worker.press("continue")
    elif scene == "long text":
        worker.submit(**(FILED | {"story": LONG}))
    elif scene == "receipt":
        worker.press("send")
    elif scene == "work list":
        worker.press("saved")
        demo.crowd("grievances", 3)
        RECEIPTS[ANOTHER] = another.file()
        demo.move(until="slot")
        rep.say("/cases")
    elif scene == "a rep's case":
        _open(rep)
        rep.press("acknowledge")
        rep.press("ask")
        rep.submit(text="Is a second person on call with you?")
    elif scene == "a late case":
        demo.move(until="deadline")
        demo.move(advance="PT1H")
        rep.say("/cases")
    elif scene == "a late case, opened":
        rep.press("open")
    elif scene == "late, for its reporter":
        demo.move(until="slot")
        another.visit(RECEIPTS[ANOTHER])
    elif scene == "outside, for its reporter":
        demo.move(advance="P7D")
        another.visit(RECEIPTS[ANOTHER])
    elif scene == "outside, for staff":
        organiser = demo.person(ORGANISER)
        organiser.say("/cases")
        organiser.press("open")
    elif scene == "duty":
        _changes_duty(rep, demo)
    return LOOKED_AS.get(scene, WORKER)


RECEIPTS: dict[str, str] = {}


def _changes_duty(rep: Person, demo: Demo) -> None:
    """A rep with quiet hours, days away and a shift on offer."""
    monday = datetime.fromisoformat(rep.state["now"]) + timedelta(days=14)
    monday -= timedelta(days=monday.weekday())
    rep.say("/duty")
    rep.press("quiet_hours")
    rep.submit(**{"from": "20:00", "until": "07:30", "zone": "Europe/Lisbon"})
    for name, days in (("away", (1, 2)), ("offer", (3, 4))):
        rep.press(name)
        first, last = (f"{monday + timedelta(days=one):%Y-%m-%d}" for one in days)
        rep.submit(**{"from": first, "until": last})
    rep.say("/duty")


def _open(rep: object) -> None:
    """The case of the long text, among those of the crowd."""
    for message in rep.messages[::-1]:
        for button in message["buttons"]:
            body = {"as": REP, "message": message["id"], "button": button["id"]}
            rep.demo.post("press", body)
            if LONG[:40] in str(rep.card["fields"]):
                return
    raise AssertionError("the case is not on the list")


Look = tuple[str, tuple[int, int]]
SetUp = Callable[[Demo, str], str]  #: gives who looks, and behind an @ in which room
Scene = tuple[str, Act, tuple[Look, ...]]  #: where the town is, what one does in the page, how seen

ALL = SCALE >= 1 or "GROUNDSWELL_SHEET" in os.environ
ONE_PICTURE_OF = 1 if ALL else round(1 / SCALE)  #: so many looks

EVERY: tuple[Look, ...] = (("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROWEST))
FEW: tuple[Look, ...] = (("light", WIDE), ("dark", NARROW))
ENDS: tuple[Look, ...] = (("light", WIDE), ("dark", NARROWEST))
#: Both ends of light and of width; what is around a scene is the same in each, and one has it in every
#: look however small the scale.
MOST = EVERY if ALL else ENDS

SHEET: tuple[Scene, ...] = (
    ("nobody", as_it_is, FEW),
    ("empty", as_it_is, MOST),
    ("label", as_it_is, EVERY),
    ("label", with_commands, FEW),
    ("label", with_people, (("light", NARROW), ("dark", NARROWEST))),
    ("dialog", as_it_is, FEW),
    ("dialog", with_errors, MOST),
    ("long text", as_it_is, MOST),
    ("receipt", as_it_is, MOST),
    ("receipt", with_stored, EVERY),
    ("work list", as_it_is, FEW),
    ("a rep's case", as_it_is, MOST),
    ("a rep's case", with_stored, (("light", WIDE), ("dark", WIDE))),
    ("a late case", as_it_is, FEW),
    ("a late case, opened", as_it_is, MOST),
    ("late, for its reporter", as_it_is, MOST),
    ("outside, for its reporter", as_it_is, MOST),
    ("outside, for staff", as_it_is, FEW),
    ("duty", as_it_is, MOST),
    ("duty", with_what_happened, MOST),
)

#: Of these, what axe looks at as well: everything in the light and in the dark.
LOOKED_AT_BY_AXE: tuple[Scene, ...] = (
    ("nobody", as_it_is, FEW),
    ("label", as_it_is, EVERY),
    ("label", with_commands, FEW),
    ("dialog", as_it_is, FEW),
    ("dialog", with_errors, MOST),
    ("long text", as_it_is, ENDS),
    ("receipt", with_stored, EVERY),
    ("work list", as_it_is, FEW),
    ("a rep's case", as_it_is, ENDS),
    ("a late case", as_it_is, FEW),
    ("a late case, opened", as_it_is, ENDS),
    ("late, for its reporter", as_it_is, ENDS),
    ("outside, for its reporter", as_it_is, ENDS),
    ("duty", with_what_happened, MOST),
)


def names_of(scenes: tuple[Scene, ...]) -> list[str]:
    """What each look is called on the sheet."""
    return [
        f"{scene}, {act.__name__.replace('_', ' ')}, {scheme}, {size[0]}"
        for scene, act, looks in scenes
        for scheme, size in looks
    ]


async def every_look(
    chromium: Browser, demo: Demo, scenes: tuple[Scene, ...], set_up: SetUp = set_up
) -> AsyncIterator[tuple[str, Page]]:
    """Each scene in each of its looks, with its name; nobody's page complains.

    What a page shows of itself stays when its window gets another size and the room another light:
    it is loaded once. What somebody has done in it is done anew for each look.
    """
    context = await window(chromium)
    await context.add_init_script(
        axe()
    )  # compiled once; handed over with each look it would not be
    tab = Tab(await context.new_page())
    before = who = ""
    turns = count(1)
    for scene, act, looks in scenes:
        if scene != before:
            await tab.looks_away(demo.address)
            before, who = scene, set_up(demo, scene)
        loaded = False
        for scheme, size in looks:
            await tab.looks_at(size, scheme)
            if not (loaded and act is as_it_is):
                await tab.forgets()
                persona, _, room = who.partition("@")
                await tab.goes_in(demo.address, persona, room, anew=next(turns))
                await act(tab)
                loaded = True
            yield names_of(((scene, act, ((scheme, size),)),))[0], tab.page
            assert tab.complaints == []


@pytest.mark.xdist_group("axe")
async def test_nothing_sticks_out_axe_finds_nothing_serious_and_all_is_on_one_sheet(
    tmp_path,
) -> None:
    sheet = Path(os.environ.get("GROUNDSWELL_SHEET", tmp_path / "sheet.jpg"))
    async with browser() as chromium:
        with demo_in(tmp_path / "town") as demo:
            looks = every_look(chromium, demo, SHEET)
            await looked_at(chromium, looks, SHEET, LOOKED_AT_BY_AXE, tmp_path, sheet)


async def looked_at(
    chromium: Browser,
    looks: AsyncIterator[tuple[str, Page]],
    scenes: tuple[Scene, ...],
    by_axe: tuple[Scene, ...],
    folder: Path,
    sheet: Path,
) -> None:
    """Every look is measured; some are shown to axe, and put on the sheet. None has a fault."""
    source, judged = axe(), set(names_of(by_axe))
    assert judged <= set(names_of(scenes))
    taken: list[tuple[str, Path]] = []
    seen: list[str] = []
    found: list[tuple[str, list[str]]] = []
    known = defaultdict[tuple[str, ...], set[str]](set)
    async for said, page in looks:
        await is_there(page)
        if len(seen) % ONE_PICTURE_OF == 0:
            taken.append((said, folder / f"{len(taken)}.jpg"))
            await take_picture(page, taken[-1][1])
        seen.append(said)
        found.append((said, await too_wide(page)))
        if said in judged:
            # In the same light and width: most of a page was there in the scene before.
            look = tuple(said.split(", ")[-2:])
            found.append((said, await grave(page, source, known[look])))
    assert [one for one in found if one[1]] == []
    assert seen == names_of(scenes)
    await _gather(chromium, taken, sheet)
    assert sheet.stat().st_size > 2000 * len(taken)


async def test_what_sticks_out_would_have_been_found(tmp_path) -> None:
    async with browser() as chromium:
        with demo_in(tmp_path) as demo:
            tab = await Tab.open(await window(chromium, NARROWEST), demo.address, WORKER)
            assert await too_wide(tab.page) == []
            await tab.page.evaluate(
                "() => { document.getElementById('room-name').textContent = 'x'.repeat(90);"
                " document.getElementById('room-name').style.overflow = 'visible';"
                " document.getElementById('say').style.minWidth = '400px'; }"
            )
            assert await too_wide(tab.page) != []


async def _gather(chromium: Browser, taken: list[tuple[str, Path]], sheet: Path) -> None:
    """All pictures on one page, each under its name, and a picture of that."""
    figures = "".join(
        f"<figure><figcaption>{said}</figcaption><img src='{file.as_uri()}'></figure>"
        for said, file in taken
    )
    style = (
        "body{margin:16px;background:#888;display:flex;flex-wrap:wrap;gap:16px;"
        "align-items:flex-start;font:14px sans-serif}"
        "figure{margin:0;background:#fff;padding:6px}img{display:block;height:560px}"
    )
    gathered = taken[0][1].with_name("gathered.html")
    gathered.write_text(f"<meta charset='utf-8'><style>{style}</style>{figures}", "utf-8")
    page = await (await chromium.new_context(viewport={"width": 2800, "height": 1000})).new_page()
    await page.goto(gathered.as_uri())
    await page.screenshot(path=sheet, full_page=True)


# axe ----------------------------------------------------------------------------------------------


def axe() -> str:
    """The source of axe-core, from npm, checked against what is written here."""
    tarball = CACHE / f"{AXE}.tgz"
    if not tarball.exists():
        if shutil.which("npm") is None:
            missing("There is no npm to fetch axe-core with")
        CACHE.mkdir(parents=True, exist_ok=True)
        name, _, version = AXE.rpartition("-")
        with TemporaryDirectory(dir=CACHE) as beside:  # several may fetch it at once
            fetched = subprocess.run(
                ["npm", "pack", "--silent", f"{name}@{version}"], cwd=beside, capture_output=True
            )
            if fetched.returncode != 0:
                missing(f"npm could not fetch {AXE}: {fetched.stderr.decode()[-300:]}")
            (Path(beside) / tarball.name).replace(tarball)
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    assert digest == AXE_INTEGRITY, f"{tarball} is not what npm states: remove it"
    with tarfile.open(tarball) as packed:
        inside = packed.extractfile("package/axe.min.js")
        assert inside is not None
        return inside.read().decode()


async def grave(page: Page, source: str, known: set[str] | None = None) -> list[str]:
    """What axe finds serious or critical: the rule, and where. Parts that are ``known``, to the letter,
    are not looked at; afterwards all are."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(source)
    parts: list[str] = await page.evaluate(PARTS)
    old = [n for n, part in enumerate(parts) if part in (known or ())]
    passed, found = await page.evaluate(AXE_RUNS, [False, *old])
    assert passed > 10  # it did look
    if found:
        _, found = await page.evaluate(AXE_RUNS, [True, *old])  # and once more, to say where
    if known is not None:
        known |= set(parts)
    return [f"{one['impact']} {one['id']}: {one['nodes']}" for one in found]


@pytest.mark.xdist_group("axe")
async def test_axe_would_have_found_something(tmp_path) -> None:
    source = axe()
    async with browser() as chromium:
        with demo_in(tmp_path) as demo:
            tab = await Tab.open(await window(chromium), demo.address, WORKER)
            await tab.says("Is the canteen open again?")
            known = set[str]()
            for _ in range(2):
                assert await grave(tab.page, source, known) == []
            for part in ("[data-message]:last-child", "#side", "#clock"):
                await tab.page.locator(part).evaluate("one => one.append(new Image(9, 9))")
                assert any("image-alt" in one for one in await grave(tab.page, source, known))
                assert await grave(tab.page, source, known) == [], "it is known"
            await tab.page.evaluate(
                "() => { const it = document.getElementById('send');"
                " it.removeAttribute('aria-label'); it.replaceChildren(); }"
            )
            assert any("button-name" in one for one in await grave(tab.page, source, known))
