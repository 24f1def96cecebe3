"""A place of the seeded community on a homeserver: its rooms, and people with clients of their own."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.communities import Account, Community, Role, RoomKind, Space, Trust
from tests.fakes.matrix_people import DIRECT, Crowd, Person
from tests.fakes.matrix_talk import Talk, Watched
from tests.fakes.synapse import Synapse

PEOPLE = ("worker", "colleague", "rep", "organiser", "moderator")
ROLES = {"rep": Role.REP, "organiser": Role.ORGANISER, "moderator": Role.MODERATOR}


@dataclass
class Place:
    """``general``: the bulletin room; ``reps``: the staff room; ``organisers``: theirs; all in the
    Matrix space ``space``. ``bot``: its account there, which is to be asked in; ``pins``: the keys by
    which staff is known; ``watched``: there once the bot is; ``trust``: who can read along there."""

    crowd: Crowd
    bot: str
    people: dict[str, Person]
    pins: dict[str, str]
    space: str
    general: str
    reps: str
    organisers: str
    trust: Trust = field(default=Trust.NEUTRAL, kw_only=True)
    watched: Watched = field(init=False)

    @property
    def synapse(self) -> Synapse:
        return self.crowd.synapse

    @property
    def rooms(self) -> tuple[str, ...]:
        return self.space, self.general, self.reps, self.organisers

    @property
    def host(self) -> Person:
        """Who rules there."""
        return self.people["moderator"]

    def change(self, seeded: Community) -> Community:
        """The seeded community with this place; of each role the person with the fewest accounts so
        far has one here, too."""
        staff = list(seeded.staff)
        for name, role in ROLES.items():
            holders = [n for n, one in enumerate(staff) if role in one.roles]
            at = min(holders, key=lambda n: len(staff[n].accounts))
            account = Account("matrix", self.people[name].user, proof=self.pins[name])
            staff[at] = replace(staff[at], accounts=(*staff[at].accounts, account))
        name = f"Harbour on {self.synapse.name.partition('.')[0]}"
        rooms = dict(zip(RoomKind, self.rooms[1:], strict=True))
        here = Space(name, "matrix", self.space, name, self.trust, rooms=rooms)
        return replace(seeded, staff=tuple(staff), spaces=(*seeded.spaces, here))

    async def asks_the_bot_in(self) -> None:
        """Into all of its rooms."""
        for room in self.rooms:
            await self.host.client.room_invite(room, self.bot)

    async def takes_in(self, person: Person, *rooms: str) -> None:
        """Into the space, or these rooms of it."""
        for room in rooms or [self.space]:
            await self.host.client.room_invite(room, person.user)
            await person.client.join(room)
            await person.until(lambda room=room: room in person.client.rooms)

    def talk(self, who: str | Person, room: str = "") -> Talk:
        """Somebody's talk with the bot, not begun yet; or what they hear of it in a shared room."""
        person = self.people[who] if isinstance(who, str) else who
        return Talk(person, self.bot, self.watched, room)

    async def begun(self, name: str) -> Talk:
        """Somebody begins a talk."""
        talk = self.talk(name)
        await talk.opens()
        return talk


async def gathered(crowd: Crowd) -> Place:
    """People in their places, before the bot comes."""
    bot = crowd.synapse.account("bot")
    people = {name: await crowd.comes(name) for name in PEOPLE}
    pins = {name: await people[name].signs() for name in ROLES}
    host = people["moderator"]
    all_ = [one.user for one in people.values() if one is not host]
    space = await made(host, "Harbour", all_, space=True)
    general = await made(host, "general", all_, parent=space, may_redact=[bot])
    reps = await made(host, "reps", [people["rep"].user], parent=space)
    organisers = await made(host, "organisers", [people["organiser"].user], parent=space)
    for person in people.values():
        await person.sync()
        for room in list(person.client.invited_rooms):
            await person.client.join(room)
    return Place(crowd, bot, people, pins, space, general, reps, organisers)


async def made(
    host: Person,
    name: str,
    invited: Collection[str] = (),
    *,
    space: bool = False,
    parent: str = "",
    may_redact: Collection[str] = (),
) -> str:
    """A room of a place, encrypted, or the place."""
    state: list[dict[str, Any]] = [] if space else DIRECT
    powers = {"users": dict.fromkeys(may_redact, 50)} if may_redact else None
    made = await host.client.room_create(
        name=name, invite=invited, space=space, initial_state=state, power_level_override=powers
    )
    room = str(made.room_id)
    if parent:
        via = {"via": [host.user.partition(":")[2]]}
        await host.client.room_put_state(parent, "m.space.child", via, state_key=room)
    await host.until(lambda: room in host.client.rooms)
    return room


async def lets(host: Person, room: str, user: str, power: int, **needed: int) -> None:
    """How much somebody may do in a room from now on, and what else is needed there."""
    there = (await host.client.room_get_state_event(room, "m.room.power_levels")).content
    users = there["users"] | {user: power}
    await host.client.room_put_state(room, "m.room.power_levels", there | {"users": users} | needed)


async def welcomed(host: Person, room: str, bot: str) -> None:
    """The bot is asked in, and comes."""
    await host.client.room_invite(room, bot)
    await host.until(lambda: bot in host.client.rooms[room].users)
