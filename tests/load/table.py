"""What was aimed at, beside what was reached."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]
MISSED, REACHED = "missed", "reached"


@dataclass(frozen=True)
class Aim:
    """One line: what, the bound, and where its figure is found. `at_least` where more is better."""

    what: str
    bound: float
    unit: str
    figure: Callable[[Figures], Any]
    at_least: bool = False

    def line(self, figures: Figures) -> tuple[str, str, str, str] | None:
        """Its line, or None where that part was not measured."""
        try:
            reached = float(self.figure(figures))
        except KeyError:
            return None
        good = reached >= self.bound if self.at_least else reached <= self.bound
        sign = "≥" if self.at_least else "≤"
        return (
            self.what,
            f"{sign} {self.bound:g} {self.unit}".strip(),
            f"{reached:.4g}",
            REACHED if good else MISSED,
        )


def _apart(figures: Figures) -> float:
    """By how many per cent the slower language is slower."""
    welsh, english = (float(figures["ten"][name]["p50"]) for name in ("cy", "en"))
    return 100 * (max(welsh, english) / min(welsh, english) - 1)


AIMS = (
    Aim("reply, ten at once, p50", 60, "ms", lambda f: f["ten"]["p50"]),
    Aim("reply, ten at once, p95", 200, "ms", lambda f: f["ten"]["p95"]),
    Aim("Welsh and English medians apart", 5, "%", _apart),
    Aim("turn 60 to turn 5", 1.3, "", lambda f: f["turns"]["ratio"]),
    Aim("4,000 characters to a short message", 3, "", lambda f: f["characters"]["ratio"]),
    Aim("late replies while reports arrive", 0, "", lambda f: f["hour"]["late"]),
    Aim("sending to alert accepted, p95", 2000, "ms", lambda f: f["hour"]["alert_accepted"]["p95"]),
    Aim("reports without an alert", 0, "", lambda f: f["hour"]["without_alert"]),
    Aim("memory of the whole product", 1600, "MB", lambda f: f["hour"]["memory_mb"]["highest"]),
    Aim("its growth in an hour", 20, "MB", lambda f: f["hour"]["memory_mb"]["growth_in_an_hour"]),
    Aim(
        "turns a second sustained",
        30,
        "",
        lambda f: f["breaking"]["sustained_turns_a_second"],
        True,
    ),
    Aim("slowest page of the queue, p95", 200, "ms", lambda f: f["queue"]["p95"]),
)


def _beside_stock(figures: Figures) -> Iterator[str]:
    """How a turn of the product compares with a bare turn of a stock Rasa, measured in the same run."""
    for name, words in (("alone", "one conversation"), ("ten", "ten at once")):
        if "stock" in figures and name in figures:
            bare, whole = figures["stock"][name], figures[name]
            yield (
                f"{words}: reply p50 {whole['p50']} ms, bare turn of a stock Rasa {bare['p50']} ms"
                f" ({whole['p50'] / bare['p50']:.1f} times);"
                f" processor {whole['cpu_ms_a_turn']} ms a turn, stock {bare['cpu_ms_a_turn']} ms"
                f" ({whole['cpu_ms_a_turn'] / bare['cpu_ms_a_turn']:.1f} times)"
            )


def table(figures: Figures) -> str:
    """The table, and below it the comparison with a stock Rasa."""
    lines = [line for aim in AIMS if (line := aim.line(figures))]
    wide = max((len(line[0]) for line in lines), default=0)
    rows = [f"{what:{wide}}  {aim:>12}  {got:>9}  {said}" for what, aim, got, said in lines]
    return "\n".join(["", *rows, "", *_beside_stock(figures), ""])
