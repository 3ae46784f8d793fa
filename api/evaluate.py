"""How well the assistant understands: `python -m api.evaluate [--kind nlu|safety|language] [--file FILE]`.

Runs the code that runs in production on labelled messages and prints the figures; the last line printed is one JSON
object. With no kind, all three on the project's own test sets, with a page to read and gates: exit 1 when a
language falls below its gate or the two languages drift apart. A file that cannot be read as what it should be: one
line naming file and line, exit 2.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from api.conversations.language import Language, LanguageDecider
from api.conversations.safety import RISKS, SafetyAssessment, SafetyLayer
from api.evaluation_report import render_report

KINDS: Final = ("nlu", "safety", "language")
LANGUAGES: Final = ("cy", "en")
RISK_INTENTS: Final = ("danger_now", "suicide_or_self_harm")
NOTHING: Final = "none"


class UnreadableFile(Exception):
    """A test file is missing or a line of it is not what the contract says."""


class EvaluationFailed(Exception):
    """The assistant could not be asked, for example because no model is trained."""


@dataclass(frozen=True)
class Options:
    model_dir: Path
    bot_python: Path
    sets: Path
    report_dir: Path


def read_rows(path: Path, labels: frozenset[str] | None, columns: int) -> Iterator[list[str]]:
    """The lines of a tab-separated file, empty lines left out; every line is checked before any is judged."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        broken = error.object[: error.start].count(b"\n") + 1
        raise UnreadableFile(f"{path}:{broken}: is not UTF-8") from error
    rows: list[list[str]] = []
    for number, line in enumerate(content.split("\n"), 1):
        row = line.rstrip("\r").split("\t")
        if row == [""]:
            continue
        if len(row) != columns:
            raise UnreadableFile(
                f"{path}:{number}: {columns} columns separated by tabs expected, {len(row)} found"
            )
        if labels is not None and row[0] not in labels:
            raise UnreadableFile(
                f"{path}:{number}: {row[0]!r} is not one of {', '.join(sorted(labels))}"
            )
        if not row[-1].strip():
            raise UnreadableFile(f"{path}:{number}: no text")
        rows.append(row)
    if not rows:
        raise UnreadableFile(f"{path}: holds no messages")
    return iter(rows)


def evaluate_language(path: Path, options: Options) -> dict[str, Any]:
    decider = LanguageDecider.load(options.model_dir)
    rows = list(read_rows(path, frozenset(LANGUAGES), 3))
    for number, (_, given, _text) in enumerate(rows, 1):
        if given not in ("", *LANGUAGES):
            raise UnreadableFile(
                f"{path}: message {number}: current language {given!r} is not cy, en or empty"
            )
    errors: list[list[Any]] = []
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for expected, written, text in rows:
        current: Language | None = "cy" if written == "cy" else "en" if written == "en" else None
        got = decider.decide(text, current).language
        count[expected] += 1
        right[expected] += got == expected
        if got != expected:
            errors.append([expected, got, written, text])
    return {
        "n": len(rows),
        "accuracy": _share(sum(right.values()), len(rows)),
        "by_language": {
            name: _share(right[name], count[name]) for name in LANGUAGES if count[name]
        },
        "errors": errors,
    }


def evaluate_safety(path: Path, options: Options) -> dict[str, Any]:
    """A soft card counts as nothing seen; a message may show both cards, and then counts for both."""
    layer = SafetyLayer.load(options.model_dir)
    rows = list(read_rows(path, frozenset({*RISKS, NOTHING}), 2))
    confusion: defaultdict[str, Counter[str]] = defaultdict(Counter)
    errors: list[list[Any]] = []
    for expected, text in rows:
        assessment = layer.assess(text)
        got = _cards(assessment)
        confusion[expected][got] += 1
        if got != expected:
            errors.append([expected, got, "; ".join(assessment.reasons), text])
    figures: dict[str, Any] = {"n": len(rows)}
    for risk in RISKS:
        shown = {
            expected: sum(number for got, number in row.items() if risk in got.split("+"))
            for expected, row in confusion.items()
        }
        figures[risk] = {
            "recall": _share(shown.get(risk, 0), sum(confusion[risk].values())),
            "precision": _share(shown.get(risk, 0), sum(shown.values())),
        }
    return figures | {
        "confusion": {expected: dict(row) for expected, row in confusion.items()},
        "errors": errors,
    }


def _cards(assessment: SafetyAssessment) -> str:
    cards = [risk for risk in RISKS if getattr(assessment, risk) == "card"]
    return "+".join(cards) or NOTHING


