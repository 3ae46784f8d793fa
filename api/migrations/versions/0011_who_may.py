"""Who may: second factor, links, single sign-on, need to know; the audit log cannot be emptied either."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
# Evidence, which the trigger of the first migration keeps from being changed, but not from TRUNCATE.
NEVER_EMPTIED = ("audit_entries", "consents", "reports")


def _id(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.UUID(), nullable=nullable)


def _belongs_to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.alter_column("officers", "password_hash", existing_type=sa.String(256), nullable=True)
    op.add_column("officers", sa.Column("otp_pending", sa.LargeBinary(), nullable=True))
    op.add_column("officers", sa.Column("otp_last_step", sa.BigInteger(), nullable=True))
    op.add_column("officers", sa.Column("oidc_subject", sa.String(512), nullable=True))
    op.create_unique_constraint(op.f("uq_officers_oidc_subject"), "officers", ["oidc_subject"])
    op.add_column(
        "officer_sessions",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )
    op.create_unique_constraint(op.f("uq_officer_sessions_id"), "officer_sessions", ["id"])
    op.add_column(
        "officer_sessions",
        sa.Column("by_oidc", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    _create_account_tables()
    _create_need_to_know_tables()
    for table in NEVER_EMPTIED:
        op.execute(
            f"create trigger {table}_never_empty before truncate on {table}"
            " for each statement execute function never_changed()"
        )


def _create_account_tables() -> None:
    op.create_table(
        "recovery_codes",
        _id("officer_id"),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _belongs_to("recovery_codes", "officer_id", "officers"),
        sa.PrimaryKeyConstraint("officer_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "account_links",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _id("officer_id"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _id("created_by"),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _belongs_to("account_links", "officer_id", "officers"),
        _belongs_to("account_links", "created_by", "officers"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_links")),
    )
    op.create_index("ix_account_links_officer", "account_links", ["officer_id"])
    op.create_table(
        "staff_mails",
        _id("id"),
        _id("officer_id"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("reference", sa.String(16), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(64), nullable=True),
        _belongs_to("staff_mails", "officer_id", "officers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_mails")),
    )
    op.create_index(
        "ix_staff_mails_queued",
        "staff_mails",
        ["queued_at"],
        postgresql_where=sa.text("state = 'queued'"),
    )


def _create_need_to_know_tables() -> None:
    op.create_table(
        "case_restrictions",
        _id("case_id"),
        sa.Column("restricted_at", MOMENT, nullable=False),
        _id("restricted_by"),
        _belongs_to("case_restrictions", "case_id", "cases"),
        _belongs_to("case_restrictions", "restricted_by", "officers"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_restrictions")),
    )
    op.create_table(
        "case_named_officers",
        _id("case_id"),
        _id("officer_id"),
        sa.Column("named_at", MOMENT, nullable=False),
        _id("named_by"),
        _belongs_to("case_named_officers", "case_id", "cases"),
        _belongs_to("case_named_officers", "officer_id", "officers"),
        _belongs_to("case_named_officers", "named_by", "officers"),
        sa.PrimaryKeyConstraint("case_id", "officer_id", name=op.f("pk_case_named_officers")),
    )
    op.create_table(
        "emergency_openings",
        _id("id"),
        _id("case_id"),
        _id("officer_id"),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        _id("seen_by", nullable=True),
        _belongs_to("emergency_openings", "case_id", "cases"),
        _belongs_to("emergency_openings", "officer_id", "officers"),
        _belongs_to("emergency_openings", "seen_by", "officers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_openings")),
    )
    op.create_index("ix_emergency_openings_case", "emergency_openings", ["case_id", "officer_id"])


def downgrade() -> None:
    for table in NEVER_EMPTIED:
        op.execute(f"drop trigger {table}_never_empty on {table}")
    for table in (
        "emergency_openings",
        "case_named_officers",
        "case_restrictions",
        "staff_mails",
        "account_links",
        "recovery_codes",
    ):
        op.drop_table(table)
    op.drop_column("officer_sessions", "by_oidc")
    op.drop_column("officer_sessions", "id")
    op.drop_column("officers", "oidc_subject")
    op.drop_column("officers", "otp_last_step")
    op.drop_column("officers", "otp_pending")
    # Accounts without a password cannot be kept in a table that asks for one: none can sign in with "-".
    op.execute("update officers set password_hash = '-' where password_hash is null")
    op.alter_column("officers", "password_hash", existing_type=sa.String(256), nullable=False)
