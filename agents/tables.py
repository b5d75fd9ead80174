"""The tables of appointments and datasets. Alembic's migrations make them; only the SQL appointment store reads and
writes the first, only the datasets' registry the second.

Times are UTC, stored as ISO 8601 text with milliseconds so that SQLite and PostgreSQL sort and compare them alike.
"""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData()

TEXT_CHARS = 200
"""Of what is to be done and of the vehicle: enough for a workshop, too little for a life."""

_KEEPS_A_PLACE = text("status IN ('held', 'booked')")
_NEVER_BOOKED = text("expires_at IS NOT NULL")

appointments = Table(
    "appointments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("user_id", String(255), nullable=False),
    Column("conversation_id", String(36), nullable=False),
    Column("run_id", String(36), nullable=False),
    Column("dealer", String(64), nullable=False),
    Column("starts_at", String(32), nullable=False),
    Column("place", Integer, nullable=False, comment="of the dealer's places at that time, from 0"),
    Column("status", String(16), nullable=False, comment="held, booked or cancelled"),
    Column("work", String(TEXT_CHARS), nullable=False),
    Column("vehicle", String(TEXT_CHARS), nullable=False),
    Column("expires_at", String(32), comment="of a hold; of a cancelled one: it was never booked"),
    Column("replaces", String(36), comment="the appointment that this one was moved from, or is to be"),
    Column("moves", Integer, nullable=False, comment="how often it was moved before it got here"),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index(
        "uq_appointments_place",
        "dealer",
        "starts_at",
        "place",
        unique=True,
        sqlite_where=_KEEPS_A_PLACE,
        postgresql_where=_KEEPS_A_PLACE,
    ),
    Index(
        "uq_appointments_run",
        "user_id",
        "run_id",
        "dealer",
        "starts_at",
        "vehicle",
        unique=True,
        sqlite_where=_KEEPS_A_PLACE,
        postgresql_where=_KEEPS_A_PLACE,
    ),
    Index("ix_appointments_user", "user_id", "status", "starts_at"),
    Index("ix_appointments_expires_at", "expires_at", sqlite_where=_NEVER_BOOKED, postgresql_where=_NEVER_BOOKED),
)

datasets = Table(
    "datasets",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("description", Text, nullable=False),
    Column("address", Text, nullable=False, comment="a file, a folder or a database's URL, with its password"),
    Column("added_at", String(32), nullable=False),
    Column("taken_at", String(32), nullable=False, comment="when a new snapshot was last asked for"),
    Column(
        "audience",
        String(16),
        nullable=False,
        default="",
        server_default="",
        comment="who may read it; empty: as usual",
    ),
    Column(
        "own_rows",
        Text,
        nullable=False,
        default="",
        server_default="",
        comment="whose rows they are, as `column=email`; empty: everybody's",
    ),
)
