"""``chat.*``: messages into channels and direct conversations, for all or for one person's eyes."""

import json
import re
from typing import Any

from tests.fakes.slack import blocks
from tests.fakes.slack.errors import ApiError, invalid
from tests.fakes.slack.places import Channel, Workspace
from tests.fakes.slack.screen import named
from tests.fakes.slack.web_api import Asked, Method

Json = dict[str, Any]
LONGEST = 40_000
LONGEST_CHANGED = 4_000  #: of a message that is changed
#: Not documented: 13,297 was measured for one markdown block, less with more blocks around the text
#: (slackapi/bolt-js 2509, 2867). Response URLs do not know it.
LONGEST_BLOCKS = 13_000
CALLS_ALL = re.compile(r"<!(channel|here|everyone)(\|[^>]*)?>")


def check_message(given: Json, *, posted: bool = True, longest: int = LONGEST) -> Json:
    """What of a message is kept: text and blocks, refused where Slack would. ``posted``: by a method
    of the Web API."""
    text, laid = given.get("text") or "", given.get("blocks") or []
    if not text and not laid:
        raise ApiError("no_text")
    if not isinstance(text, str) or len(text) > longest:
        raise ApiError("msg_too_long")
    if isinstance(laid, list) and len(laid) > blocks.MOST["message"]:
        raise ApiError("invalid_blocks")
    invalid("invalid_blocks", blocks.wrong_in_blocks(laid, "message"))
    invalid("invalid_blocks", blocks.refused_by_models(laid))
    if posted and len(json.dumps(laid, ensure_ascii=False)) > LONGEST_BLOCKS:
        raise ApiError("msg_blocks_too_long")
    return {"text": text, "blocks": named(laid)}


def mrkdwn_of(message: Json) -> list[str]:
    """What of a message is read as mrkdwn: there, and only there, `<!channel>` calls everybody."""
    found = [message["text"]]  # whether it counts beside blocks is not documented: it does here
    waiting: list[Any] = list(message["blocks"])
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            if one.get("type") == "mrkdwn":
                found.append(one["text"])
            waiting += one.values()
    return found


def calls_everybody(message: Json) -> bool:
    return any(CALLS_ALL.search(one) for one in mrkdwn_of(message))


def place(asked: Asked, *, post: bool = True) -> Channel:
    """The channel that is meant, in which the bot may write."""
    space: Workspace = asked.space
    said = str(asked.params["channel"])
    channel = space.channels.get(said)
    if channel is None and said in space.users and post:
        if not asked.town.app.messages_tab:
            raise ApiError("messages_tab_disabled")
        channel = space.direct(space.users[said])
    if channel is None or (channel.private and space.bot_user_id not in channel.members):
        raise ApiError("channel_not_found")
    if channel.archived:
        raise ApiError("is_archived")
    outside = space.bot_user_id not in channel.members
    if outside and "chat:write.public" not in asked.token.scopes:
        raise ApiError("not_in_channel")
    return channel


def message_of_bot(space: Workspace, content: Json, ts: str) -> Json:
    given = {
        "type": "message",
        "user": space.bot_user_id,
        "bot_id": space.bot_id,
        "app_id": space.town.app.id,
        "team": space.team,
        "ts": ts,
        "text": content["text"],
    }
    return given | {"blocks": content["blocks"]}


async def _posted(asked: Asked) -> Json:
    content = check_message(asked.params)
    channel = place(asked)
    asked.town.pace.post(channel)
    message = message_of_bot(asked.space, content, asked.town.stamp())
    thread = asked.params.get("thread_ts")
    if thread:
        if channel.find(thread) is None:
            raise ApiError("thread_not_found")
        message["thread_ts"] = thread
    channel.messages.append(message)
    if calls_everybody(message):
        asked.town.called.append(message)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


async def _whispered(asked: Asked) -> Json:
    content = check_message(asked.params)
    channel = place(asked, post=False)
    user = asked.params["user"]
    if user not in asked.space.users:
        raise ApiError("user_not_found")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    message = message_of_bot(asked.space, content, asked.town.stamp())
    channel.ephemerals.append(message | {"is_ephemeral": True, "to": user})
    return {"message_ts": message["ts"]}


def _own(asked: Asked, channel: Channel, refusal: str) -> Json:
    message = channel.find(asked.params["ts"])
    if message is None:
        raise ApiError("message_not_found")
    if message.get("bot_id") != asked.space.bot_id:
        raise ApiError(refusal)
    return message


async def _updated(asked: Asked) -> Json:
    content = check_message(asked.params, longest=LONGEST_CHANGED)
    channel = place(asked, post=False)
    message = _own(asked, channel, "cant_update_message")
    message |= content | {"edited": {"user": asked.space.bot_user_id, "ts": asked.town.stamp()}}
    return {
        "channel": channel.id,
        "ts": message["ts"],
        "text": message["text"],
        "message": message,
    }


async def _deleted(asked: Asked) -> Json:
    channel = place(asked, post=False)
    message = _own(asked, channel, "cant_delete_message")
    channel.messages.remove(message)
    return {"channel": channel.id, "ts": message["ts"]}


_POST = frozenset(
    {"channel", "text", "blocks", "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media", "parse"}
    | {"link_names", "team_id", "reply_broadcast", "metadata"}
)
_WRITE = ("chat:write",)
METHODS = {
    "chat.postMessage": Method(_posted, _POST, _WRITE, frozenset({"channel"})),
    "chat.postEphemeral": Method(
        _whispered,
        frozenset({"channel", "user", "text", "blocks", "thread_ts", "parse", "link_names"}),
        _WRITE,
        frozenset({"channel", "user"}),
        tier=100,
    ),
    "chat.update": Method(
        _updated,
        frozenset({"channel", "ts", "text", "blocks", "parse", "link_names", "metadata"}),
        _WRITE,
        frozenset({"channel", "ts"}),
        tier=50,
    ),
    "chat.delete": Method(
        _deleted, frozenset({"channel", "ts"}), _WRITE, frozenset({"channel", "ts"}), tier=50
    ),
}
