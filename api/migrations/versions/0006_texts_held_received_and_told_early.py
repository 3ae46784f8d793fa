"""Texts: why they wait or failed and what they cost; those that came; fates told before their id was kept."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NEW_COLUMNS = (
    "failure",
    "cost_pence",
    "essential",
    "held_for",
    "not_before",
    "handed_over_at",
    "number_hash",
    "words_hash",
)


def upgrade() -> None:
    moment = postgresql.TIMESTAMP(timezone=True)
    key = postgresql.UUID(as_uuid=True)
    op.add_column("conversations", sa.Column("texts_stopped_by", sa.String(10), nullable=True))
    for column in (
        sa.Column("failure", sa.String(20), nullable=True),
        sa.Column("cost_pence", sa.Numeric(8, 2), nullable=True),
        sa.Column("essential", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("held_for", sa.String(20), nullable=True),
        sa.Column("not_before", moment, nullable=True),
        sa.Column("handed_over_at", moment, nullable=True),
        sa.Column("number_hash", sa.LargeBinary(), nullable=True),
        sa.Column("words_hash", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("outgoing_texts", column)
    op.create_index("ix_outgoing_texts_number", "outgoing_texts", ["number_hash", "handed_over_at"])
    op.create_index("ix_outgoing_texts_handed_over", "outgoing_texts", ["handed_over_at"])
    op.create_table(
        "received_texts",
        sa.Column("sid_hash", sa.LargeBinary(), nullable=False),
        sa.Column("conversation_id", key, nullable=True),
        sa.Column("message_id", key, nullable=True),
        sa.Column("answer_id", key, nullable=True),
        sa.Column("route", sa.String(20), nullable=True),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("arrived_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_received_texts_conversation_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name="fk_received_texts_message_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["messages.id"], name="fk_received_texts_answer_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("sid_hash", name="pk_received_texts"),
    )
    op.create_index(
        "ix_received_texts_conversation", "received_texts", ["conversation_id", "arrived_at"]
    )
    op.create_index("ix_received_texts_message", "received_texts", ["message_id"])
    op.create_index("ix_received_texts_answer", "received_texts", ["answer_id"])
    op.create_table(
        "early_text_reports",
        sa.Column("provider_sid", sa.String(64), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("arrived_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("provider_sid", name="pk_early_text_reports"),
    )


def downgrade() -> None:
    op.drop_table("early_text_reports")
    op.drop_table("received_texts")
    op.drop_index("ix_outgoing_texts_handed_over", "outgoing_texts")
    op.drop_index("ix_outgoing_texts_number", "outgoing_texts")
    for column in NEW_COLUMNS:
        op.drop_column("outgoing_texts", column)
    op.drop_column("conversations", "texts_stopped_by")
