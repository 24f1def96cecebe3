"""Setting up: changes that wait, spaces that are gone, communities that are not open yet."""

import sqlalchemy as sa
from alembic import op

revision = "main0006"
down_revision = "main0005"

_OPENED = 0  #: a community that was there before was open from the start
_FLOOR = 5


def upgrade() -> None:
    op.create_table(
        "pending_changes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["community"], ["communities.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pending_changes_community", "pending_changes", ["community"], unique=False)
    op.create_index("ix_pending_changes_due", "pending_changes", ["due"], unique=False)
    op.add_column("spaces", sa.Column("gone", sa.BigInteger(), nullable=True))
    _for_those_that_are_there()


def _for_those_that_are_there() -> None:
    known = op.get_bind()
    communities = sa.table("communities", sa.column("id"), sa.column("settings", sa.JSON()))
    for row in known.execute(sa.select(communities)).mappings().all():
        settings = {**row["settings"], "opened": _OPENED, "floor": _FLOOR}
        change = sa.update(communities).where(communities.c.id == row["id"])
        known.execute(change.values(settings=settings))
