"""``files.*``: a picture is announced, its bytes go to an address of its own, then it is shared."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack.chat_methods import check_message, message_of_bot, place
from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.places import new_id
from tests.fakes.slack.web_api import Asked, Method

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]


async def _announced(asked: Asked) -> Json:
    id = new_id("F")
    length = int(asked.params["length"])
    if length <= 0:
        raise ApiError("invalid_arguments")
    asked.town.files[id] = {
        "id": id,
        "name": asked.params["filename"],
        "alt_txt": asked.params.get("alt_txt", ""),
        "size": length,
        "space": asked.space,
        "bytes": None,
        "shared": [],
    }
    return {"upload_url": f"{asked.town.url}/upload/{id}", "file_id": id}


async def uploaded(town: "Town", request: web.Request) -> web.Response:
    """The bytes, raw or as the one part of a form."""
    file = town.files.get(request.match_info["id"])
    if file is None or file["bytes"] is not None:
        return web.Response(status=404, text="not found")
    if request.content_type == "multipart/form-data":
        part = await (await request.multipart()).next()
        data = bytes(await part.read()) if part is not None else b""  # type: ignore[union-attr]  # a part, not parts
    else:
        data = await request.read()
    town.record.body("upload", "town", data, file["space"].team)
    if len(data) != file["size"]:
        return web.Response(status=500, text="length mismatch")
    file["bytes"] = data
    return web.Response(text=f"OK - {len(data)}")


async def _completed(asked: Asked) -> Json:
    told = []
    for one in asked.params["files"]:
        file = asked.town.files.get(one.get("id", ""))
        if file is None or file["bytes"] is None or file["space"] is not asked.space:
            raise ApiError("file_not_found")
        file["title"] = one.get("title", file["name"])
        told.append({"id": file["id"], "title": file["title"]})
    if asked.params.get("channel_id"):
        _share(asked, [one["id"] for one in told])
    return {"files": told}


def _share(asked: Asked, ids: list[str]) -> None:
    shown = Asked(asked.town, asked.token, asked.params | {"channel": asked.params["channel_id"]})
    channel = place(shown, post=False)
    words = asked.params.get("initial_comment") or ""
    content = {"text": words, "blocks": []}
    if asked.params.get("blocks"):
        content = check_message({"text": words, "blocks": asked.params["blocks"]})
    message = message_of_bot(asked.space, content, asked.town.stamp())
    message["files"] = [
        {key: asked.town.files[id][key] for key in ("id", "name", "title", "alt_txt", "size")}
        for id in ids
    ]
    channel.messages.append(message)
    for id in ids:
        asked.town.files[id]["shared"].append(channel.id)


METHODS = {
    "files.getUploadURLExternal": Method(
        _announced,
        frozenset({"filename", "length", "alt_txt", "snippet_type"}),
        ("files:write",),
        frozenset({"filename", "length"}),
        tier=100,
    ),
    "files.completeUploadExternal": Method(
        _completed,
        frozenset({"files", "channel_id", "channels", "initial_comment", "thread_ts", "blocks"}),
        ("files:write",),
        frozenset({"files"}),
        tier=100,
    ),
}
