"""What Discord brings, as it is understood: who, where, since when, and what may be left out."""

from typing import Any

import pytest

from adapters.discord.incoming import Incoming, Kind, come

MEMBER = {
    "user": {"id": "7"},
    "joined_at": "2026-01-05T09:00:00.000000+00:00",
    "permissions": str(1 << 5),
}
TYPED = {
    "type": 2,
    "id": "1",
    "token": "t",
    "application_id": "9",
    "data": {"name": "poll", "options": [{"name": "what", "type": 3, "value": "new"}]},
    "guild_id": "5",
    "channel_id": "6",
    "channel": {"id": "6", "type": 0},
    "member": MEMBER,
    "locale": "de",
}


def understood(**more: Any) -> Incoming:
    one = come(TYPED | more, lambda guild: f"server {guild}")
    assert one
    return one


def test_a_command_in_a_server_is_somebody_s_there() -> None:
    one = understood()
    assert (one.kind, one.id, one.word, one.application) == (Kind.TYPED, "poll", "new", "9")
    caller = one.caller
    assert (caller.platform, caller.space, caller.account, caller.room) == (
        "discord",
        "5",
        "7",
        "6",
    )
    assert (caller.place, caller.language, caller.manages) == ("server 5", "de", True)
    assert caller.member_since
    assert caller.member_since.year == 2026


def test_in_a_talk_nobody_is_in_any_place() -> None:
    one = come({**TYPED, "guild_id": None, "member": None, "user": {"id": "7"}})
    assert one
    assert (one.caller.space, one.caller.room, one.caller.account) == ("", "", "7")
    assert (one.caller.member_since, one.caller.manages) == (None, None)


def test_a_thread_is_the_room_that_it_belongs_to() -> None:
    assert understood(channel={"id": "6", "type": 11, "parent_id": "4"}).caller.room == "4"
    assert understood(channel={"id": "6", "type": 0, "parent_id": "4"}).caller.room == "6"


@pytest.mark.parametrize(
    ("may", "manages"), [("8", True), ("32", True), ("2048", False), ("x", False), ("", False)]
)
def test_who_may_manage_a_server_is_as_discord_tells(may: str, manages: bool) -> None:
    assert understood(member=MEMBER | {"permissions": may}).caller.manages is manages


@pytest.mark.parametrize("joined", [None, "", "yesterday", "2026-01-05T09:00:00", 5])
def test_since_when_somebody_is_there_is_told_or_it_is_not(joined: Any) -> None:
    assert understood(member=MEMBER | {"joined_at": joined}).caller.member_since is None


@pytest.mark.parametrize(
    ("flags", "whisper"), [(64, True), (64 + 32768, True), (0, False), (None, False)]
)
def test_a_button_on_a_whisper_is_known_as_such(flags: Any, whisper: bool) -> None:
    data = {"custom_id": "send:x", "component_type": 2}
    one = understood(type=3, data=data, message={"flags": flags})
    assert (one.kind, one.id, one.whisper) == (Kind.PRESSED, "send:x", whisper)


@pytest.mark.parametrize(
    "more",
    [
        {"type": 1},
        {"type": 4},
        {"type": None},
        {"id": 3},
        {"token": None},
        {"data": []},
        {"member": {}},
    ],
)
def test_what_could_not_be_answered_is_nothing(more: dict[str, Any]) -> None:
    assert come(TYPED | more) is None


def test_no_account_and_no_token_shows_in_it() -> None:
    assert "'7'" not in repr(understood())
    assert "'t'" not in repr(understood())
