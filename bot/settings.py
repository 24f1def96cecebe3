"""Settings: groundswell.toml, the environment, or files that hold a secret. The only reader.

``GROUNDSWELL_DATABASE__URL`` stands for ``url`` in ``[database]``; a key with ``_file`` behind it
names a file to read the value from. Frozen; secrets show as stars. An unknown key, a placeholder
or a bad value is one sentence that names file, key and remedy.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.domain.communities import LANGUAGES

DEFAULT_FILE = "groundswell.toml"
PLATFORMS = ("sandbox",)  #: each enabled by its section
#: Not Mastodon, not "Name <mail@example.org>", not "know-your-rights", not "change meetings".
_PLACEHOLDER = re.compile(
    r"(?<![a-z])(?:change[-_ ]?me|todo)(?![a-z])|<[^>@]*>|\.\.\.$|^x{3,}$|(?<![\w-])your[-_]",
    re.IGNORECASE,
)


#: What can be written to: HTML's own rule for an e-mail address, without its quoted oddities.
MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")


class CannotStart(Exception):
    """One sentence that says what is wrong and what to do; exit code 2."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Instance(_Section):
    name: str = "Groundswell"
    operator: str = "nobody named yet"
    contact: str = ""
    external_door: str = ""
    identity_page: str = ""
    data_dir: Path = Path("data")
    language: str = "en"  #: in which whoever belongs to no community is answered

    @field_validator("language")
    @classmethod
    def _spoken(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return language


class Database(_Section):
    url: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _known(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not re.match(
            r"(sqlite\+aiosqlite|postgresql\+asyncpg)://", url.get_secret_value()
        ):
            raise ValueError("must begin with sqlite+aiosqlite:// or postgresql+asyncpg://")
        return url


class KeyStore(Database):
    dir: Path = Path("keys")


class Sandbox(_Section):
    port: int = Field(default=8765, ge=0, le=65535)


class Ops(_Section):
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8081, ge=0, le=65535)


IMPLICIT_PORT = 465  #: where TLS comes before the first word


class Mail(_Section):
    """The server that takes our e-mail. It is not a platform: nobody writes to us there."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    from_: str = Field(alias="from")
    tls: Literal["starttls", "implicit", "none", ""] = (
        ""  #: none only where it stays on this machine
    )
    user: str = ""
    password: SecretStr | None = None
    ca: str = Field(default="", repr=False)  #: of a private CA, in PEM: ``ca_file`` names its file

    @field_validator("host")
    @classmethod
    def _a_name(cls, host: str) -> str:
        if not _HOST.fullmatch(host):
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


class Log(_Section):
    level: Literal["info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Settings(BaseSettings):
    """All settings of one installation. Relative paths start at the file's own folder."""

    model_config = SettingsConfigDict(
        env_prefix="GROUNDSWELL_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    instance: Instance = Instance()
    database: Database = Database()
    keys: KeyStore = KeyStore()
    ops: Ops | None = None
    sandbox: Sandbox | None = None
    mail: Mail | None = None
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file; nothing else is looked at."""
        if isinstance(env_settings, EnvSettingsSource):  # what names a file was read from there
            known = env_settings.env_vars.items()
            env_settings.env_vars = {n: value for n, value in known if not n.endswith("_file")}
        return env_settings, init_settings


@dataclass(frozen=True, slots=True)
class Where:
    """Where one installation keeps its things: folders, and the two databases' addresses."""

    data: Path
    keys: Path
    database: str
    key_store: str

    @property
    def shared(self) -> bool:
        """Whether any number of processes may work on it at once."""
        return all(url.startswith("postgresql") for url in (self.database, self.key_store))


def load(file: Path) -> Settings:
    """The settings from ``file`` and the environment. Raises CannotStart."""
    given = _read_toml(file)
    environment = _environment()
    unknown = [name for name in environment if not _is_known(name)]
    if unknown:
        raise CannotStart(f"The environment variable {unknown[0]} names no setting: remove it.")
    try:
        _read_secret_files(given, file)
        settings = Settings(**given)
    except ValidationError as wrong:
        raise CannotStart(_sentence(file, wrong)) from None
    _refuse_placeholders(settings.model_dump(), file, ())
    return settings


def where(settings: Settings, file: Path) -> Where:
    """The folders and addresses, with the defaults filled in. Raises CannotStart."""
    base = file.resolve().parent
    data, keys = base / settings.instance.data_dir, base / settings.keys.dir
    if keys.resolve().is_relative_to(data.resolve()):
        raise CannotStart(
            f"{file}: [keys] dir lies inside data_dir, where backups would take the keys along: "
            "put it elsewhere."
        )
    place = at(data, keys)
    return Where(
        data,
        keys,
        _secret(settings.database.url) or place.database,
        _secret(settings.keys.url) or place.key_store,
    )


def at(data: Path, keys: Path) -> Where:
    """SQLite in these two folders."""
    database = f"sqlite+aiosqlite:///{data / 'groundswell.db'}"
    return Where(data, keys, database, f"sqlite+aiosqlite:///{keys / 'keys.db'}")


def is_loopback(host: str) -> bool:
    """Whether what is said to ``host`` never leaves this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def platforms(settings: Settings, file: Path, only: str | None) -> frozenset[str]:
    """What this process runs: all that is enabled, or those named, by commas. Raises CannotStart."""
    enabled = frozenset(name for name in PLATFORMS if getattr(settings, name) is not None)
    if not enabled:
        raise CannotStart(f"{file} names no platform: add the section [sandbox].")
    if only is None:
        return enabled
    wanted = frozenset(name.strip() for name in only.split(","))
    if missing := sorted(wanted - enabled):
        raise CannotStart(
            f"--only names {missing[0] or 'nothing'}, and {file} enables {', '.join(sorted(enabled))}: "
            "name one of those, or add its section."
        )
    return wanted


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise CannotStart(
            f"There is no {file} here: run `groundswell init` to make one, or name it with --config."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise CannotStart(f"{file} is not valid TOML: {wrong}. Mend that line.") from None
    except OSError as wrong:
        raise CannotStart(f"{file} cannot be read: {wrong.strerror}.") from None


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("GROUNDSWELL_")}


def _is_known(variable: str) -> bool:
    section, _, key = variable.removeprefix("GROUNDSWELL_").lower().partition("__")
    field = Settings.model_fields.get(section)
    model = _model_of(field.annotation) if field else None
    if model is None:
        return False
    keys = {one.alias or name for name, one in model.model_fields.items()}
    return key.removesuffix("_file") in keys


def _model_of(annotation: Any) -> type[BaseModel] | None:
    options = (annotation, *getattr(annotation, "__args__", ()))
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)


def _read_secret_files(given: dict[str, Any], file: Path) -> None:
    """Replace each ``key_file`` by ``key``, read from there; the environment's too."""
    for variable, named in _environment().items():
        section, _, key = variable.removeprefix("GROUNDSWELL_").lower().partition("__")
        values = given.setdefault(section, {}) if key.endswith("_file") else None
        if isinstance(values, dict):
            values[key] = named
    for values in [one for one in given.values() if isinstance(one, dict)]:
        for key in [key for key in values if key.endswith("_file")]:
            path = file.parent / str(values.pop(key))
            try:
                values[key.removesuffix("_file")] = path.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as wrong:
                reason = getattr(wrong, "strerror", None) or "it is not text"
                raise CannotStart(
                    f"{file}: {key} names {path}, which cannot be read: {reason}."
                ) from None


def _sentence(file: Path, wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False, include_input=False)[0]
    *section, key = [str(part) for part in first["loc"]]
    place = f"[{'.'.join(section)}] {key}" if section else f"[{key}]"
    if first["type"] == "extra_forbidden":
        return f"{file}: {place} is not a setting. Remove it, or check its spelling."
    return f"{file}: {place} has a bad value: {first['msg']}. Mend it there."


def _refuse_placeholders(values: Mapping[str, Any], file: Path, path: tuple[str, ...]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            _refuse_placeholders(value, file, (*path, key))
            continue
        words = value.get_secret_value() if isinstance(value, SecretStr) else value
        if isinstance(words, str) and _PLACEHOLDER.search(words):
            raise CannotStart(
                f"{file}: [{'.'.join(path)}] {key} still holds a placeholder. Put the real value there."
            )
