"""A letter in light and dark, wide and narrow, as a mail program in a browser shows it."""

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page

from adapters.mail.letter import letter
from bot.chat import Button, Card, Field, Picture, Rows, Tone, line
from bot.domain.communities import Community, CommunityId, Policy, Slots
from tests.fakes.world import PIXEL
from tests.journeys.tabs import NARROW, NARROWEST, WIDE, browser, take_picture, window
from tests.journeys.test_how_it_looks import LONG, axe, grave

HERE = Community(CommunityId("a" * 32), "Harbour", "HARBOUR1", "en", Slots(), (), Policy(), 30)
LOOKS = (("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROWEST))
LOOKED_AT_BY_AXE = (LOOKS[0], LOOKS[3])
CARD = Card(
    line("staff.named", name="The week in Harbour", role="23 to 29 March"),
    (line("notice.title"), line("mail.foot", community="X" * 90)),
    (
        Field("Heard this week", Rows(("Pay: 5 to 9 cases", "On-call: 10 to 14 cases", LONG))),
        Field("On duty", "Ines Moreau, until Monday 6 April, 09:00 (Europe/Paris)"),
        Field("אני תורנית", Rows(("אני תורנית כל לילה", "Überstundenausgleich" * 9))),
        Field("Wort" * 40, "y" * 300),
        Field("What came of it", Rows(("Yes from 4 May: https://intranet.example.org/p?a=b",))),
    ),
    (Button("cases"), Button("duty"), Button("pulse", said=line("mail.picture"))),
    tone=Tone.WARNING,
    picture=Picture(PIXEL, "Yes: 55 to 60 %"),
)


def page_of(card: Card) -> str:
    """The letter's HTML with its picture in its place."""
    sender, to, sent = "bot@example.org", "rep@example.org", datetime(2026, 3, 30, 9, tzinfo=UTC)
    made = letter(card, HERE, sender=sender, to=to, id="1" * 32, sent=sent)
    *_, html, picture = made.walk()
    inside = "data:image/png;base64," + base64.b64encode(picture.get_content()).decode()
    return str(html.get_content()).replace(f"cid:{picture['Content-ID'].strip('<>')}", inside)


async def sticks_out(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll("html, body *")]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 1
                || one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
            .map(one => `${one.tagName} ${one.className}`)"""
    )
    return found


@pytest.mark.xdist_group("axe")
async def test_a_letter_fits_every_window_and_axe_finds_nothing_serious(tmp_path: Path) -> None:
    html, source = page_of(CARD), axe()
    folder = Path(os.environ.get("GROUNDSWELL_LETTERS", tmp_path))
    async with browser() as chromium:
        for scheme, size in LOOKS:
            page = await (await window(chromium, size, scheme)).new_page()
            await page.set_content(html)
            assert (scheme, size, await sticks_out(page)) == (scheme, size, [])
            if (scheme, size) in LOOKED_AT_BY_AXE:
                assert await grave(page, source) == []
            await take_picture(page, folder / f"letter-{scheme}-{size[0]}.png")
            dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (dark == "rgb(12, 22, 24)") == (scheme == "dark")


@pytest.mark.xdist_group("axe")
async def test_what_is_wrong_with_a_letter_would_have_been_found() -> None:
    html, source = page_of(CARD), axe()
    async with browser() as chromium:
        page = await (await window(chromium, NARROWEST)).new_page()
        await page.set_content(
            html.replace("overflow-wrap: anywhere", "").replace("word-break", "x")
        )
        assert await sticks_out(page) != []
        await page.set_content(html.replace("color: #4c6266", "color: #b4c0c2"))
        assert any("color-contrast" in one for one in await grave(page, source))
