"""Three places in a real browser: whose room one is in is seen, and set-up is done by clicking."""

from pathlib import Path

from playwright.async_api import Page, expect

from adapters.sandbox.people import PERSONAS, PLACES
from tests.fakes.demo import demo_in
from tests.journeys.tabs import NARROW, NARROWEST, WIDE, Tab, browser, too_wide, window
from tests.journeys.test_set_up_in_the_town import FIRST, MODERATOR, REPS, ROOM, claim

SIZES = ((WIDE, "light"), (NARROW, "dark"), (NARROWEST, "light"))


async def fits(page: Page) -> None:
    """In every window nothing sticks out, and the head says in which place the room is."""
    for (width, height), _ in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        assert await too_wide(page) == []
        await expect(page.locator("#room-space")).to_contain_text("Dockside Works")


async def test_a_place_is_set_up_by_clicking(tmp_path: Path) -> None:
    async with browser() as chromium:
        with demo_in(tmp_path) as demo:
            tab = await Tab.open(await window(chromium), demo.address, MODERATOR)
            groups = tab.page.locator("#room-list h3")
            await expect(groups).to_have_text([*(name for _, name, _ in PLACES), "Just you"])
            await expect(tab.page.locator("#room-list ul").nth(1).locator(".name")).to_have_text(
                ["general", "reps", "organisers"]
            )
            await tab.goes_to(ROOM)
            await tab.says("/setup")
            await tab.fills("code", claim(demo))
            await tab.submits()
            await tab.presses("setup", "Still missing")
            await tab.presses("setup_first")
            await fits(tab.page)
            await tab.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
            for name, value in FIRST.items():
                if name != "language":
                    await tab.fills(name, value)
            await tab.chooses("trust", "neutral")
            await tab.submits()
            await tab.says("/setup staff")
            people = tab.dialog.locator('[data-field="person"] select option')
            await expect(people).to_have_text(["Choose one", *(one.name for one in PERSONAS)])
            await fits(tab.page)
            await tab.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
            await tab.chooses("person", REPS[0])
            await tab.fills("name", "Luca Ferrari")
            await tab.chooses("role", "rep")
            await tab.submits()
            await tab.sees("The role begins when they accept.")
            rep = await Tab.open(tab.page.context, demo.address, REPS[0], f"direct-{REPS[0]}")
            await rep.sees("This comes from the moderators of Dockside.")
            await rep.presses("accept", "Welcome")
            await tab.says("/setup")
            await tab.sees("Luca Ferrari: rep")
            await fits(tab.page)
            assert (tab.complaints, rep.complaints) == ([], [])
