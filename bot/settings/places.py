"""Where one installation keeps its things, and which platforms this process runs."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.settings.reading import Settings
from bot.starting import CannotStart

PLATFORMS = ("sandbox", "matrix", "slack", "discord")  #: each enabled by its section


@dataclass(frozen=True, slots=True)
class Backups:
    """Into which folder, sealed to whom, for how many days the database's are kept, and every how many
    hours the running bot makes one; 0: it makes none."""

    to: Path
    recipient: str
    keep: int
    every: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """Where one installation keeps its things: folders, the two databases' addresses, backups."""

    data: Path
    keys: Path
    database: str
    key_store: str
    backups: Backups | None = None

    @property
    def shared(self) -> bool:
        """Whether any number of processes may work on it at once."""
        return all(url.startswith("postgresql") for url in (self.database, self.key_store))


def where(settings: Settings, file: Path) -> Where:
    """The folders and addresses, with the defaults filled in. Raises CannotStart."""
    base = file.resolve().parent
    data, keys = base / settings.instance.data_dir, base / settings.keys.dir
    if keys.resolve().is_relative_to(data.resolve()):
        raise CannotStart(
            f"{file}: [keys] dir lies inside data_dir, where backups would take the keys along: "
            "put it elsewhere."
        )
    if settings.backup and (base / settings.backup.to).resolve().is_relative_to(keys.resolve()):
        raise CannotStart(
            f"{file}: [backup] to lies among the keys, which belong into no backup: put it elsewhere."
        )
    for one in settings.matrix.every.values() if settings.matrix else ():
        state = one.state_dir.resolve()
        if any(state.is_relative_to(beside.resolve()) for beside in (data, keys)):
            raise CannotStart(
                f"{file}: [matrix] state_dir lies inside the folder of the data or of the keys, whose "
                "copies would keep who spoke to the bot: put it elsewhere."
            )
    place = at(data, keys)
    return Where(
        data,
        keys,
        _secret(settings.database.url) or place.database,
        _secret(settings.keys.url) or place.key_store,
        _backups(settings, base),
    )


def _backups(settings: Settings, base: Path) -> Backups | None:
    told = settings.backup
    return Backups(base / told.to, told.recipient, told.keep, told.every) if told else None


def at(data: Path, keys: Path) -> Where:
    """SQLite in these two folders."""
    database = f"sqlite+aiosqlite:///{data / 'groundswell.db'}"
    return Where(data, keys, database, f"sqlite+aiosqlite:///{keys / 'keys.db'}")


def platforms(settings: Settings, file: Path, only: str | None) -> frozenset[str]:
    """What this process runs: all that is enabled, or those named, by commas. Raises CannotStart."""
    enabled = frozenset(name for name in PLATFORMS if getattr(settings, name) is not None)
    if not enabled:
        raise CannotStart(
            f"{file} names no platform: add the section [slack], [discord] or [matrix], or"
            " [sandbox] to try it."
        )
    if only is None:
        return enabled
    wanted = frozenset(name.strip() for name in only.split(","))
    if missing := sorted(wanted - enabled):
        raise CannotStart(
            f"--only names {missing[0] or 'nothing'}, and {file} enables {', '.join(sorted(enabled))}: "
            "name one of those, or add its section."
        )
    return wanted


def typed(settings: Settings, command: str) -> str:
    """How a command is typed on the platforms that the settings name; where that differs, on which."""
    before = {"sandbox": "/", "discord": "/"}
    if settings.slack:
        before["slack"] = f"/{settings.slack.command_prefix}"
    if settings.matrix:
        before["matrix"] = settings.matrix.command_prefix
    ways: dict[str, list[str]] = {}
    for name in PLATFORMS:
        if getattr(settings, name) is not None:
            ways.setdefault(before[name] + command, []).append(name.capitalize())
    if len(ways) < 2:
        return next(iter(ways), f"/{command}")
    return " or ".join(f"{way} (on {' and '.join(names)})" for way, names in ways.items())


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""
