"""The officers' workspace: queue, risk history, plan, referral, reviews. Additive; old code runs on it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# As in api.cases.models at the time.
QUEUE_RANK = (
    "case when alert_waiting then 0 else 1000 end"
    " + case when status = 'closed' then 100 else 0 end"
    " + case grade when 'high' then 0 when 'medium' then 10 else 20 end"
    " + case when status = 'urgent' then 0 else 1 end"
)
NEXT_DUE = """
create function next_due_of(wanted uuid) returns timestamptz language sql stable as $$
    select coalesce(min(due_at), '9999-01-01 00:00:00+00') from (
        select due_at from deadlines where case_id = wanted and met_at is null
        union all
        select due_at from planned_actions where case_id = wanted and state = 'open' and mandatory
    ) as running
$$
"""
CLOCKS_CHANGED = """
create function clocks_changed() returns trigger language plpgsql as $$
begin
    update cases set next_due_at = next_due_of(id) where id in (select case_id from changed);
    return null;
end $$
"""
ALERT_CHANGED = """
create function alert_changed() returns trigger language plpgsql as $$
begin
    update cases set alert_waiting = exists (
        select 1 from alerts where case_id = cases.id and acknowledged_at is null
    ) where id = new.case_id;
    return null;
end $$
"""
APPEND_ONLY = ("risk_assessments", "plan_changes", "referral_events", "reviews")


def _uuid(name: str, to: str | None = None, *, nullable: bool = False, table: str = "") -> Any:
    keys = [sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{name}")] if to else []
    return sa.Column(name, postgresql.UUID(as_uuid=True), *keys, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)


def _content(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _string(name: str, length: int, *, nullable: bool = False, default: str | None = None) -> Any:
    return sa.Column(name, sa.String(length), nullable=nullable, server_default=default)


def _table(name: str, *columns: Any) -> None:
    op.create_table(name, _uuid("id"), *columns, sa.PrimaryKeyConstraint("id", name=f"pk_{name}"))


def upgrade() -> None:
    op.add_column("cases", _string("area", 20, nullable=True))
    op.add_column("cases", _uuid("owner_id", "officers", nullable=True, table="cases"))
    op.add_column(
        "cases",
        sa.Column("alert_waiting", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "cases",
        sa.Column(
            "next_due_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=False,
            server_default="9999-01-01 00:00:00+00",
        ),
    )
    op.add_column(
        "cases",
        sa.Column(
            "queue_rank",
            sa.SmallInteger(),
            sa.Computed(QUEUE_RANK, persisted=True),
            nullable=False,
        ),
    )
    op.add_column("people", _content("email_hash", nullable=True))
    op.add_column("consents", _uuid("recorded_by", "officers", nullable=True, table="consents"))
    op.add_column("risk_assessments", _string("policy_grade", 20, nullable=True))
    op.add_column("risk_assessments", _string("source", 20, default="report"))
    op.add_column(
        "risk_assessments",
        _uuid("assessed_by", "officers", nullable=True, table="risk_assessments"),
    )
    op.add_column("risk_assessments", _content("reason", nullable=True))
    op.add_column(
        "planned_actions", _uuid("owner_id", "officers", nullable=True, table="planned_actions")
    )
    op.add_column(
        "planned_actions",
        sa.Column("mandatory", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    _new_tables()
    _indices()
    _triggers()


def _new_tables() -> None:
    _table(
        "saved_views",
        _uuid("officer_id", "officers", table="saved_views"),
        _content("name"),
        _string("query", 200),
        _at("saved_at"),
    )
    _table(
        "plan_changes",
        _uuid("action_id", "planned_actions", table="plan_changes"),
        _string("state", 20),
        _content("text", nullable=True),
        _uuid("officer_id", "officers", nullable=True, table="plan_changes"),
        _at("at"),
    )
    _table(
        "referral_overrides",
        _uuid("case_id", "cases", table="referral_overrides"),
        _string("basis", 40),
        _content("reason"),
        _string("partner", 40),
        _uuid("asked_by", "officers", table="referral_overrides"),
        _at("asked_at"),
        sa.Column("approved", sa.Boolean(), nullable=True),
        _uuid("decided_by", "officers", nullable=True, table="referral_overrides"),
        _at("decided_at", nullable=True),
        _content("note", nullable=True),
        sa.CheckConstraint("decided_by <> asked_by", name="second_person"),
    )
    _table(
        "partner_sends",
        _uuid("case_id", "cases", table="partner_sends"),
        _string("kind", 20),
        _string("partner", 40),
        _string("partners_version", 10),
        _content("payload"),
        _string("state", 20),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _at("queued_at"),
        _at("accepted_at", nullable=True),
        _string("last_error", 64, nullable=True),
        _uuid("requested_by", "officers", nullable=True, table="partner_sends"),
        _uuid("override_id", "referral_overrides", nullable=True, table="partner_sends"),
    )
    _table(
        "referral_events",
        _uuid("case_id", "cases", table="referral_events"),
        _string("kind", 20),
        _string("partner", 40),
        _content("text", nullable=True),
        _uuid("officer_id", "officers", nullable=True, table="referral_events"),
        _at("at"),
    )
    _table(
        "reviews",
        _uuid("case_id", "cases", table="reviews"),
        _string("kind", 20),
        _content("note"),
        _uuid("officer_id", "officers", table="reviews"),
        _at("due_at", nullable=True),
        _at("at"),
    )


def _indices() -> None:
    order = ["queue_rank", "next_due_at", "created_at", "id"]
    op.create_index("ix_cases_order", "cases", order)
    op.create_index("ix_cases_owner", "cases", ["owner_id", *order])
    op.create_index(
        "ix_cases_reference_prefix",
        "cases",
        ["reference"],
        postgresql_ops={"reference": "varchar_pattern_ops"},
    )
    for name in ("phone", "email"):
        op.create_index(
            f"ix_people_{name}",
            "people",
            [f"{name}_hash"],
            postgresql_where=sa.text(f"{name}_hash is not null"),
        )
    op.create_index(
        "ix_conversations_phone",
        "conversations",
        ["phone_hash"],
        postgresql_where=sa.text("phone_hash is not null"),
    )
    op.create_index("ix_risk_assessments_case", "risk_assessments", ["case_id", "assessed_at"])
    op.create_index("ix_saved_views_officer", "saved_views", ["officer_id"])
    op.create_index("ix_plan_changes_action", "plan_changes", ["action_id", "at"])
    op.create_index("ix_partner_sends_case", "partner_sends", ["case_id", "queued_at"])
    op.create_index(
        "ix_partner_sends_unsent",
        "partner_sends",
        ["queued_at"],
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    )
    op.create_index("ix_referral_events_case", "referral_events", ["case_id", "at"])
    op.create_index("ix_referral_overrides_case", "referral_overrides", ["case_id"])
    op.create_index(
        "ix_referral_overrides_waiting",
        "referral_overrides",
        ["asked_at"],
        postgresql_where=sa.text("decided_at is null"),
    )
    op.create_index("ix_reviews_case", "reviews", ["case_id", "at"])


def _triggers() -> None:
    op.execute(NEXT_DUE)
    op.execute(CLOCKS_CHANGED)
    op.execute(ALERT_CHANGED)
    for table in ("deadlines", "planned_actions"):
        for change in ("insert", "update"):
            op.execute(
                f"create trigger {table}_clocks_{change} after {change} on {table}"
                " referencing new table as changed"
                " for each statement execute function clocks_changed()"
            )
    op.execute(
        "create trigger alerts_waiting after insert or update on alerts"
        " for each row execute function alert_changed()"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_never_change before update on {table}"
            " for each statement execute function never_changed()"
        )
    op.execute("update cases set next_due_at = next_due_of(id)")
    op.execute(
        "update cases set alert_waiting = true where exists"
        " (select 1 from alerts where case_id = cases.id and acknowledged_at is null)"
    )


def downgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(f"drop trigger {table}_never_change on {table}")
    op.execute("drop trigger alerts_waiting on alerts")
    op.execute("drop function alert_changed()")
    op.execute("drop function clocks_changed() cascade")
    op.execute("drop function next_due_of(uuid)")
    for table in (
        *("reviews", "referral_events", "partner_sends", "referral_overrides"),
        *("plan_changes", "saved_views"),
    ):
        op.drop_table(table)
    op.drop_index("ix_risk_assessments_case", "risk_assessments")
    for table, columns in {
        "planned_actions": ("mandatory", "owner_id"),
        "risk_assessments": ("reason", "assessed_by", "source", "policy_grade"),
        "consents": ("recorded_by",),
        "people": ("email_hash",),
        "cases": ("queue_rank", "next_due_at", "alert_waiting", "owner_id", "area"),
    }.items():
        for column in columns:
            op.drop_column(table, column)
    op.drop_index("ix_conversations_phone", "conversations")
    op.drop_index("ix_people_phone", "people")
    op.drop_index("ix_cases_reference_prefix", "cases")
