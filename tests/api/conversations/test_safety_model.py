"""The tables of the safety model give what adding up by hand would give."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from api.conversations.safety_features import Hit
from api.conversations.safety_model import (
    AROUND,
    GROUPS,
    KIND_BITS,
    NEAR,
    THREE,
    TWO,
    Hits,
    KeyTable,
    Numbering,
    by_hit,
    packed,
    unpacked,
)
from bot.words.concepts import Concepts

WORDS = ["knife", "door", "now", "he", "."]


def key(kind: int, bits: int, *parts: int) -> int:
    total = 0
    for part in parts:
        total = (total << bits) | part
    return total | (kind << KIND_BITS)


def numbering() -> Numbering:
    means = Concepts({word: [word] for word in WORDS if word != "."}, [])
    return Numbering(WORDS, WORDS, WORDS, means)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.integers(1, 2**64 - 1), st.floats(-5, 5, width=32), max_size=200))
def test_a_key_has_its_weights_and_an_unknown_one_none(known: dict[int, float]) -> None:
    keys = np.array(sorted(known), dtype=np.uint64)
    weights = np.array([[known[k], -known[k]] for k in sorted(known)], dtype=np.float32)
    table = KeyTable(keys, weights.reshape(-1, 2))
    asked = [*known, 0, *((k + 1) % 2**64 for k in known)]

    got = table.weights(np.array(asked, dtype=np.uint64))

    wanted = [[known.get(k, 0.0), -known.get(k, 0.0)] for k in asked]
    assert np.array_equal(got, np.array(wanted, dtype=np.float32).reshape(-1, 2))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "unheard"]), min_size=1, max_size=12))
def test_neighbours_are_those_that_stand_before(tokens: list[str]) -> None:
    numbers_of = numbering()
    numbers = numbers_of.of(tokens)
    rows = numbers_of.by_token(tokens, numbers)

    expected: set[int] = set()
    known = [numbers_of.tokens.get(token, 0) for token in tokens]
    for at in range(len(tokens)):
        for kind, places in ((TWO, (1, 0)), (THREE, (2, 1, 0)), (AROUND, (2, 0))):
            if at >= places[0] and all(known[at - back] for back in places):
                expected.add(key(kind, 20, *(known[at - back] for back in places)))
    assert {int(k) for k in rows[:3].ravel() if k} == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "unheard"]), min_size=1, max_size=14))
def test_near_is_up_to_four_places_off_within_a_sentence(tokens: list[str]) -> None:
    numbers_of = numbering()
    rows, places = numbers_of.by_concept(tokens)
    means = Concepts({word: [word] for word in WORDS if word != "."}, [])
    found, _ = means.of(tokens)
    end, anything = means.numbers["."], means.numbers["_"]

    expected: set[int] = set()
    for at, concept in enumerate(found):
        for back in range(1, 5):
            if at < back:
                break
            other = found[at - back]
            if not {concept, other} <= {anything, end}:
                expected.add(key(NEAR, 20, *sorted((concept, other))))
            if end in (concept, other):
                break
    assert {int(k) for k in rows[1:5].ravel() if k} == expected
    assert len(places) == len(found)


def test_groups_follow_closely_or_not_at_all() -> None:
    tokens = ["knife", "now", "door", "door", "door", "he"]
    hits = Hits(
        [Hit(0, 1, "weapon"), Hit(1, 2, "now"), Hit(5, 6, "he")], {"weapon": 0, "now": 1, "he": 2}
    )

    rows, starts = by_hit(numbering().of(tokens), hits)

    followed = {int(k) for k in rows[2:].ravel() if k}
    assert followed == {key(GROUPS, 20, 1, 2)}
    assert starts.tolist() == [0, 1, 5]


def test_a_group_stands_in_a_stretch_only_with_all_its_words() -> None:
    hits = Hits([Hit(0, 2, "a"), Hit(3, 4, "b")], {"a": 0, "b": 1})

    present = hits.within(np.array([0, 1, 0]), np.array([2, 4, 4]), 2)

    assert present.tolist() == [[1, 0], [0, 1], [1, 1]]


def test_numbers_come_out_of_the_artefact_as_they_went_in() -> None:
    numbers = np.array([random.Random(1).getrandbits(64) for _ in range(50)], dtype=np.uint64)

    assert np.array_equal(unpacked(packed(numbers, "<u8"), "<u8"), numbers)
