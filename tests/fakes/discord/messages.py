"""Messages: what may be in one, by how it is sent, and how Discord keeps it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.components import check_components
from tests.fakes.discord.errors import ApiError, misfit
from tests.fakes.discord.mentions import ALLOWED, words_of
from tests.fakes.discord.parts import numbered
from tests.fakes.discord.places import Channel
from tests.fakes.discord.shapes import Bool, Id, Many, Open, Shape, Spec, Text, Whole, refused

if TYPE_CHECKING:
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
QUIET_EMBEDS, EPHEMERAL, LOADING, QUIET, COMPONENTS_V2 = 1 << 2, 1 << 6, 1 << 7, 1 << 12, 1 << 15
FILE_SIZE, FILES = 10 * 2**20, 10
PLAIN, REPLY, COMMAND = 0, 19, 20

ATTACHMENT = Shape(
    {
        "id": Id(needed=True),
        "filename": Text(1, 1024),
        "description": Text(0, 1024, null=True),
        "title": Text(0, 1024, null=True),
        "is_spoiler": Bool(),
    }
)
ALWAYS: dict[str, Spec] = {
    "tts": Bool(),
    "content": Text(0, 2000, null=True),
    "embeds": Many(Open(), high=10, null=True),
    "allowed_mentions": Shape(ALLOWED.fields, ALLOWED.also, null=True),
    "components": Many(Open(), null=True),
    "attachments": Many(ATTACHMENT, high=FILES, null=True),
    "flags": Whole(0, 2**31, null=True),
}
#: By how a message is sent: what may be in it, and which flags may be set.
SENT: dict[str, tuple[Shape, int]] = {
    "create": (
        Shape(
            ALWAYS
            | {
                "nonce": Open(null=True),
                "enforce_nonce": Bool(),
                "message_reference": Open(),
                "sticker_ids": Many(Id(), high=3),
                "poll": Open(),
            }
        ),
        QUIET_EMBEDS | QUIET | COMPONENTS_V2,
    ),
    "edit": (Shape(ALWAYS), QUIET_EMBEDS | COMPONENTS_V2),
    "answer": (
        Shape(ALWAYS | {"poll": Open()}),
        QUIET_EMBEDS | QUIET | EPHEMERAL | COMPONENTS_V2,
    ),
}
#: What Discord has and this town does not.
ELSEWHERE = ("embeds", "poll", "sticker_ids", "message_reference")


@dataclass(eq=False)
class Message:
    """``to``: the one who alone sees it; ``owners``: who authorised the app for it; ``pings``: whom it
    called: "everyone", or the id of a person or a role."""

    channel: Channel
    data: Json
    to: str = ""
    owners: Json = field(default_factory=dict)
    pings: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def flags(self) -> int:
        return int(self.data["flags"])

    def told(self) -> Json:
        return dict(self.data)


def checked(
    town: "Town", body: Json, kind: str, files: dict[str, bytes], before: Message | None = None
) -> None:
    """Refuse what Discord refuses."""
    shape, flags = SENT[kind]
    refused(shape, body)
    for key in ELSEWHERE:
        if body.get(key):
            town.wrong.append(f"{key} of messages are not built here")
            raise misfit((key,), "BASE_TYPE_CHOICES", "not built here")
    given = body.get("flags") or 0
    if given & ~flags:
        raise misfit(("flags",), "BASE_TYPE_CHOICES", f"Flags {given & ~flags} cannot be set here")
    nonce = body.get("nonce")
    if nonce is not None and (not isinstance(nonce, str | int) or len(str(nonce)) > 25):
        raise misfit(("nonce",), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    v2 = bool((given | (before.flags if before else 0)) & COMPONENTS_V2)
    kept = before.data if before else {}
    content = body["content"] if "content" in body else kept.get("content", "")
    if v2 and content:
        raise misfit(
            ("content",),
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
        )
    attached = _attached(body, files, before)
    names = frozenset(one["filename"] for one in attached)
    components = body["components"] if "components" in body else kept.get("components", [])
    if "components" in body or given & COMPONENTS_V2:
        check_components(components or [], v2=v2, files=names)
    if not (content or components or (attached and not v2)):
        raise ApiError(400, 50006, "Cannot send an empty message")


def _attached(body: Json, files: dict[str, bytes], before: Message | None) -> list[Json]:
    """What will hang on the message: new files, and old ones that are named (or all, where none is)."""
    old = {one["id"]: one for one in before.data["attachments"]} if before else {}
    told = {str(one["id"]): one for one in body.get("attachments") or ()}
    if len(files) > FILES or len(files) + len(old) > FILES + len(old) * ("attachments" in body):
        raise ApiError(400, 30015, f"Maximum number of attachments in a message reached ({FILES})")
    for name, data in files.items():
        if len(data) > FILE_SIZE:
            raise ApiError(413, 40005, f"Request entity too large: {name}")
    made = []
    for number, name in enumerate(files):
        more = told.get(str(number), {})
        made.append({"id": str(number), "filename": more.get("filename") or name, "new": name})
        if more.get("description"):
            made[-1]["description"] = more["description"]
    for id in told:
        if id not in old and not (id.isdigit() and int(id) < len(files)):
            raise misfit(("attachments",), "ATTACHMENT_NOT_FOUND", f"Attachment {id} not found")
    kept = [one for id, one in old.items() if "attachments" not in body or id in told]
    return kept + made


def applied(
    town: "Town", channel: Channel, body: Json, files: dict[str, bytes], before: Message | None
) -> Json:
    """The fields of a message that this body sets."""
    given: Json = {}
    if "content" in body:
        given["content"] = body["content"] or ""
    if "components" in body:
        given["components"] = numbered(body["components"] or [])
    if "attachments" in body or files:
        given["attachments"] = [
            _kept(town, channel, one, files) for one in _attached(body, files, before)
        ]
    flags = before.flags if before else 0
    given["flags"] = flags | (body.get("flags") or 0)
    return given


def _kept(town: "Town", channel: Channel, one: Json, files: dict[str, bytes]) -> Json:
    if "new" not in one:
        return one
    data = files[one["new"]]
    id = town.snowflake()
    town.files[id] = data
    url = f"{town.url}/attachments/{channel.id}/{id}/{one['filename']}"
    kept = {
        "id": id,
        "filename": one["filename"],
        "size": len(data),
        "url": url,
        "proxy_url": url,
        "content_type": "image/png" if data.startswith(b"\x89PNG") else "application/octet-stream",
    }
    return kept | ({"description": one["description"]} if "description" in one else {})


def made(town: "Town", channel: Channel, given: Json, **more: Any) -> Json:
    """A message of the bot as Discord keeps it."""
    base: Json = {
        "id": town.snowflake(),
        "channel_id": channel.id,
        "type": PLAIN,
        "author": town.bot.told(),
        "application_id": town.app_id,
        "content": "",
        "timestamp": moment(town.now()),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "flags": 0,
    }
    return base | given | more


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def shown(message: Json) -> str:
    """All words of a message, as they stand on a screen, with what its buttons say."""
    return "\n".join([*filter(None, [message["content"]]), *words_of(message["components"])])
