"""Workspaces that let us in: the tokens they gave us, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "main0008"
down_revision = "main0007"


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("renew", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("platform", "place"),
    )
    op.create_index("ix_workspaces_renew", "workspaces", ["renew"])
