"""Alembic's environment: the address comes from whoever runs the migration, never from a file."""

from alembic import context
from sqlalchemy import Connection

from api.alerts import models as alerts
from api.audit import models as audit
from api.canary import models as canary
from api.cases import casework_models as casework
from api.cases import models as cases
from api.cases import workspace_models as workspace
from api.conversations import models as conversations
from api.database import Base
from api.need_to_know import models as need_to_know
from api.officers import models as officers
from api.rota import models as rota
from api.texts import models as texts

TABLES_OF = (
    *(alerts, audit, canary, cases, casework, conversations, need_to_know, officers, rota),
    *(texts, workspace),
)


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_name=lambda name, kind, _: kind != "table" or name in Base.metadata.tables,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
