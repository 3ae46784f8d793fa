"""What scrutiny reads: the account without what would say who somebody is."""

import pytest

from api.officers.models import Role
from api.scrutiny.redaction import redacted
from tests.api.staff_visitor import PHONE, StaffDoor


@pytest.mark.parametrize(
    ("text", "known", "shown"),
    [
        ("Dwedodd Siân wrtho.", ["Siân Rees"], "Dwedodd […] wrtho."),
        ("I told Sian Rees about it.", ["Siân Rees"], "I told […] about it."),
        ("siân oedd yno", ["Siân"], "[…] oedd yno"),
        ("SIÂN!", ["Siân"], "[…]!"),
        ("Siân's door", ["Siân"], "[…]'s door"),
        # A name that is a word stays where it is one.
        ("I will tell Will.", ["Will Puw"], "I will tell […]."),
        ("Ym mis Mai gwelais Mai.", ["Mair"], "Ym mis Mai gwelais Mai."),
        ("Ring me on 07700 900123 please", [], "Ring me on […] please"),
        ("Ffoniwch +44 (0)7700-900-123.", [], "Ffoniwch […]."),
        ("sian.rees@example.org neu @sian_r", [], "[…] neu […]"),
        ("See https://example.org/me", [], "See […]"),
        ("Rwy'n byw yn 12 Heol Fawr, SA31 1AB", [], "Rwy'n byw yn […], […]"),
        ("at 7 Station Road yesterday", [], "at […] yesterday"),
        ("his car is CV21 ABC", [], "his car is […]"),
        ("My name is Mair Puw and I was", [], "My name is […] and I was"),
        ("Fy enw i yw Gwenllian.", [], "Fy enw i yw […]."),
        ("o'r enw Tomos ap Rhys oedd", [], "o'r enw […] oedd"),
        ("Mr Jones shouted", [], "Mr […] shouted"),
        ("three men, at 9 in the evening", [], "three men, at 9 in the evening"),
        ("", ["Siân"], ""),
    ],
)
def test_names_numbers_and_addresses_are_taken_out(text: str, known: list[str], shown: str) -> None:
    assert redacted(text, known) == shown


async def test_scrutiny_reads_what_happened_and_not_who(door: StaffDoor) -> None:
    await door.add_officer("panel", Role.SCRUTINY, "en")
    conversation_id = await door.converse()
    await door.call_in(conversation_id, "Siân ydw i, a dyma'r sgwrs.")
    reference = await door.receive(
        conversation_id=str(conversation_id),
        report={
            "text": "Gwaeddodd dyn arna i, Siân Rees, wrth yr arhosfan. Fy rhif yw 07700 900456.",
            "text_language": "cy",
            "why_text": "Mae Siân yn siarad iaith arall",
            "strands": ["race"],
            "incident_types": ["verbal_abuse"],
            "when_text": "nos Fawrth",
            "where_text": "tu allan i dŷ Siân",
            "online": False,
        },
        contact={"method": "text", "phone": PHONE, "email": None, "name": "Siân Rees"},
    )
    async with door.visitor("panel") as panel:
        assert reference in (await panel.get("/scrutiny")).text
        page = await panel.get(f"/scrutiny/{reference}")
    assert page.status_code == 200
    assert "Gwaeddodd dyn arna i, […], wrth yr arhosfan. Fy rhif yw […]." in page.text
    for hidden in ("Siân", "Rees", "900456", "900123", "dyma&#39;r sgwrs", "tu allan i d"):
        assert hidden not in page.text, hidden


async def test_of_a_restricted_case_scrutiny_learns_that_there_is_one(door: StaffDoor) -> None:
    await door.add_officer("panel", Role.SCRUTINY, "en")
    await door.add_officer("boss", Role.SUPERVISOR)
    reference = await door.receive()
    async with door.visitor("boss") as boss, door.visitor("panel") as panel:
        await boss.send_form("/account", f"/cases/{reference}/restrict")
        listed = (await panel.get("/scrutiny")).text
        assert reference in listed
        assert f"/scrutiny/{reference}" not in listed
        closed = await panel.get(f"/scrutiny/{reference}")
        assert closed.status_code == 403
        # Scrutiny has no way in, not even in an emergency.
        assert "/emergency" not in closed.text
