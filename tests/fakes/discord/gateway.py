"""The gateway's sessions: who identified as which shard, what was dispatched to each, and what is resumed."""

import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.app_routes import application

if TYPE_CHECKING:
    from tests.fakes.discord.guilds import Guild
    from tests.fakes.discord.sockets import Socket
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
DISPATCH, BEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    0,
    1,
    2,
    3,
    4,
    6,
    7,
    8,
    9,
    10,
    11,
)
GUILDS, GUILD_MEMBERS, PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, DIRECT_MESSAGES, CONTENT = 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | CONTENT
INTENTS = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25
STARTS_A_DAY, KEPT = 1000, 2000


@dataclass(eq=False)
class Session:
    """``log``: dispatches with their numbers, kept for whoever resumes; ``socket``: who listens now."""

    id: str
    intents: int
    shard: tuple[int, int]
    sent_shard: bool
    seq: int = 0
    log: deque[tuple[int, Json]] = field(default_factory=lambda: deque(maxlen=KEPT))
    socket: "Socket | None" = None

    def hears(self, guild_id: str | None) -> bool:
        """Guilds are spread over the shards; all else is told to the first."""
        if guild_id is None:
            return self.shard[0] == 0
        return (int(guild_id) >> 22) % self.shard[1] == self.shard[0]

    def dispatch(self, event: str, data: Json) -> None:
        self.seq += 1
        payload = {"op": DISPATCH, "t": event, "s": self.seq, "d": data}
        self.log.append((self.seq, payload))
        if self.socket is not None:
            self.socket.give(payload)


class Gateway:
    """``identified``: when, in the town's time; ``intents``: what was asked for last."""

    def __init__(self, town: "Town") -> None:
        self._town = town
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.identified: list[float] = []
        self.intents = 0
        self.resumed = 0
        self._last: dict[int, float] = {}

    @property
    def joined(self) -> list[Session]:
        """Those with somebody at the other end."""
        return [one for one in self.sessions.values() if one.socket is not None]

    def start_limit(self) -> Json:
        return {
            "total": STARTS_A_DAY,
            "remaining": max(STARTS_A_DAY - len(self._today()), 0),
            "reset_after": 86400000,
            "max_concurrency": self._town.concurrency,
        }

    def _today(self) -> list[float]:
        return [at for at in self.identified if at > self._town.now() - 86400]

    # Sessions ------------------------------------------------------------------------------------

    def counts(self) -> bool:
        """One more IDENTIFY. More than a thousand a day: all sessions end, and the token is another."""
        self.identified.append(self._town.now())
        if len(self._today()) <= STARTS_A_DAY:
            return True
        self._town.reset_token()
        return False

    def too_soon(self, shard: int) -> bool:
        """So many shards at once may identify, and then for a while no more."""
        now, key = self._town.now(), shard % self._town.concurrency
        last, self._last[key] = self._last.get(key, 0.0), now
        return now < last + self._town.identify_every

    def start(self, intents: int, shard: tuple[int, int] | None) -> Session:
        session = Session(secrets.token_hex(16), intents, shard or (0, 1), shard is not None)
        self.sessions[session.id] = session
        self.intents = intents
        return session

    def ready(self, session: Session) -> None:
        town = self._town
        mine = [one for one in town.guilds.values() if one.with_bot and session.hears(one.id)]
        app = application(town)
        ready: Json = {
            "v": 10,
            "user": town.bot.told() | {"verified": True, "mfa_enabled": False, "flags": 0},
            "guilds": [{"id": one.id, "unavailable": True} for one in mine],
            "session_id": session.id,
            "resume_gateway_url": town.gateway_url,
            "application": {"id": app["id"], "flags": app["flags"]},
        }
        if session.sent_shard:
            ready["shard"] = list(session.shard)
        session.dispatch("READY", ready)
        if session.intents & GUILDS:
            for one in mine:
                session.dispatch("GUILD_CREATE", one.created())

    def ends(self, session: Session) -> None:
        self.sessions.pop(session.id, None)

    # Dispatches ----------------------------------------------------------------------------------

    def tell(self, guild: "Guild | None", event: str, data: Json, *, needs: int = GUILDS) -> int:
        """To every session that hears of this guild (or of none) and asked for it; gives how many."""
        if guild is not None and not guild.with_bot and event != "INTERACTION_CREATE":
            return 0
        id = guild.id if guild is not None else None
        told = [
            one for one in self.sessions.values() if one.hears(id) and one.intents & needs == needs
        ]
        for one in told:
            one.dispatch(event, data)
        return len(told)

    def message(self, guild: "Guild | None", data: Json) -> None:
        """An ordinary message, to whom asked for such; its words only to whom was granted them."""
        needs = GUILD_MESSAGES if guild is not None else DIRECT_MESSAGES
        mine = data["author"]["id"] == self._town.bot.id
        if guild is not None and not mine and not self.intents & CONTENT:
            data = data | {"content": "", "components": [], "attachments": [], "embeds": []}
        more = {"guild_id": guild.id} if guild is not None else {}
        self.tell(guild, "MESSAGE_CREATE", data | more, needs=needs)

    # What can be made to happen ------------------------------------------------------------------

    async def drop(self, code: int = 0) -> None:
        """Every socket ends: with this code, or without a word. Sessions can be resumed."""
        for one in list(self.sockets):
            await one.end(code)

    def reconnect(self) -> None:
        """Ask everybody to come again and resume."""
        for one in list(self.sockets):
            one.give({"op": RECONNECT, "d": None})

    def asks_for_beat(self) -> None:
        for one in list(self.sockets):
            one.give({"op": BEAT, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        for one in list(self.sockets):
            if not resumable and one.session is not None:
                self.ends(one.session)
            one.give({"op": INVALID, "d": resumable})

    def forget(self) -> None:
        """No session that has no socket can be resumed any more."""
        for one in list(self.sessions.values()):
            if one.socket is None:
                self.ends(one)
