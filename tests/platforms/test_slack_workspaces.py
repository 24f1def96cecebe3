"""Many workspaces over HTTP: each lets the bot in and puts it out, organisations too; tokens change."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from adapters.slack.installations import Installation
from adapters.slack.installing import STATE_LASTS, granted
from adapters.slack.wire import Refusal
from bot.domain.communities import Role
from tests.fakes.slack import Town as Server
from tests.fakes.slack import payloads
from tests.fakes.slack_week import Person, Town
from tests.fakes.world import MONDAY
from tests.journeys.over_slack import filed, town_of_the_module

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]


one_town, town = town_of_the_module("http", many=True)

#: All that stands in the modal of somebody in a place that is no community's.
WHICH = """Type the code of your community. /about shows it in any of its places. It is not kept.
Community code
Only you see this.
Which community?
Close
Send"""


async def answers(person: Person) -> str:
    if person.hand.view:
        await person.hand.close()
    return await person.types("/about")


def elsewhere(server: Server, team: str, grid: str | None = None) -> Person:
    """Somebody in another workspace of the same Slack."""
    space = server.workspace(team, name="Elsewhere", grid=grid, installed=False)
    user = space.user("somebody")
    return Person(server.hand(user), space.channel("general", members=[user]))


async def test_a_workspace_lets_the_bot_in_and_is_answered(town: Town) -> None:
    moderator = town.person("moderator")
    status, page = await town.install(moderator.hand._user)
    assert (status, "The bot is in your workspace now" in page) == (200, True)
    assert "Run by" in await answers(town.person("worker"))
    assert await filed(town)


async def test_each_workspace_is_answered_with_its_own_token(town: Town) -> None:
    stranger = elsewhere(town.server, "T0ELSEWHERE")
    await town.install(stranger.hand._user)
    assert await answers(stranger) == WHICH, "it is nobody's place"
    used = {
        one.token for one in town.server.calls if one.method == "views.open" and one.answer["ok"]
    }
    assert {town.space.bot_token, stranger.hand._user.space.bot_token} <= used


async def test_the_link_asks_for_two_rights_and_for_files_where_they_are_wanted(town: Town) -> None:
    asked = []
    for path in ("/slack/install", "/slack/install?pictures"):
        async with (
            aiohttp.ClientSession(town.platform.address) as browser,
            browser.get(path, allow_redirects=False) as answer,
        ):
            asked.append(parse_qs(urlsplit(answer.headers["Location"]).query)["scope"])
            cookie = answer.cookies["groundswell_slack_state"]
            assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert asked == [["commands,chat:write"], ["commands,chat:write,files:write"]]


async def test_a_place_that_nobody_let_us_into_any_more_is_lost_when_we_speak_there(
    town: Town,
) -> None:
    """As where an organisation put us out of all of its workspaces at once, and told of none."""
    await town.install(town.person("moderator").hand._user)
    async with town.platform._open_work() as work:
        row = await work.platforms.workspace("slack", town.space.team)
        assert row
        assert await work.platforms.put_out("slack", town.space.team, row.sealed)
    town.world.clock.move(timedelta(minutes=2))  # what was looked up before is forgotten
    await town.world.slot()
    await town.world.bot.tick()
    told = [one.key for _, card in town.world.post.people for one in card.lines]
    assert "notice.space_gone" in told


async def test_what_a_workspace_gave_us_lies_sealed(town: Town) -> None:
    await town.install(town.person("moderator").hand._user)
    where = town.world.where
    kept = b"".join(
        file.read_bytes() for folder in (where.data, where.keys) for file in folder.iterdir()
    )
    assert town.space.team.encode() in kept
    assert town.space.bot_token.encode() not in kept
    assert town.space.bot_token.removeprefix("xoxb-").encode() not in kept


async def page(town: Town, path: str, cookie: str = "") -> tuple[int, str]:
    cookies = {"groundswell_slack_state": cookie}
    async with (
        aiohttp.ClientSession(town.platform.address, cookies=cookies) as browser,
        browser.get(path) as got,
    ):
        return got.status, await got.text()


async def state(town: Town) -> str:
    async with (
        aiohttp.ClientSession(town.platform.address) as browser,
        browser.get("/slack/install", allow_redirects=False) as asked,
    ):
        assert asked.headers["Location"].startswith(f"{town.server.url}/oauth/v2/authorize?")
        return asked.cookies["groundswell_slack_state"].value


async def test_a_code_without_this_browser_s_own_state_is_not_even_tried(town: Town) -> None:
    good = await state(town)
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")
    before = town.server.counted("oauth.v2.access")
    for path, cookie in (
        (f"/slack/oauth_redirect?code=1&state={good}", ""),
        (f"/slack/oauth_redirect?code=1&state={good}", await state(town)),
        (f"/slack/oauth_redirect?code=1&state={forged}", forged),
        ("/slack/oauth_redirect?code=1&state=", ""),
        ("/slack/oauth_redirect?code=1&state=%C3%A9", "x"),
        (f"/slack/oauth_redirect?error=access_denied&state={good}", good),
    ):
        status, said = await page(town, path, cookie)
        assert (status, "was not installed" in said) == (400, True), path
    town.world.clock.move(STATE_LASTS + timedelta(seconds=1))
    assert (await page(town, f"/slack/oauth_redirect?code=1&state={good}", good))[0] == 400
    assert town.server.counted("oauth.v2.access") == before


async def test_a_code_that_slack_does_not_take_is_told_in_a_sentence(town: Town) -> None:
    good = await state(town)
    status, said = await page(town, f"/slack/oauth_redirect?code=1&state={good}", good)
    assert (status, "was not installed" in said) == (502, True)


async def staffed(town: Town) -> dict[str, tuple[frozenset[Role], int]]:
    """By member of staff, their roles and how many accounts they have on Slack."""
    (id,) = await town.world.bot.communities.ids()
    known = (await town.world.bot.communities.look(id)).community
    slacks = {s.id: sum(a.platform == "slack" for a in s.accounts) for s in known.staff}
    return {one.id: (one.roles, slacks[one.id]) for one in known.staff}


async def moderators(town: Town) -> list[str]:
    return [id for id, (roles, _) in (await staffed(town)).items() if Role.MODERATOR in roles]


async def test_a_workspace_that_put_us_out_takes_its_place_and_not_the_community(
    town: Town,
) -> None:
    await town.install(town.person("moderator").hand._user)
    receipt = await filed(town)
    roles, before = await staffed(town), len(town.world.post.people)
    assert any(slacks for _, slacks in roles.values())
    worker = town.person("worker")
    await worker.types("/grievance")
    await town.server.installing.uninstall(town.space)
    worker.hand.stale = True  # their client shows still what was there
    refused = await worker.submits()
    assert "This workspace has taken the bot out" in refused
    await worker.hand.close()
    await worker.hand.command("/about", channel=town.general)
    (said,) = await worker.hand.until(lambda: worker.hand.ephemerals)
    assert "This workspace has taken the bot out" in said["text"]
    (community,) = await town.world.bot.communities.ids()
    async with town.platform._open_work() as work:
        found = await work.communities.get(community)
        assert await work.platforms.workspace("slack", town.space.team) is None
    assert found is not None
    (there,) = [one.space for one in found[1] if one.space.platform == "slack"]
    assert there.gone is not None
    assert there.rooms == {}
    assert await staffed(town) == {id: (held, 0) for id, (held, _) in roles.items()}
    await town.world.bot.tick()
    told = [one.key for _, card in town.world.post.people[before:] for one in card.lines]
    assert told.count("notice.space_gone") == len(set(await moderators(town))), "once, elsewhere"

    await town.install(town.person("moderator").hand._user)
    worker = town.person("worker")
    await worker.types("/receipt")
    assert "Your case" in await worker.submits(receipt=receipt)


async def test_staff_of_a_workspace_that_comes_back_are_workers_there_until_they_are_bound_anew(
    town: Town,
) -> None:
    """What they took their roles with was forgotten; whoever let the bot in again gives none."""
    await town.install(town.person("moderator").hand._user)
    await town.server.installing.uninstall(town.space)
    await town.platform.tasks.drain()
    await town.install(town.person("moderator").hand._user)
    rep = town.person("rep")
    said = await rep.types("/cases")
    assert "Not done" in said
    assert "employer may read" not in said, "which staff would be told here"


async def test_an_organisation_lets_us_into_all_of_its_workspaces(town: Town) -> None:
    space = town.server.workspace(
        "T0GRIDONE", name="Grid one", grid="E0GRID", org_wide=True, installed=False
    )
    user = space.user("somebody")
    person = Person(town.server.hand(user), space.channel("general", members=[user]))
    await town.install(user)
    async with town.platform._open_work() as work:
        assert await work.platforms.workspace("slack", "E0GRID") is not None
        assert await work.platforms.workspace("slack", "T0GRIDONE") is None
    assert await answers(person) == WHICH
    await person.hand.close()
    await person.hand.shortcut("grievance")
    assert await person.answered() == WHICH
    await town.server.installing.uninstall(space)
    async with town.platform._open_work() as work:
        assert await work.platforms.workspace("slack", "E0GRID") is None


async def test_what_slack_tells_late_of_an_earlier_installation_puts_nobody_out(town: Town) -> None:
    """In no order and again, as Slack does; told by the moment, or by the token that is held."""

    async def told(kind: str, at: float) -> bool:
        """Whether the workspace has a token after this event."""
        more = {"tokens": {"bot": [town.space.bot_user_id]}} if kind == "tokens_revoked" else {}
        event = payloads.event(town.space, {"type": kind, **more}) | {"event_time": int(at)}
        await town.server.delivery.event(event, town.space)
        await town.platform.tasks.drain()
        async with town.platform._open_work() as work:
            return await work.platforms.workspace("slack", town.space.team) is not None

    await town.install(town.person("moderator").hand._user)
    now = town.world.clock.at.timestamp()
    assert await told("app_uninstalled", now - 60)
    assert await told("tokens_revoked", now - 86_400)
    assert await told("app_uninstalled", now + 60), "their clock may be a little ahead"
    assert "Run by" in await answers(town.person("worker"))
    town.server.faults.error("auth.test", "account_inactive")
    assert not await told("app_uninstalled", now + 60), "the token is dead indeed"
    await town.install(town.person("moderator").hand._user)
    assert not await told("app_uninstalled", now + 3600)


async def test_what_slack_grants_is_read_whole_or_not_at_all() -> None:
    told = {
        "access_token": "xoxb-1",
        "team": {"id": "T1", "name": "Harbour"},
        "enterprise": None,
        "scope": "commands,chat:write",
        "bot_user_id": "U1",
        "refresh_token": "xoxe-1",
        "expires_in": 43_200,
    }
    assert granted(told, MONDAY) == Installation(
        "T1",
        "xoxb-1",
        "Harbour",
        frozenset({"commands", "chat:write"}),
        "xoxe-1",
        MONDAY + timedelta(hours=12),
        since=MONDAY,
    )
    for without in ("access_token", "team"):
        with pytest.raises(Refusal):
            granted({key: one for key, one in told.items() if key != without}, MONDAY)
