"""Which case an officer's words are about stands with them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("about_case_id", sa.UUID(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "about_case_id")
