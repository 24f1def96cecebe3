"""Every beat is asked at every tick, whatever became of the one before it."""

from bot.heartbeat import Beat, Heartbeat
from bot.ports import Noted
from tests.fakes.world import KeptLog


async def test_beats_are_asked_in_their_order() -> None:
    asked: list[str] = []

    def beat(name: str) -> Beat:
        async def ask() -> None:
            asked.append(name)

        return Beat(name, ask)

    heart = Heartbeat([beat("slots"), beat("deadlines"), beat("digests")], KeptLog())
    await heart.tick()
    await heart.tick()
    assert asked == ["slots", "deadlines", "digests"] * 2


async def test_a_beat_that_fails_stops_neither_the_others_nor_the_next_tick() -> None:
    asked: list[str] = []
    log = KeptLog()

    async def fails() -> None:
        asked.append("fails")
        raise RuntimeError("my manager is called Sam Smith")

    async def goes_on() -> None:
        asked.append("goes on")

    heart = Heartbeat([Beat("release.due", fails), Beat("retention.shred", goes_on)], log)
    await heart.tick()
    await heart.tick()
    assert asked == ["fails", "goes on"] * 2
    assert log.lines == [(Noted.BUG, {"kind": "RuntimeError", "place": "release.due"})] * 2
