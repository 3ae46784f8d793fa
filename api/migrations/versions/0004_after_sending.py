"""What is said after sending, and conversations that an officer takes over."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "additions",
        sa.Column("id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("case_id", postgresql.UUID(as_uuid=True), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("added_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_additions_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_additions"),
    )
    op.create_index("ix_additions_case", "additions", ["case_id"])
    op.execute(
        "create trigger additions_never_change before update on additions"
        " for each statement execute function never_changed()"
    )
    op.add_column(
        "conversations",
        sa.Column("taken_over_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    op.add_column(
        "conversations", sa.Column("taken_over_by", postgresql.UUID(as_uuid=True), nullable=True)
    )
    op.create_foreign_key(
        "fk_conversations_taken_over_by", "conversations", "officers", ["taken_over_by"], ["id"]
    )


def downgrade() -> None:
    op.drop_column("conversations", "taken_over_by")
    op.drop_column("conversations", "taken_over_at")
    op.drop_table("additions")
