"""Digests: when each community's is due, how far it has come, what was published."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "main0005"
down_revision = "main0004"

#: Of a community that was there before: the bot reckons when its first one is due.
_BEFORE = date(1970, 1, 5)


def upgrade() -> None:
    op.create_table(
        "digests",
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("sealed_addresses", sa.LargeBinary(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("nowhere", sa.Boolean(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("done", sa.Date(), nullable=False),
        sa.Column("sent", sa.Date(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("carried", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["community"], ["communities.id"]),
        sa.PrimaryKeyConstraint("community"),
    )
    op.create_index("ix_digests_due", "digests", ["due"], unique=False)
    op.create_table(
        "digest_weeks",
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("community", "week"),
    )
    op.create_index("ix_polls_community_closed", "polls", ["community", "closed"], unique=False)
    op.create_index("ix_cases_community_gone", "cases", ["community", "gone"], unique=False)
    _for_those_that_are_there()


def _for_those_that_are_there() -> None:
    known = op.get_bind()
    communities = sa.table("communities", sa.column("id"), sa.column("settings", sa.JSON()))
    digests = sa.table(
        "digests",
        *(sa.column(name) for name in ("community", "revision", "due", "nowhere", "serial")),
        *(sa.column(name, sa.Date()) for name in ("first", "done")),
        sa.column("since"),
        sa.column("settings", sa.JSON()),
    )
    for row in known.execute(sa.select(communities)).mappings().all():
        plan = {"weekday": 0, "at": "09:00"}
        plan |= {name: row["settings"][name] for name in ("zone", "language")}
        begun: dict[str, object] = {
            "revision": 1,
            "due": 0,
            "nowhere": False,
            "serial": 0,
            "since": 0,
        }
        begun |= {"first": _BEFORE, "done": _BEFORE}
        known.execute(sa.insert(digests).values(community=row["id"], settings=plan, **begun))
