"""A homeserver without a socket, for one account of the bot and a few people who write to it: rooms, keys
and what each of them seals. Its answers can be bent; what it is asked is answered at once.
"""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import vodozemac

from adapters.matrix.ciphers import Ciphers
from adapters.matrix.signing import Identity, Seeds, canonical

Json = dict[str, Any]
MEGOLM = "m.megolm.v1.aes-sha2"
BOT, SPACE, GENERAL = "@bot:gw.test", "!space:gw.test", "!general:gw.test"


@dataclass
class Person:
    """With one device, alone with the bot in a room, and in the space with all others."""

    user: str
    room: str = ""
    account: Any = field(default_factory=vodozemac.Account)
    megolm: dict[str, Any] = field(default_factory=dict)
    olm: Any = None

    def __post_init__(self) -> None:
        seeds = Seeds(*(bytes([n]) * 30 + self.user.encode()[1:3] for n in (1, 2, 3)))
        self.identity = Identity(self.user, seeds)
        self.room = self.room or f"!{self.user[1:]}"

    @property
    def curve(self) -> str:
        return str(self.account.curve25519_key.to_base64())

    @property
    def ed(self) -> str:
        return str(self.account.ed25519_key.to_base64())

    def device(self) -> Json:
        """Signed by itself and by its person."""
        keys = {"curve25519:D": self.curve, "ed25519:D": self.ed}
        told: Json = {"user_id": self.user, "device_id": "D", "algorithms": [MEGOLM], "keys": keys}
        own = self.account.sign(canonical(told)).to_base64()
        vouched = self.identity.vouched(told)
        vouched["signatures"][self.user]["ed25519:D"] = own
        return vouched

    def speaks(self, ciphers: Ciphers, room: str) -> None:
        """The bot has the key under which they speak there; another where it has forgotten it."""
        known = self.megolm.get(room)
        if known and ciphers._olm.inbound_group_store.get(room, self.curve, known.session_id):
            return
        session = self.megolm[room] = vodozemac.GroupSession()
        of = (self.curve, self.ed, room, session.session_id, session.session_key.to_base64())
        ciphers._olm.create_group_session(*of)

    def sealed(self, room: str, inside: Any) -> Json:
        """The content of an event of a room."""
        session = self.megolm[room]
        words = session.encrypt(json.dumps(inside).encode()).to_base64()
        told = {"algorithm": MEGOLM, "ciphertext": words, "device_id": "D"}
        return told | {"sender_key": self.curve, "session_id": session.session_id}

    def sealed_for(self, ciphers: Ciphers, inside: Any) -> Json:
        """Likewise of a message to the bot's device."""
        account = ciphers._olm.account
        key = account.identity_keys["curve25519"]
        if self.olm is None:
            account._account.generate_one_time_keys(1)
            (once, *_) = account._account.one_time_keys.values()
            public = vodozemac.Curve25519PublicKey.from_base64(key)
            self.olm = self.account.create_outbound_session(public, once)
        kind, words = self.olm.encrypt(json.dumps(inside).encode()).to_parts()
        body = {"type": kind, "body": b64encode(words).decode().rstrip("=")}
        told = {"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": self.curve}
        return told | {"ciphertext": {key: body}}


def state(kind: str, key: str = "", sender: str = "", **content: Any) -> Json:
    return {
        "type": f"m.{kind}",
        "state_key": key,
        "sender": sender or BOT,
        "event_id": f"${kind}{key}",
        "origin_server_ts": 1_700_000_000_000,
        "content": content,
    }


def member(who: str, how: str = "join") -> Json:
    return state("room.member", who, who, membership=how)


def room_of(*people: str, **more: Any) -> list[Json]:
    """The state of a room that is encrypted."""
    made = state("room.create", sender=people[-1], room_version="11", **more)
    return [
        made,
        state("room.encryption", algorithm=MEGOLM),
        state("room.power_levels", users={people[-1]: 100}, state_default=50),
        *(member(one) for one in people),
    ]


class Home:
    """``bends``: answers of the next requests, by the first part of their path that tells them apart."""

    def __init__(self, people: list[Person]) -> None:
        self.people = {one.user: one for one in people}
        users = [one.user for one in people]
        self.states = {one.room: room_of(BOT, one.user) for one in people}
        self.states[SPACE] = [
            *room_of(BOT, *users, type="m.space"),
            state("room.name", name="Harbour"),
            state("space.child", GENERAL, users[-1], via=["gw.test"]),
        ]
        self.states[GENERAL] = [
            *room_of(BOT, *users),
            state("room.name", name="general"),
            state("space.parent", SPACE, users[-1], via=["gw.test"], canonical=True),
        ]
        self.bends: Json = {}
        self._events = 0

    def answers(self, method: str, url: str, given: Any) -> tuple[int, Any]:
        path = [unquote(one) for one in urlsplit(url).path.split("/")[4:]]
        name = "/".join(["rooms", *path[2:3]] if path[0] == "rooms" else path)
        if name in self.bends:
            return 200, self.bends[name]
        if path[0] == "rooms":
            return self._of_room(path[1], path[2:])
        if path[0] == "keys":
            return 200, self._keys(path[1], given)
        if path[0] == "joined_rooms":
            return 200, {"joined_rooms": list(self.states)}
        if path[0] == "createRoom":
            return 200, {"room_id": "!made:gw.test"}
        return 200, {}

    def _of_room(self, room: str, path: list[str]) -> tuple[int, Any]:
        if path[0] in ("send", "redact"):
            self._events += 1
            return 200, {"event_id": f"$bot{self._events}"}
        if path[0] in ("leave", "forget"):
            return 200, {}
        found = self.states.get(room)
        if found is None:
            return 403, {"errcode": "M_FORBIDDEN"}
        if path[0] == "messages":
            return 200, {"chunk": [], "start": "p"}
        if path[0] == "state" and len(path) == 1:
            return 200, found
        kind, key = (*path[1:], "")[:2]
        one = [each for each in found if (each["type"], each["state_key"]) == (kind, key)]
        return (200, one[0]) if one else (404, {"errcode": "M_NOT_FOUND"})

    def _keys(self, what: str, given: Any) -> Json:
        if what != "query":
            return {"one_time_key_counts": {"signed_curve25519": 50}, "one_time_keys": {}}
        asked = [self.people[user] for user in given["device_keys"] if user in self.people]
        keys = {one.user: one.identity.keys() for one in asked}
        return {
            "device_keys": {one.user: {"D": one.device()} for one in asked},
            "master_keys": {user: own["master_key"] for user, own in keys.items()},
            "self_signing_keys": {user: own["self_signing_key"] for user, own in keys.items()},
        }
