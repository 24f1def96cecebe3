"""Raw events as we understand them, the broken and the foreign among them."""

from typing import Any

import pytest

from adapters.matrix.events import (
    Left,
    Said,
    Trouble,
    invited_by,
    is_sound,
    left,
    since_invited,
    text_of,
)

BOT, WORKER, ROOM = "@bot:gw.test", "@worker:gw.test", "!room"


def member(who: str, membership: str, before: str = "", sender: str = WORKER) -> dict[str, Any]:
    event: dict[str, Any] = {
        "type": "m.room.member",
        "state_key": who,
        "sender": sender,
        "event_id": "$1",
        "content": {"membership": membership},
    }
    return event | ({"unsigned": {"prev_content": {"membership": before}}} if before else {})


def word(n: int) -> dict[str, Any]:
    return {"type": "m.room.message", "sender": WORKER, "event_id": f"${n}", "content": {"n": n}}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"msgtype": "m.text", "body": "hello"}, "hello"),
        ({"msgtype": "m.text", "body": ""}, ""),
        ({"msgtype": "m.notice", "body": "hello"}, None),
        ({"msgtype": "m.emote", "body": "hello"}, None),
        ({"msgtype": "m.image", "body": "a picture"}, None),
        ({"msgtype": "m.text", "body": 7}, None),
        ({"msgtype": "m.text"}, None),
        ({"body": "hello"}, None),
        ({}, None),
        ({"msgtype": "m.text", "body": "* x", "m.relates_to": {"rel_type": "m.replace"}}, None),
        ({"msgtype": "m.text", "body": "* x", "m.new_content": {}}, None),
        ({"msgtype": "m.text", "body": "x", "m.relates_to": "nonsense"}, "x"),
        ({"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.thread"}}, "x"),
        ({"msgtype": "m.text", "body": "* starred by hand"}, "* starred by hand"),
        ({"msgtype": "m.text", "body": "> quoted by hand\n\nx"}, "> quoted by hand\n\nx"),
    ],
)
def test_only_what_somebody_typed_just_now_has_a_text(content: Any, text: str | None) -> None:
    assert text_of(content) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("> <@bot:gw.test> a receipt\n\nsaved", "saved"),
        ("> <@bot:gw.test> two\n> lines\n\nsaved\n\n> kept", "saved\n\n> kept"),
        ("saved", "saved"),
        ("> no empty line\nsaved", "> no empty line\nsaved"),
        ("> nothing but a quote", "> nothing but a quote"),
        ("", ""),
    ],
)
def test_an_answer_is_read_without_the_words_that_it_answers(body: str, text: str) -> None:
    content = {"msgtype": "m.text", "body": body, "m.relates_to": {"m.in_reply_to": {}}}
    assert text_of(content) == text


@pytest.mark.parametrize(
    "event",
    [
        None,
        "words",
        {},
        word(1) | {"content": None},
        word(1) | {"sender": 1},
        word(1) | {"event_id": None},
        {name: value for name, value in word(1).items() if name != "type"},
    ],
)
def test_what_lacks_what_every_event_has_is_not_sound(event: Any) -> None:
    assert not is_sound(event)
    assert is_sound(word(1))


def test_who_asks_us_in_is_the_sender_of_our_own_membership() -> None:
    def state(*events: Any) -> dict[str, Any]:
        return {"invite_state": {"events": list(events)}}

    assert invited_by(state(word(1), member(BOT, "invite")), BOT) == WORKER
    assert invited_by(state(member(WORKER, "join"), member("@x:y", "invite")), BOT) is None
    assert invited_by(state(member(BOT, "leave")), BOT) is None
    # Another server writes what stands before the invitation, and whom it likes as its sender.
    forged = member(BOT, "invite") | {"sender": "@somebody:else"}
    assert invited_by(state(forged, member(BOT, "invite")), BOT) == WORKER
    for broken in ({}, {"invite_state": 1}, {"invite_state": {"events": 1}}, state(None, 3)):
        assert invited_by(broken, BOT) is None


@pytest.mark.parametrize("membership", ["leave", "ban"])
def test_whoever_is_no_longer_there_has_left(membership: str) -> None:
    assert left(ROOM, member(WORKER, membership)) == Left(ROOM, WORKER)


@pytest.mark.parametrize("membership", ["join", "invite", "knock", "nonsense"])
def test_whoever_is_there_or_on_their_way_has_not_left(membership: str) -> None:
    assert left(ROOM, member(WORKER, membership)) is None
    assert left(ROOM, word(1)) is None
    assert left(ROOM, member(WORKER, "leave") | {"state_key": 7}) is None


# Since when it concerns us ----------------------------------------------------------------------

INVITED, CAME = member(BOT, "invite"), member(BOT, "join", "invite", BOT)


def test_in_a_room_we_are_in_already_all_of_it_does() -> None:
    events = [word(1), member(WORKER, "join", "invite"), member(BOT, "join", "join", BOT)]
    assert since_invited(events, BOT) == (events, True)
    assert since_invited([], BOT) == ([], True)


def test_what_came_before_we_were_asked_in_does_not() -> None:
    events = [word(1), INVITED, word(2), CAME, word(3)]
    assert since_invited(events, BOT) == ([word(2), CAME, word(3)], True)


def test_while_we_do_not_see_who_asked_us_in_there_may_be_more_of_it() -> None:
    events = [word(2), CAME, word(3)]
    assert since_invited(events, BOT) == (events, False)


def test_where_nobody_had_to_ask_us_it_begins_when_we_came() -> None:
    for before in ("", "leave", "knock"):
        came = member(BOT, "join", before, BOT)
        assert since_invited([word(1), came, word(2)], BOT) == ([word(2)], True)


def test_the_last_time_we_came_is_the_one_that_counts() -> None:
    events = [INVITED, word(1), CAME, member(BOT, "leave", "join"), word(2), INVITED, CAME, word(3)]
    assert since_invited(events, BOT) == ([CAME, word(3)], True)


# What may be seen of it -------------------------------------------------------------------------


def test_no_word_and_no_name_is_in_what_is_printed() -> None:
    said = Said(ROOM, "$1", WORKER, "a secret", "proof", Trouble.FORGED)
    assert repr(said) == "Said(trouble=<Trouble.FORGED: 'forged'>, sealed=False)"
    assert repr(Left(ROOM, WORKER)) == "Left()"
