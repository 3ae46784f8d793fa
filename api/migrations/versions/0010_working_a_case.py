"""The second half of the officers' workspace: contact, links, outcome, closing, disposal, and data keys."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UUID = postgresql.UUID(as_uuid=True)
MOMENT = postgresql.TIMESTAMP(timezone=True)
TABLES = (
    "content_keys",
    "contact_attempts",
    "translations",
    "case_identifiers",
    "case_links",
    "people_involved",
    "outcomes",
    "redactions",
    "closings",
    "disposal_certificates",
)
# A stored value under a data key is 01, the key's id (16 bytes), and the ciphertext. It is handed out as 02, the length
# of the wrapped key (2 bytes), the wrapped key, the id and the ciphertext; as it is where the key was destroyed.
WITH_CONTENT_KEY = """
create function with_content_key(token bytea) returns bytea language sql stable as $$
  select case when length(token) > 17 and get_byte(token, 0) = 1
    then coalesce(
      (select '\\x02'::bytea || decode(lpad(to_hex(length(wrapped)), 4, '0'), 'hex') || wrapped
         || substring(token from 2)
       from public.content_keys
       where owner_id = encode(substring(token from 2 for 16), 'hex')::uuid and wrapped is not null),
      token)
    else token end
$$
"""


def upgrade() -> None:
    op.create_table(
        "content_keys",
        sa.Column("owner_id", UUID, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("destroyed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_content_keys")),
    )
    op.create_table(
        "contact_attempts",
        sa.Column("id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("means", sa.String(20), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("with_role", sa.String(20), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("against_wishes", sa.LargeBinary(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", UUID, nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["by"], ["officers.id"], name=op.f("fk_contact_attempts_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_contact_attempts_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_attempts")),
    )
    op.create_index("ix_contact_attempts_case", "contact_attempts", ["case_id"], unique=False)
    op.create_table(
        "translations",
        sa.Column("id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("translator", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("source_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", UUID, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint("language in ('cy', 'en')", name=op.f("ck_translations_language")),
        sa.ForeignKeyConstraint(
            ["added_by"], ["officers.id"], name=op.f("fk_translations_added_by")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_translations_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_translations")),
    )
    op.create_index("ix_translations_case", "translations", ["case_id"], unique=False)
    op.create_table(
        "case_identifiers",
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_identifiers_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "kind", "hash", name=op.f("pk_case_identifiers")),
    )
    op.create_index("ix_case_identifiers_hash", "case_identifiers", ["hash"], unique=False)
    op.create_table(
        "case_links",
        sa.Column("id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("other_id", UUID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("linked_by", UUID, nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("unlinked_by", UUID, nullable=True),
        sa.Column("unlinked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_links_case_id")),
        sa.ForeignKeyConstraint(
            ["linked_by"], ["officers.id"], name=op.f("fk_case_links_linked_by")
        ),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name=op.f("fk_case_links_other_id")),
        sa.ForeignKeyConstraint(
            ["unlinked_by"], ["officers.id"], name=op.f("fk_case_links_unlinked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_links")),
    )
    op.create_index("ix_case_links_case", "case_links", ["case_id"], unique=False)
    op.create_index("ix_case_links_other", "case_links", ["other_id"], unique=False)
    op.create_index(
        "uq_case_links_standing",
        "case_links",
        ["case_id", "other_id", "kind"],
        unique=True,
        postgresql_where="unlinked_at is null",
    )
    op.create_table(
        "people_involved",
        sa.Column("id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("description", sa.LargeBinary(), nullable=True),
        sa.Column("whereabouts", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", UUID, nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("redacted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["added_by"], ["officers.id"], name=op.f("fk_people_involved_added_by")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_people_involved_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_involved")),
    )
    op.create_index("ix_people_involved_case", "people_involved", ["case_id"], unique=False)
    op.create_table(
        "outcomes",
        sa.Column("id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("policy_version", sa.String(10), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("kept_because", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", UUID, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outcomes_case_id")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["officers.id"], name=op.f("fk_outcomes_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
    )
    op.create_index("ix_outcomes_case", "outcomes", ["case_id"], unique=False)
    op.create_table(
        "redactions",
        sa.Column("id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("outcome_id", UUID, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.String(10), nullable=False),
        sa.Column("redacted_by", UUID, nullable=False),
        sa.Column("redacted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_redactions_case_id")),
        sa.ForeignKeyConstraint(
            ["outcome_id"], ["outcomes.id"], name=op.f("fk_redactions_outcome_id")
        ),
        sa.ForeignKeyConstraint(
            ["redacted_by"], ["officers.id"], name=op.f("fk_redactions_redacted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redactions")),
    )
    op.create_index("ix_redactions_case", "redactions", ["case_id"], unique=False)
    op.create_table(
        "closings",
        sa.Column("id", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("policy_version", sa.String(10), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("told", sa.String(20), nullable=False),
        sa.Column("message_id", UUID, nullable=True),
        sa.Column("closed_by", UUID, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_closings_case_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["officers.id"], name=op.f("fk_closings_closed_by")),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_closings_message_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closings")),
    )
    op.create_index("ix_closings_case", "closings", ["case_id"], unique=False)
    op.create_table(
        "disposal_certificates",
        sa.Column("id", UUID, nullable=False),
        sa.Column("retention_class", sa.String(40), nullable=False),
        sa.Column("policy_version", sa.String(10), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("keys_destroyed", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal_certificates")),
    )
    op.execute(WITH_CONTENT_KEY)


def downgrade() -> None:
    op.execute("drop function with_content_key(bytea)")
    for table in reversed(TABLES):
        op.drop_table(table)
