"""An organisation of several workspaces (Enterprise Grid) that let the bot into all of them at once:
Slack then tells of a modal no workspace, and calls people's home what it likes.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from adapters.slack.carried import Carried, Kind
from adapters.slack.incoming import acted, typed
from bot.domain.communities import Space
from bot.ports import Noted
from tests.fakes.slack_week import STORY, Town, town_on
from tests.journeys.test_on_slack import filed, looked

pytestmark = pytest.mark.xdist_group("slack")
story = pytest.mark.asyncio(loop_scope="module")

GRID = "E0HARBOURS"
HOMES = {"worker": GRID, "rep": "T0ANOTHERHOME", "moderator": "T0ANOTHERHOME", "colleague": ""}
HERE: dict[str, Any] = {"id": "T1", "domain": "harbour", "enterprise_id": "E1"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with town_on(tmp_path_factory.mktemp("town"), "http", many=True) as made:
        made.space.grid, made.space.org_wide = GRID, True
        for name, home in HOMES.items():
            made.space.user(name).home = home
        await made.install(made.space.user("moderator"))
        await made.person("colleague").types("/about")  # so that it is known whose the workspace is
        await made.monday()
        yield made
        assert made.wrong == []
        assert Noted.BUG not in {event for event, _ in made.world.log.lines}


async def place(town: Town) -> Space:
    (community,) = await town.world.bot.communities.ids()
    async with town.platform._open_work() as work:
        found = await work.communities.get(community)
    assert found is not None
    (there,) = [one.space for one in found[1] if one.space.platform == "slack"]
    return there


@story
async def test_a_case_is_filed_and_answered_wherever_slack_says_that_they_are_at_home(
    town: Town,
) -> None:
    receipt = await filed(town)
    await town.world.slot()
    rep = town.person("rep")
    await rep.types("/cases")
    assert STORY in await rep.presses("open")
    assert "You took this case." in await rep.presses("acknowledge")
    assert "Your case" in (await looked(town, receipt)).sees


@story
async def test_what_is_said_in_a_workspace_is_said_with_its_organisation_s_token(
    town: Town,
) -> None:
    await filed(town)
    await town.restart()  # nothing but what was kept tells whose the workspace is
    before = len(town.server.calls)
    await town.world.slot()
    said = [one for one in town.server.calls[before:] if one.method == "chat.postMessage"]
    assert all(one.answer["ok"] for one in said)
    assert town.reps.id in {one.params["channel"] for one in said}
    assert (await place(town)).gone is None


@story
async def test_an_organisation_that_put_us_out_takes_all_of_its_workspaces_and_brings_them_back(
    town: Town,
) -> None:
    await town.server.installing.uninstall(town.space)
    await town.platform.tasks.drain()
    assert (await place(town)).gone is not None
    async with town.platform._open_work() as work:
        assert await work.platforms.workspace("slack", GRID) is None

    await town.install(town.space.user("moderator"))
    back = await place(town)
    assert (back.gone, back.answered) == (None, False), "who can read it is to be said anew"
    town.person("colleague").hand.screen.stack.clear()
    assert "Run by" in await town.person("colleague").types("/about")


# As Slack's payloads say it --------------------------------------------------------------------------


def pressed(home: str, team: dict[str, Any] | None = HERE, **more: Any) -> str:
    user = {"id": "U1", "team_id": home}
    body = {"user": user, "team": team, "enterprise": {"id": "E1"}, "trigger_id": "1"}
    return acted(body | more).caller.space


def view(space: str) -> dict[str, Any]:
    return {"type": "modal", "private_metadata": Carried(Kind.FORM, "C1", space).told()}


@pytest.mark.parametrize("home", ["E1", "T1", "T2", "E2", ""])
def test_a_view_is_where_it_was_begun_whatever_its_person_s_home_is_called(home: str) -> None:
    assert pressed(home, None, view=view("T1")) == "T1"
    assert pressed(home, HERE, view=view("T9")) == "T9", "a stranger's stays a stranger's"


@pytest.mark.parametrize(
    ("home", "space"), [("E1", "T1"), ("T1", "T1"), ("", "T1"), ("T2", "T2"), ("E2", "E2")]
)
def test_a_message_is_pressed_in_its_workspace_unless_by_somebody_of_elsewhere(
    home: str, space: str
) -> None:
    assert pressed(home, channel={"id": "C1"}) == space


@pytest.mark.parametrize(("home", "space"), [("T2", "T2"), ("E1", "E1"), ("", "E1")])
def test_a_shortcut_of_an_organisation_s_app_is_where_its_person_is_at_home(
    home: str, space: str
) -> None:
    assert pressed(home, None) == space


@pytest.mark.parametrize(("channel", "room"), [("C1", "C1"), ("G1", "G1"), ("D1", "")])
def test_a_channel_that_is_only_named_as_a_talk_alone_is_a_room(channel: str, room: str) -> None:
    body = {"team_id": "T1", "user_id": "U1", "channel_id": channel}
    assert typed(body | {"channel_name": "directmessage"}).room == room
