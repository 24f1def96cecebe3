"""Places: which of the bot's own accounts is believed about each."""

import sqlalchemy as sa
from alembic import op

revision = "main0009"
down_revision = "main0008"


def upgrade() -> None:
    op.add_column("spaces", sa.Column("via", sa.Text(), nullable=True))
