"""What it costs to keep clients waiting, and what happens when there is no more room."""

import json
import resource
import statistics
import sys
import time

from contestants import PROMPT, body, following
from crowd import Crowd, ask
from report import KIB, Table

# A kilobyte of request whose job does not end before it is told to.
WAITING = "hold: " + PROMPT[:924]
# Descriptors of a process.
LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def waiting(stage, options):
    """Ten thousand clients that wait: what one costs, and what a quick request meanwhile takes."""
    crowds = [200] if options.smoke else [2_000, 6_000, 10_000]
    table = Table("waiting", *(f"{n:,}: KiB each" for n in crowds), "all served", "a quick request meanwhile, p50 / p99 ms", "CPU meanwhile")
    with stage.simulator() as fal:
        for name, general in list(following(fal).items())[:1 if options.smoke else None]:
            ask(fal.url, "POST", "/_simulator/reset")
            ask(fal.url, "PUT", "/_simulator/plan", {"rules": [{"match": {"prompt": "hold: "}, "run": "hold"}]})
            with stage.falgate(fal, general, workers=1) as falgate:
                stage.call(falgate, 64, 2_000)
                settle()
                floor = falgate.resident()
                crowd, each = Crowd(falgate.port, body(prompt=WAITING)), []
                for size in crowds:
                    crowd.join(size - len(crowd.waiting))
                    wait_for_jobs(fal, size)
                    settle()
                    each.append((falgate.resident() - floor) / size / KIB)
                start, before = time.monotonic(), falgate.cpu()
                time.sleep(0.5 if options.smoke else 3)
                busy = (falgate.cpu() - before) / (time.monotonic() - start)
                quick = stage.call(falgate, 1, 10 if options.smoke else 300)
                ask(fal.url, "POST", "/_simulator/release", {})
                crowd.leave_when_served(120)
                served = crowd.statuses.get("200", 0)
                verdict = "yes" if served == crowds[-1] else f"{served:,} ({told(crowd.statuses)})"
                table.row(name, *(f"{x:.1f}" for x in each), verdict, f"{quick[1]:.1f} / {quick[3]:.1f}", f"{busy:.0%}")
    return table


def wall(stage, options):
    """As many that wait as there is room for: the slope, and what the one too many is told."""
    sizes = [200, 400] if options.smoke else [2_000, 5_000, 8_000, 11_000, 14_000, 17_000, 20_000]
    points = []
    with stage.simulator() as fal:
        ask(fal.url, "PUT", "/_simulator/plan", {"rules": [{"match": {"prompt": "hold: "}, "run": "hold"}]})
        with stage.falgate(fal, following(fal)["webhook"]) as falgate:
            stage.call(falgate, 64, 2_000)
            settle()
            crowd = Crowd(falgate.port, body(prompt=WAITING))
            for size in sizes:
                # This process has descriptors of its own.
                crowd.join(min(size, LIMIT - 40) - len(crowd.waiting))
                settle()
                crowd.hear(1)
                if crowd.statuses:
                    break
                wait_for_jobs(fal, len(crowd.waiting))
                settle()
                points.append((len(crowd.waiting), falgate.resident()))
            flood, crowd.statuses = crowd.statuses, {}
            crowd.join(1)
            settle()
            crowd.hear(1)
            alone, crowd.statuses = crowd.statuses, {}
            holding = len(crowd.waiting)
            ask(fal.url, "POST", "/_simulator/release", {})
            crowd.leave_when_served(180)
            served = crowd.statuses.get("200", 0)
    slope, floor = statistics.linear_regression(*zip(*points))
    table = Table("waiting, one loop, webhook", "resident MiB")
    for count, resident in points:
        table.row(f"{count:,}", f"{resident / KIB / KIB:.0f}")
    table.row("each one more", f"{slope / KIB:.1f} KiB")
    table.row("50,000, from the slope", f"{(floor + slope * 50_000) / KIB / KIB:.0f}")
    table.row("a flood beyond the bound was answered with", told(flood))
    table.row("one more, alone, was answered with", told(alone))
    table.row("of those that waited then, served", f"{served:,} of {holding:,}" + (f" ({told(crowd.statuses)})" if served < holding else ""))
    return table


def told(statuses):
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())) or "nothing"


def settle():
    """Lets what is on its way come to rest."""
    time.sleep(1.5)


def wait_for_jobs(fal, count, seconds=120):
    """Until fal has so many jobs that do not end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stats = json.loads(ask(fal.url, "GET", "/_simulator/stats"))
        if stats["jobs"].get("IN_PROGRESS", 0) >= count:
            return
        time.sleep(0.3)
    sys.exit(f"{count} jobs did not come to fal: {stats}")
