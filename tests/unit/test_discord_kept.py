"""What waits behind a button is there for a quarter of an hour, in memory alone, and never too much."""

import asyncio
from itertools import count

import pytest

from adapters.discord import kept
from adapters.discord.kept import Kept, Shelf
from bot.chat import Caller, Reply

NOOR, RUTH = Caller("discord", "1", "10"), Caller("discord", "2", "20")


def shelf() -> tuple[Shelf, list[float]]:
    now, names = [100.0], count()
    return Shelf(lambda: now[0], lambda: f"{next(names)}"), now


async def test_it_is_found_by_its_name_as_often_as_it_is_asked_for() -> None:
    one, _ = shelf()
    form, words = Kept(reply=Reply()), Kept(answers={"story": "mine"})
    names = [one.keep(form, NOOR), one.keep(words, NOOR)]
    for _ in range(2):
        assert [one.find(name) for name in names] == [form, words]
    assert one.find("") is None
    assert one.find("another") is None


async def test_after_a_quarter_of_an_hour_it_is_gone() -> None:
    one, now = shelf()
    name = one.keep(Kept(answers={"story": "mine"}), NOOR)
    now[0] += kept.LASTS
    assert one.find(name) is None


async def test_nobody_has_to_ask_for_it_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LASTS", 0.01)
    one, _ = shelf()
    one.keep(Kept(answers={"story": "mine"}), NOOR)
    await asyncio.sleep(0.05)
    assert one._kept == {}


async def test_there_is_never_more_than_there_is_room_for() -> None:
    one, _ = shelf()
    people = [Caller("discord", "1", f"{n}") for n in range(kept.MOST + 5)]
    names = [one.keep(Kept(reply=Reply()), who) for who in people]
    assert len(one._kept) == kept.MOST
    assert one.find(names[0]) is None
    assert one.find(names[-1])


def test_what_is_kept_shows_no_word_of_it() -> None:
    assert "mine" not in repr(Kept(answers={"story": "mine"}))


async def test_whoever_has_much_waiting_loses_their_own_and_nobody_else_s() -> None:
    one, _ = shelf()
    hers = one.keep(Kept(answers={"story": "mine"}), RUTH)
    names = [one.keep(Kept(reply=Reply()), NOOR) for _ in range(kept.MOST + 5)]
    assert one.find(hers)
    assert [bool(one.find(name)) for name in names] == [False] * (
        kept.MOST + 5 - kept.MOST_OF_ONE
    ) + [True] * kept.MOST_OF_ONE


async def test_whose_it_is_cannot_be_read_off_it() -> None:
    one, _ = shelf()
    one.keep(Kept(reply=Reply()), Caller("discord", "1", "123456789012345678"))
    assert "123456789012345678" not in repr(one._kept)
