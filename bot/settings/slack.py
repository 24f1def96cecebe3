"""[slack]: one app; over a socket for one workspace, or over HTTP for as many as install it.

Knows what each way needs, and nothing of who answers there.
"""

import re
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from bot.settings.addresses import checked
from bot.settings.secrets import Secret
from bot.settings.sections import Section

API = "https://slack.com/api/"
#: A command of Slack has at most 32 characters, small letters, digits, dashes and underscores.
_PREFIX = re.compile(r"(?:[a-z0-9][a-z0-9_-]{0,15})?")
#: What each token is for, by how Slack begins it.
_OTHERS = {
    "bot_token": {"xapp-": "app_token", "xoxp-": "a person's token"},
    "app_token": {"xoxb-": "bot_token", "xoxe.xoxb-": "bot_token", "xoxp-": "a person's token"},
}


class Http(Section):
    """Where Slack reaches us over HTTP, behind whatever speaks TLS."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8080, ge=0, le=65535)


class Slack(Section):
    """``command_prefix``: what stands before every command, where another app has taken its name."""

    mode: Literal["socket", "http"] = "socket"
    bot_token: Secret | None = None
    app_token: Secret | None = None
    signing_secret: Secret | None = None
    client_id: str = ""
    client_secret: Secret | None = None
    api_url: str = API
    command_prefix: str = ""

    @field_validator("bot_token", "app_token")
    @classmethod
    def _the_right_one(cls, token: SecretStr | None, field: ValidationInfo) -> SecretStr | None:
        name = str(field.field_name)
        for beginning, kind in _OTHERS[name].items() if token else ():
            if token and token.get_secret_value().startswith(beginning):
                raise ValueError(f"is {kind} of Slack's, not {name}: put the one that fits")
        return token

    @field_validator("api_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        return checked(url, API) + "/"

    @field_validator("command_prefix")
    @classmethod
    def _short(cls, prefix: str) -> str:
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(
                "must be at most 16 small letters, digits, dashes and underscores, such as gs-"
            )
        return prefix

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """All that the way in needs is there."""
        if bool(self.client_id) != bool(self.client_secret):
            lacks = "client_secret" if self.client_id else "client_id"
            raise ValueError(f"{lacks} is needed where the other of the two is set")
        needed = ("bot_token", "app_token") if self.mode == "socket" else ("signing_secret",)
        for name in needed:
            if not getattr(self, name):
                raise ValueError(f'{name} is needed with mode = "{self.mode}": add it')
        if not (self.bot_token or self.client_id):
            raise ValueError(
                "bot_token is needed for one workspace, or client_id and client_secret for many: "
                "add them"
            )
        return self

    @property
    def token(self) -> str:
        """Of the one workspace, where it is one."""
        return self.bot_token.get_secret_value() if self.bot_token else ""
