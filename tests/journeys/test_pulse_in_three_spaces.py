"""Journey 5 on three platforms at once: Slack, a real homeserver and the sandbox, in one community.

The clock stands where people on the homeserver have been members for long enough to be counted.
"""

from pathlib import Path

import pytest

from bot.ports import Noted
from tests.fakes import matrix_town, slack_week
from tests.fakes.matrix_people import crowd_on
from tests.fakes.matrix_town import homes_on
from tests.fakes.sides import world_of
from tests.fakes.synapse import Synapse
from tests.fakes.world import HandClock, folders
from tests.journeys.pulsing import ended, lives_through_a_wave, planned
from tests.journeys.spaces import InTheSandbox, OnMatrix, OnSlack

pytestmark = [pytest.mark.xdist_group("synapse"), pytest.mark.asyncio(loop_scope="module")]


async def test_one_pulse_one_floor_one_result_and_three_cards(
    synapse: Synapse, tmp_path: Path
) -> None:
    """By a socket, and in the end over HTTP. Each further platform is one side more in the world, and
    one space more that is asked."""
    clock, where = HandClock(matrix_town.settled()), folders(tmp_path)
    async with (
        crowd_on(synapse) as crowd,
        slack_week.workplace_on(where, clock, "socket", pictures=True) as work,
        world_of(where, clock, work, homes := await homes_on(crowd, tmp_path, clock)) as world,
        work.opened(world) as on_slack,
        homes.opened(world) as on_matrix,
    ):
        spaces = (OnSlack(on_slack), OnMatrix(on_matrix), InTheSandbox(world))
        await planned(on_slack)
        for number in (1, 2):
            await lives_through_a_wave(on_slack, number, *spaces)
        work.known = slack_week.known_for(work.server, work.space, "http")
        await on_slack.restart()
        await lives_through_a_wave(on_slack, 3, *spaces)
        await ended(on_slack)
        assert not on_slack.wrong + on_matrix.wrong
        assert Noted.BUG not in {event for event, _ in world.log.lines}
