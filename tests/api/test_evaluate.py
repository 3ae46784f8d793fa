"""The evaluation: figures as the contract has them, clear words for a bad file, and gates that fail."""

import json
from pathlib import Path

import pytest

from api import evaluate
from api.evaluate import check_gates, main

MODEL_DIR = ".build/model"


def run(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> tuple[int, str, str]:
    code = main([*arguments, "--model-dir", MODEL_DIR, "--report-dir", str(tmp_path / "report")])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def last_object(output: str) -> dict[str, object]:
    parsed = json.loads(output.strip().splitlines()[-1])
    assert isinstance(parsed, dict)
    return parsed


def test_language_figures_end_in_one_json_object(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "language.tsv"
    file.write_text(
        "cy\t\tbore da i chi gyd\nen\tcy\tI would like English please\nen\t\tmae hwn yn Gymraeg pur\n"
    )

    code, out, _ = run(["--kind", "language", "--file", str(file)], capsys, tmp_path)

    result = last_object(out)
    assert code == 0
    assert result["n"] == 3
    assert result["accuracy"] == 0.6667
    assert result["errors"] == [["en", "cy", "", "mae hwn yn Gymraeg pur"]]


def test_a_soft_card_counts_as_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "safety.tsv"
    file.write_text(
        "danger\the is outside my door with a knife now\nsuicide\tI want to kill myself\nnone\tI'm not in danger\n"
    )

    code, out, _ = run(["--kind", "safety", "--file", str(file)], capsys, tmp_path)

    result = last_object(out)
    assert code == 0
    assert result["danger"] == {"recall": 1.0, "precision": 1.0}
    assert result["suicide"] == {"recall": 1.0, "precision": 1.0}
    assert result["errors"] == []


@pytest.mark.parametrize(
    ("kind", "content", "complaint"),
    [
        ("language", "cy\tbore da\n", ":1: 3 columns"),
        ("language", "cy\t\tbore da\nfr\t\tbonjour\n", ":2: 'fr' is not one of"),
        ("language", "cy\tfr\tbore da\n", "current language 'fr'"),
        ("safety", "danger\tnow\nrisk\twhat\n", ":2: 'risk' is not one of"),
        ("safety", "danger\t \n", ":1: no text"),
        ("safety", "", "holds no messages"),
        ("nlu", "greet hello\n", ":1: 2 columns"),
    ],
)
def test_a_malformed_file_gets_one_line_that_names_it(
    kind: str, content: str, complaint: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "bad.tsv"
    file.write_text(content)

    code, _, err = run(["--kind", kind, "--file", str(file)], capsys, tmp_path)

    assert code == 2
    assert complaint in err
    assert str(file) in err
    assert len(err.strip().splitlines()) == 1


def test_a_missing_file_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(["--kind", "safety", "--file", str(tmp_path / "away.tsv")], capsys, tmp_path)

    assert code == 2
    assert "cannot be read" in err


def test_nlu_passes_on_what_the_other_interpreter_prints(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\necho working\necho \'{"n": 1, "accuracy": 1.0, "errors": [], "per_intent": {}}\'\n'
    )
    python.chmod(0o755)
    file = tmp_path / "nlu.tsv"
    file.write_text("greet\tshwmae\n")

    code, out, _ = run(
        ["--kind", "nlu", "--file", str(file), "--bot-python", str(python)], capsys, tmp_path
    )

    assert code == 0
    assert last_object(out)["accuracy"] == 1.0


def test_an_interpreter_that_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "nlu.tsv"
    file.write_text("greet\tshwmae\n")

    code, _, err = run(
        ["--kind", "nlu", "--file", str(file), "--bot-python", str(tmp_path / "none")],
        capsys,
        tmp_path,
    )

    assert code == 3
    assert "cannot start" in err


def results(cy: float, en: float) -> dict[str, object]:
    risk = {"recall": 1.0, "precision": 1.0}
    nlu = {"per_intent": {"out_of_scope": {"recall": 1.0}}}
    return {
        "language": {"by_language": {"cy": 1.0, "en": 1.0}},
        "safety_cy": {"danger": risk, "suicide": risk},
        "safety_en": {"danger": risk, "suicide": risk},
        "nlu_cy": {"accuracy": cy, **nlu},
        "nlu_en": {"accuracy": en, **nlu},
    }


GATES = {"drift": 0.02, "nlu": {"accuracy": {"cy": 0.95, "en": 0.95}}}


def test_a_language_below_its_gate_fails() -> None:
    missed = [gate["gate"] for gate in check_gates(results(0.94, 0.955), GATES) if not gate["met"]]

    assert missed == ["nlu accuracy cy"]


def test_languages_that_drift_apart_fail() -> None:
    missed = [gate["gate"] for gate in check_gates(results(0.95, 0.98), GATES) if not gate["met"]]

    assert missed == ["nlu accuracy drift"]


def test_the_report_shows_messages_as_text(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "safety.tsv"
    file.write_text("danger\thello <script>alert(1)</script>\n")

    run(["--kind", "safety", "--file", str(file)], capsys, tmp_path)

    page = (tmp_path / "report" / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_every_kind_has_an_evaluator() -> None:
    assert set(evaluate.EVALUATORS) == set(evaluate.KINDS)
