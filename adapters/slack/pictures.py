"""A chart as a picture, where ``files:write`` was granted: put up, and shown below its message.

Slack takes a file in three steps (docs.slack.dev/messaging/working-with-files#upload). A picture that
cannot be shown is no loss: the words above it say the same.
"""

import asyncio

from adapters.slack.wire import Refusal, Wire
from bot.chat import Picture
from bot.platforms import Away, Limited

FILES = "files:write"
_NAME = "chart.png"
WITHIN = 5.0  #: seconds: what waits longer would leave it in doubt whether the words were said


async def show(wire: Wire, token: str, channel: str, picture: Picture) -> None:
    size = {"filename": _NAME, "length": len(picture.png), "alt_txt": picture.alt[:1000]}
    try:
        async with asyncio.timeout(WITHIN):
            up = await wire.call(token, "files.getUploadURLExternal", size, waits=False)
            await wire.put(str(up.get("upload_url", "")), picture.png)
            files = [{"id": up.get("file_id", ""), "title": _NAME}]
            shown = {"files": files, "channel_id": channel}
            await wire.call(token, "files.completeUploadExternal", shown, waits=False)
    except (Away, Limited, Refusal, TimeoutError):
        pass
