"""Answers to interactions: the first one, and what follows over the interaction's webhook."""

from typing import TYPE_CHECKING, Any

from tests.fakes.discord import interactions, messages
from tests.fakes.discord.errors import ApiError, misfit, unknown
from tests.fakes.discord.interactions import Interaction
from tests.fakes.discord.messages import COMPONENTS_V2, EPHEMERAL, LOADING, Message
from tests.fakes.discord.modals import check_modal
from tests.fakes.discord.shapes import Open, Shape, Whole, refused

if TYPE_CHECKING:
    from tests.fakes.discord.rest import Ask

Json = dict[str, Any]
SAY, SAY_LATER, CHANGE_LATER, CHANGE, MODAL = 4, 5, 6, 7, 9
CALLBACK = Shape(
    {
        "type": Whole(of=(SAY, SAY_LATER, CHANGE_LATER, CHANGE, MODAL), needed=True),
        "data": Open(null=True),
    }
)


async def first(ask: "Ask") -> Json | None:
    one = ask.town.interactions.to_answer(ask.params["interaction"], ask.params["token"])
    refused(CALLBACK, ask.body)
    kind, data = ask.body["type"], ask.body.get("data")
    if kind in (CHANGE_LATER, CHANGE) and one.message is None:
        raise misfit(("type",), "BASE_TYPE_CHOICES", "Only for interactions with a message")
    if kind == MODAL:
        if one.kind == interactions.SUBMIT:
            raise misfit(("type",), "BASE_TYPE_CHOICES", "A modal cannot answer a modal")
        check_modal(data)
    elif kind == SAY:
        _say(ask, one, _body(data))
    elif kind == SAY_LATER:
        flags = (data or {}).get("flags") or 0
        if flags & ~EPHEMERAL:
            raise misfit(("data", "flags"), "BASE_TYPE_CHOICES", "Only EPHEMERAL can be set here")
        one.original = _new(one, {"flags": LOADING | flags})
    else:
        one.original = one.message
        if kind == CHANGE:
            assert one.message is not None
            change(ask, one.message, _body(data))
    one.answer = kind
    if kind == MODAL:
        one.screen.opens(data, one)
    elif one.kind == interactions.SUBMIT:
        one.screen.sent(one)
    one.done.set()
    ask.town.changed()
    return _response(one, kind) if ask.query.get("with_response") in ("1", "true") else None


def _body(data: Any) -> Json:
    if not isinstance(data, dict):
        raise misfit(("data",), "BASE_TYPE_REQUIRED", "This field is required")
    return data


def _response(one: Interaction, kind: int) -> Json:
    inner: Json = {"id": one.id, "type": one.kind}
    resource: Json = {"type": kind}
    if one.original is not None:
        inner |= {
            "response_message_id": one.original.id,
            "response_message_loading": bool(one.original.flags & LOADING),
            "response_message_ephemeral": bool(one.original.flags & EPHEMERAL),
        }
    if kind in (SAY, CHANGE) and one.original is not None:
        resource["message"] = one.original.told()
    return {"interaction": inner, "resource": resource}


def _say(ask: "Ask", one: Interaction, body: Json) -> None:
    _checked(ask, body, "answer")
    given = messages.applied(ask.town, one.channel, body, ask.files, None)
    one.original = _new(one, given, body.get("allowed_mentions"))


def _checked(ask: "Ask", body: Json, kind: str, before: Message | None = None) -> None:
    """As a message; where it is wrong, under "data"."""
    try:
        messages.checked(ask.town, body, kind, ask.files, before)
    except ApiError as why:
        if "errors" in why.more and "interaction" in ask.params:
            why.more["errors"] = {"data": why.more["errors"]}
        raise


def _new(one: Interaction, given: Json, allowed: Json | None = None) -> Message:
    """A new message that answers, where the person is."""
    town = one.town
    if one.alone:
        given["flags"] |= EPHEMERAL
    more: Json = {"interaction_metadata": one.metadata(), "webhook_id": town.app_id}
    if one.message is not None:
        more["type"] = messages.REPLY
        more["message_reference"] = {
            "type": 0,
            "channel_id": one.channel.id,
            "message_id": one.message.id,
        }
    else:
        more["type"] = messages.COMMAND
    data = messages.made(town, one.channel, given, **more)
    to = one.user.id if data["flags"] & EPHEMERAL else ""
    message = Message(one.channel, data, to, dict(one.owners))
    town.posted(message, allowed)
    return message


def change(ask: "Ask", message: Message, body: Json) -> Message:
    """Another message in its place, under the same id."""
    _checked(ask, body, "edit" if "interaction" not in ask.params else "answer", message)
    given = messages.applied(ask.town, message.channel, body, ask.files, message)
    given["flags"] = (given["flags"] & ~(LOADING | EPHEMERAL)) | (message.flags & EPHEMERAL)
    if message.flags & LOADING == 0:
        given["edited_timestamp"] = messages.moment(ask.town.now())
    message.data = message.data | given
    ask.town.edited(message)
    return message


# Over its webhook --------------------------------------------------------------------------------


def _found(ask: "Ask") -> tuple[Interaction, Message]:
    one = ask.town.interactions.to_follow(ask.params["application"], ask.params["token"])
    id = ask.params["message"]
    mine = [*one.followups, *([one.original] if one.original else [])]
    for message in mine:
        there = message in (*message.channel.messages, *message.channel.whispers)
        if there and (id == message.id or (id == "@original" and message is one.original)):
            return one, message
    raise unknown("message")


async def get(ask: "Ask") -> Json:
    return _found(ask)[1].told()


async def edit(ask: "Ask") -> Json:
    return change(ask, _found(ask)[1], _body(ask.body)).told()


async def delete(ask: "Ask") -> None:
    ask.town.deleted(_found(ask)[1])


async def follow(ask: "Ask") -> Json:
    """One more message. Where "thinking ..." still stands, it takes its place."""
    one = ask.town.interactions.to_follow(ask.params["application"], ask.params["token"])
    body = _body(ask.body)
    if one.original is not None and one.original.flags & LOADING:
        _checked(ask, body, "answer")
        flags = (body.get("flags") or 0) & COMPONENTS_V2
        return change(ask, one.original, body | {"flags": flags}).told()
    if one.only_of_user and len(one.followups) >= 5:
        raise ApiError(
            400, 40094, "This interaction has reached the maximum number of follow-up messages"
        )
    _checked(ask, body, "answer")
    given = messages.applied(ask.town, one.channel, body, ask.files, None)
    message = _new(one, given, body.get("allowed_mentions"))
    one.followups.append(message)
    return message.told()


WEBHOOK = "/webhooks/{application}/{token}"
ROUTES = {
    "POST /interactions/{interaction}/{token}/callback": first,
    f"POST {WEBHOOK}": follow,
    f"GET {WEBHOOK}/messages/{{message}}": get,
    f"PATCH {WEBHOOK}/messages/{{message}}": edit,
    f"DELETE {WEBHOOK}/messages/{{message}}": delete,
}
