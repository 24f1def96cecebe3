"""What is left of a talk when it has ended, and what becomes of it where that does not work at once."""

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.matrix import listening
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import Crowd
from tests.fakes.matrix_town import town_on

pytestmark = pytest.mark.xdist_group("synapse")
SILENT = timedelta(minutes=31)


async def test_a_room_that_cannot_be_left_when_its_talk_ends_is_left_later(
    crowd: Crowd, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "PAUSES", ())
    async with town_on(crowd, tmp_path, host.url) as town:
        worker, other = town.talk("worker"), town.talk("organiser")
        for one in (worker, other):
            await one.opens()
        host.answers = lambda method, path: (500, {}) if path.endswith("/leave") else None
        town.world.clock.move(SILENT)
        await town.tidy()
        assert worker.room in await town.joined()
        host.answers = lambda method, path: None
        await town.tidy()
        assert worker.room not in await town.joined()
        assert other.room in await town.joined(), "staff keep theirs"
        assert town.world.log.lines == []
