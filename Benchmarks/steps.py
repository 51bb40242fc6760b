"""Where the instructions of a request go."""

import re
import subprocess
from collections import Counter

from counts import COUNTED, allocations, profile
from report import KIB, Table

# Which step a function belongs to: the first pattern that its demangled name meets. A function that
# meets none (allocation, reference counts, copying, JSON) belongs to the step that called it.
STEPS = [(step, re.compile(rf"\b(?:{pattern})")) for step, pattern in [
    ("durable", r"Statement|Connection\.(?:begin|commit|run|transaction)|Committer|Transaction|Writer|WorkQueue"),
    ("settle", r"Worker\.(?:open|journal|settle|conclude|record|finish|keep)\(|RequestRecord|SpendRow|SpendLog|JobRow|JobEvent"
        r"|JobTransitions|Journal|Ledger|RequestStore|StoredRe|StoredEnd|Timestamp|RequestID"),
    ("admit", r"ImageRequest\.fingerprint|Authentication|Admission|Caller|KeyHash|Repetition|Joining|Running|SHA256|HMACSHA256"),
    ("plan", r"Worker\.order\(|Worker\.images\(|EndpointProfile|Routing|Itinerary|Deployment|Siz(?:e|ing)|ProfileCatalog|Batches"
        r"|Wish|Plan|Price|ImageParameters|ImageRequest\.parameters|KeyHealth|SharedHealth|RetryRule"),
    ("parse", r"HeadParser|HostParser|RequestTarget|Server|ReceivedHead|Route|InputBuffer|BodyFraming|ImageRequest|ImagesEndpoint"
        r"|Worker\.serve|GatewayService"),
    ("submit", r"[A-Za-z]+\.submit|SubmittedJob|JobLocations|QueueBase"),
    ("follow", r"QueueClient\.(?:follow|poll|look|status|nextPiece|open)|JobWatch|QueueStatus|EventStream|Pacing|StreamAllowance|FalHook"),
    ("fetch", r"QueueClient\.(?:result|fetch|read)|FalOutput|JobResult|ImageFetch|DecimalQuantity|Worker\.deliver|Worker\.image\("),
    ("calls", r"Exchange|Client|ConnectionPool|OriginPool|Answer(?:Head|Body)|RequestHeadEncoder|IncomingResponse|Connector|URL|Upstream"),
    ("encode", r"ImageResponse|ResponseHead|RequestLog|Log\.|DateField|Answers|Response\.|StreamWriter|Delivery|Segmented"),
    ("course", r"Worker|RunningRequest|CallOutcome|JobProgress|Core|Gateway|ImageOrder|Setup"),
    ("loop", r"Reactor|Socket|Waiter|TimerHeap|JobQueue|EventSource|Deadline"),
]]
EXPLAINED = {
    "parse": "HTTP head and body, the JSON of the request, its fields",
    "admit": "key, limits, whether it is a repetition",
    "plan": "model, deployment, what is sent to fal, the largest cost",
    "submit": "its JSON written, its answer read",
    "follow": "the status read",
    "fetch": "the result and its images read",
    "calls": "HTTP of these three together",
    "settle": "what is recorded: journal, cost, spend row, the kept answer",
    "durable": "SQLite: the three commits and the thread that makes them",
    "encode": "answer, its header fields, the log",
    "course": "the request's own tasks and what holds them together",
    "loop": "epoll, sockets, timers",
    "runtime": "what no step called: executor and task switching",
}


def demangled(names):
    swift = subprocess.run(
        ["swift", "demangle", "--simplified"], input="\n".join(names), text=True, capture_output=True, check=True)
    return dict(zip(names, swift.stdout.split("\n")))


def costs_by_step(stage):
    """Instructions of a request by step, by the function that its step is known by, and by function."""
    dump = profile(stage, "--separate-callers=12", "--separate-recs=1")
    costs = self_costs(dump)
    names = demangled(sorted({name for chain in costs for name in chain.split("'")}))
    of_function = {}
    for mangled, name in names.items():
        of_function[mangled] = next((step for step, pattern in STEPS if mangled.startswith("$s") and pattern.search(name)), None)
    by_step, by_caller, by_function = Counter(), Counter(), Counter()
    for chain, cost in costs.items():
        functions = chain.split("'")
        known = next((f for f in functions if of_function[f]), None)
        step = of_function[known] if known else "runtime"
        by_step[step] += cost / COUNTED
        by_caller[f"{step:8} {names[known or functions[-1]]}"] += cost / COUNTED
        by_function[names[functions[0]]] += cost / COUNTED
    return by_step, by_caller.most_common(60), by_function.most_common(25)


def self_costs(dump):
    """Instructions in a function itself, by the function and its callers."""
    costs, compressed, current, is_call = Counter(), {}, None, False
    with open(dump, errors="replace") as lines:
        for line in lines:
            if line.startswith("fn="):
                current = resolved(line[3:].rstrip("\n"), compressed)
            elif line.startswith("cfn="):
                resolved(line[4:].rstrip("\n"), compressed)
            elif line.startswith("calls="):
                is_call = True
            elif line[:1].isdigit() or line[:1] in "+-*":
                if not is_call and current:
                    costs[current] += int(line.split()[1])
                is_call = False
    return costs


def resolved(text, compressed):
    number, _, name = text.partition(" ")
    if not number.startswith("("):
        return text
    if name:
        compressed[number] = name
    return compressed[number]


def steps(stage, options):
    """Instructions and allocations of a request, and where they go."""
    by_step, callers, functions = costs_by_step(stage)
    number, size = allocations(stage)
    total = sum(by_step.values())
    table = Table("step", "instructions a request", "share", "what it is")
    for step, explained in EXPLAINED.items():
        table.row(step, f"{by_step[step]:,.0f}", f"{by_step[step] / total:.0%}", explained)
    table.row("**all**", f"**{total:,.0f}**", "", f"and {number:,.0f} allocations of {size / KIB:,.1f} KiB together")
    for title, costs in ("The costliest functions", functions), ("The functions a step is known by", callers):
        print(f"\n{title}, instructions a request:")
        for name, cost in costs:
            print(f"{cost:12,.0f}  {name[:140]}")
    return table
