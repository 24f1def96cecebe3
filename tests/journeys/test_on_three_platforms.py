"""One community over Discord, Slack and the sandbox: one poll, one floor, one result; one rota; and an
employer's Slack, whose cases are read elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot import ports
from bot.domain.communities import Community, Role, Rota, Trust
from bot.ports import Noted
from tests.fakes import discord_week, slack_week
from tests.fakes.acts import Acts
from tests.fakes.at_work import ANSWERED, ASKED, OUTCOME, WORDS
from tests.fakes.discord_week import clubhouse_on
from tests.fakes.sides import world_of
from tests.fakes.slack_week import workplace_on
from tests.fakes.world import HandClock, World, folders
from tests.journeys.over_slack import filed, looked
from tests.journeys.pulsing import lives_through_a_pulse
from tests.journeys.spaces import InTheSandbox, OnDiscord, OnSlack
from tests.journeys.test_employer_on_discord import REFUSED, STORY, readers

pytestmark = pytest.mark.xdist_group("discord")


class Turns:
    """The first two reps have the weeks in turn."""

    def change(self, seeded: Community) -> Community:
        first, second, *_ = (one.id for one in seeded.staff if Role.REP in one.roles)
        return replace(seeded, rota=Rota((first, second)))

    def beside(self, open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        return {}


@dataclass
class Three:
    world: World
    slack: slack_week.Town
    discord: discord_week.Town


@asynccontextmanager
async def three(folder: Path, *, trust: Trust = Trust.NEUTRAL) -> AsyncIterator[Three]:
    """The first rep and moderator have accounts on Slack, the second ones on Discord; the organiser on
    both. ``trust``: of the place on Slack."""
    clock, where = HandClock(), folders(folder)
    async with (
        workplace_on(where, clock, "http", trust=trust, pictures=True) as work,
        clubhouse_on(clock, nth=1) as club,
        world_of(where, clock, work, club, Turns()) as world,
        work.opened(world) as slack,
        club.opened(world) as discord,
    ):
        yield Three(world, slack, discord)
        assert slack.wrong + discord.wrong == []
        assert Noted.BUG not in {event for event, _ in world.log.lines}


async def test_one_pulse_has_three_cards_one_floor_and_one_result(tmp_path: Path) -> None:
    """In none of the places five answer, ever."""
    async with three(tmp_path) as of:
        spaces = (OnSlack(of.slack), OnDiscord(of.discord), InTheSandbox(of.world))
        await lives_through_a_pulse(of.slack, *spaces)


async def test_reps_on_different_platforms_are_on_one_rota(tmp_path: Path) -> None:
    async with three(tmp_path) as of:
        on_slack, on_discord = of.slack.person("rep"), of.discord.person("rep")
        await Acts(of.world).file("somebody")
        await of.world.slot()
        await on_slack.hears("A case needs you by")
        assert not [one for one in on_discord.heard() if "A case needs you" in one]
        await on_slack.types("/cases")
        await on_slack.presses("open")
        await on_slack.presses("acknowledge")

        await of.world.live(days=7)
        here, there = await of.slack.person("worker").types("/reps"), on_discord
        assert "On duty" in here
        first = here[here.index("On duty") :].splitlines()[:2]
        seen = await of.discord.person("worker").types("reps")
        assert all(one in seen for one in first), "the same rota, wherever it is asked for"
        heard = len(on_slack.heard())
        await Acts(of.world).file("somebody else")
        await of.world.slot()
        await there.hears("A case needs you by")
        assert not [one for one in on_slack.heard()[heard:] if "A case needs you" in one]


def to_slack(town: slack_week.Town, word: str) -> set[tuple[str, str]]:
    """The bodies with this word that left for Slack: what each was, and whose act it answered."""
    out = [one for one in town.server.bodies if one.to == "town"]
    return {(one.kind, one.user) for one in out if any(word in said for said in one.words)}


async def test_a_case_from_the_employer_s_slack_is_read_by_a_rep_on_discord(
    tmp_path: Path,
) -> None:
    async with three(tmp_path, trust=Trust.EMPLOYER_OWNED) as of:
        rep = of.discord.person("rep")
        receipt = await filed(of.slack)
        await of.world.live(days=8)  # the second rep's week, and the case has climbed to all
        await rep.hears("A case needs you")
        await rep.types("cases")
        assert STORY in await rep.presses("open")
        await rep.presses("acknowledge")
        await rep.presses("ask")
        await rep.submits(text=ASKED)
        assert REFUSED in await of.slack.person("rep").types("/cases")
        await of.world.slot()
        worker = await looked(of.slack, receipt)
        assert ASKED in worker.sees
        await worker.presses("message")
        await worker.submits(text=ANSWERED)
        await of.world.slot()
        await rep.types("cases")
        assert ANSWERED in await rep.presses("open")
        await rep.presses("resolve")
        await rep.submits(outcome=OUTCOME)
        await of.world.slot()
        assert OUTCOME in (await looked(of.slack, receipt)).sees

        here = of.slack.space.user("worker").id
        own = {("ack view_submission", here), ("call views.update", "")}  # a late answer's
        for one in WORDS:
            assert to_slack(of.slack, one)
            assert to_slack(of.slack, one) <= own
            assert readers(of.discord, one) == {"rep"}
        for one in (here, receipt):
            assert readers(of.discord, one) == set()
        for one in (here, "needs you"):
            assert to_slack(of.slack, one) == set()
