"""What listens for a platform is begun again after a bug, and waits longer each time."""

from typing import Any

import pytest

from bot import platforms
from bot.dispatch import Door
from bot.platforms import FIRST_PAUSE, LONGEST_PAUSE, supervised
from bot.ports import Noted
from bot.settings import CannotStart
from tests.fakes.world import KeptLog


class Breaks:
    """Ends in a bug so many times, and then well. ``lasts``: how long each lasts, in their order."""

    def __init__(self, patch: pytest.MonkeyPatch, times: int, *lasts: float) -> None:
        self._left, self._lasts, self._at = times, list(lasts), 0.0
        self.log, self.slept = KeptLog(), list[float]()
        nothing: Any = None
        self.door = Door(nothing, nothing, (), nothing, self.log)
        patch.setattr(platforms, "asyncio", self)

    def get_running_loop(self) -> "Breaks":
        return self

    def time(self) -> float:
        return self._at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._at += seconds

    async def listen(self) -> None:
        self._at += self._lasts.pop(0) if self._lasts else 0.0
        self._left -= 1
        if self._left >= 0:
            raise RuntimeError("what somebody wrote")


async def test_each_bug_is_noted_and_each_next_pause_is_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Breaks(monkeypatch, 9)
    await supervised(one.door, one.listen)
    assert one.slept[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert one.slept == sorted(one.slept)
    assert one.slept[-1] == LONGEST_PAUSE
    assert [event for event, _ in one.log.lines] == [Noted.BUG] * 9
    assert "somebody wrote" not in str(one.log.lines)


async def test_what_went_well_for_long_waits_no_longer_than_the_first_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Breaks(monkeypatch, 4, 0.0, 0.0, LONGEST_PAUSE + 1, 0.0)
    await supervised(one.door, one.listen)
    assert one.slept == [FIRST_PAUSE, 2 * FIRST_PAUSE, FIRST_PAUSE, 2 * FIRST_PAUSE]


async def test_what_only_somebody_can_mend_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Breaks(monkeypatch, 0)

    async def refused() -> None:
        raise CannotStart("Set another token.")

    with pytest.raises(CannotStart, match="another token"):
        await supervised(one.door, refused)
    assert one.slept == one.log.lines == []
