"""Who, where, when and how to reach somebody, in both languages."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bot.components.entities import EntityFinder
from bot.components.text import fold

CASES = [
    ("ges i racist abuse ar y bws yng Nghaerfyrddin", "place", "Caerfyrddin / Carmarthen"),
    ("o'n i'n cerdded o Lanelli", "place", "Llanelli"),
    ("digwyddodd e ym Machynlleth", "place", "Machynlleth"),
    ("ym Mhenfro oedd hyn", "place", "Penfro / Pembroke"),
    ("a Phenfro hefyd", "place", "Penfro / Pembroke"),
    ("i Dyddewi", "place", "Tyddewi / St Davids"),
    ("dwi'n byw yn y Drenewydd", "place", "Y Drenewydd / Newtown"),
    ("yng Nghrucywel", "place", "Crucywel / Crickhowell"),
    ("wrth ymyl Ysbyty Glangwili", "place", "Ysbyty Glangwili / Glangwili Hospital"),
    ("yn dinbych y pysgod", "place", "Dinbych-y-pysgod / Tenby"),
    ("in st davids last night", "place", "Tyddewi / St Davids"),
    ("near Hay on Wye", "place", "Y Gelli Gandryll / Hay-on-Wye"),
    ("I live in Cardigan", "place", "Aberteifi / Cardigan"),
    ("LLANBED", "place", "Llanbedr Pont Steffan / Lampeter"),
    ("maen nhw'n galw fi'n enwau achos bo fi'n anabl", "strand", "disability"),
    ("because I use a wheelchair", "strand", "disability"),
    ("sylwadau hiliol", "strand", "race"),
    ("they told me go back to your own country", "strand", "race"),
    ("tynnu fy hijab", "strand", "religion"),
    ("antisemitic graffiti", "strand", "religion"),
    ("am fy mod i'n hoyw", "strand", "sexual_orientation"),
    ("homophobic slurs", "strand", "sexual_orientation"),
    ("am fod yn draws", "strand", "transgender"),
    ("my son is trans", "strand", "transgender"),
    ("poerodd e ata i", "incident_type", "spitting"),
    ("he spat at me", "incident_type", "spitting"),
    ("maen nhw'n bygwth fi", "incident_type", "threat"),
    ("they threatened us", "incident_type", "threat"),
    ("mae rhywun wedi torri ffenest", "incident_type", "damage"),
    ("fy mrawd", "relation", "sibling"),
    ("mae mab fi yn yr ysgol", "relation", "son"),
    ("ma' ngŵr i'n dost", "relation", "partner"),
    ("my little sister", "relation", "sibling"),
    ("one of my clients", "relation", "client"),
    ("ar y bws", "place_type", "bus"),
    ("yn y dafarn", "place_type", "pub"),
    ("outside the mosque", "place_type", "place_of_worship"),
    ("nos Fawrth diwethaf am naw", "time", "nos Fawrth diwethaf am naw"),
    ("ddoe yn y bore", "time", "ddoe yn y bore"),
    ("neithiwr", "time", "neithiwr"),
    ("hanner awr wedi naw", "time", "hanner awr wedi naw"),
    ("3ydd o Fawrth", "time", "3ydd o Fawrth"),
    ("dwy flynedd yn ôl", "time", "dwy flynedd yn ôl"),
    ("yesterday at 3pm", "time", "yesterday at 3pm"),
    ("the 3rd of March 2026", "time", "the 3rd of March 2026"),
    ("three weeks ago", "time", "three weeks ago"),
    ("every Saturday night", "time", "every Saturday night"),
    ("ffoniwch 07700 900123", "phone", "07700 900123"),
    ("my number is +44 7700 900 123.", "phone", "+44 7700 900 123"),
    ("jo.bloggs@example.cymru", "email", "jo.bloggs@example.cymru"),
    ("see https://example.org/post/1, please", "url", "https://example.org/post/1"),
    ("his name is @nasty_dave on there", "handle", "@nasty_dave"),
    ("any news on LL-4K7M-9QXT?", "reference", "LL-4K7M-9QXT"),
    ("ll4k7m9qxt", "reference", "ll4k7m9qxt"),
]


@pytest.mark.parametrize(("text", "entity", "value"), CASES)
def test_entity_is_found(entities: EntityFinder, text: str, entity: str, value: str) -> None:
    found = [(item.meaning.entity, item.meaning.value) for item in entities.find(text)]
    assert (entity, value) in found


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("a nice cardigan", "place"),
        ("I like him on most days", "time"),
        ("merch oedd hi", "relation"),
        ("order 12345", "phone"),
        ("may I ask something", "time"),
        ("beth yw'r ongl", "place"),
    ],
)
def test_an_ordinary_word_is_not_taken_for_an_entity(
    entities: EntityFinder, text: str, entity: str
) -> None:
    assert entity not in {item.meaning.entity for item in entities.find(text)}


@pytest.mark.parametrize(("text", "entity", "value"), CASES)
def test_offsets_point_at_the_words(
    entities: EntityFinder, text: str, entity: str, value: str
) -> None:
    padded = f"¡Ŵyl — {text}"
    for item in entities.find(padded):
        assert padded[item.start : item.end].strip() == padded[item.start : item.end] != ""
        if item.meaning.entity in ("time", "phone", "email", "url", "handle", "reference"):
            assert padded[item.start : item.end] == item.meaning.value


def test_every_name_of_the_gazetteer_is_found_in_every_form(entities: EntityFinder) -> None:
    missed = []
    for entry in entities.entries:
        if entry.meaning.entity != "place":
            continue
        text = f"digwyddodd hyn yn {entry.phrase} rywbryd"
        found = [item for item in entities.find(text) if item.meaning.entity == "place"]
        if not any(
            fold(text[item.start : item.end]).endswith(fold(entry.phrase)) for item in found
        ):
            missed.append(entry.phrase)
    assert missed == []


def test_the_finder_survives_being_written_and_read(entities: EntityFinder, tmp_path: Path) -> None:
    entities.save(tmp_path)
    again = EntityFinder.load(tmp_path)
    assert all(again.find(text) == entities.find(text) for text, _, _ in CASES)
    assert json.loads((tmp_path / "entities.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "piece",
    ["a ", "0", "at 9 ", "my ", "ers ", "1 ", "a.", "www.", "@", "nos ", "tua ", "ll-", "+44 "],
)
def test_time_needed_grows_no_faster_than_the_text(entities: EntityFinder, piece: str) -> None:
    text = (piece * 4_000)[:4_000]
    started = time.process_time()
    entities.find(text)
    assert time.process_time() - started < 0.3
