"""What does not depend on the machine's mood: instructions and allocations of a request.

Requests come one after the other on one connection, so that every run does the same work.
"""

import mmap
import os
import re
import struct
import subprocess
import time
from pathlib import Path

from contestants import SOURCE

WARM = 100
COUNTED = 1000
# CI fails above a recorded figure by more than this. Another processor, for which glibc and OpenSSL choose other
# functions, makes 1 %; a machine that is busy with other things nothing.
SLACK = 0.10
BUDGET = SOURCE / "budget.txt"
# A profile is written within a second, but not on a machine that has twenty other things to do.
DUMP_SECONDS = 600


def allocations(stage):
    """Allocations of a request, and their bytes."""
    library = stage.directory / "allocations.so"
    subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, SOURCE / "allocations.c"], check=True)
    counts = stage.directory / "allocations"
    counts.unlink(missing_ok=True)
    environment = {"LD_PRELOAD": str(library), "ALLOCATIONS": str(counts)}
    with stage.falgate(environment=environment) as falgate, open(counts, "r+b") as file:
        shared = mmap.mmap(file.fileno(), 16)
        stage.call(falgate, 1, WARM)
        before = struct.unpack("QQ", shared[:16])
        stage.call(falgate, 1, COUNTED)
        after = struct.unpack("QQ", shared[:16])
    return tuple((y - x) / COUNTED for x, y in zip(before, after))


def profile(stage, *options):
    """A callgrind profile of COUNTED requests, after others that warmed the process up."""
    out = stage.directory / "callgrind.out"
    for old in stage.directory.glob("callgrind.out*"):
        old.unlink()
    # Pipes of its own: a process that is killed leaves them behind.
    pipes = f"--vgdb-prefix={stage.directory}/vgdb"
    wrapper = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", pipes, *options]
    with stage.falgate(wrapper=wrapper, cores=None) as falgate:
        control = ["callgrind_control", pipes, str(falgate.process.pid)]
        stage.call(falgate, 1, WARM)
        subprocess.run([*control, "--zero"], check=True, capture_output=True)
        stage.call(falgate, 1, COUNTED)
        subprocess.run([*control, "--dump"], check=True, capture_output=True)
        dump = Path(f"{out}.1")
        end = time.monotonic() + DUMP_SECONDS
        while not (dump.exists() and "totals:" in dump.read_text(errors="replace")[-4096:]):
            if time.monotonic() > end:
                raise SystemExit("callgrind wrote no profile")
            time.sleep(0.2)
        falgate.process.kill()
        falgate.process.wait()
    return dump


def instructions(stage):
    text = profile(stage).read_text(errors="replace")
    return int(re.search(r"^(?:totals|summary): (\d+)", text, re.M).group(1)) / COUNTED


def gate(stage, record=False):
    """Compares with the recorded figures.

    - Returns: whether all stay within the slack.
    """
    count, size = allocations(stage)
    measured = {"allocations": count, "allocated bytes": size, "instructions": instructions(stage)}
    if record:
        BUDGET.write_text(
            "# Per request, one at a time: `scripts/benchmark --record` writes this file.\n"
            + "".join(f"{name}: {value:.0f}\n" for name, value in measured.items()))
    budget = dict(re.findall(r"^([a-z ]+): (\d+)$", BUDGET.read_text(), re.M))
    within = True
    for name, value in measured.items():
        allowed = int(budget[name])
        fits = value <= allowed * (1 + SLACK)
        within &= fits
        print(f"{name:>16}: {value:12,.1f} a request; recorded {allowed:,}, {value / allowed - 1:+.1%}{'' if fits else '  TOO MANY'}")
    return within
