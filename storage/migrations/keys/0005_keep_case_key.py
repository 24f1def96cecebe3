"""PostgreSQL keeps a case's key in one trip: it waits for whoever destroys it, then looks, then keeps.

Each statement of a function sees what was committed before it began; a single one would see what
was there before it waited.
"""

from alembic import op

revision = "keys0005"
down_revision = "keys0004"

_KEEP = """
    CREATE FUNCTION keep_case_key(given_id varchar, given_waiting varchar, given_wrapped bytea)
    RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
        one text := least(given_id COLLATE "C", given_waiting COLLATE "C");
        other text := greatest(given_id COLLATE "C", given_waiting COLLATE "C");
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(one, 0));
        PERFORM pg_advisory_xact_lock(hashtextextended(other, 0));
        INSERT INTO case_keys (id, waiting, wrapped, settled)
        SELECT given_id, given_waiting, given_wrapped, false
        WHERE NOT EXISTS (SELECT FROM tombstones WHERE id IN (given_id, given_waiting))
        ON CONFLICT DO NOTHING;
        RETURN FOUND;
    END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_KEEP)
