"""Keys of communities."""

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
