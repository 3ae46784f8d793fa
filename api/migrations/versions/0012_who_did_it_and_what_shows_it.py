"""Who is said to have done it stands among the people of a case; who saw it, or what shows it, with the report."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("people", sa.Column("description", sa.LargeBinary(), nullable=True))
    op.add_column("reports", sa.Column("evidence_text", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("reports", "evidence_text")
    op.drop_column("people", "description")
