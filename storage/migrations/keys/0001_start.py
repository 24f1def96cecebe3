"""Case keys, tombstones and drafts."""

import sqlalchemy as sa
from alembic import op

revision = "keys0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "case_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("waiting", sa.String(length=32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("missed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("waiting", name="uq_case_keys_waiting"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_keys_settled", "case_keys", ["settled"], unique=False)
    op.create_table(
        "daily_keys",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_drafts_until", "drafts", ["until"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
