"""What is asked of communities at every command and every tick, built once.

To build a statement, and to find it among those that were compiled, costs twice what the asking
does: whatever is asked often is built where its module begins, here and beside other shelves.
"""

from sqlalchemy import bindparam, func, select, update

from storage.tables import accounts, communities, duty_changes, grants, spaces, staff

AT = select(spaces.c.community).where(spaces.c.mark == bindparam("mark"))
STANDS = (
    select(communities.c.id, communities.c.revision)
    .join(spaces, spaces.c.community == communities.c.id)
    .where(spaces.c.mark == bindparam("mark"))
)
_MINE = communities.c.id == bindparam("_id")
COMMUNITY = select(communities).where(_MINE)
REVISION = select(communities.c.revision).where(_MINE)
#: A lock of PostgreSQL's that ends with the transaction and lies in no row: together, or alone.
_LOCK, _LOCK_ALONE = (
    getattr(func, f"pg_advisory_xact_lock{how}")(func.hashtextextended(bindparam("_id"), 0))
    for how in ("_shared", "")
)
LOCK, LOCK_ALONE = select(_LOCK), select(_LOCK_ALONE)
CHANGED = update(communities).where(_MINE).values(revision=communities.c.revision + 1)
SPACES = select(spaces).where(spaces.c.community == bindparam("_id")).order_by(spaces.c.name)
_OF_STAFF = staff.c.community == bindparam("_id")
STAFF = select(staff).where(_OF_STAFF).order_by(staff.c.id)
ACCOUNTS = select(accounts).join(staff).where(_OF_STAFF).order_by(accounts.c.mark)
GRANTS = select(grants).join(staff).where(_OF_STAFF).order_by(grants.c.role)
LIES = (
    select(duty_changes)
    .where(duty_changes.c.community == bindparam("_id"))
    .order_by(duty_changes.c.id)
)
#: When each has its next slot, and when it is to be looked at; and what is asked of both.
_SLOT, _WATCH = communities.c.next_slot, communities.c.next_watch
DUE, WATCHED = (
    select(communities.c.id).where(one <= bindparam("now")).order_by(one) for one in (_SLOT, _WATCH)
)
SLOT_OF, WATCH_OF = (select(one).where(_MINE) for one in (_SLOT, _WATCH))
SET_SLOT, SET_WATCH = (
    update(communities).where(_MINE).values({one: bindparam("at")}) for one in (_SLOT, _WATCH)
)
