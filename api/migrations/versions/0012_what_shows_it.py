"""Who saw it, or what shows it, stands with the report."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("reports", sa.Column("evidence_text", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("reports", "evidence_text")
