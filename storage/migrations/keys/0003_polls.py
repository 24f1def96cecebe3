"""Keys of polls."""

import sqlalchemy as sa
from alembic import op

revision = "keys0003"
down_revision = "keys0002"


def upgrade() -> None:
    op.create_table(
        "poll_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("missed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
