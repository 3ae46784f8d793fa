"""The intent model: the same after reading it back, calibrated, quick, and careful with what matters most."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from bot.components.calibration import Calibration, fit_calibration, probabilities, surprise
from bot.components.entities import EntityFinder
from bot.components.features import novelty
from bot.components.machines import train_machines
from bot.components.text import fold, tokenise, windows, word_form
from bot.components.understanding import Understanding, train_understanding
from bot.components.yes_no import YesNo
from bot.words.concepts import Concepts

MESSAGES = [
    "mae dyn yn ymosod arna i nawr",
    "someone is attacking me right now",
    "dwi moyn siarad gyda rhywun",
    "are you a robot",
    "can we do this in Welsh",
    "ges i racist abuse ar y bws yng Nghaerfyrddin neithiwr",
    "",
    "xqzt brrf",
]


def test_a_model_says_the_same_after_being_written_and_read(
    understanding: Understanding, entities: EntityFinder, tmp_path: Path
) -> None:
    understanding.save(tmp_path)
    again = Understanding.load(tmp_path)
    for message in MESSAGES:
        assert again.rank(message, entities.find(message)) == understanding.rank(
            message, entities.find(message)
        )


def test_nothing_that_is_kept_can_carry_code(understanding: Understanding, tmp_path: Path) -> None:
    understanding.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("message", MESSAGES)
def test_confidences_fall_and_sum_to_one(
    understanding: Understanding, entities: EntityFinder, message: str
) -> None:
    confidences = [
        confidence for _, confidence in understanding.rank(message, entities.find(message))
    ]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1.0)


def test_a_larger_lead_gives_a_higher_confidence() -> None:
    leads = np.linspace(0.0, 3.0, 30)
    logits = np.stack([leads, np.zeros(30), np.zeros(30)], axis=1)
    confidence = probabilities(logits)[:, 0]
    assert (np.diff(confidence) > 0).all()
    assert (probabilities(logits).argsort(axis=1) == logits.argsort(axis=1)).all()


def test_a_machine_that_knows_nothing_does_not_count_and_the_others_are_weighed_as_they_deserve() -> (
    None
):
    draw = np.random.default_rng(2)
    good, noise = draw.normal(size=(2, 2_000, 5))
    starts = np.array([1.0, 0.0, 0.0, 0.0, -1.0])
    truth = np.array([draw.choice(5, p=probabilities(2 * row + starts)) for row in good])
    scores = np.stack([good, noise])
    fitted = fit_calibration(scores, truth)
    assert fitted.strengths == pytest.approx([2.0, 0.0], abs=0.2)
    assert fitted.starts[0] - fitted.starts[4] == pytest.approx(2.0, abs=0.4)
    hotter = Calibration(3 * fitted.strengths, fitted.starts)
    assert surprise(fitted.mixed(scores), truth) < surprise(hotter.mixed(scores), truth)


def test_few_examples_give_no_intent_a_great_start() -> None:
    scores = np.zeros((1, 4, 3))
    assert abs(fit_calibration(scores, np.array([0, 0, 0, 0])).starts).max() < 1.0


def test_intents_share_what_their_names_share() -> None:
    """A feature seen only with one "ask_" speaks for the other "ask_" intents, too."""
    vectors = sparse.csr_matrix(np.repeat(np.eye(4), 6, axis=0))
    names = ["ask_human", "ask_privacy", "report_hate", "thank"]
    [[whole, first, last]] = train_machines([(vectors, np.repeat(np.arange(4), 6))], names)
    asks = first.scores(vectors[:1])[0]
    assert asks[0] == asks[1] > 0 > max(asks[2:])
    assert whole.scores(vectors[:1])[0].argmax() == last.scores(vectors[:1])[0].argmax() == 0


def test_what_training_lacks_all_but_never_wins_and_one_name_for_all_decides_nothing() -> None:
    vectors = sparse.csr_matrix(np.repeat(np.eye(2), 6, axis=0))
    names = ["ask_human", "ask_privacy", "ask_support"]
    [[whole, first, _]] = train_machines([(vectors, np.repeat([0, 1], 6))], names)
    assert whole.scores(vectors)[:, 2].max() < whole.scores(vectors)[:, :2].min()
    assert np.ptp(first.scores(vectors)) == 0.0


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("mae e tu fas y drws nawr gyda chyllell", "danger_now"),
        ("he's outside my door with a knife", "danger_now"),
        ("dwi eisiau lladd fy hun", "suicide_or_self_harm"),
        ("i want to kill myself", "suicide_or_self_harm"),
    ],
)
def test_the_gravest_messages_are_understood_even_by_a_small_model(
    understanding: Understanding, entities: EntityFinder, message: str, intent: str
) -> None:
    assert understanding.rank(message, entities.find(message))[0][0] == intent


@pytest.mark.parametrize(
    "piece", ["a ", "dwi'n ofnus. ", "aaaa", "? ", "yng Nghaerfyrddin ", "\U0001f44d"]
)
def test_the_longest_message_costs_little(
    understanding: Understanding, entities: EntityFinder, piece: str
) -> None:
    text = (piece * 4_000)[:4_000]
    started = time.process_time()
    understanding.rank(text, entities.find(text))
    assert time.process_time() - started < 0.5


def test_an_intent_with_very_few_examples_does_no_harm(
    entities: EntityFinder, yes_no: YesNo, concepts: Concepts
) -> None:
    pairs = [(f"cwestiwn {number} am adroddiad", "ask_case_update") for number in range(20)]
    pairs += [(f"dyn yn gweiddi {number}", "report_hate") for number in range(20)]
    pairs += [("hwyl fawr", "goodbye"), ("da boch", "goodbye")]
    trained = train_understanding(pairs, entities, yes_no, concepts)
    assert trained.rank("hwyl fawr", [])[0][0] == "goodbye"
    assert trained.rank("dyn yn gweiddi", [])[0][0] == "report_hate"


def test_one_language_is_known_from_what_the_other_taught(
    entities: EntityFinder, yes_no: YesNo, concepts: Concepts
) -> None:
    """Of words that training never saw, what they mean is left."""
    taught = {
        "out_of_scope": [
            "will it rain today",
            "the weather is cold",
            "is it going to snow",
            "hot weather",
        ],
        "withdraw_report": [
            "delete the report",
            "please erase it all",
            "cancel the report",
            "remove it",
        ],
    }
    pairs = [(text, intent) for intent, texts in taught.items() for text in texts * 5]
    trained = train_understanding(pairs, entities, yes_no, concepts)
    assert trained.rank("y tywydd", [])[0][0] == "out_of_scope"
    assert trained.rank("dileu'r adroddiad", [])[0][0] == "withdraw_report"


def test_words_never_seen_count_as_new_and_known_ones_do_not() -> None:
    example = {"content": ["siarad", "gweiddi gwaeddodd", "zyzzyva"]}
    assert novelty(example, {"siarad", "gweiddi"}) == pytest.approx(1 / 3)
    assert novelty({"content": []}, set()) == 0.0


@pytest.mark.parametrize("text", ["Dwi’n", "ŴYL", "GWENER", "naïve", "straße", "ﬁ"])
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert word_form(word_form(text)) == word_form(text)


def test_spellings_of_one_word_are_one_word() -> None:
    assert len({word_form(word) for word in ("Dwi’n", "dwi'n", "DWIN", "dwi`n")}) == 1


def test_windows_hold_every_word_of_a_text() -> None:
    text = "Helo. Mae rhywun yn gweiddi arna i bob nos! " + "gair " * 100
    tokens = tokenise(text)
    inside = {token for window in windows(tokens, text) for token in window}
    assert {token for token in tokens if token.is_word} <= inside
    assert max(map(len, windows(tokens, text))) <= 30
