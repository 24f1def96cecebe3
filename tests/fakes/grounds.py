"""An installation at rest, on SQLite or PostgreSQL, that can be had again, as it was or emptied, as often
as a test likes: each time in the place of the one before, whatever has become of that."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Where
from tests.fakes.postgres import Postgres
from tests.fakes.world import folders

NEW = "template0"
ENDS = 30  #: seconds in which a server must have noticed that somebody is dead


@dataclass(frozen=True)
class Ground:
    """``root``: where the folders of the one at rest are; ``server``: where its databases are, if not
    there. To be used by whoever has no loop that runs: tests that fork."""

    root: Path
    server: Postgres | None

    @property
    def kind(self) -> str:
        return "sqlite" if self.server is None else "postgresql"

    @property
    def lived(self) -> Where:
        return self._at(self.root, "lived")

    def begun(self) -> Where:
        """Where one is to live first."""
        self._databases("lived", NEW, NEW)
        return self.lived

    def again(self, root: Path) -> Where:
        """As it was, under this folder."""
        self._folders(root)
        shutil.copytree(self.root / "data", root / "data")
        for file in (self.root / "keys").iterdir():
            shutil.copy2(file, root / "keys")
        self._databases("tried", *self._names("lived"))
        return self._at(root, "tried")

    def emptied(self, root: Path) -> Where:
        """Its key files, and two new databases."""
        self._folders(root)
        for file in (self.root / "keys").glob("*.key"):
            shutil.copy2(file, root / "keys")
        self._databases("tried", NEW, NEW)
        return self._at(root, "tried")

    def quiet(self) -> None:
        """Wait until the server knows of all who died that they did."""
        if self.server is not None:
            asyncio.run(self._quiet(self.server))

    async def _quiet(self, server: Postgres) -> None:
        async with asyncio.timeout(ENDS):
            while await server.asked(
                "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'tried_%'"
            ):
                await asyncio.sleep(0.01)

    def _folders(self, root: Path) -> None:
        shutil.rmtree(root, ignore_errors=True)
        (root / "keys").mkdir(mode=0o700, parents=True)

    def _databases(self, name: str, *like: str) -> None:
        if self.server is not None:
            asyncio.run(self._made(self.server, dict(zip(self._names(name), like, strict=True))))

    async def _made(self, server: Postgres, databases: dict[str, str]) -> None:
        for name, like in databases.items():
            await server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await server.run(f"CREATE DATABASE {name} TEMPLATE {like}")

    def _at(self, root: Path, name: str) -> Where:
        if self.server is None:
            return folders(root)
        return Where(root / "data", root / "keys", *map(self.server.url, self._names(name)))

    def _names(self, name: str) -> tuple[str, str]:
        return f"{name}_database", f"{name}_keys"
