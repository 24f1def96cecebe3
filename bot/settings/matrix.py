"""[matrix]: one account at one homeserver, and further ones in [matrix.accounts.NAME].

Knows what an address of Matrix looks like, and nothing of who answers there.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from bot.settings.addresses import checked
from bot.settings.secrets import Secret
from bot.settings.sections import Folder, Section

FIRST_ACCOUNT = "main"  #: what the account of [matrix] itself is called
#: https://spec.matrix.org/latest/appendices/#user-identifiers, those of old among them.
_USER = re.compile(r"@[!-9;-~]+:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_LONGEST_USER = 255
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")  #: it becomes a part of file names
_PREFIX = re.compile(r"[!-.:-@\[-`{-~]{1,3}")  #: signs, as no word begins with


def a_homeserver(address: str) -> str:
    """Without a slash at its end. Raises ValueError: a sentence's second half."""
    return checked(address, "https://matrix.example.org", bare=True)


def a_user(user: str) -> str:
    """Raises ValueError: a sentence's second half."""
    if not _USER.fullmatch(user) or len(user) > _LONGEST_USER:
        raise ValueError("must look like @groundswell:example.org")
    return user


class MatrixAccount(Section):
    """``state_dir``: for what encryption must remember; nobody else's, and in no copy."""

    homeserver: str
    user_id: str
    password: Secret | None = None
    access_token: Secret | None = Field(default=None, validate_default=True)
    device_name: str = Field(default="Groundswell", min_length=1, max_length=100)
    state_dir: Folder = Path("matrix")
    command_prefix: str = "!"

    @field_validator("homeserver")
    @classmethod
    def _an_address(cls, homeserver: str) -> str:
        return a_homeserver(homeserver)

    @field_validator("user_id")
    @classmethod
    def _a_user(cls, user: str) -> str:
        return a_user(user)

    @field_validator("access_token")
    @classmethod
    def _one_of_two(cls, token: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if "password" in others.data and bool(token) == bool(others.data["password"]):
            raise ValueError("is needed, or password, and only one of them")
        return token

    @field_validator("device_name")
    @classmethod
    def _can_be_read(cls, name: str) -> str:
        if not name.isprintable() or not name.strip():
            raise ValueError("must be a name that can be read")
        return name

    @field_validator("command_prefix")
    @classmethod
    def _signs(cls, prefix: str) -> str:
        if not _PREFIX.fullmatch(prefix):
            raise ValueError("must be one to three signs such as !, no letters and no digits")
        return prefix

    def beside(self, folder: Path) -> Self:
        """With the folder's own path before its relative ones."""
        return self.model_copy(update={"state_dir": folder / self.state_dir})


class Matrix(MatrixAccount):
    accounts: Mapping[str, MatrixAccount] = Field(default_factory=dict)

    @field_validator("accounts")
    @classmethod
    def _named(cls, accounts: Mapping[str, MatrixAccount]) -> Mapping[str, MatrixAccount]:
        for name in accounts:
            if not _NAME.fullmatch(name) or name == FIRST_ACCOUNT:
                raise ValueError(
                    "must have names of small letters, digits and dashes, at most 32, and not "
                    f"{FIRST_ACCOUNT}, which is the first"
                )
        return accounts

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        users = [one.user_id for one in self.every.values()]
        if len(set(users)) < len(users):
            raise ValueError("two of its accounts have the same user_id: each has its own")
        return self

    @property
    def every(self) -> dict[str, MatrixAccount]:
        """All accounts by what they are called, the first one first."""
        return {FIRST_ACCOUNT: self, **self.accounts}

    def beside(self, folder: Path) -> Self:
        """Likewise, all of its accounts."""
        accounts = {name: one.beside(folder) for name, one in self.accounts.items()}
        update = {"state_dir": folder / self.state_dir, "accounts": accounts}
        return self.model_copy(update=update)
