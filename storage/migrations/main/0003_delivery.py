"""One parcel per destination, in order; what was given up stays to be seen; what was missed, too."""

import sqlalchemy as sa
from alembic import op

revision = "main0003"
down_revision = "main0002"

_WAS = sa.table(
    "outbox",
    *(sa.column(n) for n in ("id", "community", "notice", "staff", "space", "room", "tries")),
    sa.column("facts", sa.JSON),
    sa.column("next_try"),
)
_ACCOUNTS = sa.table("accounts", sa.column("mark", sa.LargeBinary), sa.column("staff"))
_SPACES = sa.table("spaces", sa.column("id"), sa.column("platform"))


def upgrade() -> None:
    waiting = _parcels()
    op.drop_index("ix_outbox_next_try", table_name="outbox")
    op.drop_table("outbox")
    outbox = _outbox()
    if waiting:
        op.bulk_insert(outbox, waiting)
    op.add_column("ledger", sa.Column("missed", sa.BigInteger(), nullable=True))
    op.create_index("ix_ledger_missed", "ledger", ["missed"], unique=False)


def _outbox() -> sa.Table:
    outbox = op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("notice", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("staff", sa.String(length=32), nullable=True),
        sa.Column("account", sa.LargeBinary(), nullable=True),
        sa.Column("space", sa.String(length=32), nullable=True),
        sa.Column("room", sa.String(length=16), nullable=True),
        sa.Column("destination", sa.String(length=72), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("fate", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=False),
        sa.Column("doubted", sa.BigInteger(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outbox_fate_next_try", "outbox", ["fate", "next_try"], unique=False)
    op.create_index("ix_outbox_destination", "outbox", ["destination", "not_before"], unique=False)
    return outbox


def _parcels() -> list[dict[str, object]]:
    """What waits to be said, one for each account or room it was meant for."""
    run = op.get_bind().execute
    platforms = {row.id: row.platform for row in run(sa.select(_SPACES))}
    marks: dict[str, list[bytes]] = {}
    for mark, staff in run(sa.select(_ACCOUNTS)):
        marks.setdefault(staff, []).append(mark)
    found: list[dict[str, object]] = []
    for row in run(sa.select(_WAS).order_by(_WAS.c.next_try, _WAS.c.id)).mappings():
        if row["space"]:
            place = f"{row['space']}/{row['room']}"
            found.append(_parcel(row, row["id"], platforms[row["space"]], place, None))
        for number, mark in enumerate(marks.get(row["staff"], [])):
            id = row["id"] if number == 0 else f"{int(row['id'], 16) ^ number:032x}"
            # The only platform there was before.
            found.append(_parcel(row, id, "sandbox", mark.hex(), mark))
    return [row | {"sequence": number} for number, row in enumerate(found, 1)]


def _parcel(
    row: sa.RowMapping, id: str, platform: str, destination: str, mark: bytes | None
) -> dict[str, object]:
    when = row["next_try"]
    return dict(row) | {
        "id": id,
        "platform": platform,
        "account": mark,
        "destination": destination,
        "not_before": when or 0,
        "fate": "parked" if when is None else "waiting",
        "next_try": when or 0,
        "doubted": None,
        "sealed": None,
    }
