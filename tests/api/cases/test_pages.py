"""The officers' pages: what they show, to whom, in which language, and what they never do."""

import re
from uuid import uuid4

import pytest

from api.cases.models import Addition, AdditionKind
from api.cases.service import find_case
from api.officers.models import Role
from api.words import LANGUAGES
from tests.api.cases.test_staff_endpoints import raise_urgent
from tests.api.staff_visitor import CSRF_FIELD, StaffDoor, Visitor, a_report, found

HOSTILE = """<script>alert(1)</script> "><img src=x onerror=alert(1)> {{ 7*7 }} '; drop table"""
KEY_FIELD = re.compile(r'name="key" value="([^"]+)"')


async def test_what_a_person_wrote_is_shown_escaped_and_in_its_language(
    door: StaffDoor, officer: Visitor
) -> None:
    report = a_report()
    report["report"] |= {"text": HOSTILE, "where_text": HOSTILE, "when_text": HOSTILE}
    report["contact"] |= {"name": HOSTILE, "safe_contact_text": HOSTILE}
    report["referral"] |= {"words": HOSTILE}
    reference = await door.receive(**report)
    page = (await officer.get(f"/cases/{reference}")).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "49" not in found(re.compile(r"<blockquote[^>]*>(.*?)</blockquote>", re.DOTALL), page)
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 5
    assert '<blockquote class="llais-account" lang="cy">' in page
    assert "<title>" + reference + " – Llais</title>" in page


