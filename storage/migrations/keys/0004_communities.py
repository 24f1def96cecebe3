"""Keys of communities, and in which of them an account of staff serves."""

import sqlalchemy as sa
from alembic import op

revision = "keys0004"
down_revision = "keys0003"


def upgrade() -> None:
    op.create_table(
        "community_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "homes",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("mark", "community"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_homes_community", "homes", ["community"], unique=False)
