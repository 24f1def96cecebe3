"""Polls, their sealed ballots, and pulses."""

import sqlalchemy as sa
from alembic import op

revision = "main0004"
down_revision = "main0003"


def upgrade() -> None:
    _polls()
    op.create_table(
        "ballots",
        sa.Column("poll", sa.String(length=32), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("poll", "tag"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pulses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("next_wave", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pulses_community", "pulses", ["community"], unique=False)
    op.create_index("ix_pulses_next_wave", "pulses", ["next_wave"], unique=False)


def _polls() -> None:
    op.create_table(
        "polls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.Column("closes", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("pulse", sa.String(length=32), nullable=True),
        sa.Column("wave", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("sealed_comments", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pulse", "wave", name="uq_polls_pulse_wave"),
    )
    op.create_index("ix_polls_community_opens", "polls", ["community", "opens"], unique=False)
    op.create_index("ix_polls_closed_closes", "polls", ["closed", "closes"], unique=False)
    _partial("ix_polls_open", ["community", "closes"], sa.text("closed IS NULL"))
    _partial("ix_polls_commented", ["closed"], sa.text("sealed_comments IS NOT NULL"))


def _partial(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(
        name, "polls", columns, unique=False, sqlite_where=where, postgresql_where=where
    )
