"""What the running bot does about backups: makes one every so many hours, by one of its processes, and
takes away what must not lie in the folder any more, by each of them.

Which one makes it is decided by the ledger. One that failed is told in the log, and made up for at the
next turn.
"""

from datetime import timedelta

from bot import backup_folder
from bot.backups import make
from bot.domain.errors import CannotSave
from bot.ports import Chance, Clock, Log, Noted, OpenWork
from bot.settings import Backups, CannotStart, Where

KIND = "backup"
LOOKS_APART = 60.0  #: seconds
TIDIED_EVERY = 3600.0  #: seconds
NOBODYS = "installation"  #: in the ledger, where others name a community


class Regularly:
    def __init__(
        self, where: Where, open_work: OpenWork, clock: Clock, chance: Chance, log: Log
    ) -> None:
        self._where, self._open_work = where, open_work
        self._clock, self._chance, self._log = clock, chance, log
        self._look_at = self._tidy_at = 0.0  # on the clock's running hand

    async def tidy(self) -> None:
        """Also where nobody makes one regularly, and by each process: the folder may be its machine's."""
        plan, elapsed = self._where.backups, self._clock.elapsed()
        if plan is None or elapsed < self._tidy_at:
            return
        self._tidy_at = elapsed + TIDIED_EVERY
        try:
            backup_folder.tidy(plan.to, self._clock.now())
        except OSError:
            self._log.note(Noted.WARNED, kind=KIND, place="keeping")

    async def due(self) -> None:
        plan = self._where.backups
        if plan is None or not plan.every or self._clock.elapsed() < self._look_at:
            return
        self._look_at = self._clock.elapsed() + LOOKS_APART
        async with self._open_work() as work:
            mine = await work.ledger.claim(KIND, NOBODYS, self._period(plan))
        if mine:
            try:
                await make(self._where, plan, self._clock.now(), self._chance, _untold)
            except (CannotStart, CannotSave):
                self._log.note(Noted.WARNED, kind=KIND, place="every")

    def _period(self, plan: Backups) -> str:
        """Since 1970, so many times."""
        now, every = self._clock.now(), timedelta(hours=plan.every)
        return f"{plan.every}h/{int(now.timestamp() // every.total_seconds())}"


def _untold(what: str, done: int) -> None:
    """Nobody looks on."""
