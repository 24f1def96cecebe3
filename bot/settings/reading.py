"""Reads groundswell.toml, the environment, and files that hold a secret. The only reader.

``GROUNDSWELL_DATABASE__URL`` stands for ``url`` in ``[database]``; a key with ``_file`` behind it
names a file to read the value from. An unknown key, a placeholder or a bad value is one sentence
that names file, key and remedy.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bot.settings.discord import Discord
from bot.settings.matrix import Matrix
from bot.settings.secrets import is_placeholder
from bot.settings.sections import Backup, Database, Instance, KeyStore, Log, Mail, Ops, Sandbox
from bot.settings.slack import Http, Slack
from bot.starting import CannotStart

LONGEST_NAME = 200  #: characters that a sentence shows of a name out of the file


class Settings(BaseSettings):
    """All settings of one installation. Relative paths start at the file's own folder."""

    model_config = SettingsConfigDict(
        env_prefix="GROUNDSWELL_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    instance: Instance = Instance()
    database: Database = Database()
    keys: KeyStore = KeyStore()
    http: Http = Http()
    ops: Ops | None = None
    sandbox: Sandbox | None = None
    matrix: Matrix | None = None
    slack: Slack | None = None
    discord: Discord | None = None
    mail: Mail | None = None
    backup: Backup | None = None
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
    except SettingsError:
        raise CannotStart(
            "A variable GROUNDSWELL_... of the environment holds what cannot be read: write lists and "
            "tables there as JSON, such as '[1, 2]'."
        ) from None
    _refuse_placeholders(settings.model_dump(), file, ())
    beside = {"matrix": settings.matrix.beside(file.resolve().parent)} if settings.matrix else {}
    return settings.model_copy(update=beside)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise CannotStart(
            f"There is no {file} here: run `groundswell init` to make one, or name it with --config."
        ) from None
    except (ValueError, RecursionError) as wrong:  # no TOML, no text, or figures without end
        raise CannotStart(f"{file} is not valid TOML: {wrong}. Mend that line.") from None
    except OSError as wrong:
        raise CannotStart(f"{file} cannot be read: {wrong.strerror}.") from None


def _environment() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("GROUNDSWELL_")}


def _is_known(variable: str) -> bool:
    """Whether it names a setting: a section's, or one of a section's named parts."""
    *sections, key = _path(variable)
    model: type[BaseModel] | None = Settings
    while sections and model is not None:
        field = model.model_fields.get(sections.pop(0))
        model, named = _model_of(field.annotation) if field else (None, False)
        if named and not (sections and sections.pop(0)):
            return False
    if model is None or model is Settings:
        return False
    fields = model.model_fields.items()
    keys = {one.alias or name for name, one in fields if _model_of(one.annotation)[0] is None}
    return key.removesuffix("_file") in keys


def _path(variable: str) -> list[str]:
    return variable.removeprefix("GROUNDSWELL_").lower().split("__")


def _model_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The section that a setting holds; or, as True says, several that have names."""
    named = getattr(annotation, "__origin__", None) is Mapping
    options = (annotation, *getattr(annotation, "__args__", ()))
    models = (o for o in options if isinstance(o, type) and issubclass(o, BaseModel))
    return next(models, None), named


def _read_secret_files(given: dict[str, Any], file: Path) -> None:
    """Replace each ``key_file`` by ``key``, read from there; the environment's too."""
    for variable, named in _environment().items():
        *sections, key = _path(variable)
        if key.endswith("_file"):
            values: Any = given
            for section in sections:
                values = values.setdefault(section, {}) if isinstance(values, dict) else None
            if isinstance(values, dict):
                values[key] = named
    for values in list(_sections(given)):
        for key in [key for key in values if key.endswith("_file")]:
            path = file.parent / str(values.pop(key))
            try:
                values[key.removesuffix("_file")] = path.read_text("utf-8").strip()
            except (OSError, ValueError) as wrong:  # no text, or no name of a file
                reason = getattr(wrong, "strerror", None) or "it is not text"
                raise CannotStart(
                    f"{file}: {_shown(key)} names {_shown(str(path))}, which cannot be read: {reason}."
                ) from None


def _sections(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every section, and what lies in it under names."""
    for one in given.values():
        if isinstance(one, dict):
            yield one
            yield from _sections(one)


def _sentence(file: Path, wrong: ValidationError) -> str:
    all_ = wrong.errors(include_url=False, include_input=False)
    # What is misspelled is missing, too: the name that is there says which it is.
    first = next((one for one in all_ if one["type"] == "extra_forbidden"), all_[0])
    *section, key = [_shown(str(part)) for part in first["loc"]]
    place = f"[{'.'.join(section)}] {key}" if section else f"[{key}]"
    if first["type"] == "extra_forbidden":
        return f"{file}: {place} is not a setting. Remove it, or check its spelling."
    if first["type"] == "missing":
        return f"{file}: {place} is missing. Add it."
    what = str(first["msg"]).removeprefix("Value error, ")
    return f"{file}: {place} has a bad value: {what}. Mend it there."


def _shown(key: str) -> str:
    """A name out of the file, so that a terminal shows it and does nothing else."""
    plain = key if key.isprintable() else ascii(key)
    return plain if len(plain) <= LONGEST_NAME else f"{plain[:LONGEST_NAME]}..."


def _refuse_placeholders(values: Mapping[str, Any], file: Path, path: tuple[str, ...]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            _refuse_placeholders(value, file, (*path, key))
            continue
        if isinstance(value, SecretStr | str) and is_placeholder(value):
            raise CannotStart(
                f"{file}: [{'.'.join(map(_shown, path))}] {_shown(key)} still holds a placeholder. "
                "Put the real value there."
            )
