"""Who reports, and how it is safe to make contact."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ENCRYPTED = (
    "contact_hours",
    "voicemail",
    "say_police",
    "trusted_person",
    "spoken_language",
    "written_language",
    "access_needs",
)


def upgrade() -> None:
    for name in ENCRYPTED:
        op.add_column("people", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.add_column("people", sa.Column("interpreter", sa.Boolean(), nullable=True))
    op.create_table(
        "reporters",
        sa.Column("case_id", sa.UUID(), nullable=False),
        sa.Column("under_18", sa.Boolean(), nullable=True),
        sa.Column("professional", sa.Boolean(), nullable=False),
        sa.Column("relation", sa.LargeBinary(), nullable=True),
        sa.Column("organisation", sa.LargeBinary(), nullable=True),
        sa.Column("victim_knows", sa.String(length=10), nullable=False),
        sa.Column("victim_agrees", sa.String(length=10), nullable=False),
        sa.Column("may_contact_victim", sa.String(length=10), nullable=False),
        sa.Column("trusted_adult", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reporters_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_reporters")),
    )
