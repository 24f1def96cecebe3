"""PostgreSQL files a case in one trip: it waits for the community's slot, then looks, then keeps.

Each statement of a function sees what was committed before it began. A single one, however it is
written, would see what was there before it waited: a slot still to come that has just happened, a
community that has just been forgotten.
"""

from alembic import op

revision = "main0010"
down_revision = "main0009"

_FILE = """
    CREATE FUNCTION file_case(
        given_id varchar, given_community varchar, given_slot bigint, given_lookup bytea,
        given_key varchar, given_sealed bytea, lookups bytea[], released bytea[]
    ) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(given_community, 0));
        INSERT INTO waiting (id, community, slot, lookup, key, sealed)
        SELECT given_id, given_community, given_slot, given_lookup, given_key, given_sealed
        WHERE EXISTS (
            SELECT FROM communities WHERE id = given_community AND next_slot <= given_slot
        )
        AND NOT EXISTS (SELECT FROM waiting WHERE lookup = ANY (lookups))
        AND NOT EXISTS (SELECT FROM cases WHERE lookup = ANY (released))
        ON CONFLICT DO NOTHING;
        RETURN FOUND;
    END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FILE)
