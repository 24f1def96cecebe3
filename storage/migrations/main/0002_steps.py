"""Steps, grants, the rota, and the audit chain."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "main0002"
down_revision = "main0001"

_ROLE_LASTS = 365 * 24 * 3600
_NOW = {
    "sqlite": "SELECT CAST(strftime('%s', 'now') AS INTEGER)",
    "postgresql": "SELECT CAST(floor(extract(epoch FROM now())) AS BIGINT)",
}

_STAFF = sa.table("staff", sa.column("id"), sa.column("roles", sa.JSON))
_GRANTS = sa.table("grants", *(sa.column(name) for name in ("staff", "role", "begins", "ends")))
_COMMUNITIES = sa.table(
    "communities", sa.column("id"), sa.column("settings", sa.JSON), sa.column("next_watch")
)


def upgrade() -> None:
    _tables()
    _columns()
    people, communities = _held()
    _grants(people)
    _settings(communities)
    op.execute("UPDATE cases SET look = 0 WHERE live")  # the clock looks at each at once
    op.drop_column("staff", "roles")  # never anew on SQLite: accounts refer to it


def _tables() -> None:
    op.create_table(
        "grants",
        sa.Column("staff", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("staff", "role"),
    )
    op.create_table(
        "duty_changes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("staff", sa.String(length=32), nullable=False),
        sa.Column("lies", sa.String(length=16), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["community"], ["communities.id"]),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_duty_changes_community", "duty_changes", ["community"], unique=False)
    op.create_table(
        "audit",
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("community", "place"),
    )
    op.create_table(
        "audit_acts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_acts_community", "audit_acts", ["community"], unique=False)


def _columns() -> None:
    op.add_column("communities", sa.Column("next_watch", sa.BigInteger(), nullable=True))
    op.create_index("ix_communities_next_watch", "communities", ["next_watch"], unique=False)
    op.add_column("cases", sa.Column("look", sa.BigInteger(), nullable=True))
    op.create_index("ix_cases_look", "cases", ["look", "community"], unique=False)
    op.add_column("staff", sa.Column("sealed_hours", sa.LargeBinary(), nullable=True))
    _accounts()


def _accounts() -> None:
    """Anew, so that one account may belong to staff of several communities."""
    was = sa.table(
        "accounts",
        sa.column("mark", sa.LargeBinary),
        sa.column("staff", sa.String),
        sa.column("sealed", sa.LargeBinary),
    )
    rows = [dict(row) for row in op.get_bind().execute(sa.select(was)).mappings()]
    op.drop_table("accounts")
    accounts = op.create_table(
        "accounts",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("staff", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["staff"], ["staff.id"]),
        sa.PrimaryKeyConstraint("mark", "staff"),
    )
    op.create_index("ix_accounts_staff", "accounts", ["staff"], unique=False)
    if rows:
        op.bulk_insert(accounts, rows)


def _held() -> tuple[list[tuple[str, list[str]]], list[tuple[str, dict[str, Any]]]]:
    """(staff id, roles) and (community id, settings), as they are before."""
    run = op.get_bind().execute
    people = run(sa.select(_STAFF.c.id, _STAFF.c.roles))
    communities = run(sa.select(_COMMUNITIES.c.id, _COMMUNITIES.c.settings))
    return [(id, roles) for id, roles in people], [(id, known) for id, known in communities]


def _grants(people: list[tuple[str, list[str]]]) -> None:
    """Roles held so far begin with the upgrade and last as long as new ones."""
    now = op.get_bind().execute(sa.text(_NOW[op.get_context().dialect.name])).scalar_one()
    for id, roles in people:
        for role in roles:
            row = {"staff": id, "role": role, "begins": now, "ends": now + _ROLE_LASTS}
            op.get_bind().execute(sa.insert(_GRANTS).values(row))


def _settings(communities: list[tuple[str, dict[str, Any]]]) -> None:
    """What was one first answer becomes the default steps; who was on duty becomes the rota."""
    for id, known in communities:
        first = known.pop("first_answer_hours", 24)
        steps = [
            {"target": "on_duty", "within": first, "repeat": None, "people": []},
            {"target": "all_reps", "within": 24, "repeat": None, "people": []},
            {"target": "organisers", "within": 48, "repeat": None, "people": []},
            {"target": "outside", "within": 24, "repeat": 168, "people": []},
        ]
        rota = {"order": known.pop("on_duty", []), "weekday": 0, "at": "09:00"}
        rota["zone"] = known.get("zone", "UTC")
        values = {"settings": known | {"steps": steps, "rota": rota}, "next_watch": 0}
        op.get_bind().execute(sa.update(_COMMUNITIES).where(_COMMUNITIES.c.id == id).values(values))