def evaluate_nlu(path: Path, options: Options) -> dict[str, Any]:
    """Asks the Rasa model through the interpreter it lives on."""
    list(read_rows(path, None, 2))
    command = [
        str(options.bot_python),
        "-m",
        "bot.evaluate",
        str(options.model_dir),
        str(path),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise EvaluationFailed(f"cannot start {options.bot_python}: {error.strerror}") from error
    lines = done.stdout.strip().splitlines()
    if done.returncode == 2:
        raise UnreadableFile((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
    if done.returncode != 0 or not lines:
        tail = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise EvaluationFailed(f"{' '.join(command)} ended with {done.returncode}:\n{tail}")
    result = json.loads(lines[-1])
    if not isinstance(result, dict):
        raise EvaluationFailed(f"{' '.join(command)} printed no JSON object")
    return result


EVALUATORS: Final[Mapping[str, Callable[[Path, Options], dict[str, Any]]]] = {
    "nlu": evaluate_nlu,
    "safety": evaluate_safety,
    "language": evaluate_language,
}


def evaluate_all(options: Options) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Every kind on the project's own sets: results by set, and the gates with what was reached."""
    results: dict[str, Any] = {}
    for kind in ("language", "safety", "nlu"):
        names = [kind] if kind == "language" else [f"{kind}_{language}" for language in LANGUAGES]
        for name in names:
            print(f"{name} …", flush=True)
            results[name] = EVALUATORS[kind](options.sets / f"{name}.tsv", options)
            if kind == "nlu":
                results[name]["confusion"] = _risk_confusion(results[name])
            print(f"  {_headline(results[name])}", flush=True)
    gates = yaml.safe_load((options.sets / "gates.yml").read_text(encoding="utf-8"))
    return results, check_gates(results, gates)


def check_gates(results: Mapping[str, Any], gates: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry for every gate and language, and one for how far the languages are apart."""
    checked: list[dict[str, Any]] = []
    for kind in KINDS:
        for figure, limits in gates.get(kind, {}).items():
            values = {language: _figure(results, kind, figure, language) for language in LANGUAGES}
            for language, value in values.items():
                checked.append(
                    {
                        "gate": f"{kind} {figure} {language}",
                        "value": value,
                        "limit": f">= {limits[language]}",
                        "met": value >= limits[language],
                    }
                )
            apart = round(abs(values["cy"] - values["en"]), 4)
            allowed = limits.get("drift", gates["drift"])
            checked.append(
                {
                    "gate": f"{kind} {figure} drift",
                    "value": apart,
                    "limit": f"<= {allowed}",
                    "met": apart <= allowed,
                }
            )
    return checked


def _figure(results: Mapping[str, Any], kind: str, figure: str, language: str) -> float:
    if kind == "language":
        return float(results["language"]["by_language"].get(language, 0.0))
    result = results[f"{kind}_{language}"]
    if kind == "safety":
        risk, measure = figure.split("_")
        return float(result[risk][measure])
    if figure == "out_of_scope_recall":
        return float(result["per_intent"].get("out_of_scope", {}).get("recall", 0.0))
    return float(result[figure])


def _risk_confusion(result: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """What the two risk intents were taken for, and what was taken for them."""
    table: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for intent in RISK_INTENTS:
        figures = result["per_intent"].get(intent)
        if figures:
            table[intent][intent] = round(figures["n"] * figures["recall"])
    for expected, got, *_ in result["errors"]:
        if expected in RISK_INTENTS or got in RISK_INTENTS:
            table[expected][got] += 1
    return {expected: dict(row) for expected, row in table.items()}


def _headline(result: Mapping[str, Any]) -> str:
    parts = [f"{result['n']} messages"]
    parts += [f"{key} {result[key]:.4f}" for key in ("accuracy", "macro_f1") if key in result]
    parts += [f"{key} {value:.4f}" for key, value in result.get("by_language", {}).items()]
    parts += [
        f"{risk} recall {result[risk]['recall']:.4f} precision {result[risk]['precision']:.4f}"
        for risk in RISKS
        if risk in result
    ]
    return ", ".join(parts)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Evaluate the assistant on labelled messages.")
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--file", type=Path, help="lines as the kind has them; needs --kind")
    parser.add_argument("--model-dir", type=Path, default=Path(".build/model"))
    parser.add_argument("--bot-python", type=Path, default=Path(".venv-bot/bin/python"))
    parser.add_argument("--sets", type=Path, default=Path("tests/evaluation"))
    parser.add_argument("--report-dir", type=Path, default=Path(".build/evaluation"))
    chosen = parser.parse_args(arguments)
    options = Options(chosen.model_dir, chosen.bot_python, chosen.sets, chosen.report_dir)
    if chosen.file is not None and chosen.kind is None:
        parser.error("--file needs --kind")
    try:
        if chosen.kind is not None and chosen.file is not None:
            result = EVALUATORS[chosen.kind](chosen.file, options)
            _write_report(options, {chosen.kind: result}, [])
            print(_headline(result))
            print(json.dumps(result, ensure_ascii=False))
            return 0
        return _own_sets(options, chosen.kind)
    except UnreadableFile as error:
        print(error, file=sys.stderr)
        return 2
    except (EvaluationFailed, FileNotFoundError) as error:
        print(f"cannot evaluate: {error}", file=sys.stderr)
        return 3


def _own_sets(options: Options, kind: str | None) -> int:
    if kind is not None:
        names = ["language"] if kind == "language" else [f"{kind}_{name}" for name in LANGUAGES]
        results = {name: EVALUATORS[kind](options.sets / f"{name}.tsv", options) for name in names}
        for name, result in results.items():
            print(f"{name}: {_headline(result)}")
        _write_report(options, results, [])
        print(json.dumps(results if len(results) > 1 else results["language"], ensure_ascii=False))
        return 0
    results, gates = evaluate_all(options)
    page = _write_report(options, results, gates)
    missed = [gate for gate in gates if not gate["met"]]
    for gate in gates:
        print(
            f"{'met   ' if gate['met'] else 'MISSED'} {gate['gate']}: {gate['value']:.4f} ({gate['limit']})"
        )
    print(f"report: {page}")
    print(
        json.dumps({"passed": not missed, "gates": gates, "results": results}, ensure_ascii=False)
    )
    return 1 if missed else 0


def _write_report(
    options: Options, results: Mapping[str, Any], gates: list[dict[str, Any]]
) -> Path:
    options.report_dir.mkdir(parents=True, exist_ok=True)
    page = options.report_dir / "report.html"
    page.write_text(render_report(results, gates, datetime.now(UTC)), encoding="utf-8")
    return page


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
