"""What platforms remember between two runs."""

import sqlalchemy as sa
from alembic import op

revision = "main0007"
down_revision = "main0006"


def upgrade() -> None:
    op.create_table(
        "platform_memory",
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "what"),
        sqlite_with_rowid=False,
    )
