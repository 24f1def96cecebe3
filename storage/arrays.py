"""Many rows in one statement, on PostgreSQL: an array for each column, so that its text is always
the same, is prepared once and goes to the server in one trip. SQLite has no arrays, and no trips.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    String,
    TableValuedAlias,
    any_,
    bindparam,
    column,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY


def among(mine: Column[Any], ids: str = "ids") -> ColumnElement[bool]:
    """Whether it is one of the parameter of this name."""
    return mine == any_(handed_over(mine, ids))


def handed_over(of: Column[Any], ids: str) -> BindParameter[Any]:
    """The parameter of this name: many of what stands in this column."""
    return bindparam(ids, type_=_array(of))


def listed(mine: Column[Any], ids: str = "ids") -> ColumnElement[bool]:
    """The same where there are no arrays."""
    return mine.in_(bindparam(ids, expanding=True))


def given(*columns: Column[Any], numbered: str | None = None) -> TableValuedAlias:
    """The rows handed over, as a table. ``numbered``: a column with their order, beside theirs."""
    arrays = (bindparam(f"all_{one.name}", type_=_array(one)) for one in columns)
    names = (column(one.name, one.type) for one in columns)
    rows = func.unnest(*arrays).table_valued(*names, with_ordinality=numbered)
    return rows.render_derived(name="given")


def handed(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The parameters of ``given``. There must be a row."""
    return {f"all_{name}": [row[name] for row in rows] for name in rows[0]}


def _array(of: Column[Any]) -> ARRAY[Any]:
    """Without the length of a text: what is too long would be cut where it is cast, not refused."""
    return ARRAY(String() if isinstance(of.type, String) else of.type)
