"""What a room's state means: who may what, who is alone with whom, which rooms a space lists."""

from typing import Any

import pytest

from adapters.matrix.state import RoomState, state_of

BOT, WORKER, REP, ROOM = "@bot:gw.test", "@worker:gw.test", "@rep:gw.test", "!room"


def event(kind: str, key: str = "", sender: str = WORKER, **content: Any) -> dict[str, Any]:
    return {"type": f"m.room.{kind}", "state_key": key, "sender": sender, "content": content}


def member(who: str, membership: str = "join") -> dict[str, Any]:
    return event("member", who, who, membership=membership)


ENCRYPTED = event("encryption", algorithm="m.megolm.v1.aes-sha2")


def room(*events: Any, version: str = "12", **created: Any) -> RoomState:
    return state_of(ROOM, [event("create", room_version=version, **created), *events])


def powers(**content: Any) -> dict[str, Any]:
    return event("power_levels", **content)


# Alone ------------------------------------------------------------------------------------------


def test_two_in_an_encrypted_room_are_alone() -> None:
    state = room(member(BOT), member(WORKER), member(REP, "leave"), ENCRYPTED)
    assert state.is_direct(BOT, WORKER)
    assert state.other_than(BOT) == WORKER
    assert not state.is_direct(BOT, REP)


@pytest.mark.parametrize(
    "state",
    [
        room(member(BOT), member(WORKER)),
        room(member(BOT), member(WORKER), event("encryption", algorithm="rot13")),
        room(member(BOT), member(WORKER), member(REP), ENCRYPTED),
        room(member(BOT), member(WORKER), member(REP, "invite"), ENCRYPTED),
        room(member(BOT), member(WORKER, "invite"), ENCRYPTED),
        room(member(BOT), ENCRYPTED),
        room(member(WORKER), member(REP), ENCRYPTED),
        room(),
    ],
    ids=[
        "open",
        "odd cipher",
        "three",
        "a third asked",
        "not yet",
        "nobody",
        "without us",
        "empty",
    ],
)
def test_in_any_other_room_nobody_is(state: RoomState) -> None:
    assert not state.is_direct(BOT, WORKER)
    assert state.other_than(BOT) == ""


# Powers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["12", "13", "org.matrix.hydra.11"])
def test_from_version_12_on_a_creator_stands_above_every_list(version: str) -> None:
    state = room(member(WORKER), powers(users={}, state_default=100), version=version)
    assert state.manages(WORKER)
    listed = room(member(REP), powers(), version=version, additional_creators=[REP])
    assert listed.manages(REP)


@pytest.mark.parametrize("version", ["1", "6", "11", "org.example.odd"])
def test_before_that_a_creator_has_what_the_list_says(version: str) -> None:
    state = room(member(WORKER), powers(users={WORKER: 10}), version=version)
    assert (state.power(WORKER), state.manages(WORKER)) == (10, False)


def test_whoever_was_demoted_manages_no_more() -> None:
    for level, manages in ((100, True), (50, True), (49, False), (0, False), (-1, False)):
        assert room(member(REP), powers(users={REP: level})).manages(REP) is manages


def test_a_power_is_of_use_only_to_whoever_is_in_the_room() -> None:
    state = room(member(REP, "leave"), powers(users={REP: 100}))
    assert (state.power(REP), state.manages(REP)) == (100, False)


def test_levels_of_a_room_are_its_own_and_else_those_of_the_specification() -> None:
    state = room(member(BOT), member(REP), powers(users={BOT: 50}, users_default=5, redact=51))
    assert [state.may(BOT, act) for act in ("redact", "kick", "ban", "invite")] == [
        False,
        True,
        True,
        True,
    ]
    assert (state.may(REP, "invite"), state.may(REP, "kick")) == (True, False)


def test_without_a_list_the_creator_alone_stands_out() -> None:
    state = room(member(WORKER), member(REP), version="10")
    assert (state.power(WORKER), state.power(REP)) == (100, 0)
    assert state.may(REP, "state_default")
    assert not state.may(REP, "redact")


@pytest.mark.parametrize("level", ["50", " 50 "])
def test_a_level_written_as_words_is_one(level: str) -> None:
    assert room(member(REP), powers(users={REP: level}), version="9").manages(REP)


@pytest.mark.parametrize("level", [None, True, "much", [], {}, 50.5])
def test_a_level_that_is_none_gives_nothing(level: Any) -> None:
    assert not room(member(REP), powers(users={REP: level})).manages(REP)
    assert not room(member(REP), powers(users=level)).manages(REP)


# Spaces -----------------------------------------------------------------------------------------


def link(kind: str, key: str, **content: Any) -> dict[str, Any]:
    return {"type": f"m.space.{kind}", "state_key": key, "content": content}


def test_a_space_lists_rooms_until_it_takes_them_away() -> None:
    state = room(link("child", "!a", via=["gw.test"]), link("child", "!b"), type="m.space")
    assert (state.is_space, state.children.keys()) == (True, {"!a"})
    assert not room().is_space


def test_the_main_space_that_a_room_names_comes_first() -> None:
    state = room(
        link("parent", "!a", via=["gw.test"]),
        link("parent", "!b", via=["gw.test"], canonical=True),
        link("parent", "!c"),
    )
    assert tuple(state.parents) == ("!b", "!a")


# What is not as it should be --------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        {},
        {"type": "m.room.member", "state_key": BOT, "content": None},
        {"type": "m.room.member", "state_key": None, "content": {"membership": "join"}},
        {"type": "m.room.name", "content": {"name": "x"}},
        event("member", BOT, membership=["join"]),
        event("create", additional_creators=7),
    ],
)
def test_state_that_is_none_counts_for_nothing(broken: Any) -> None:
    state = state_of(ROOM, [broken])
    assert (state.joined, state.name, state.encrypted, state.powers) == ({}, "", False, None)
    assert not state.manages(BOT)


def test_nobody_s_name_is_in_what_is_printed() -> None:
    state = room(member(BOT), member(WORKER), ENCRYPTED, event("name", name="Ada's room"))
    assert repr(state) == "RoomState(encrypted=True, is_space=False, version='12')"
