"""A table of figures, the machine they were taken on, and the page that keeps them."""

import os
import re
import statistics
import time
from pathlib import Path

from contestants import CONTESTANT, OTHERS, ROOT

KIB, MB = 1024, 1_000_000
DOCUMENT = ROOT / "docs" / "performance.md"


class Table:
    """A Markdown table, printed and kept for the document."""

    def __init__(self, *heads):
        self.lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]

    def row(self, *cells):
        self.lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")

    def __str__(self):
        return "\n".join(self.lines)


def machine():
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1)) / KIB / KIB
    return (
        f"Machine: {len(os.sched_getaffinity(0))} cores of {processor.group(1) if processor else os.uname().machine}, "
        f"{memory:.0f} GiB, Linux {os.uname().release}; fdatasync of 4 KiB {sync():.2f} ms; load before the run "
        f"{os.getloadavg()[0]:.1f}; contestants on core {','.join(map(str, CONTESTANT))}, clients and upstream on "
        f"{','.join(map(str, OTHERS))}; {time.strftime('%d %B %Y')}.")


def sync():
    """What a durable step waits for, median in milliseconds."""
    took = []
    path = ROOT / ".build" / "benchmark" / "sync"
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    for _ in range(50):
        start = time.monotonic()
        os.pwrite(file, b"x" * 4096, 0)
        os.fdatasync(file)
        took.append((time.monotonic() - start) * 1e3)
    os.close(file)
    path.unlink()
    return statistics.median(took)


def keep(name, text):
    """Replaces what the document has between the marks of a case."""
    begin, end = f"<!-- measured: {name} -->\n", f"<!-- end: {name} -->"
    before, rest = DOCUMENT.read_text().split(begin, 1)
    DOCUMENT.write_text(f"{before}{begin}\n{text}\n\n{end}{rest.split(end, 1)[1]}")
