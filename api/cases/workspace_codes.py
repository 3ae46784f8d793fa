"""How the queue is ranked in the database, and where a risk assessment came from."""

from enum import StrEnum
from typing import Final

# Smaller comes first: an alert that waits, then open before closed, then the grade, then urgency.
QUEUE_RANK: Final = (
    "case when alert_waiting then 0 else 1000 end"
    " + case when status = 'closed' then 100 else 0 end"
    " + case grade when 'high' then 0 when 'medium' then 10 else 20 end"
    " + case when status = 'urgent' then 0 else 1 end"
)


class AssessmentSource(StrEnum):
    """Where a risk assessment came from: the report, something the person said later, or an officer."""

    REPORT = "report"
    RAISED = "raised"
    OFFICER = "officer"
