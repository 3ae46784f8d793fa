"""What the product uses: processor time and memory of each of its processes, and of the driver."""

from collections import Counter
from dataclasses import dataclass

import psutil

from tests.benchmarks.whole_product import processes_of
from tests.journeys.product import Product

DRIVER = "driver"


@dataclass(frozen=True)
class CpuTime:
    """Seconds of processor time since some moment, by process."""

    seconds: Counter[str]

    def since(self, earlier: "CpuTime") -> "CpuTime":
        return CpuTime(Counter({n: s - earlier.seconds[n] for n, s in self.seconds.items()}))

    @property
    def product(self) -> float:
        """Of the whole product; the driver is no part of it."""
        return sum(seconds for name, seconds in self.seconds.items() if name != DRIVER)

    def per(self, turns: int) -> dict[str, float]:
        """Milliseconds for each of so many turns, what costs most first."""
        ordered = self.seconds.most_common()
        return {name: round(1000 * seconds / max(1, turns), 1) for name, seconds in ordered}


def cpu_time(product: Product) -> CpuTime:
    """The processor time used up to now. What ended meanwhile is counted with its parent."""
    seconds: Counter[str] = Counter()
    for name, process in processes_of(product):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds[name] += times.user + times.system
        if name == "postgres":
            # Connections come and go, and each is a process.
            seconds[name] += times.children_user + times.children_system
    own = psutil.Process().cpu_times()
    seconds[DRIVER] = own.user + own.system
    return CpuTime(seconds)
