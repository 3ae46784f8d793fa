"""Compares what the clients were told with what is stored. Each rule is a function; each finding one line."""

from collections.abc import Callable
from typing import Final

from tests.chaos.evidence import Evidence, Findings
from tests.chaos.ledger import Ledger
from tests.chaos.rules_cases import (
    additions_are_there_once,
    answers_are_in_their_fields,
    one_case_for_each_report,
)
from tests.chaos.rules_conversations import (
    accepted_is_kept_once,
    every_message_is_answered,
    no_reply_is_said_twice,
)
from tests.chaos.rules_sending import (
    danger_shows_its_card,
    every_case_is_alerted,
    every_text_left_once,
    nothing_is_left_over,
    officers_words_arrive_once,
    the_audit_chain_is_whole,
)
from tests.chaos.stored import Stored

RULES: Final[tuple[Callable[[Evidence], Findings], ...]] = (
    accepted_is_kept_once,
    every_message_is_answered,
    no_reply_is_said_twice,
    one_case_for_each_report,
    answers_are_in_their_fields,
    additions_are_there_once,
    every_case_is_alerted,
    danger_shows_its_card,
    every_text_left_once,
    officers_words_arrive_once,
    nothing_is_left_over,
    the_audit_chain_is_whole,
)


def examine(ledger: Ledger, stored: Stored) -> list[str]:
    """Every finding; an empty list where nothing was lost, doubled or taken for something else."""
    evidence = Evidence.of(ledger, stored)
    return [finding for rule in RULES for finding in rule(evidence)]
