"""Rows to put on the shelves: each with its own random-looking id, changed where a test cares."""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.domain.communities import CommunityId, StaffId
from bot.domain.grievances.intake import Waiting
from bot.domain.polls import (
    Every,
    Poll,
    PollId,
    Pulse,
    PulseId,
    Question,
    QuestionKind,
    ToldBy,
)
from bot.domain.privacy import Result, Share, Shares, Shown
from bot.ports import CaseRow, EntryRow, Parcel, SealedBallot

HERE, ELSEWHERE = CommunityId("a" * 32), CommunityId("b" * 32)
SLOT = datetime(2026, 6, 1, 9, tzinfo=UTC)
NEXT_SLOT = SLOT + timedelta(days=2)
SECOND = timedelta(seconds=1)

_numbers = count(1)


def new_id() -> str:
    return hashlib.md5(f"row {next(_numbers)}".encode(), usedforsecurity=False).hexdigest()


def new_lookup() -> bytes:
    return hashlib.sha256(f"lookup {next(_numbers)}".encode()).digest()


def waiting(**changes: Any) -> Waiting:
    """A new case that waits."""
    facts = {
        "id": new_id(),
        "community": HERE,
        "slot": SLOT,
        "lookup": new_lookup(),
        "key": new_id(),
        "sealed": b"\x00sealed words\xff",
    }
    return Waiting(**(facts | changes))


def said(key: str, **changes: Any) -> Waiting:
    """Something said in the case whose key waiting rows call so, that waits."""
    return waiting(key=key, lookup=None, **changes)


def case(**changes: Any) -> CaseRow:
    """A released case."""
    id = new_id()
    facts = {
        "id": id,
        "number": id[:6].upper(),
        "community": HERE,
        "lookup": new_lookup(),
        "key": new_id(),
        "release": SLOT,
        "due": SLOT + timedelta(hours=24),
        "look": SLOT + timedelta(hours=12),
        "gone": SLOT + timedelta(days=365),
        "live": True,
        "sealed": b"\x00sealed case\xff",
    }
    return CaseRow(**(facts | changes))


def entry(case: str, **changes: Any) -> EntryRow:
    return EntryRow(**({"id": new_id(), "case": case, "sealed": b"\x00entry\xff"} | changes))


def parcel(**changes: Any) -> Parcel:
    """A notice to one account of a member of staff, each its own."""
    facts = {
        "id": new_id(),
        "community": HERE,
        "platform": "sandbox",
        "notice": "case_waits",
        "facts": {"by": "2026-06-02T09:00:00+00:00"},
        "not_before": SLOT,
        "staff": StaffId(new_id()),
        "account": new_lookup(),
    }
    return Parcel(**(facts | changes))


def poll(**changes: Any) -> Poll:
    """One that opened at a slot and is open for a week."""
    facts = {
        "id": PollId(new_id()),
        "community": HERE,
        "questions": (Question(QuestionKind.YES_NO, "Do we stay?"),),
        "comment": False,
        "opens": SLOT,
        "closes": SLOT + timedelta(days=7),
        "floor": 5,
        "eligible": 40,
        "told_by": ToldBy.DECLARED,
        "spaces": (new_id(),),
        "public_key": new_lookup(),
    }
    return Poll(**(facts | changes))


def ballot(poll: PollId, **changes: Any) -> SealedBallot:
    """Somebody's first."""
    facts = {"poll": poll, "tag": new_lookup()[:16], "sealed": new_lookup() * 4}
    return SealedBallot(**(facts | changes))


def pulse(**changes: Any) -> Pulse:
    facts = {
        "id": PulseId(new_id()),
        "community": HERE,
        "bank": ("workload", "say"),
        "every": Every.FORTNIGHTLY,
        "days": 5,
        "comment": True,
        "first": SLOT,
        "zone": "Europe/Berlin",
    }
    return Pulse(**(facts | changes))


RESULT = Result(Share(45, 45), (Shares(Shown.SHARES, (Share(25, 50), None)),))
