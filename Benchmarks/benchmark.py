"""The measurements of docs/performance.md. `scripts/benchmark --help` says how to run them."""

import argparse
import os
import sys
import time
from pathlib import Path

import counts
from contestants import ROOT, Stage
from footprint import idle, relay
from report import keep, machine
from speed import completion, latency, throughput
from steps import steps
from waiting import waiting, wall

CASES = {case.__name__: case for case in (throughput, latency, completion, waiting, wall, idle, relay, steps)}


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark", epilog="Cases: " + "; ".join(f"{name}: {case.__doc__.split('.')[0]}" for name, case in CASES.items()))
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all when none is named")
    parser.add_argument("--smoke", action="store_true", help="every case once and briefly: does it run? Its figures mean nothing")
    parser.add_argument("--gate", action="store_true", help="fail when a request takes 10 %% more instructions or allocations than recorded")
    parser.add_argument("--record", action="store_true", help="record what --gate compares with")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--with-hummingbird", action="store_true", help="Hummingbird 2 too (packages from GitHub, built for some minutes)")
    parser.add_argument("--with-litellm", action="store_true", help="LiteLLM too (pip, in a venv)")
    options = parser.parse_args()
    if unknown := [case for case in options.cases if case not in CASES]:
        parser.error(f"no such case: {', '.join(unknown)}")
    stage = Stage(ROOT / ".build" / "benchmark", Path(os.environ["FALGATE"]).resolve())
    try:
        if options.gate or options.record:
            sys.exit(0 if counts.gate(stage, options.record) else 1)
        told = machine()
        print(told)
        for name, case in CASES.items():
            # A profile takes a minute and is no shorter when brief.
            if options.cases and name not in options.cases or options.smoke and not options.cases and name == "steps":
                continue
            start = time.monotonic()
            table = str(case(stage, options))
            print(f"\n{name}: {case.__doc__} ({time.monotonic() - start:.0f} s)\n\n{table}", flush=True)
            if options.write:
                keep(name, table)
                keep("machine", told)
    finally:
        stage.close()


if __name__ == "__main__":
    main()
