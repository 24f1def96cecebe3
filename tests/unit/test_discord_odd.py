"""What Discord brings and should not: an interaction as far as it is one, and a sentence where it is."""

from typing import Any

import pytest

from adapters.discord import render
from adapters.discord.carried import CARRIED
from adapters.discord.gateway import Client, Happened, _is_id, _passed_over
from adapters.discord.incoming import come
from bot.chat import Card, Reply, line

TOLD: dict[str, Any] = {
    "type": 3,
    "id": "1",
    "token": "t",
    "guild_id": "5",
    "member": {"user": {"id": "2"}, "permissions": "32", "joined_at": "2026-01-02T03:04:05+00:00"},
    "data": {"custom_id": "look:x"},
}


def told(**more: Any) -> Any:
    return come(TOLD | more)


@pytest.mark.parametrize(
    ("permissions", "manages"),
    [
        ("32", True),
        ("64", False),
        ("9" * 5000, False),
        ("\u00b2", False),
        (8, False),
        ("-8", False),
    ],
    ids=str,
)
def test_who_manages_is_told_by_a_figure_of_theirs_alone(permissions: Any, manages: bool) -> None:
    assert told(member=TOLD["member"] | {"permissions": permissions}).caller.manages is manages


@pytest.mark.parametrize("odd", [None, 7, [], {}, "\ud800", "x" * 2001, "a\0"], ids=repr)
def test_an_interaction_without_its_ids_is_none(odd: Any) -> None:
    assert told(id=odd) is None
    assert told(token=odd) is None
    assert told(data={"custom_id": odd}) is None or len(odd) > CARRIED


def test_an_id_that_discord_never_took_from_us_is_known_to_nobody() -> None:
    assert told(data={"custom_id": "x" * CARRIED}).id == "x" * CARRIED
    assert told(data={"custom_id": "x" * (CARRIED + 1)}).id == "?"


def test_what_no_button_could_carry_is_not_offered_once_more() -> None:
    reply = Reply((Card(line("refused.title")),))
    assert render.once_more(reply, "k" * 12, "look:x").cards[0].buttons
    assert render.once_more(reply, "k" * 12, "x" * CARRIED) == reply


@pytest.mark.parametrize("id", ["", "x", "9" * 5000, "\u00b2", "-1"], ids=lambda one: one[:9])
def test_what_is_no_number_is_no_server(id: str) -> None:
    assert not _is_id(id)
    assert _is_id("1100000000000000001")


@pytest.mark.parametrize(
    "id", ["NaN", float("inf"), float("nan"), None, [], {}, -1, 10**400], ids=str
)
async def test_an_event_of_the_gateway_about_no_server_is_passed_over(id: Any) -> None:
    heard: list[str] = []
    client = Client(heard.append, Happened(heard.append, heard.append, lambda: None), _waits, 1, ())
    await client._async_setup_hook()
    for kind in ("GUILD_CREATE", "GUILD_DELETE", "GUILD_UPDATE", "CHANNEL_UPDATE"):
        client._connection.parsers[kind]({"id": id, "guild_id": id})
    assert heard == []


def test_what_is_deeper_than_anybody_reads_is_passed_over() -> None:
    def parse(_: Any) -> None:
        raise RecursionError

    _passed_over(parse, {})


async def _waits(_: int) -> None:
    """At once."""
