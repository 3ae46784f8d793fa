"""What makes the model be trained again, and what `evaluate` says of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import evaluate, train
from bot.components.entity_extractor import LlaisEntityExtractor
from bot.components.examples import fingerprint_of_data, read_examples
from bot.components.intent_classifier import LlaisIntentClassifier
from bot.components.lexicons import DATA


def _a_project(root: Path) -> None:
    for name in ("bot/domain/domain.yml", "bot/components/text.py", "data/nlu_cy/a.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("one\n")
    (root / "bot/config.yml").write_text("recipe: default.v1\n")
    (root / "uv.lock").write_text('[[package]]\nname = "rasa"\nversion = "3.6.21"\n')


@pytest.mark.parametrize(
    "changed",
    ["bot/domain/domain.yml", "bot/components/text.py", "data/nlu_cy/a.yml", "bot/config.yml"],
)
def test_a_changed_input_changes_the_fingerprint(tmp_path: Path, changed: str) -> None:
    _a_project(tmp_path)
    before = train.fingerprint_of_inputs(tmp_path)
    assert train.fingerprint_of_inputs(tmp_path) == before
    (tmp_path / changed).write_text("two\n")
    assert train.fingerprint_of_inputs(tmp_path) != before


def test_another_version_of_rasa_changes_the_fingerprint_and_other_packages_do_not(
    tmp_path: Path,
) -> None:
    _a_project(tmp_path)
    before = train.fingerprint_of_inputs(tmp_path)
    lock = tmp_path / "uv.lock"
    lock.write_text(lock.read_text() + '[[package]]\nname = "numpy"\nversion = "1.23"\n')
    assert train.fingerprint_of_inputs(tmp_path) == before
    lock.write_text(lock.read_text().replace("3.6.21", "3.6.22"))
    assert train.fingerprint_of_inputs(tmp_path) != before


def test_a_model_is_up_to_date_only_with_all_its_parts(tmp_path: Path) -> None:
    (tmp_path / "fingerprint").write_text("abc\n")
    (tmp_path / "rasa.tar.gz").write_bytes(b"")
    assert not train.is_up_to_date(tmp_path, "abc")
    (tmp_path / "places.json").write_text("{}")
    assert train.is_up_to_date(tmp_path, "abc")
    assert not train.is_up_to_date(tmp_path, "def")


def test_a_malformed_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv"
    path.write_text("affirm\tie\nno tab here\n", encoding="utf-8")
    with pytest.raises(evaluate.MalformedFile, match="line 2"):
        evaluate.read_examples(path)


def test_figures_count_what_was_expected_and_list_every_error() -> None:
    expected = [("affirm", "ie"), ("affirm", "ydw"), ("deny", "na")]
    figures = evaluate.figures(expected, [("affirm", 0.9), ("deny", 0.6), ("deny", 0.8)])
    assert figures["n"] == 3
    assert figures["accuracy"] == 0.6667
    assert figures["per_intent"]["affirm"] == {
        "n": 2,
        "precision": 1.0,
        "recall": 0.5,
        "f1": 0.6667,
    }
    assert figures["per_intent"]["deny"]["precision"] == 0.5
    assert figures["macro_f1"] == 0.6667
    assert figures["errors"] == [["affirm", "deny", 0.6, "ydw"]]


def test_examples_are_read_once_and_a_malformed_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "nlu_cy"
    folder.mkdir()
    block = "nlu:\n- intent: affirm\n  examples: |\n    - ie\n    - ydw\n    - ie\n"
    (folder / "a.yml").write_text(block, encoding="utf-8")
    assert read_examples(tmp_path) == [("ie", "affirm"), ("ydw", "affirm")]
    (folder / "b.yml").write_text("nlu:\n- intent: deny\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"nlu_cy/b\.yml"):
        read_examples(tmp_path)


@pytest.mark.parametrize("folder", ["nlu_cy", "nlu_en", "entities", "places", "answers"])
def test_changed_data_is_never_answered_from_rasas_cache(tmp_path: Path, folder: str) -> None:
    """Each component of ours names in its fingerprint all the data that it reads by itself."""
    assert (
        LlaisEntityExtractor.fingerprint_addon({})
        == LlaisIntentClassifier.fingerprint_addon({})
        == fingerprint_of_data(DATA)
    )
    (tmp_path / folder).mkdir()
    changed = tmp_path / folder / "one.yml"
    changed.write_text("a: 1")
    before = fingerprint_of_data(tmp_path)
    changed.write_text("a: 2")
    assert fingerprint_of_data(tmp_path) != before
