"""What a case and an entry are as plain facts, to be sealed; and from facts again.

Knows no key and no row. What an older program sealed without a fact has it here as it was then.
"""

from datetime import datetime, timedelta
from typing import Any

from bot.domain.cases import Case, Entry, Kind, Names, Why
from bot.domain.communities import (
    DEFAULT_STEPS,
    MOST_KEPT,
    MOST_STAFF,
    StaffId,
    Step,
    Target,
)
from bot.domain.grievances.intake import Grievance, Impact, Spread

_NOBODY = "0" * 32
_HOUR = timedelta(hours=1)

#: What cases and entries lack that were sealed before there were steps.
_BEFORE_STEPS: dict[str, Any] = {"left_out": "", "promised": "", "steps": []}
_ENTRY_BEFORE_STEPS: dict[str, Any] = {"people": "", "at": "", "step": 0, "due": "", "why": ""}


def case_facts(case: Case) -> dict[str, Any]:
    """Without its entries, and without what its row says."""
    filed = case.grievance
    return {
        "category": filed.category,
        "spread": filed.spread.value,
        "impact": filed.impact.value,
        "story": filed.story,
        "readers": _fixed(case.readers),
        "left_out": _fixed(filed.left_out),
        "member_seen": filed.member_seen,
        "promised": case.first_due.isoformat(),
        "steps": [_step_facts(step) for step in case.steps],
        "kept_days": case.kept_days,
        "told": case.told.isoformat(),
        "urgent": case.urgent,
        "over_cap": case.over_cap,
        "repeat": case.repeat,
        "names": [case.names.lookup.hex(), case.names.key],
        "waiting": [case.waiting.lookup.hex(), case.waiting.key],
    }


def case_of(facts: dict[str, Any], **known: Any) -> Case:
    """``known``: what lies beside the facts."""
    facts = _BEFORE_STEPS | facts
    return Case(
        grievance=Grievance(
            facts["category"],
            Spread(facts["spread"]),
            Impact(facts["impact"]),
            facts["story"],
            _named(facts["left_out"]),
            facts.get("member_seen", True),  # before platforms were asked, everybody was in a space
        ),
        promised=_moment(facts["promised"]),
        steps=tuple(_step(step) for step in facts["steps"]) or DEFAULT_STEPS,
        kept_days=facts.get("kept_days", MOST_KEPT),  # before communities could choose
        readers=_named(facts["readers"]),
        told=datetime.fromisoformat(facts["told"]),
        urgent=facts["urgent"],
        over_cap=facts["over_cap"],
        repeat=facts["repeat"],
        names=_names(facts["names"]),
        waiting=_names(facts["waiting"]),
        **known,
    )


def entry_facts(entry: Entry) -> dict[str, Any]:
    """All of it."""
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "by": entry.by,
        "crosses": entry.crosses.isoformat(),
        "turn": entry.turn,
        "text": entry.text,
        "people": _fixed(entry.people),
        "at": entry.at.isoformat() if entry.at else "",
        "step": entry.step,
        "due": entry.due.isoformat() if entry.due else "",
        "why": entry.why.value if entry.why else "",
    }


def entry_of(facts: dict[str, Any]) -> Entry:
    """As it was said."""
    facts = _ENTRY_BEFORE_STEPS | facts
    return Entry(
        id=facts["id"],
        kind=Kind(facts["kind"]),
        by=facts["by"],
        crosses=datetime.fromisoformat(facts["crosses"]),
        turn=facts["turn"],
        text=facts["text"],
        people=_named(facts["people"] or facts.get("left_out", "")),
        at=_moment(facts["at"]),
        step=facts["step"],
        due=_moment(facts["due"]),
        why=Why(facts["why"]) if facts["why"] else None,
    )


def _moment(kept: str) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def _step_facts(step: Step) -> dict[str, Any]:
    return {
        "target": step.target.value,
        "within": step.within // _HOUR,
        "repeat": step.repeat // _HOUR if step.repeat else 0,
        "people": list(step.people),
    }


def _step(facts: dict[str, Any]) -> Step:
    return Step(
        Target(facts["target"]),
        _HOUR * facts["within"],
        _HOUR * facts["repeat"] if facts["repeat"] else None,
        tuple(StaffId(one) for one in facts["people"]),
    )


def _names(kept: list[str]) -> Names:
    lookup, key = kept
    return Names(bytes.fromhex(lookup), key)


def _fixed(people: frozenset[StaffId]) -> str:
    """People in one fixed size, so that the length never tells how many were left out."""
    return "".join([*sorted(people), *[_NOBODY] * (MOST_STAFF - len(people))])


def _named(fixed: str) -> frozenset[StaffId]:
    ids = (fixed[at : at + 32] for at in range(0, len(fixed), 32))
    return frozenset(StaffId(id) for id in ids if id != _NOBODY)