async def test_a_case_page_shows_everything_that_must_not_be_forgotten(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive(conversation_id=str(await door.converse()))
    page = (await officer.get(f"/cases/{reference}")).text
    for words in (
        "Gwaeddodd dyn arna i",  # the account
        "High risk",
        "There were threats",  # a reason
        "Has this happened before?",  # an unknown to ask
        "Race",
        "nos Fawrth tua naw",
        "iawn, pasiwch nhw ymlaen",  # the choice in their words
        "Pass their details on",
        "2026-11-01",  # the wording that was read to them
        "Initial action plan",
        "Refer to victim support, by their choice",
        "Deadlines",
        "Acknowledge the alert",
        "Send the message",
    ):
        assert words in page, words
    assert [entry.subject for entry in await door.audited("case_read")] == [reference]


async def test_the_queue_names_the_reason_and_nothing_that_the_person_said(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    page = (await officer.get("/queue")).text
    assert reference in page
    assert "Nobody has acknowledged the alert yet. High risk." in page
    assert "Alerts not yet acknowledged: 1." in page
    for private in ("Siân", "Gwaeddodd", "Race"):
        assert private not in page
    assert len(await door.audited("queue_opened")) == 1


async def test_an_empty_queue_says_what_to_do_next(door: StaffDoor, officer: Visitor) -> None:
    page = (await officer.get("/queue")).text
    assert "You can leave this page open" in page
    filtered = (await officer.get("/queue?status=closed")).text
    assert "Change the filters" in filtered


async def test_a_search_is_posted_so_that_a_number_never_stands_in_an_address(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    answer = await officer.send_form("/queue", "/queue/search", {"q": reference.lower()})
    assert answer.status_code == 200
    assert f'href="/cases/{reference}"' in answer.text
    nothing = await officer.send_form("/queue", "/queue/search", {"q": "07700 900999"})
    assert "There is no such case." in nothing.text
    assert len(await door.audited("cases_searched")) == 2


async def test_an_alert_is_acknowledged_on_the_page(door: StaffDoor, officer: Visitor) -> None:
    reference = await door.receive()
    page = (await officer.get(f"/cases/{reference}")).text
    path = found(re.compile(r'action="(/alerts/[^"]+)"'), page)
    answer = await officer.send_form(f"/cases/{reference}", path)
    assert answer.headers["location"] == f"/cases/{reference}?done=acknowledged"
    after = (await officer.get(answer.headers["location"])).text
    assert "You have acknowledged the alert." in after
    assert "Acknowledged by Megan," in after
    assert path not in after


async def test_a_message_is_sent_once_however_often_the_form_is(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive(conversation_id=str(await door.converse()))
    page = (await officer.get(f"/cases/{reference}")).text
    fields = {
        "csrf_token": found(CSRF_FIELD, page),
        "key": found(KEY_FIELD, page),
        "language": "cy",
        "text": "Bore da.\r\nSut ydych chi?",
    }
    for _ in range(2):
        answer = await officer.client.post(f"/cases/{reference}/messages", data=fields)
        assert answer.headers["location"] == f"/cases/{reference}?done=sent#conversation"
    case = (await officer.call("GET", f"/v1/cases/{reference}")).json()
    sent = [message for message in case["messages"] if message["from"] == "officer"]
    assert [message["text"] for message in sent] == ["Bore da.\nSut ydych chi?"]


@pytest.mark.parametrize(
    ("text", "status"), [("", 422), ("  \n", 422), ("x" * 4001, 422), ("Helo", 409)]
)
async def test_what_cannot_be_sent_is_shown_again_with_the_reason(
    door: StaffDoor, officer: Visitor, text: str, status: int
) -> None:
    given = {} if status == 409 else {"conversation_id": str(await door.converse())}
    reference = await door.receive(**given)
    answer = await officer.send_form(
        f"/cases/{reference}",
        f"/cases/{reference}/messages",
        {"text": text, "language": "cy", "key": str(uuid4())},
    )
    assert answer.status_code == status
    assert "There is a problem" in answer.text
    assert f"required>{text}</textarea>" in answer.text


async def test_where_nobody_may_write_the_page_says_why_instead_of_a_form(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    reference = await door.receive(conversation_id=str(conversation_id), contact={"method": "none"})
    page = (await officer.get(f"/cases/{reference}")).text
    assert "the person does not want to be contacted" in page
    assert 'id="text"' not in page


async def test_an_urgent_case_without_a_report_has_a_page(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await raise_urgent(door, str(await door.converse()))
    page = await officer.get(f"/cases/{reference}")
    assert page.status_code == 200
    assert "There is no report yet." in page.text
    assert "Somebody may be in danger" in page.text
    queue = (await officer.get("/queue")).text
    assert "Urgent, no report" in queue


async def test_a_new_alert_is_said_aloud_once_and_politely(
    door: StaffDoor, officer: Visitor
) -> None:
    await officer.get("/queue")
    assert "hx-swap-oob" not in (await officer.get("/alerts/waiting?seen=")).text
    await door.receive()
    part = (await officer.get("/alerts/waiting?seen=")).text
    assert "New alert. Not yet acknowledged: 1." in part
    newest = found(re.compile(r'name="seen" value="([^"]+)"'), part)
    again = await officer.client.get("/alerts/waiting", params={"seen": newest})
    assert "hx-swap-oob" not in again.text
    assert "Alerts not yet acknowledged: 1." in again.text


async def test_an_open_case_page_reads_the_conversation_again_only_when_it_grew(
    door: StaffDoor, officer: Visitor
) -> None:
    conversation_id = await door.converse()
    reference = await door.receive(conversation_id=str(conversation_id))
    await door.call_in(conversation_id, "Ydych chi yno?")
    page = (await officer.get(f"/cases/{reference}")).text
    seen = found(re.compile(r'name="seen" value="(\d+)"'), page)
    path = f"/cases/{reference}/conversation"
    same = await officer.client.get(path, params={"seen": seen})
    assert (same.status_code, same.text) == (204, "")
    await door.call_in(conversation_id, "Mae'n oer yma.")
    grown = await officer.client.get(path, params={"seen": seen})
    assert "Mae&#39;n oer yma." in grown.text
    assert len(await door.audited("case_read")) == 2


async def test_an_officer_changes_the_language_of_the_pages(
    door: StaffDoor, officer: Visitor
) -> None:
    answer = await officer.send_form("/queue", "/language", {"language": "cy", "next": "/queue"})
    assert answer.headers["location"] == "/queue"
    page = (await officer.get("/queue")).text
    assert '<html class="govuk-template" lang="cy">' in page
    assert "Does dim achos yn aros." in page
    await officer.send_form("/queue", "/sign-out")
    assert 'lang="cy">' in (await officer.client.get("/sign-in")).text


async def test_the_first_page_offers_welsh_first_and_english_beside_it(visitor: Visitor) -> None:
    page = (await visitor.client.get("/sign-in")).text
    assert '<html class="govuk-template" lang="cy">' in page
    assert '<h1 class="govuk-heading-xl">Mewngofnodi</h1>' in page
    english = await visitor.client.get("/sign-in?language=en")
    assert '<h1 class="govuk-heading-xl">Sign in</h1>' in english.text
    assert (
        '<h1 class="govuk-heading-xl">Sign in</h1>' in (await visitor.client.get("/sign-in")).text
    )


async def test_the_audit_page_shows_who_did_what_and_no_content(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    await officer.get(f"/cases/{reference}")
    await door.add_officer("alun", Role.AUDITOR, language="en")
    async with door.visitor("alun") as auditor:
        page = (await auditor.get("/audit")).text
    assert "The chain is intact." in page
    assert "Case read" in page
    assert reference in page
    assert "Gwaeddodd" not in page


async def test_every_phrase_of_the_pages_is_in_both_languages_with_the_same_placeholders(
    door: StaffDoor,
) -> None:
    for key, phrase in door.runtime.words.phrases.items():
        placeholders = {
            language: set(re.findall(r"{(\w+)}", phrase[language])) for language in LANGUAGES
        }
        assert placeholders["cy"] == placeholders["en"], key


class TestTakingOver:
    async def test_an_officer_takes_the_conversation_over_and_hands_it_back(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        conversation_id = await door.converse()
        reference = await door.receive(conversation_id=str(conversation_id))
        assert (
            'action="/cases/' + reference + '/takeover"'
            in (await officer.get(f"/cases/{reference}")).text
        )
        answer = await officer.send_form(f"/cases/{reference}", f"/cases/{reference}/takeover")
        assert answer.status_code == 303
        page = (await officer.get(f"/cases/{reference}")).text
        assert "You are writing now" in page
        await officer.send_form(f"/cases/{reference}", f"/cases/{reference}/handback")
        assert "You are writing now" not in (await officer.get(f"/cases/{reference}")).text
        assert len(await door.audited("conversation_taken_over")) == 1
        assert len(await door.audited("conversation_handed_back")) == 1

    async def test_a_second_officer_is_told_that_another_one_writes(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        conversation_id = await door.converse()
        reference = await door.receive(conversation_id=str(conversation_id))
        await officer.send_form(f"/cases/{reference}", f"/cases/{reference}/takeover")
        await door.add_officer("carys", language="en")
        async with door.visitor("carys") as second:
            assert (
                "Another officer is writing now" in (await second.get(f"/cases/{reference}")).text
            )
            answer = await second.send_form(f"/cases/{reference}", f"/cases/{reference}/takeover")
            assert answer.status_code == 409

    async def test_what_was_added_later_stands_on_the_page_escaped(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await door.receive()
        async with door.runtime.database.session() as session:
            case = await find_case(session, reference)
            assert case is not None
            session.add(
                Addition(
                    case_id=case.id,
                    kind=AdditionKind.ADDITION,
                    text=HOSTILE,
                    language="cy",
                    channel=case.channel,
                )
            )
            await session.commit()
        page = (await officer.get(f"/cases/{reference}")).text
        assert "Added later" in page
        assert "<script>alert(1)</script>" not in page
        listed = await officer.call("GET", f"/v1/cases/{reference}/additions")
        assert [one["text"] for one in listed.json()] == [HOSTILE]
