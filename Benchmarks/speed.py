"""How many, how soon, and for how much processor time."""

import json
import statistics
import sys
import urllib.request

from contestants import following
from report import MB, Table


def throughput(stage, options):
    """Requests a second, processor time of one, and latency with 64 connections."""
    rounds, seconds = (1, 1) if options.smoke else (5, 4)
    contestants = [stage.falgate(), stage.nginx_lua()]
    if options.with_hummingbird:
        contestants.append(stage.hummingbird())
    if options.with_litellm:
        contestants.append(stage.litellm())
    measured = {contestant.name: [] for contestant in contestants}
    for contestant in contestants:
        stage.wrk(contestant, 64, 1)
        # They share a core, and LiteLLM, asked nothing, more than doubles falgate's p99.
        contestant.rest()
    started, answered = contestants[0].threads(), 0
    for _ in range(rounds):
        for contestant in contestants:
            contestant.go_on()
            before = contestant.cpu()
            requests, failed, took, p50, p99 = stage.wrk(contestant, 64, seconds)
            if failed or not requests:
                sys.exit(f"{contestant.name}: {failed:.0f} of {requests:.0f} requests failed")
            answered += requests if contestant is contestants[0] else 0
            cpu = (contestant.cpu() - before) / requests * 1e6
            measured[contestant.name].append((requests / took, cpu, p50, p99, contestant.resident() / MB))
            contestant.rest()
    ended = contestants[0].threads()
    for contestant in contestants:
        contestant.go_on()
        contestant.stop()
    table = Table("64 connections", "requests/s", "falgate is", "CPU µs a request", "p50 ms", "p99 ms", "memory MB")
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in measured.items()}
    ours = medians["falgate"]
    titles = {
        "falgate": "falgate: three calls, three durable steps", "nginx-lua": "nginx + Lua: three calls, nothing written",
        "hummingbird": "Hummingbird 2 with AsyncHTTPClient: three calls, nothing written",
        "litellm": "LiteLLM, one worker: one call, no database"}
    for name, (rate, cpu, p50, p99, memory) in medians.items():
        table.row(
            titles[name], f"{rate:,.0f}", f"{ours[0] / rate:.2f} x", f"{cpu:.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{memory:.0f}")
    threads = Table("threads of falgate", "user µs a request", "kernel µs", "switches")
    for name, figures in sorted(ended.items(), key=lambda thread: -thread[1][0]):
        user, kernel, switches = ((now - then) / answered for now, then in zip(figures, started.get(name, [0, 0, 0])))
        if switches > 0.01:
            threads.row(name, f"{user * 1e6:.0f}", f"{kernel * 1e6:.0f}", f"{switches:.1f}")
    return f"{table}\n\n{threads}"


def latency(stage, options):
    """What falgate adds to the three calls, one request at a time."""
    rounds, count = (1, 100) if options.smoke else (7, 1000)
    by_hand, through, nginx = [], [], []
    with stage.falgate() as falgate, stage.nginx_lua() as lua:
        for contestant in falgate, lua:
            stage.call(contestant, 1, 200)
        for _ in range(rounds):
            by_hand.append(stage.call(stage.upstream, 1, count, kind="three")[1:4])
            through.append(stage.call(falgate, 1, count)[1:4])
            nginx.append(stage.call(lua, 1, count)[1:4])
    hand, ours, theirs = ([statistics.median(column) for column in zip(*rows)] for rows in (by_hand, through, nginx))
    table = Table("1 connection", "p50 ms", "p90 ms", "p99 ms", "added at p50", "added at p99")
    for name, row in ("the three calls by hand", hand), ("through falgate", ours), ("through nginx + Lua", theirs):
        table.row(name, *(f"{x:.2f}" for x in row), f"{row[0] - hand[0]:.2f}", f"{row[2] - hand[2]:.2f}")
    return table


def completion(stage, options):
    """How long after the end of a job of two seconds its client has the last byte."""
    count = 8 if options.smoke else 96
    table = Table("job of 2 s, 8 clients", "p50 ms after the job", "p90", "p99")
    with stage.simulator("--latency", "2000") as fal:
        for name, general in following(fal).items():
            with stage.falgate(fal, general) as falgate:
                ends = stage.ends(falgate, 8, count)
            begun = accepted(fal)
            late = sorted((end - begun[job] - 2) * 1e3 for job, end in ends.items())
            table.row(name, *(f"{late[int((len(late) - 1) * share)]:.1f}" for share in (0.5, 0.9, 0.99)))
    return table


def accepted(fal):
    """When the simulator got each job: seconds since 1970 by its id."""
    with urllib.request.urlopen(f"{fal.url}/_simulator/requests?route=submit") as answer:
        return {request["request_id"]: request["unix"] for request in json.load(answer)["requests"]}
