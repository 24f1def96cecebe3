"""Every beat is asked at every tick, whatever became of the one before it."""

from bot.domain.communities import CommunityId
from bot.heartbeat import Beat, Each, Heartbeat
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


async def test_a_damaged_community_stops_none_of_the_others() -> None:
    asked: list[str] = []
    log = KeptLog()

    async def waiting() -> list[CommunityId]:
        return [CommunityId("damaged"), CommunityId("whole")]

    async def ask(id: CommunityId) -> None:
        asked.append(id)
        if id == "damaged":
            raise RuntimeError("my manager is called Sam Smith")

    async def goes_on() -> None:
        asked.append("goes on")

    heart = Heartbeat([Each("climbing.due", waiting, ask), Beat("marks.forget", goes_on)], log)
    await heart.tick()
    assert asked == ["damaged", "whole", "goes on"]
    assert log.lines == [(Noted.BUG, {"kind": "RuntimeError", "place": "climbing.due"})]


async def test_where_nobody_can_tell_who_waits_the_next_beat_is_asked_all_the_same() -> None:
    asked: list[str] = []
    log = KeptLog()

    async def waiting() -> list[CommunityId]:
        raise RuntimeError

    async def ask(id: CommunityId) -> None:
        asked.append(id)

    async def goes_on() -> None:
        asked.append("goes on")

    await Heartbeat([Each("release.due", waiting, ask), Beat("next", goes_on)], log).tick()
    assert asked == ["goes on"]
    assert log.lines == [(Noted.BUG, {"kind": "RuntimeError", "place": "release.due"})]
