"""The rota, the steps of an alert's escalation, officers' texts, and the canary.

Additive: what used to be one e-mail for each officer and alert may now be several, so that uniqueness moves to the
step; a message may go to a recipient who is no officer.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UUID = postgresql.UUID(as_uuid=True)
INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    _rota()
    _steps()
    _officers_texts()
    _canary()


def _rota() -> None:
    op.create_table(
        "rota_shifts",
        sa.Column("id", UUID, nullable=False),
        sa.Column("officer_id", UUID, nullable=False),
        sa.Column("area", sa.String(20), nullable=False),
        sa.Column("days", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("cardinality(days) > 0", name="ck_rota_shifts_days"),
        sa.ForeignKeyConstraint(["officer_id"], ["officers.id"], name="fk_rota_shifts_officer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_rota_shifts"),
    )
    op.create_index("ix_rota_shifts_officer", "rota_shifts", ["officer_id"])
    op.create_table(
        "rota_absences",
        sa.Column("id", UUID, nullable=False),
        sa.Column("officer_id", UUID, nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.CheckConstraint("ends_at > begins_at", name="ck_rota_absences_order"),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name="fk_rota_absences_officer_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rota_absences"),
    )
    op.create_index("ix_rota_absences_officer", "rota_absences", ["officer_id"])
    op.create_table(
        "officer_reach",
        sa.Column("officer_id", UUID, nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("texts_stopped_at", INSTANT, nullable=True),
        sa.Column("speaks_welsh", sa.Boolean(), nullable=False),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name="fk_officer_reach_officer_id"
        ),
        sa.PrimaryKeyConstraint("officer_id", name="pk_officer_reach"),
        sa.UniqueConstraint("phone_hash", name="uq_officer_reach_phone_hash"),
    )


def _steps() -> None:
    op.add_column("alerts", sa.Column("acknowledged_through", sa.String(8), nullable=True))
    op.create_table(
        "alert_steps",
        sa.Column("id", UUID, nullable=False),
        sa.Column("alert_id", UUID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("means", sa.ARRAY(sa.String(8)), nullable=False),
        sa.Column("whom", sa.String(20), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("why", sa.ARRAY(sa.String(32)), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_steps_alert_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_steps"),
        sa.UniqueConstraint("alert_id", "number", name="uq_alert_steps_alert_id_number"),
    )
    op.create_index(
        "ix_alert_steps_planned",
        "alert_steps",
        ["planned_at"],
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.add_column("alert_sends", sa.Column("step_id", UUID, nullable=True))
    op.add_column(
        "alert_sends",
        sa.Column("recipient", sa.String(40), nullable=False, server_default=""),
    )
    op.add_column("alert_sends", sa.Column("provider_sid", sa.String(40), nullable=True))
    op.add_column("alert_sends", sa.Column("code", sa.LargeBinary(), nullable=True))
    op.add_column("alert_sends", sa.Column("code_hash", sa.LargeBinary(), nullable=True))
    op.alter_column("alert_sends", "officer_id", nullable=True)
    op.execute("update alert_sends set recipient = officer_id::text")
    op.drop_constraint("uq_alert_sends_alert_id_officer_id_means", "alert_sends")
    op.create_foreign_key(
        "fk_alert_sends_step_id", "alert_sends", "alert_steps", ["step_id"], ["id"]
    )
    op.create_unique_constraint(
        "uq_alert_sends_step_id_means_recipient", "alert_sends", ["step_id", "means", "recipient"]
    )
    op.create_unique_constraint("uq_alert_sends_provider_sid", "alert_sends", ["provider_sid"])
    op.create_unique_constraint("uq_alert_sends_code_hash", "alert_sends", ["code_hash"])
    op.drop_index("ix_alert_sends_queued", "alert_sends")
    op.create_index(
        "ix_alert_sends_unsent",
        "alert_sends",
        ["queued_at"],
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    )


def _officers_texts() -> None:
    op.create_table(
        "officer_texts",
        sa.Column("message_sid", sa.String(64), nullable=False),
        sa.Column("officer_id", UUID, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(16), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("provider_sid", sa.String(40), nullable=True),
        sa.Column("last_error", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name="fk_officer_texts_officer_id"
        ),
        sa.PrimaryKeyConstraint("message_sid", name="pk_officer_texts"),
        sa.UniqueConstraint("provider_sid", name="uq_officer_texts_provider_sid"),
    )
    op.create_index("ix_officer_texts_officer", "officer_texts", ["officer_id", "received_at"])
    op.create_index(
        "ix_officer_texts_unanswered",
        "officer_texts",
        ["received_at"],
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    )


def _canary() -> None:
    for table in ("cases", "conversations"):
        op.add_column(
            table,
            sa.Column("canary", sa.Boolean(), nullable=False, server_default=sa.false()),
        )
    op.create_table(
        "canaries",
        sa.Column("id", UUID, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("set_off_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("conversation_id", UUID, nullable=True),
        sa.Column("reported_at", INSTANT, nullable=True),
        sa.Column("arrived_at", INSTANT, nullable=True),
        sa.Column("purged_at", INSTANT, nullable=True),
        sa.Column("last_error", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_canaries"),
    )
    op.create_index("ix_canaries_set_off", "canaries", ["set_off_at"])
    op.create_table(
        "canary_alarms",
        sa.Column("open_until", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("raised_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("over_at", INSTANT, nullable=True),
        sa.Column("last_error", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("open_until", name="pk_canary_alarms"),
    )


def downgrade() -> None:
    op.drop_table("canary_alarms")
    op.drop_table("canaries")
    op.drop_column("conversations", "canary")
    op.drop_column("cases", "canary")
    op.drop_table("officer_texts")
    op.drop_index("ix_alert_sends_unsent", "alert_sends")
    op.create_index(
        "ix_alert_sends_queued",
        "alert_sends",
        ["queued_at"],
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.execute("delete from alert_sends where officer_id is null")
    for column in ("code_hash", "code", "provider_sid", "recipient", "step_id"):
        op.drop_column("alert_sends", column)
    op.drop_table("alert_steps")
    op.drop_column("alerts", "acknowledged_through")
    op.drop_table("officer_reach")
    op.drop_table("rota_absences")
    op.drop_table("rota_shifts")
