"""Between rows and dataclasses: a community with its settings, its spaces, its staff.

Settings are one JSON value a community; what an older program kept without a value has a default.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import RowMapping

from bot.domain.communities import (
    Change,
    Community,
    CommunityId,
    FirstPulse,
    Grant,
    Lies,
    Policy,
    Retention,
    Role,
    RoomKind,
    Rota,
    Slots,
    Space,
    StaffId,
    Step,
    Target,
    Trust,
    Words,
)
from bot.ports import SpaceRow, StaffRow

UNANSWERED = "unanswered"  #: nobody said yet who can read a space
_HOUR = timedelta(hours=1)


def to_row(one: Community) -> dict[str, Any]:
    """As a community is kept that is new: it has changed once."""
    settings = {
        "language": one.language,
        "zone": one.slots.zone,
        "weekdays": list(one.slots.weekdays),
        "at": one.slots.at.isoformat(timespec="minutes"),
        "categories": list(one.categories),
        "members": one.members,
        "steps": [_step_to_json(step) for step in one.policy.steps],
        "outside_body": one.policy.outside_body,
        "rota": rota_to_json(one.rota),
        "opened": int(one.opened.timestamp()) if one.opened else None,
        "floor": one.floor,
        "words": {role.value: label for role, label in one.words.named().items()},
        "kept": _retention_to_json(one.retention),
        "first_pulse": asdict(one.first_pulse) if one.first_pulse else None,
    }
    if one.slots.bridge:
        settings["bridge"] = [int(slot.timestamp()) for slot in one.slots.bridge]
    known = {"id": one.id, "name": one.name, "code": one.code}
    return {**known, "settings": settings, "revision": 1}


def from_row(row: RowMapping) -> Community:
    known = row["settings"]
    rota = known["rota"]
    return Community(
        id=CommunityId(row["id"]),
        name=row["name"],
        code=row["code"],
        language=known["language"],
        slots=calendar(known["zone"], known["weekdays"], known["at"], known.get("bridge")),
        categories=tuple(known["categories"]),
        policy=Policy(
            tuple(_step_from_json(step) for step in known["steps"]), known["outside_body"]
        ),
        members=known["members"],
        rota=Rota(
            tuple(StaffId(one) for one in rota["order"]),
            rota["weekday"],
            time.fromisoformat(rota["at"]),
            rota["zone"],
        ),
        opened=_moment(known["opened"]),
        floor=known["floor"],
        words=Words(**known.get("words", {})),  # none was kept of a community's before
        retention=_retention_from_json(known.get("kept")),  # nor how long cases are kept
        first_pulse=_first_pulse_from_json(known.get("first_pulse")),
    )


def calendar(zone: str, weekdays: list[int], at: str, bridge: list[int] | None) -> Slots:
    """A community's slots; ``bridge``: those of the calendar before, where there was one."""
    told = [datetime.fromtimestamp(seconds, UTC) for seconds in bridge or ()]
    kept = (told[0], told[1]) if told else None
    return Slots(zone, tuple(weekdays), time.fromisoformat(at), kept)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _retention_to_json(one: Retention) -> dict[str, Any]:
    since = int(one.since.timestamp()) if one.since else None
    return {"days": one.days, "before": one.before, "since": since}


def _retention_from_json(known: dict[str, Any] | None) -> Retention:
    if known is None:
        return Retention()
    return Retention(known["days"], known["before"], _moment(known["since"]))


def _first_pulse_from_json(known: dict[str, Any] | None) -> FirstPulse | None:
    return FirstPulse(**known | {"bank": tuple(known["bank"])}) if known else None


def rota_to_json(rota: Rota) -> dict[str, Any]:
    return {
        "order": list(rota.order),
        "weekday": rota.weekday,
        "at": rota.at.isoformat(timespec="minutes"),
        "zone": rota.zone,
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "target": step.target.value,
        "within": step.within // _HOUR,
        "repeat": step.repeat // _HOUR if step.repeat else None,
        "people": list(step.people),
    }


def _step_from_json(known: dict[str, Any]) -> Step:
    repeat = known["repeat"]
    return Step(
        Target(known["target"]),
        _HOUR * known["within"],
        _HOUR * repeat if repeat else None,
        tuple(StaffId(one) for one in known["people"]),
    )


def space_to_row(row: SpaceRow) -> dict[str, Any]:
    space = row.space
    return {
        "id": space.id,
        "community": row.community,
        "mark": row.mark,
        "platform": space.platform,
        "address": space.address,
        "name": space.name,
        "trust": space.trust.value if space.answered else UNANSWERED,
        "rooms": {kind.value: room for kind, room in space.rooms.items()},
        "gone": space.gone,
        "via": space.via or None,
    }


def space_from_row(row: RowMapping) -> SpaceRow:
    rooms = {RoomKind(kind): room for kind, room in row["rooms"].items()}
    place = (row["id"], row["platform"], row["address"], row["name"])
    space = Space(*place, *trust_of(row["trust"], rooms), row["gone"], row["via"] or "")
    return SpaceRow(space, CommunityId(row["community"]), row["mark"])


def trust_of(kept: str, rooms: dict[RoomKind, str]) -> tuple[Trust, dict[RoomKind, str], bool]:
    """Who can read a space with these rooms, the rooms, and whether anybody said so."""
    answered = kept != UNANSWERED
    return (Trust(kept) if answered else Trust.EMPLOYER_OWNED), rooms, answered


def staff_from_row(row: RowMapping, held: Sequence[RowMapping]) -> StaffRow:
    mine = (one for one in held if one["staff"] == row["id"])
    return StaffRow(
        StaffId(row["id"]),
        row["named"],
        row["sealed_name"],
        row["sealed_hours"],
        tuple(Grant(Role(one["role"]), one["begins"], one["ends"]) for one in mine),
    )


def change_from_row(row: RowMapping) -> Change:
    lies = Lies(row["lies"])
    return Change(row["id"], StaffId(row["staff"]), lies, row["begins"], row["ends"])
