"""[discord]: one app of Discord's, and which part of its places this process listens to.

Knows what the way in needs, and nothing of who answers there.
"""

import re
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.settings.addresses import checked
from bot.settings.secrets import Secret
from bot.settings.sections import Section

API = "https://discord.com/api/v10"
GATEWAY = "wss://gateway.discord.gg/"
#: Discord's ids are numbers of up to 64 bits, written as text.
_ID = re.compile(r"[1-9][0-9]{4,19}")


class Shards(Section):
    """``count``: into how many parts all places are cut, 0 for as many as Discord recommends; ``ids``:
    those of this process, none for all of them. No part may have more than 2,500 places."""

    count: int = Field(default=0, ge=0, le=16384)
    ids: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.ids and not self.count:
            raise ValueError("count is needed where ids are given: add it")
        if any(not 0 <= id < self.count for id in self.ids):
            raise ValueError(f"ids must lie between 0 and {self.count - 1}, as count says")
        if len(set(self.ids)) < len(self.ids):
            raise ValueError("ids names one of them twice: remove it")
        return self


class Discord(Section):
    """``guilds``: the only places that are served, none for all that ask the bot in; ``application_id``:
    asked of Discord where it is not given; ``gateway_url``: as Discord tells where it is not given."""

    token: Secret
    application_id: str = ""
    api_url: str = API
    gateway_url: str = ""
    guilds: tuple[str, ...] = ()
    shards: Shards = Shards()

    @field_validator("token")
    @classmethod
    def _a_token(cls, token: SecretStr) -> SecretStr:
        value = token.get_secret_value()
        if value.startswith(("Bot ", "Bearer ")) or not re.fullmatch(r"[\w.-]+", value):
            raise ValueError("is no bot token: copy it alone, from the page Bot of your app")
        return token

    @field_validator("application_id", mode="before")
    @classmethod
    def _as_text(cls, id: object) -> object:
        return str(id) if isinstance(id, int) else id

    @field_validator("guilds", mode="before")
    @classmethod
    def _as_texts(cls, ids: object) -> object:
        return tuple(map(str, ids)) if isinstance(ids, list | tuple) else ids

    @field_validator("shards", mode="before")
    @classmethod
    def _or_their_count(cls, shards: object) -> object:
        """``shards = 4`` is short for a section with no more than that."""
        counted = isinstance(shards, int) or (isinstance(shards, str) and shards.isdecimal())
        return {"count": shards} if counted else shards

    @field_validator("application_id")
    @classmethod
    def _an_id(cls, id: str) -> str:
        if id and not _ID.fullmatch(id):
            raise ValueError("must be a number in quotes, from the page General Information")
        return id

    @field_validator("guilds")
    @classmethod
    def _ids(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        if any(not _ID.fullmatch(id) for id in ids):
            raise ValueError("must be numbers in quotes: copy the ids of the servers")
        return ids

    @field_validator("api_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        return checked(url, API)

    @field_validator("gateway_url")
    @classmethod
    def _a_gateway(cls, url: str) -> str:
        return checked(url, GATEWAY, safe="wss", plain="ws") + "/" if url else ""
