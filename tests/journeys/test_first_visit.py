"""A first visit in a real browser: the page while the story is told, three starts, and the tour.

One demo and one browser. Each step is taken as somebody with a keyboard alone can take it, or by a
click where one is nearer; what can be seen is measured: the tour covers nothing of what it means.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, expect

from tests.fakes.demo import TOLD_WITHIN, Demo, demo_in
from tests.journeys.tabs import NARROW, WIDE, Tab, browser, too_wide, window
from tests.journeys.test_how_it_looks import axe, grave

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("first visit")]

STOPS = 6
#: (the start, the card it leads to, what has the focus there)
STARTS = (
    ("speak", "Before you write", "continue"),
    ("rep", "1 case.", "open"),
    ("organiser", "Digest of", ""),
)
#: How much of the card that is meant lies beneath the tour, and how much of it can be seen.
BENEATH = """() => {
    const tour = document.getElementById("tour").getBoundingClientRect();
    const [meant] = [...document.querySelectorAll(".meant")].filter(one => one.checkVisibility());
    const card = meant.getBoundingClientRect();
    const list = document.getElementById("messages").getBoundingClientRect();
    const bounds = meant.matches(".message") ? list : document.body.getBoundingClientRect();
    const seen = Math.min(card.bottom, bounds.bottom) - Math.max(card.top, bounds.top);
    const apart = bounds.top >= tour.bottom - 1 || card.left >= tour.right - 1
        || card.bottom <= tour.top + 1;
    return [apart, seen];
}"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demo_in(tmp_path_factory.mktemp("told"), empty=False) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def context(told: Demo) -> AsyncIterator[BrowserContext]:
    async with browser() as chromium:
        yield await window(chromium)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab(context: BrowserContext, told: Demo) -> AsyncIterator[Tab]:
    """The first page, as soon as there is one."""
    made = await Tab.open(context, told.address)
    yield made
    assert made.complaints == []


async def begins(tab: Tab) -> Page:
    """The first page, whoever one was."""
    await tab.page.evaluate("() => { location.hash = ''; }")
    await expect(tab.page.locator("[data-start]")).to_have_count(3)
    return tab.page


async def step(page: Page, number: int) -> None:
    """The tour stands at that stop, and its heading has the focus: that is read out."""
    await expect(page.locator(".tour-step")).to_contain_text(f"{number} ")
    await expect(page.locator("#tour-title")).to_be_focused()


async def test_the_page_is_there_while_the_story_is_told(tab: Tab, told: Demo) -> None:
    page = tab.page
    bar = page.locator("#empty progress")
    await expect(bar.or_(page.locator("[data-start]").first)).to_be_visible()
    await expect(page.locator("[data-start]")).to_have_count(3, timeout=TOLD_WITHIN * 1000)
    await expect(bar).to_have_count(0)
    assert told.get("/api/story").json == {"told": 6, "weeks": 6, "over": True}
    assert await too_wide(page) == []


@pytest.mark.parametrize(("start", "card", "focus"), STARTS)
async def test_a_start_puts_one_where_it_says(tab: Tab, start: str, card: str, focus: str) -> None:
    page = await begins(tab)
    await page.locator(f'[data-start="{start}"]').focus()
    await page.keyboard.press("Enter")
    meant = page.locator(".message.meant")
    await expect(meant).to_contain_text(card)
    where = page.locator(f'.message.meant [data-button^="{focus}"]').first if focus else meant
    await expect(where).to_be_focused()
    await expect(meant.locator(".card")).to_be_in_viewport()
    if start == "organiser":
        await expect(meant.locator("img")).to_be_in_viewport()


async def test_who_picks_a_person_or_a_room_writes_there_at_once(tab: Tab) -> None:
    page = await begins(tab)
    for way in ('[data-persona="jun-takahashi"]', '[data-persona="karim-benali"]'):
        await page.locator(f"#people-list {way}").click()
        await expect(page.locator("#say")).to_be_focused()
    await page.locator('[data-room="reps"]').click()
    await expect(page.locator("#room-name")).to_have_text("reps")
    await page.keyboard.type("Hello")
    await expect(page.locator("#say")).to_have_value("Hello")
    await page.locator("#say").fill("")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_tour_is_gone_through_by_keyboard_and_covers_nothing(
    tab: Tab, size: tuple[int, int]
) -> None:
    page = await begins(tab)
    await tab.looks_at(size, "light")
    await page.locator("#tour-begin").focus()
    await page.keyboard.press("Enter")
    for number in range(1, STOPS + 1):
        await step(page, number)
        apart, seen = await page.evaluate(BENEATH)
        assert apart, number
        assert seen > 30, number
        assert await too_wide(page) == []
        await page.locator("#tour-next").focus()
        await page.keyboard.press("Enter")
    await expect(page.locator("#tour")).to_be_hidden()
    await expect(page.locator(".meant")).to_have_count(0)
    await expect(page.locator("#say")).to_be_focused()
    await tab.looks_at(WIDE, "light")


async def test_what_covered_a_card_would_have_been_found(tab: Tab) -> None:
    page = await begins(tab)
    await page.locator("#tour-begin").click()
    await step(page, 1)
    await page.evaluate("() => { document.getElementById('tour').style.position = 'fixed'; }")
    apart, _ = await page.evaluate(BENEATH)
    assert not apart
    await page.evaluate("() => document.getElementById('tour').removeAttribute('style')")
    await page.keyboard.press("Escape")


async def test_axe_finds_nothing_serious_on_the_first_page_nor_beside_the_tour(tab: Tab) -> None:
    source = axe()
    page = await begins(tab)
    await tab.looks_at(NARROW, "dark")
    assert await grave(page, source) == []
    await page.locator("#tour-begin").click()
    await step(page, 1)
    assert await grave(page, source) == []
    await page.keyboard.press("Escape")
    await tab.looks_at(WIDE, "light")


async def test_the_tour_is_left_and_gone_on_with(tab: Tab) -> None:
    page = await begins(tab)
    await page.locator("#tour-begin").click()
    await step(page, 1)
    await page.locator("#tour-next").click()
    await step(page, 2)
    await page.locator("#tour-skip").click()
    await expect(page.locator("#tour")).to_be_hidden()
    await page.locator("#tour-open").click()
    await step(page, 2)
    await page.reload()
    await expect(page.locator(".tour-step")).to_contain_text("2 ")
    await expect(page.locator(".message.meant")).to_contain_text("1 case.")
    await page.locator('#people-list [data-persona="jun-takahashi"]').click()
    await expect(page.locator("#tour-next")).to_have_count(0)
    await expect(page.locator("#tour-words")).to_be_hidden()
    await page.locator("#tour-here").click()
    await step(page, 2)
    await page.keyboard.press("Escape")
    await expect(page.locator("#tour")).to_be_hidden()


async def test_it_speaks_the_language_that_one_picks(tab: Tab) -> None:
    page = await begins(tab)
    await page.locator("#tour-language").select_option("de")
    await expect(page.locator("#empty h2")).to_have_text(
        "Sechs Wochen in einer kleinen Gemeinschaft"
    )
    await expect(page.locator("#empty")).to_have_attribute("lang", "de")
    await expect(page.locator("#tour-language")).to_be_focused()
    await page.locator("#tour-begin").click()
    await expect(page.locator("#tour")).to_have_attribute("lang", "de")
    await expect(page.locator(".tour-step")).to_have_text("Schritt 2 von 6")
    await page.keyboard.press("Escape")
