"""Tokens: changed before they run out, held until they are kept, and found dead where they are used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.installations import EARLY
from adapters.slack.losing import Losing
from adapters.slack.renewing import Renewing
from adapters.slack.wire import Wire, wire_to
from bot.domain.errors import CannotSave
from bot.ports import Noted, OpenWork, Unreachable, WorkspaceRow
from bot.services.communities.places import Places
from bot.wiring import Bot
from tests.fakes.slack_week import TEAM, Person, Town, town_on
from tests.journeys.over_slack import filed
from tests.platforms.test_slack_post import CARD, community

pytestmark = [pytest.mark.xdist_group("slack"), pytest.mark.asyncio(loop_scope="module")]


async def answers(person: Person) -> str:
    if person.hand.view:
        await person.hand.close()
    return await person.types("/about")


@asynccontextmanager
async def rotating(where: Path) -> AsyncIterator[Town]:
    """A workspace that let us in over HTTP, with a token that runs out."""
    async with town_on(where, "http", many=True) as town:
        town.server.app.rotation = True
        await town.install(town.person("moderator").hand._user)
        yield town


def renewing(
    town: Town, wire: Wire, bot: Bot | None = None, open_work: OpenWork | None = None
) -> Renewing:
    """One more process's job."""
    there = town.platform.post.installations
    assert there
    losing = Losing((bot or town.world.bot).door, there)
    of = (open_work or town.platform._open_work, town.world.clock, town.platform._client())
    return Renewing(wire, there, losing, *of)


async def rows(town: Town) -> list[WorkspaceRow]:
    async with town.platform._open_work() as work:
        return list(await work.platforms.workspaces("slack"))


async def test_a_token_that_runs_out_is_changed_once_however_many_processes(
    tmp_path: Path,
) -> None:
    async with town_on(tmp_path, "http", many=True) as town:
        town.server.app.rotation = True
        await town.install(town.person("moderator").hand._user)
        first = town.space.bot_token
        town.world.clock.move(timedelta(hours=12) - EARLY - timedelta(minutes=1))
        async with wire_to(town.server.api_url) as wire:
            jobs = [renewing(town, wire) for _ in range(3)]
            await asyncio.gather(*(one.look(town.world.bot.door) for one in jobs))
            assert town.space.bot_token == first, "it is good still"
            town.world.clock.move(timedelta(minutes=2))
            await asyncio.gather(*(one.look(town.world.bot.door) for one in jobs))
        renewed = [one for one in town.server.calls if one.method == "oauth.v2.access"]
        assert len(renewed) == 2, "the installation, and one renewal"
        assert town.space.bot_token != first
        await answers(town.person("worker"))
        opened = [one for one in town.server.calls if one.method == "views.open"]
        assert opened[-1].token == town.space.bot_token


async def test_a_token_that_slack_renews_no_more_is_forgotten_and_any_other_kept(
    tmp_path: Path,
) -> None:
    """By two processes, of which one renews."""
    async with town_on(tmp_path, "http", many=True) as town, town.another_process() as second:
        town.server.app.rotation = True
        await town.install(town.person("moderator").hand._user)
        town.world.clock.move(timedelta(hours=11))
        async with wire_to(town.server.api_url) as wire:
            job = renewing(town, wire, second)

            async def looks(error: str, after: timedelta) -> int:
                """How often it asked."""
                town.world.clock.move(after)
                before = town.server.counted("oauth.v2.access")
                if error == "500":
                    town.server.faults.status("oauth.v2.access", 500)
                elif error:
                    town.server.faults.error("oauth.v2.access", error)
                await job.look(second.door)
                return town.server.counted("oauth.v2.access") - before

            async def kept() -> int:
                async with town.platform._open_work() as work:
                    return len(await work.platforms.workspaces("slack"))

            await looks("500", timedelta(0))
            assert await looks("bad_client_secret", timedelta(minutes=3)) == 1
            assert await kept() == 1, "what is wrong with us is no workspace's fault"
            warned = {"platform": "slack", "kind": "token not renewed"}
            assert (Noted.WARNED, warned | {"place": "bad_client_secret"}) in town.world.log.lines
            assert await looks("invalid_client_id", timedelta(minutes=3)) == 1
            assert await looks("", timedelta(minutes=3)) == 0, "it waits longer each time"
            assert "Run by" in await answers(town.person("worker"))
            assert await looks("invalid_refresh_token", timedelta(minutes=3)) == 1
            assert await kept() == 0
        (community,) = await town.world.bot.communities.ids()
        spaces = (await second.communities.look(community)).community.spaces
        assert all(one.gone for one in spaces if one.platform == "slack")


