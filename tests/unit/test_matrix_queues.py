"""Rooms do not wait for one another, and a token is told when all before it was handled."""

import asyncio

import pytest

from adapters.matrix import queues as module
from adapters.matrix.queues import Queues


class Bench:
    """Handles what it is let to handle."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.queues = Queues[str](group, self._handle, self._done)
        self.handled: list[str] = []
        self.tokens: list[str] = []
        self.held: dict[str, asyncio.Event] = {}

    async def _handle(self, part: str) -> None:
        if part in self.held:
            await self.held[part].wait()
        self.handled.append(part)

    async def _done(self, token: str) -> None:
        self.tokens.append(token)

    def hold(self, part: str) -> None:
        self.held[part] = asyncio.Event()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_room_is_handled_in_order() -> None:
    async with asyncio.TaskGroup() as group:
        bench = Bench(group)
        for n in range(5):
            await bench.queues.put(f"t{n}", [("room", f"{n}")])
    assert bench.handled == ["0", "1", "2", "3", "4"]
    assert bench.tokens[-1] == "t4"


async def test_no_room_waits_for_another_but_its_token_does() -> None:
    async with asyncio.TaskGroup() as group:
        bench = Bench(group)
        bench.hold("slow")
        await bench.queues.put("t1", [("a", "slow"), ("b", "quick")])
        await bench.queues.put("t2", [("b", "next"), ("a", "behind")])
        await bench.settle()
        assert (bench.handled, bench.tokens) == (["quick", "next"], [])
        bench.held["slow"].set()
    assert bench.handled == ["quick", "next", "slow", "behind"]
    assert bench.tokens == ["t1", "t2"]


async def test_an_answer_with_nothing_in_it_moves_on_behind_the_others() -> None:
    async with asyncio.TaskGroup() as group:
        bench = Bench(group)
        await bench.queues.put("t1", [])
        assert bench.tokens == ["t1"]
        bench.hold("slow")
        await bench.queues.put("t2", [("a", "slow")])
        await bench.queues.put("t3", [])
        assert bench.tokens == ["t1"]
        bench.held["slow"].set()
        await bench.settle()
        assert bench.tokens == ["t1", "t3"]


async def test_whoever_asks_for_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    async with asyncio.TaskGroup() as group:
        bench = Bench(group)
        bench.hold("slow")
        for n in range(3):
            await bench.queues.put(f"t{n}", [("a", "slow" if n == 0 else f"{n}")])
        fourth = asyncio.ensure_future(bench.queues.put("t3", [("b", "b")]))
        await bench.settle()
        assert not fourth.done()
        bench.held["slow"].set()
        await fourth
    assert bench.tokens[-1] == "t3"


async def test_what_a_handler_raises_ends_all_of_it_and_its_token_is_never_told() -> None:
    async def broken(part: str) -> None:
        raise ZeroDivisionError

    tokens: list[str] = []

    async def done(token: str) -> None:
        tokens.append(token)

    with pytest.raises(ExceptionGroup) as several:
        async with asyncio.TaskGroup() as group:
            await Queues[str](group, broken, done).put("t1", [("a", "x")])
            await asyncio.sleep(10)
    assert several.group_contains(ZeroDivisionError)
    assert tokens == []
