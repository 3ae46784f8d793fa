"""Whether a person may be contacted now, by which means, and what to mind: the one place that decides it.

The sender asks it before anything leaves, and the page asks it before an officer writes or rings.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from api.cases.casework_models import Means
from api.cases.models import Case, Person, Status
from api.conversations.models import Channel, Conversation
from api.local_time import LONDON
from api.policy_casework import ContactPolicy, Window

# Why somebody may not be contacted now by some means. The pages have words for each.
REASONS: Final = {
    "case-closed": "The case is closed.",
    "no-channel": "The report came without a way to write back.",
    "contact-not-wanted": "The person asked not to be contacted.",
    "another-channel-chosen": "The person chose another way to be contacted.",
    "conversation-ended": "The conversation has ended.",
    "texts-stopped": "The person has stopped texts to their number.",
    "nothing-given": "The person gave no number or address for this.",
    "outside-hours": "It is outside the hours that are safe for the person.",
    "hours-in-words": "The person said in their own words when it is safe; read them first.",
}
# What passes by itself; everything else needs a decision of the person.
_PASSES: Final = "outside-hours"
# Hours that somebody chose who named none.
_ANY_TIME: Final = "any_time"
# A clock on the wall may be a little ahead of ours.
CLOCKS_DIFFER: Final = timedelta(minutes=5)
_SEEN_WHEN_IT_ARRIVES: Final = (Means.TEXT, Means.PHONE)


@dataclass(frozen=True)
class Allowed:
    """Contact may be made now. `cautions` are what to mind."""

    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """Contact may not be made now, for `reasons`. `next_at` is when it may, where waiting is enough."""

    reasons: tuple[str, ...]
    next_at: datetime | None = None
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wishes:
    """A case as far as contact goes: the way that the report came, and what the person said of safe contact."""

    policy: ContactPolicy
    closed: bool = False
    channel: Channel | None = None
    conversation_open: bool = False
    conversation_phone: str | None = None
    texts_stopped: bool = False
    live: bool = False
    heard_at: datetime | None = None
    method: str | None = None
    phone: str | None = None
    email: str | None = None
    hours: str | None = None
    words: str | None = None
    voicemail: str | None = None
    say_police: str | None = None
    trusted_person: str | None = None
    interpreter: bool | None = None


def wishes_of(
    case: Case,
    conversation: Conversation | None,
    person: Person | None,
    policy: ContactPolicy,
    now: datetime,
) -> Wishes:
    """What is known of how the one who reported may be contacted."""
    wishes = {"policy": policy, "closed": case.status == Status.CLOSED}
    if conversation is not None:
        expires_at = conversation.token_expires_at
        readable = conversation.channel == Channel.SMS or (
            expires_at is not None and expires_at > now
        )
        wishes |= {
            "channel": conversation.channel,
            "conversation_open": conversation.ended_at is None and readable,
            "conversation_phone": conversation.phone,
            "texts_stopped": conversation.texts_stopped_at is not None,
            "live": conversation.taken_over_at is not None,
            "heard_at": conversation.last_message_at,
        }
    if person is not None:
        wishes |= {
            "method": person.contact_method,
            "phone": person.phone,
            "email": person.email,
            "hours": person.contact_hours,
            "words": person.safe_contact_text,
            "voicemail": person.voicemail,
            "say_police": person.say_police,
            "trusted_person": person.trusted_person,
            "interpreter": person.interpreter,
        }
    return Wishes(**wishes)  # type: ignore[arg-type]


def contact_allowed(
    wishes: Wishes, means: Means, now: datetime, *, words_read: bool = False
) -> Allowed | Refused:
    """Whether the person may be contacted by `means` at `now` (aware).

    `words_read` says that somebody has read what the person said of safe times in their own words, and keeps to it.
    """
    cautions = _cautions(wishes, means)
    reasons = list(_standing_reasons(wishes, means))
    next_at = None
    if means in _SEEN_WHEN_IT_ARRIVES:
        if _in_words(wishes) and not words_read:
            reasons.append("hours-in-words")
        next_at = opens_at(wishes, now)
        if next_at is not None:
            reasons.append(_PASSES)
    if not reasons:
        return Allowed(cautions)
    waiting_is_enough = reasons == [_PASSES]
    return Refused(tuple(reasons), next_at if waiting_is_enough else None, cautions)


def _standing_reasons(wishes: Wishes, means: Means) -> tuple[str, ...]:
    """What no waiting changes."""
    if wishes.closed:
        return ("case-closed",)
    if wishes.method == "none":
        return ("contact-not-wanted",)
    match means:
        case Means.CHAT:
            return _of_chat(wishes)
        case Means.TEXT:
            return _of_text(wishes)
        case Means.PHONE:
            return _of_given(wishes.method == "phone", wishes.phone)
        case Means.EMAIL:
            return _of_given(wishes.method == "email", wishes.email)
    # Nobody is asked whether they may be visited or sent a letter, so neither is ever taken as agreed.
    return ("another-channel-chosen",)


def _of_chat(wishes: Wishes) -> tuple[str, ...]:
    # Whoever holds the open chat reads there, whichever other way they also gave.
    if wishes.channel != Channel.WEB:
        return ("no-channel",)
    return () if wishes.conversation_open else ("conversation-ended",)


def _of_text(wishes: Wishes) -> tuple[str, ...]:
    if wishes.channel != Channel.SMS:
        return ("no-channel",)
    if not wishes.conversation_open:
        return ("conversation-ended",)
    if wishes.texts_stopped:
        return ("texts-stopped",)
    # A telephone that they text from need not be safe to be texted on.
    chosen = wishes.method in (None, "this_conversation") or (
        wishes.method == "text" and wishes.phone in (None, wishes.conversation_phone)
    )
    return () if chosen else ("another-channel-chosen",)


def _of_given(chosen: bool, address: str | None) -> tuple[str, ...]:
    if not chosen:
        return ("another-channel-chosen",)
    return () if address else ("nothing-given",)


def _in_words(wishes: Wishes) -> bool:
    """Whether the person said when it is safe in words that no machine should read."""
    hours_in_words = wishes.hours is not None and wishes.hours not in wishes.policy.windows
    return hours_in_words or wishes.words is not None


def opens_at(wishes: Wishes, now: datetime) -> datetime | None:
    """When the hours that are safe for the person begin next; None while they last."""
    said = wishes.hours in wishes.policy.windows and wishes.hours != _ANY_TIME
    # What was written after the moment that is asked about says nothing of where the telephone was then.
    here = wishes.heard_at is not None and (
        -CLOCKS_DIFFER <= now - wishes.heard_at <= timedelta(minutes=wishes.policy.live_minutes)
    )
    # Somebody who writes now has the telephone in hand. Who named safe hours is held to them, unless an officer
    # writes with them live.
    if here and (wishes.live or not said):
        return None
    name = wishes.hours if said and wishes.hours else wishes.policy.unsaid
    return _next_opening(wishes.policy.windows[name], now)


def _next_opening(window: Window, now: datetime) -> datetime | None:
    local = now.astimezone(LONDON)
    if window.begins <= local.time() < window.ends:
        return None
    day = local.date()
    if local.time() >= window.ends:
        day += timedelta(days=1)
    return datetime.combine(day, window.begins, LONDON).astimezone(UTC)


def _cautions(wishes: Wishes, means: Means) -> tuple[str, ...]:
    """What to mind, whoever answers. What was not said counts as no."""
    cautions = []
    if wishes.say_police in ("no", "unknown"):
        cautions.append("not_police")
    if means == Means.PHONE:
        by_words = {"yes": "message_yes", "text": "message_text"}
        cautions.append(by_words.get(wishes.voicemail or "", "message_no"))
    if wishes.trusted_person:
        cautions.append("trusted_person")
    if wishes.interpreter:
        cautions.append("interpreter")
    return tuple(cautions)
