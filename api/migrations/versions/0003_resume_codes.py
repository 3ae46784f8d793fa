"""Codes by which a draft is taken up again, and coming back after a pause."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
UNIQUE_CODE = "uq_conversations_resume_code_hash"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("resume_code_hash", sa.LargeBinary(), nullable=True))
    op.add_column(
        "conversations",
        sa.Column("resume_failures", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column("conversations", sa.Column("resume_failed_at", MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("returned_at", MOMENT, nullable=True))
    op.create_unique_constraint(UNIQUE_CODE, "conversations", ["resume_code_hash"])