async def test_a_place_that_installed_us_anew_while_its_old_token_was_renewed_keeps_the_new_one(
    tmp_path: Path,
) -> None:
    async with rotating(tmp_path) as town, wire_to(town.server.api_url) as wire:
        door, moderator = town.world.bot.door, town.person("moderator").hand._user

        class Meanwhile(Renewing):
            """The place installs us while Slack is asked."""

            async def _changed(self, one: Any) -> Any:
                try:
                    return await super()._changed(one)
                finally:
                    await town.install(moderator)

        job = renewing(town, wire)
        job.__class__ = Meanwhile
        for code in ("invalid_refresh_token", "bad_client_secret", ""):
            town.world.clock.move(timedelta(hours=11))
            if code:
                town.server.faults.error("oauth.v2.access", code)
            (old,) = await rows(town)
            await job.look(door)
            (new,) = await rows(town)
            assert new.sealed != old.sealed, code
            assert new.renew, code
            assert new.renew > town.world.clock.now() + timedelta(hours=9), code
            assert "Run by" in await answers(town.person("worker")), code
        assert not job._unkept


class Failing:
    """A database that is away for as long as it is told to."""

    def __init__(self, there: OpenWork) -> None:
        self._there, self.away = there, False

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        if self.away:
            raise CannotSave
        async with self._there() as work:
            yield work


async def test_a_new_token_that_could_not_be_kept_is_held_until_it_can_be(tmp_path: Path) -> None:
    """Slack takes the old one's renewal no second time."""
    async with rotating(tmp_path) as town, wire_to(town.server.api_url) as wire:
        database = Failing(town.platform._open_work)
        job, asked = renewing(town, wire, open_work=database), Renewing._changed
        town.world.clock.move(timedelta(hours=11))

        async def then_away(one: Any) -> Any:
            new = await asked(job, one)
            database.away = True
            return new

        job._changed = then_away  # type: ignore[method-assign]  # between its two halves
        for _ in range(2):
            with pytest.raises(CannotSave):
                await job.look(town.world.bot.door)
        database.away = False
        town.world.clock.move(timedelta(minutes=3))  # another one might claim it by now
        await job.look(town.world.bot.door)
        assert town.server.counted("oauth.v2.access") == 2, "the installation, and one renewal"
        (row,) = await rows(town)
        there = town.platform.post.installations
        assert there
        assert there.opened(row).token == town.space.bot_token
        assert "Run by" in await answers(town.person("worker"))


async def test_a_row_that_cannot_be_opened_keeps_no_other_from_being_renewed(
    tmp_path: Path,
) -> None:
    async with rotating(tmp_path) as town, wire_to(town.server.api_url) as wire:
        (row,) = await rows(town)
        async with town.platform._open_work() as work:
            broken = WorkspaceRow("T0BROKEN", row.wrapped, row.sealed, town.world.clock.now())
            await work.platforms.let_in("slack", broken)
        town.world.clock.move(timedelta(hours=11))
        await renewing(town, wire).look(town.world.bot.door)
        assert town.server.counted("oauth.v2.access") == 2
        kinds = [more.get("kind") for event, more in town.world.log.lines if event is Noted.BUG]
        assert kinds == ["BadSeal"]


# Found dead ------------------------------------------------------------------------------------------


async def gone(town: Town) -> bool:
    (space,) = [one for one in (await community(town)).spaces if one.platform == "slack"]
    return space.gone is not None


async def says(town: Town) -> None:
    to_room = town.platform.post.to_room
    await to_room(TEAM, town.general.id, CARD, await community(town), "1")


