"""What a community may take with it: settings, staff by name, what was published, the chain's heads.

Nothing of any case, no comment, no account, no address: this file is meant to be passed on.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from bot.domain.communities import Community, CommunityId, Space, Staff, StaffId
from bot.domain.polls import Poll
from bot.domain.privacy import Result
from bot.ports import Clock, OpenWork, Work
from bot.services.communities import Communities
from bot.services.digests.files import DigestFiles, to_json
from bot.services.privacy.audit import Audit

FORMAT = "groundswell-export/1"
_ALL = 1_000_000
_HOUR = timedelta(hours=1)


class Export:
    def __init__(
        self,
        open_work: OpenWork,
        communities: Communities,
        digests: DigestFiles,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._open_work, self._communities, self._digests = open_work, communities, digests
        self._audit, self._clock = audit, clock

    async def of(self, id: CommunityId) -> dict[str, Any]:
        """In plain values, as JSON has them. Raises NoCommunity, BadSeal."""
        pages = await self._audit.pages(id)
        async with self._open_work() as work:
            community = await self._communities.load(work, id)
            polls = await work.polls.of(id, _ALL)
            return {
                "format": FORMAT,
                "made": self._clock.now().isoformat(timespec="seconds"),
                "community": _community(community),
                "staff": [_person(one) for one in (*community.staff, *community.former)],
                "policy": _policy(community),
                "polls": [_poll(one, one.result) for one in reversed(polls) if one.result],
                "digest": await self._plan(work, id) if community.opened else None,
                "digests": await self._published(work, id),
                "audit": [{"week": page.place, "head": page.head.hex()} for page in pages],
            }

    async def _plan(self, work: Work, id: CommunityId) -> dict[str, Any]:
        """Without its addresses."""
        row = await work.digests.get(id)
        plan = row.plan
        at = plan.at.isoformat("minutes")
        told = {"weekday": plan.weekday, "at": at, "zone": plan.zone, "language": plan.language}
        return told | {"paused": row.due is None}

    async def _published(self, work: Work, id: CommunityId) -> list[dict[str, Any]]:
        weeks = await work.digests.weeks(id)
        found = [await self._digests.published(work, id, week) for week in weeks]
        return [to_json(one) for one in found if one]


def _community(one: Community) -> dict[str, Any]:
    slots, rota = one.slots, one.rota
    at = {"zone": slots.zone, "weekdays": list(slots.weekdays), "at": slots.at.isoformat("minutes")}
    order = [_name(one, id) for id in rota.order]
    handover = {"weekday": rota.weekday, "at": rota.at.isoformat("minutes"), "zone": rota.zone}
    return {
        "name": one.name,
        "code": one.code,
        "language": one.language,
        "members": one.members,
        "floor": one.floor,
        "kept_days": one.retention.days,
        "first_pulse": asdict(one.first_pulse) if one.first_pulse else None,
        "opened": one.opened.isoformat() if one.opened else None,
        "words": {role.value: label for role, label in one.words.named().items()},
        "categories": list(one.categories),
        "slots": at,
        "rota": {"order": order, "handover": handover},
        "spaces": [_space(space) for space in one.spaces],
    }


def _space(one: Space) -> dict[str, Any]:
    rooms = {kind.value: room for kind, room in one.rooms.items()}
    known = {"platform": one.platform, "address": one.address, "name": one.name}
    return {**known, "trust": one.trust.value, "rooms": rooms}


def _person(one: Staff) -> dict[str, Any]:
    grants = sorted(one.grants, key=lambda grant: (grant.begins, grant.role.value))
    roles = [
        {"role": g.role.value, "begins": g.begins.isoformat(), "ends": g.ends.isoformat()}
        for g in grants
    ]
    return {"name": one.name, "named": one.named, "roles": roles}


def _policy(one: Community) -> dict[str, Any]:
    steps = [
        {
            "target": step.target.value,
            "hours": step.within // _HOUR,
            "repeat_hours": step.repeat // _HOUR if step.repeat else None,
            "people": [_name(one, id) for id in step.people],
        }
        for step in one.policy.steps
    ]
    return {"steps": steps, "outside_body": one.policy.outside_body}


def _poll(one: Poll, result: Result) -> dict[str, Any]:
    """What everyone was shown of it."""
    return {
        "questions": [asdict(question) for question in one.questions],
        "opened": one.opens.isoformat(),
        "closed": _moment(one.closed),
        "pulse": one.pulse,
        "wave": one.wave,
        "result": asdict(result),
        "outcome": one.outcome,
    }


def _name(community: Community, id: StaffId) -> str:
    """Empty for somebody of whom nothing is kept any more."""
    person = community.person(id) or community.formerly(id)
    return person.name if person else ""


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
