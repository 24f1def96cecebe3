"""The key store knows which key files and which database it belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "keys0002"
down_revision = "keys0001"


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
