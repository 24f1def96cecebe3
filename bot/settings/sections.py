"""The sections of groundswell.toml: what each may hold, and why a value will not do.

Frozen; secrets show as stars. Reads nothing: neither a file nor the environment.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from bot.domain.communities import LANGUAGES
from bot.settings.addresses import HOST, is_loopback
from bot.settings.recipients import is_recipient
from bot.settings.secrets import Secret

#: What can be written to: HTML's own rule for an e-mail address, without its quoted oddities.
MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def _a_name(path: Path) -> Path:
    if not str(path).isprintable():
        raise ValueError("must be the name of a folder")
    return path


Folder = Annotated[Path, AfterValidator(_a_name)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Instance(Section):
    name: str = "Groundswell"
    operator: str = "nobody named yet"
    contact: str = ""
    external_door: str = ""
    identity_page: str = ""
    data_dir: Folder = Path("data")
    language: str = "en"  #: in which whoever belongs to no community is answered

    @field_validator("language")
    @classmethod
    def _spoken(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return language


class Database(Section):
    url: Secret | None = None

    @field_validator("url")
    @classmethod
    def _known(cls, url: SecretStr | None) -> SecretStr | None:
        words = url.get_secret_value() if url else ""
        if url and not re.match(r"(sqlite\+aiosqlite|postgresql\+asyncpg)://", words):
            raise ValueError("must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
        if re.match(r"[^/]*//[^/?#]*:@[^/?#]", words):  # a variable that was not set
            raise ValueError("has no password behind the colon: set it, or remove the colon")
        return url


class KeyStore(Database):
    dir: Folder = Path("keys")


#: Hours: each backup can tell what was written since the one before it, so a day at the least.
LEAST_APART = 24


class Backup(Section):
    """``recipient``: the public half of a pair whose secret lies on another machine; ``keep``: for how
    many days a backup of the database is kept. One of the key store lives seven, whatever is set."""

    to: Folder
    recipient: str
    keep: int = Field(default=30, ge=1, le=3650)
    every: int = Field(default=0, ge=0, le=168)  #: hours; 0: only when somebody says so

    @field_validator("recipient")
    @classmethod
    def _a_public_key(cls, recipient: str) -> str:
        if not is_recipient(recipient):
            raise ValueError("must be what `groundswell keys recipient` printed")
        return recipient

    @field_validator("every")
    @classmethod
    def _a_day_apart(cls, every: int) -> int:
        if 0 < every < LEAST_APART:
            raise ValueError(
                f"must be at least {LEAST_APART} hours, since a backup tells what was written since the one "
                "before it, or 0 for none"
            )
        return every


class Sandbox(Section):
    port: int = Field(default=8765, ge=0, le=65535)


class Ops(Section):
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8081, ge=0, le=65535)


IMPLICIT_PORT = 465  #: where TLS comes before the first word


class Mail(Section):
    """The server that takes our e-mail. It is not a platform: nobody writes to us there."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    from_: str = Field(alias="from")
    tls: Literal["starttls", "implicit", "none", ""] = (
        ""  #: none only where it stays on this machine
    )
    user: str = ""
    password: Secret | None = None
    ca: str = Field(default="", repr=False)  #: of a private CA, in PEM: ``ca_file`` names its file

    @field_validator("host")
    @classmethod
    def _a_name(cls, host: str) -> str:
        if not HOST.fullmatch(host):
            raise ValueError("must be a name such as mail.example.org, or an IP address")
        return host

    @field_validator("from_")
    @classmethod
    def _an_address(cls, sender: str) -> str:
        if not MAIL_ADDRESS.fullmatch(sender):
            raise ValueError("must be an e-mail address such as bot@example.org, and nothing else")
        return sender

    @field_validator("tls", mode="before")
    @classmethod
    def _yes_or_no(cls, tls: object, others: ValidationInfo) -> object:
        """``true`` is what the port says, ``false`` none."""
        if str(tls).casefold() == "true":
            return "implicit" if others.data.get("port") == IMPLICIT_PORT else "starttls"
        return "none" if str(tls).casefold() == "false" else tls

    @field_validator("tls")
    @classmethod
    def _never_in_plain(cls, tls: str, others: ValidationInfo) -> str:
        if tls == "none" and not is_loopback(others.data.get("host", "")):
            raise ValueError("may be none only for a server on this machine, such as localhost")
        return tls

    @property
    def security(self) -> str:
        """``starttls``, ``implicit`` (TLS from the start) or ``none``: where nothing is set, TLS
        unless it stays on this machine."""
        if self.tls:
            return self.tls
        if is_loopback(self.host):
            return "none"
        return "implicit" if self.port == IMPLICIT_PORT else "starttls"

    @field_validator("password")
    @classmethod
    def _of_somebody(cls, password: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if password and not others.data.get("user"):
            raise ValueError("needs the user that it belongs to")
        return password

    @field_validator("ca")
    @classmethod
    def _a_certificate(cls, ca: str) -> str:
        if ca and "-----BEGIN CERTIFICATE-----" not in ca:
            raise ValueError("must hold a certificate in PEM")
        return ca


class Log(Section):
    level: Literal["info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"
