"""The evaluation as a page a person can read: figures, gates, what risks were taken for, the worst errors."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

ERRORS_SHOWN = 60

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #999;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top}.missed{background:#fbe3e4}"
)


def render_report(
    results: Mapping[str, Any], gates: Sequence[Mapping[str, Any]], made: datetime
) -> str:
    """A complete HTML page without scripts or addresses of anything outside it."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Llais: evaluation</title>',
        f"<style>{_STYLE}</style></head><body><h1>Evaluation</h1>",
        f"<p>Made {escape(made.strftime('%d %B %Y %H:%M'))}. Nothing here was trained on.</p>",
    ]
    if gates:
        parts.append("<h2>Gates</h2>" + _gates_table(gates))
    for name, result in results.items():
        parts.append(f"<h2>{escape(name)}</h2><p>{result['n']} messages</p>")
        parts.append(_figures(result))
        if "confusion" in result:
            parts.append("<h3>What was taken for what</h3>" + _confusion(result["confusion"]))
        parts.append(_errors(result))
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _gates_table(gates: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        f"<tr{'' if gate['met'] else ' class=missed'}><td>{escape(str(gate['gate']))}</td>"
        f"<td>{gate['value']:.4f}</td><td>{gate['limit']}</td><td>{'met' if gate['met'] else 'missed'}</td></tr>"
        for gate in gates
    ]
    return "<table><tr><th>gate<th>figure<th>limit<th></tr>" + "".join(rows) + "</table>"


def _figures(result: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><th>{escape(key)}<td>{escape(_plain(value))}</tr>"
        for key, value in result.items()
        if key not in ("n", "errors", "confusion", "per_intent")
    ]
    if "per_intent" in result:
        rows += [
            f"<tr><th>{escape(intent)}<td>{escape(_plain(values))}</tr>"
            for intent, values in sorted(
                result["per_intent"].items(), key=lambda item: item[1].get("f1", 0)
            )
        ]
    return "<table>" + "".join(rows) + "</table>"


def _confusion(confusion: Mapping[str, Mapping[str, int]]) -> str:
    columns = sorted({got for row in confusion.values() for got in row})
    head = "<tr><th>expected" + "".join(f"<th>{escape(got)}" for got in columns) + "</tr>"
    rows = [
        f"<tr><th>{escape(expected)}"
        + "".join(f"<td>{row.get(got, 0)}" for got in columns)
        + "</tr>"
        for expected, row in sorted(confusion.items())
    ]
    return f"<table>{head}{''.join(rows)}</table>"


def _errors(result: Mapping[str, Any]) -> str:
    errors = result.get("errors", [])
    rows = [
        "<tr>" + "".join(f"<td>{escape(_plain(cell))}" for cell in error) + "</tr>"
        for error in errors[:ERRORS_SHOWN]
    ]
    return f"<h3>Errors ({len(errors)})</h3><table>{''.join(rows)}</table>"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    return "" if value is None else str(value)
