"""Rows: staff, their accounts and changes that wait, sealed as they are kept and opened again.

Knows neither transaction nor cache; all of it lies under the community's own key.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, time

from bot.domain.communities import Account, Change, Hours, Staff, roles_at
from bot.domain.communities.edits import as_kept, from_kept
from bot.domain.communities.pending import Pending
from bot.domain.communities.rota import days_off
from bot.ports import AccountRow, PendingRow, StaffRow
from bot.services.notices import account_mark
from bot.services.privacy.seals import Seal


def to_staff_row(seal: Seal, one: Staff) -> StaffRow:
    """A member of staff as it is kept."""
    words = {"zone": one.hours.zone}
    words |= {"begins": one.hours.begins.isoformat("minutes")}
    words |= {"ends": one.hours.ends.isoformat("minutes")}
    return StaffRow(
        one.id,
        one.named,
        seal.seal(f"staff.sealed_name/{one.id}", one.name),
        seal.seal(f"staff.sealed_hours/{one.id}", json.dumps(words)),
        one.grants,
    )


def to_account_row(seal: Seal, one: Staff, account: Account) -> AccountRow:
    """One of their accounts as it is kept."""
    mark = account_mark(seal, account)
    words = " ".join((account.platform, account.address, account.space, account.proof)).rstrip()
    return AccountRow(mark, one.id, seal.seal(f"accounts.sealed/{mark.hex()}", words))


def to_pending_row(seal: Seal, change: Pending) -> PendingRow:
    """A change that waits, or held lately, as it is kept."""
    words: dict[str, object] = {"edit": as_kept(change.edit), "by": change.by}
    words |= {"second": change.second, "since": change.since.isoformat()}
    words |= {"held": _said(change.held), "unheard": _said(change.unheard)}
    sealed = seal.seal(f"pending_changes.sealed/{change.id}", json.dumps(words))
    return PendingRow(change.id, change.due, sealed)


def staff_of(
    seal: Seal,
    row: StaffRow,
    accounts: Sequence[AccountRow],
    changes: Sequence[Change],
    now: datetime,
) -> Staff:
    """The person of a row, with the roles that hold ``now``. Raises BadSeal."""
    return Staff(
        id=row.id,
        name=seal.open(f"staff.sealed_name/{row.id}", row.sealed_name),
        roles=roles_at(row.grants, now),
        named=row.named,
        accounts=_once_each(account_of(seal, one) for one in accounts if one.staff == row.id),
        hours=_hours(seal, row),
        days_off=days_off(changes, row.id),
        grants=row.grants,
    )


def pending_of(seal: Seal, row: PendingRow) -> Pending:
    """The change of a row. Raises BadSeal."""
    kept = json.loads(seal.open(f"pending_changes.sealed/{row.id}", row.sealed))
    since, edit = datetime.fromisoformat(kept["since"]), from_kept(kept["edit"])
    held, unheard = (_read(kept[name]) for name in ("held", "unheard"))
    return Pending(row.id, edit, kept["by"], since, kept["second"], held, unheard)


def _hours(seal: Seal, row: StaffRow) -> Hours:
    if row.sealed_hours is None:
        return Hours()
    kept = json.loads(seal.open(f"staff.sealed_hours/{row.id}", row.sealed_hours))
    begins, ends = (time.fromisoformat(kept[name]) for name in ("begins", "ends"))
    return Hours(kept["zone"], begins, ends)


def account_of(seal: Seal, row: AccountRow) -> Account:
    opened = seal.open(f"accounts.sealed/{row.mark.hex()}", row.sealed)
    return Account(*opened.split(" ", 3))


def _once_each(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """One from before communities had keys may lie here under another mark, too: the one that says
    whose hand it is counts."""
    found: dict[tuple[str, str], Account] = {}
    for one in accounts:
        if one.proof or one.at not in found:
            found[one.at] = one
    return tuple(found.values())


def _said(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
