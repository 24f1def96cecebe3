"""Pictures in the sandbox: where a message says they are, as long as the message is there."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.sandbox.app import SandboxApp
from adapters.sandbox.crowd import Crowd
from adapters.sandbox.people import SPACE
from adapters.sandbox.telling import Telling
from adapters.sandbox.time import MovedClock, SandboxTime
from adapters.sandbox.tour import Tour
from adapters.sandbox.town import REMEMBERED, Town
from bot.chat import Button, Card, Picture, line
from bot.domain.communities import Community, CommunityId, Policy, Slots
from tests.fakes.world import PIXEL, World

HERE = Community(CommunityId("a" * 32), "Harbour", "HARBOUR1", "en", Slots(), (), Policy(), 30)
WORKER, REP = "noor-haddad", "ines-moreau"
OTHER = PIXEL + b"another"
PLAIN = Card(line("saved.title"))
CARD = replace(PLAIN, picture=Picture(PIXEL, "Yes: 68 %\nNo: 32 %"))


class Page:
    """The sandbox over HTTP, with its town in hand."""

    def __init__(self, town: Town, client: TestClient) -> None:
        self.town, self.client = town, client

    async def images(self, who: str) -> list[dict[str, str]]:
        state = await (await self.client.get("/api/state", params={"as": who})).json()
        shown = [one["image"] for room in state["rooms"] for one in room["messages"]]
        return [image for image in shown if image is not None]


@pytest.fixture
async def page(world: World) -> AsyncIterator[Page]:
    town, bot = Town(), world.bot
    clock = MovedClock(world.clock, world.where.data / "clock.json")
    time = SandboxTime(clock, bot.tick, bot.postman.drain, bot.communities.coming)
    crowd = Crowd(bot.door, world.chance)
    told = Telling()
    tour = Tour(town, told, offered=False)
    app = SandboxApp(town, bot.door, crowd, time, clock, bot.postman.drain, bot.stored, told, tour)
    async with TestClient(TestServer(app.application())) as client:
        yield Page(town, client)


async def test_a_picture_is_where_its_message_says_and_says_the_same_in_words(page: Page) -> None:
    await page.town.to_room(SPACE, "general", CARD, HERE, "1" * 32)
    (image,) = await page.images(WORKER)
    assert image["alt"] == "Yes: 68 %\nNo: 32 %"
    answer = await page.client.get(image["url"])
    assert (answer.status, answer.content_type) == (200, "image/png")
    assert await answer.read() == PIXEL
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_each_message_has_a_picture_of_its_own_under_a_name_that_cannot_be_guessed(
    page: Page,
) -> None:
    await page.town.to_room(SPACE, "general", CARD, HERE, "1" * 32)
    await page.town.to_room(SPACE, "general", PLAIN, HERE, "2" * 32)
    drawn = replace(CARD, picture=Picture(OTHER, ""))
    await page.town.to_person(WORKER, drawn, HERE, "3" * 32)
    urls = [image["url"] for image in await page.images(WORKER)]
    assert [await (await page.client.get(url)).read() for url in urls] == [PIXEL, OTHER]
    assert all(len(url) >= len("/pictures/.png") + 16 for url in urls)
    assert [image["url"] for image in await page.images(REP)] == urls[:1]


async def test_no_other_page_sees_a_picture(page: Page) -> None:
    await page.town.to_room(SPACE, "general", CARD, HERE, "1" * 32)
    (image,) = await page.images(WORKER)
    for headers in (
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = await page.client.get(image["url"], headers=headers)
        assert answer.status == 403
        assert (await answer.json()).keys() == {"error"}


async def test_a_picture_goes_with_its_message(page: Page) -> None:
    card = replace(CARD, buttons=(Button("open", "K7M2PQ"),))
    await page.town.to_person(REP, card, HERE, "1" * 32)
    (image,) = await page.images(REP)
    page.town.take_away(page.town.persona(REP), "K7M2PQ")
    answer = await page.client.get(image["url"])
    assert answer.status == 404
    assert (await answer.json())["error"].endswith("look at the room again.")


async def test_a_picture_goes_when_its_message_is_too_long_ago(page: Page) -> None:
    await page.town.to_room(SPACE, "general", CARD, HERE, "1" * 32)
    (image,) = await page.images(WORKER)
    for n in range(REMEMBERED):
        assert (n % 500 > 0) or (await page.client.get(image["url"])).status == 200
        await page.town.to_room(SPACE, "general", PLAIN, HERE, f"{n:033}")
    assert (await page.client.get(image["url"])).status == 404


async def test_what_has_no_picture_is_not_found(page: Page) -> None:
    await page.town.to_room(SPACE, "general", PLAIN, HERE, "1" * 32)
    persona = page.town.persona(WORKER)
    (message,) = page.town.all_messages(persona)
    for name in (message.id, "0" * 16, "x"):
        assert (await page.client.get(f"/pictures/{name}.png")).status == 404
