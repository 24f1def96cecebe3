"""Every beat that has anything to do is asked, whatever became of the one before it."""

from collections.abc import Awaitable, Callable, Collection

import pytest

from bot.domain.communities import CommunityId
from bot.heartbeat import Beat, Each, Heartbeat
from bot.ports import Noted, What
from tests.fakes.world import KeptLog


async def all_come() -> Collection[What]:
    """Of every kind something has come."""
    return set(What)


async def none_has() -> Collection[What]:
    return set()


async def test_beats_are_asked_in_their_order() -> None:
    asked: list[str] = []

    def beat(name: str) -> Beat:
        async def ask() -> None:
            asked.append(name)

        return Beat(name, ask)

    heart = Heartbeat([beat("slots"), beat("deadlines"), beat("digests")], none_has, KeptLog())
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

    heart = Heartbeat([Beat("release.due", fails), Beat("retention.shred", goes_on)], all_come, log)
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

    heart = Heartbeat(
        [Each("climbing.due", What.LOOK, waiting, ask), Beat("marks.forget", goes_on)],
        all_come,
        log,
    )
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

    await Heartbeat(
        [Each("release.due", What.SLOT, waiting, ask), Beat("next", goes_on)], all_come, log
    ).tick()
    assert asked == ["goes on"]
    assert log.lines == [(Noted.BUG, {"kind": "RuntimeError", "place": "release.due"})]


class Asked:
    """What of a heartbeat was asked, with a beat of each kind."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.beats = [
            Beat("calm", self._ask("calm"), What.SLOT),
            Each("climbing", What.LOOK, self._waiting, self._of_each),
            Beat("always", self._ask("always")),
        ]

    def _ask(self, name: str) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            self.names.append(name)

        return ask

    async def _waiting(self) -> list[CommunityId]:
        self.names.append("climbing")
        return [CommunityId("here")]

    async def _of_each(self, id: CommunityId) -> None:
        self.names.append(id)


@pytest.mark.parametrize(
    ("due", "names"),
    [
        (set(), ["always"]),
        ({What.SLOT}, ["calm", "always"]),
        ({What.LOOK}, ["climbing", "here", "always"]),
        ({What.DIGEST}, ["always"]),
        (set(What), ["calm", "climbing", "here", "always"]),
    ],
)
async def test_what_has_nothing_to_do_is_not_asked(due: set[What], names: list[str]) -> None:
    async def has_come() -> Collection[What]:
        return due

    asked = Asked()
    await Heartbeat(asked.beats, has_come, KeptLog()).tick()
    assert asked.names == names


async def test_what_one_beat_brings_on_the_next_does_in_the_same_tick() -> None:
    """A slot may bring a deadline that is over already."""
    asked = Asked()

    async def has_come() -> Collection[What]:
        return {What.LOOK} if "calm" in asked.names else {What.SLOT}

    await Heartbeat(asked.beats, has_come, KeptLog()).tick()
    assert asked.names == ["calm", "climbing", "here", "always"]


async def test_where_nobody_can_tell_what_has_come_all_are_asked() -> None:
    async def cannot_tell() -> Collection[What]:
        raise RuntimeError

    asked, log = Asked(), KeptLog()
    await Heartbeat(asked.beats, cannot_tell, log).tick()
    assert asked.names == ["calm", "climbing", "here", "always"]
    assert log.lines[0] == (Noted.BUG, {"kind": "RuntimeError", "place": "agenda.due"})
