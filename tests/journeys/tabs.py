"""A real browser on the sandbox's page, and people who each sit in a tab of it.

A ``Tab`` does only what a person can: it types, clicks and reads what is shown. What the page says
on its console is kept, so that a test can ask for none of it.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    async_playwright,
    expect,
)

from tests.fakes.demo import RECEIPT

expect.set_options(timeout=15_000)  # a machine under load is slow, not wrong

WIDE, NARROW, NARROWEST = (1440, 900), (390, 844), (320, 640)
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No process in reserve: it would start with every page and serve none.
    "--disable-features=SpareRendererForSitePerProcess",
)
#: What Chromium writes for an answer of 4xx, which a person who errs must get.
EXPECTED = re.compile(r"the server responded with a status of 4\d\d")


def missing(what: str) -> None:
    """Say loudly that something a test needs is not here; where CI=true, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI must have it")
    pytest.skip(f"LOUD: {what}; this test has shown nothing")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Chromium from the PATH, rather the one without windows of its own: it draws the same with a
    third less work. Else Playwright's own."""
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        try:
            chromium = await playwright.chromium.launch(
                executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
                args=arguments,
            )
        except Error:
            missing("There is no Chromium: install it, or run `playwright install chromium`")
            raise
        try:
            yield chromium
        finally:
            await chromium.close()


async def window(
    chromium: Browser, size: tuple[int, int] = WIDE, scheme: str = "light"
) -> BrowserContext:
    """A window of that size, for somebody who prefers light or dark."""
    width, height = size
    context = await chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    return context


class Tab:
    """One person in one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def open(
        cls, context: BrowserContext, address: str, who: str = "", room: str = ""
    ) -> "Tab":
        tab = cls(await context.new_page())
        await tab.goes_in(address, who, room)
        return tab

    async def goes_in(self, address: str, who: str = "", room: str = "", anew: int = 0) -> None:
        """Load the page, as somebody. ``anew``: what it was not loaded with before, so that it is
        no mere jump within the page."""
        place = f"#as={who}" + (f"&room={room}" if room else "") if who else ""
        await self.page.goto(address + (f"?{anew}" if anew else "") + place)
        if who:
            await expect(self.page.locator(f'[data-persona="{who}"][aria-current]')).to_have_count(
                1
            )
            await expect(self.page.locator("#composer")).to_be_visible()

    async def forgets(self) -> None:
        """As a new tab would be, but in the same process: one is slow to start, and has nothing
        compiled yet."""
        await self.page.evaluate("() => sessionStorage.clear()")

    async def looks_at(self, size: tuple[int, int], scheme: str) -> None:
        """Its window gets that size, and light or dark is preferred."""
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})
        await self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    async def looks_away(self, address: str) -> None:
        """The page is left for something of the same place that hears nothing."""
        await self.page.goto(f"{address}static/app.css")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not EXPECTED.search(message.text):
            self.complaints.append(f"{message.type}: {message.text}")

    @property
    def last(self) -> Locator:
        """The newest message of the open room."""
        return self.page.locator("[data-message]").last

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog#form")

    async def goes_to(self, room: str) -> None:
        await self.page.bring_to_front()
        await self.page.locator(f'#room-list [data-room="{room}"]').click()
        await expect(self.page.locator("#room")).to_have_attribute("data-room", room)

    async def says(self, text: str) -> None:
        await self.page.bring_to_front()
        await self.page.get_by_role("textbox", name="Message").fill(text)
        composer = self.page.locator("#composer")
        await composer.get_by_role("button", name="Send", exact=True).click()
        await expect(self.page.get_by_role("textbox", name="Message")).to_have_value("")

    def button(self, name: str) -> Locator:
        """The newest button of that name."""
        return self.page.locator(f'[data-button="{name}"], [data-button^="{name}:"]').last

    async def presses(self, name: str, title: str = "") -> None:
        """Press a button; ``title`` is what the card that comes is called."""
        await self.page.bring_to_front()
        await self.button(name).click()
        if title:
            await self.sees(title)

    async def sees(self, words: str) -> None:
        await expect(self.last).to_contain_text(words)

    async def types_receipt(self, receipt: str) -> None:
        await self.says("/receipt")
        await self.fills("receipt", receipt)
        await self.submits()

    async def fills(self, field: str, text: str) -> None:
        await self.dialog.locator(f'[data-field="{field}"] [name="{field}"]').fill(text)

    async def chooses(self, field: str, value: str) -> None:
        kind = self.dialog.locator(f'[data-field="{field}"] select')
        if await kind.count():
            await kind.select_option(value)
        else:
            await self.dialog.locator(f'input[name="{field}"][value="{value}"]').check()

    async def submits(self) -> None:
        await self.page.locator("#form-submit").click()
        await expect(self.dialog).to_be_hidden()

    async def moves_clock(self, step: str) -> None:
        await self.page.bring_to_front()
        status = self.page.locator("#clock .status")
        button = self.page.locator(f'[data-clock="{step}"]')
        await button.click()
        await expect(status).to_contain_text("It is now")
        await expect(button).not_to_have_attribute("aria-disabled", "true")

    async def receipt(self) -> str:
        """The receipt on the card that is shown, copied by eye."""
        found = RECEIPT.findall(await self.last.inner_text())
        assert len(found) == 1, found
        return str(found[0])


async def is_there(page: Page) -> None:
    """Until the page's fonts and pictures are."""
    await page.evaluate("() => document.fonts.ready.then(() => true)")
    await page.evaluate("() => Promise.all([...document.images].map(one => one.decode()))")


async def take_picture(page: Page, file: Path) -> None:
    """What the window shows, once all of it is there and nothing moves."""
    await is_there(page)
    await page.screenshot(path=file, animations="disabled", caret="hide")


async def too_wide(page: Page) -> list[str]:
    """What sticks out of the window sideways: nothing should."""
    found: list[str] = await page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            const wider = document.scrollingElement.scrollWidth > width ? ["the page"] : [];
            const parts = "#room *, #panel *, dialog[open] *";
            for (const node of document.querySelectorAll(parts)) {
                const box = node.getBoundingClientRect();
                const clips = getComputedStyle(node).position === "absolute" && box.width <= 1;
                const shown = node.checkVisibility() && box.width > 0 && !clips;
                const inside = node.closest("#panel")
                    ? box.right > node.closest("#panel").getBoundingClientRect().right + 1
                    : box.right > width + 1;
                if (shown && inside) wider.push(`${node.tagName} ${node.className} ${node.id}`);
            }
            return wider;
        }"""
    )
    return found
