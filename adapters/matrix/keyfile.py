"""What of an account must be kept secret: one file in the keys folder, for its owner alone.

The device and its token, what the store is pickled under, the seeds of the three cross-signing keys.
Written whole or not at all. Never in the state folder, never in a log.
"""

import json
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path

from adapters.matrix.signing import SEED_BYTES, Seeds
from bot import whole
from bot.ports import Chance
from bot.settings import CannotStart


@dataclass(frozen=True, slots=True)
class Secrets:
    """Of one account. ``device`` and ``token`` are empty before the first log-in. Hexadecimal."""

    user: str
    pickle: str = field(repr=False)
    master: str = field(repr=False)
    self_signing: str = field(repr=False)
    user_signing: str = field(repr=False)
    device: str = ""
    token: str = field(default="", repr=False)

    @property
    def seeds(self) -> Seeds:
        return Seeds(*map(bytes.fromhex, (self.master, self.self_signing, self.user_signing)))


class KeyFile:
    """``matrix-NAME.json``, NAME being what the settings call the account."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._file = folder, folder / f"matrix-{name}.json"

    def read(self, user: str, chance: Chance) -> Secrets:
        """What is kept, or new secrets, not yet written. Raises CannotStart."""
        if not self._file.exists():
            drawn = (chance.bytes(SEED_BYTES).hex() for _ in range(4))
            return Secrets(user, *drawn)
        if stat.S_IMODE(self._file.stat().st_mode) & 0o077:
            raise CannotStart(f"Others can read the key file {self._file}: run chmod 600 on it.")
        try:
            kept = Secrets(**json.loads(self._file.read_text("utf-8")))
            sizes = {len(bytes.fromhex(kept.pickle)), *map(len, _seeds(kept))}
        except (OSError, TypeError, ValueError):
            sizes = set()
        if sizes != {SEED_BYTES}:
            raise CannotStart(f"The key file {self._file} is damaged: restore it from its backup.")
        if kept.user != user:
            raise CannotStart(
                f"The key file {self._file} belongs to another account: give the new one a name of "
                "its own in the settings, or move the file away."
            )
        return kept

    def write(self, secrets: Secrets) -> None:
        """Raises CannotStart where the folder is not there."""
        try:
            whole.write(self._file, json.dumps(asdict(secrets)) + "\n")
        except FileNotFoundError:
            raise CannotStart(
                f"The key folder {self._folder} is missing: restore it from its backup."
            ) from None


def _seeds(kept: Secrets) -> tuple[bytes, ...]:
    seeds = kept.seeds
    return seeds.master, seeds.self_signing, seeds.user_signing