@pytest.mark.parametrize("ended", ["account_inactive", "token_revoked"])
async def test_a_token_that_slack_ended_and_told_of_is_found_when_we_speak(
    tmp_path: Path, ended: str
) -> None:
    async with town_on(tmp_path, "http", many=True) as town:
        await town.install(town.person("moderator").hand._user)
        for code in ("invalid_auth", "team_access_not_granted", ended):
            assert (await rows(town), await gone(town)) != ([], True), "not for good"
            town.server.faults.error("chat.postMessage", code)
            with pytest.raises(Unreachable):
                await says(town)
        assert (await rows(town), await gone(town)) == ([], True)
        assert town.platform.post.connected(), "one of many, of which others may be well"
        warned = [more["place"] for event, more in town.world.log.lines if event is Noted.WARNED]
        assert warned == ["invalid_auth"], "once"
        await town.install(town.person("moderator").hand._user)
        assert not await gone(town)
        await says(town)


async def test_it_is_found_when_somebody_is_answered_and_they_are_told(tmp_path: Path) -> None:
    async with town_on(tmp_path, "http", many=True) as town:
        await town.install(town.person("moderator").hand._user)
        assert await filed(town)
        worker = town.person("worker")
        for code, said in (
            ("invalid_auth", "Something broke on our side"),
            ("account_inactive", "has taken the bot out"),
        ):
            town.server.faults.error("views.open", code)
            before = len(worker.hand.ephemerals)
            await worker.hand.command("/about", channel=town.general)
            await worker.hand.until(lambda before=before: len(worker.hand.ephemerals) > before)  # type: ignore[misc]  # bound for this round
            assert said in worker.hand.ephemerals[-1]["text"]
        await town.platform.tasks.drain()
        assert (await rows(town), await gone(town)) == ([], True)


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_without_the_token_of_the_settings_we_are_not_ready(
    tmp_path: Path, transport: str
) -> None:
    async with town_on(tmp_path, transport) as town:
        post = town.platform.post
        assert post.connected()
        town.server.faults.error("chat.postMessage", "invalid_auth")
        with pytest.raises(Unreachable):
            await says(town)
        assert not post.connected()
        town.world.clock.move(timedelta(minutes=1))
        await says(town)
        assert post.connected(), "it was a mistake"
        town.server.faults.error("chat.postMessage", "token_revoked")
        with pytest.raises(Unreachable):
            await says(town)
        assert not post.connected()
        assert await gone(town)


# Put out by what Slack tells ---------------------------------------------------------------------------


async def test_that_we_were_put_out_is_acknowledged_only_when_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However busy we are; else Slack tells it again."""
    async with town_on(tmp_path, "http", many=True) as town:
        town.server.retries = (0.0, 0.0, 0.0)
        await town.install(town.person("moderator").hand._user)
        tries, put_out = [], Places.put_out

        async def twice_away(places: Places, platform: str, address: str) -> None:
            tries.append(address)
            if len(tries) < 3:
                raise CannotSave
            await put_out(places, platform, address)

        monkeypatch.setattr(Places, "put_out", twice_away)
        town.platform.tasks.most = 0
        await town.server.installing.uninstall(town.space)
        assert tries == [town.space.team] * 4
        acks = [ack for named, ack in town.server.delivery.seen if named == "event"][-4:]
        told = [bool(one.trouble) for one in acks]
        assert told == [True, True, False, False], "that it was taken out, and that its token was"
        assert (await rows(town), await gone(town)) == ([], True)
        assert Noted.BUG not in {event for event, _ in town.world.log.lines}


async def test_a_workspace_that_lets_us_in_while_the_database_is_away_is_told_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town_on(tmp_path, "http", many=True) as town:
        moderator = town.person("moderator").hand._user

        async def away(*_: Any) -> None:
            raise CannotSave

        for what in (
            "adapters.slack.installations.Installations.keep",
            "bot.services.communities.places.Places.returned",
        ):
            with monkeypatch.context() as broken:
                broken.setattr(what, away)
                status, page = await town.install(moderator)
            assert (status, "could not be saved just now" in page) == (503, True)
        assert (await town.install(moderator))[0] == 200
