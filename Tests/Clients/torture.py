"""Kills the gateway with SIGKILL at every durable step in turn, and at random under load, and counts afterwards.

Clients behave like OpenAI's SDK: they try again when the connection breaks, or when an answer says
that it makes sense, with the same Idempotency-Key and a count of their attempts.

fal tells of the end of jobs by webhooks, so that a job is found although the answer to its submit
was lost with the process. Its owner gets it by asking again with the same key.
"""

import argparse
import itertools
import json
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from conftest import FALGATE, MASTER_KEY, PAGE_CONFIG, Running, Script, preloadable

PATH = "/v1/images/generations"

# Where a request is when the gateway dies under load: what the simulator has just been asked.
MOMENTS = ["submit", "webhook", "result", "random"]


@dataclass(frozen=True)
class Scenario:
    """A kind of request, and what it needs."""

    name: str
    body: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    plan: dict = field(default_factory=dict)
    jobs: int = 1
    general: str = ""
    models: str = ""


# The same model once more: where a job goes that the first entry's fal has refused.
SPARE = """\
  - model_name: imagen4
    litellm_params:
      model: fal_ai/fal-ai/imagen4/preview
      api_key: os.environ/FAL_AI_API_KEY
      api_base: {api_base}
      timeout: 599

"""
SCENARIOS = [
    Scenario("an image"),
    Scenario("two jobs", body={"n": 5}, jobs=2),
    Scenario("asked for later", headers={"Prefer": "respond-async"}),
    Scenario("sent elsewhere", plan={"faults": [{"on": "submit", "answer": "queue_full", "count": 1}]}, models=SPARE),
    Scenario("bytes that are stored", body={"response_format": "b64_json"}, general="  store_images: images\n"),
]


class Customer:
    """One logical request, until it has an answer that is final."""

    def __init__(self, site, script, scenario, **plan):
        self.site = site
        self.scenario = scenario
        # fal tries for hours; here the gateway is back within a second.
        self.prompt = script.plan(webhook={"retries": [0.2] * 100}, **plan, **scenario.plan)
        self.headers = {"Authorization": f"Bearer {MASTER_KEY}", "Idempotency-Key": str(uuid.uuid4())}
        self.place = None
        self.status = None
        self.body = None

    def ask(self, attempt=0):
        """Once. An answer that comes later is fetched where the gateway has said."""
        if self.place:
            answer = httpx.get(self.site.url + self.place, headers=self.headers, timeout=120)
        else:
            headers = self.headers | self.scenario.headers
            if attempt:
                headers["x-stainless-retry-count"] = str(attempt)
            answer = httpx.post(
                self.site.url + PATH, headers=headers, timeout=120,
                json={"model": "imagen4", "prompt": self.prompt, **self.scenario.body})
        if answer.status_code == 202:
            self.place = answer.headers.get("location", self.place)
            return False
        self.status, self.body = answer.status_code, answer.json()
        return self.status == 200 or answer.headers.get("x-should-retry") != "true"

    def run(self, until):
        """Tries until the answer is final, or `until` says that it has been long enough."""
        for attempt in itertools.count():
            try:
                if self.ask(attempt):
                    return
            except httpx.HTTPError:
                pass
            if until(attempt):
                return
            time.sleep(0.05)

    def fetch_again(self):
        """What became of a request whose receipt was lost."""
        for _ in range(100):
            try:
                self.ask()
                return
            except httpx.HTTPError:
                time.sleep(0.1)

    def images(self):
        """How many images he can have."""
        if self.status != 200:
            return 0
        with httpx.Client(timeout=60) as cdn:
            return sum(bool(image["b64_json"]) or cdn.get(image["url"]).status_code == 200 for image in self.body["data"])


class Site:
    """The gateway's place: its folder and the port that stays the same. Whenever the process dies another one is started."""

    def __init__(self, simulator, folder, scenario, killer=None, deaths=()):
        folder.mkdir(parents=True)
        self.folder = folder
        self.killer = killer
        # The syncs at which the first processes die, `(number, step)` each.
        self.deaths = list(deaths)
        self.kills = 0
        self.faults = []
        self.lines = []
        self.is_over = False
        self.is_up = threading.Event()
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = PAGE_CONFIG.replace("general_settings:", scenario.models + "general_settings:")
        (folder / "config.yaml").write_text(
            config.format(api_base=simulator.url)
            + f"  public_url: {self.url}\n  fal_jwks_url: {simulator.url}/.well-known/jwks.json\n{scenario.general}")
        self.running = None
        self.keeper = threading.Thread(target=self.keep_running)
        self.keeper.start()
        self.is_up.wait(60)

    def keep_running(self):
        while not self.is_over:
            environment = {}
            if self.deaths:
                number, step = self.deaths.pop(0)
                environment = {"LD_PRELOAD": str(self.killer), "KILL_AT": str(number), "KILL_STEP": step}
            try:
                self.running = Running(["serve", "--config", "config.yaml", "--port", str(self.port)], self.folder, environment)
            except AssertionError as failure:
                if not environment:
                    self.faults.append(str(failure))
                    self.is_up.set()
                    return
                # It did not live to listen.
                self.kills += 1
                continue
            self.is_up.set()
            code = self.running.process.wait()
            self.lines += self.running.lines
            if self.is_over:
                return
            self.is_up.clear()
            self.kills += 1
            if code != -signal.SIGKILL:
                self.faults.append(f"ended with {code}:\n{self.running.log}")

    def kill(self):
        dead = self.running
        dead.process.kill()
        while self.running is dead and not self.faults:
            time.sleep(0.005)
        self.is_up.wait(60)

    def end(self):
        if self.is_over:
            return
        self.is_over = True
        if self.running:
            self.running.process.kill()
        self.keeper.join()

    def jobs(self, state=None):
        command = [FALGATE, "jobs", "--json", "--database", str(self.folder / "falgate.db")]
        command += ["--state", state] if state else []
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def rows(self, query):
        with sqlite3.connect(self.folder / "falgate.db") as database:
            return database.execute(query).fetchall()


LOST = "images paid for and not fetchable"
TWICE = "images paid for twice for one request"
DIFFERENCE = "ledger minus bill, nano-dollars"
UNSETTLED = "jobs left unsettled"
FAULTS = "gateways that ended otherwise"
UNANSWERED = "requests without an answer"
# What has to be 0.
FAILURES = [LOST, TWICE, DIFFERENCE, UNSETTLED, FAULTS, UNANSWERED]
# Seconds for one request of a site of its own, deaths included.
PATIENCE = 180


def evidence(site, script, bill):
    """What is known of a job that fal has billed and no row of the ledger has."""
    attempts = script.client.get("/webhooks", params={"request_id": bill["request_id"]}).json()["webhooks"]
    heard = Counter(str(attempt.get("status", attempt.get("failure"))) for attempt in attempts)
    print(f"{bill['request_id']} is billed and has no row. Its webhook: {dict(heard)}. The log:", file=sys.stderr)
    for line in [*site.lines, *site.running.lines]:
        if bill["request_id"] in line:
            print("  " + line.rstrip(), file=sys.stderr)


def audit(site, script, customers):
    """Ends a site, and counts what came of it."""
    asked = {customer.prompt: customer for customer in customers}
    deadline = time.monotonic() + 60

    def facts():
        """fal's bills of these requests, those that it will still write, and those that no row of the ledger knows."""
        submits = {
            entry["request_id"]: entry["body"]["prompt"] for entry in script.requests(route="submit")
            if entry.get("request_id") and entry["body"]["prompt"] in asked}
        bills = [bill for bill in script.bills()["bills"] if bill["request_id"] in submits]
        known = {id for (ids,) in site.rows("SELECT fal_request_ids FROM spend_logs") for id in json.loads(ids)}
        paid = [bill for bill in bills if bill["amount_nanodollars"]]
        return submits, paid, len(submits) - len(bills), [bill for bill in paid if bill["request_id"] not in known]

    while True:
        submits, paid, coming, missing = facts()
        unsettled = [job for job in site.jobs() if job["state"] != "unknown"]
        if not (coming or missing or unsettled) or time.monotonic() > deadline or site.faults:
            break
        time.sleep(0.1)
    for bill in missing:
        evidence(site, script, bill)
    bought, jobs = Counter(), Counter()
    for bill in paid:
        bought[submits[bill["request_id"]]] += bill["images"]
        jobs[submits[bill["request_id"]]] += 1
    late = [customer for customer in customers if bought[customer.prompt] > customer.images()]
    for customer in late:
        customer.fetch_again()
    # What is unknown now fal has never had: nothing of its bill is missing.
    unknown = site.jobs("unknown")
    lost = sum(max(0, bought[customer.prompt] - customer.images()) for customer in customers)
    statuses = Counter(str(customer.status) for customer in customers)
    site.end()
    for job in unknown:
        command = [FALGATE, "jobs", "resolve", job["job"], "--database", str(site.folder / "falgate.db"), "--not-paid"]
        # It fails where the request has no row: its job counts as unsettled then, or its bill is missing.
        subprocess.run(command, capture_output=True)
    ((spent,),) = site.rows("SELECT coalesce(sum(cost), 0) FROM spend_logs")
    for fault in site.faults:
        print(fault, file=sys.stderr)
    unanswered = [customer for customer in customers if customer.status is None]
    if unanswered:
        print(f"{len(unanswered)} requests have no answer. The log ends with:", "".join(site.lines[-50:]), sep="\n", file=sys.stderr)
    figures = Counter({
        "kills": site.kills,
        "requests": len(customers),
        LOST: lost,
        TWICE: sum(jobs[prompt] > customer.scenario.jobs for prompt, customer in asked.items()),
        DIFFERENCE: abs(spent - sum(bill["amount_nanodollars"] for bill in paid)),
        UNSETTLED: len(unsettled),
        FAULTS: len(site.faults),
        UNANSWERED: len(unanswered),
        "submits whose receipt was lost, found by their webhooks": len(late),
        "submits that fal never had": len(unknown),
    })
    return figures + Counter({f"answers of status {status}": count for status, count in statuses.items()})


class Torture:
    def __init__(self, base):
        self.base = base
        (base / "fal").mkdir()
        self.simulator = Running(["simulate", "--port", "0"], base / "fal")
        self.folders = itertools.count()
        self.killer = preloadable("kill_at_sync.c", base)

    def folder(self):
        return self.base / f"gateway{next(self.folders)}"

    def once(self, scenario, deaths):
        """One request of a gateway whose first processes die at these syncs."""
        script = Script(self.simulator)
        site = Site(self.simulator, self.folder(), scenario, self.killer, deaths)
        try:
            customer = Customer(site, script, scenario)
            end = time.monotonic() + PATIENCE
            customer.run(until=lambda attempt: time.monotonic() > end)
            # The images come after the answer.
            patience = time.monotonic() + 5
            while scenario.general and not site.kills and time.monotonic() < patience:
                if any((site.folder / "images").glob("*.[0-9]")):
                    break
                time.sleep(0.02)
            return audit(site, script, [customer])
        finally:
            site.end()
            script.close()

    def in_turn(self, scenario, step, before=()):
        """A death at the first sync, at the second, and so on to the last that there is."""
        total = Counter()
        for number in itertools.count(1):
            figures = self.once(scenario, [*before, (number, step)])
            total += figures
            if figures["kills"] <= len(before):
                print(f"{scenario.name}, {''.join(f'after {n} {s}, ' for n, s in before)}{step}: {number - 1} steps", flush=True)
                return total

    def twice_in_turn(self, scenario):
        """A death at every sync, and of the process that takes up the rest at every sync of its own."""
        total = Counter()
        for number in itertools.count(1):
            figures = self.in_turn(scenario, "lost", before=[(number, "done")])
            total += figures
            if not figures["kills"]:
                return total

    def load(self, kills, clients):
        """Deaths while many ask for images."""
        script = Script(self.simulator)
        site = Site(self.simulator, self.folder(), SCENARIOS[0])
        stop = threading.Event()
        customers = []

        def keep_asking():
            while not stop.is_set():
                # Slow enough that a kill meets every step, quick enough for thousands.
                customer = Customer(site, script, SCENARIOS[0], queue={"seconds": [0, 0.1]}, run={"seconds": [0, 0.2]})
                customers.append(customer)
                customer.run(until=lambda attempt: stop.is_set() and attempt > 200)

        threads = [threading.Thread(target=keep_asking) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for number in range(kills):
            moment = MOMENTS[number % len(MOMENTS)]
            if moment == "random":
                time.sleep(random.uniform(0.05, 0.4))
            else:
                if moment == "webhook":
                    seen = script.client.get("/webhooks").json()["count"]
                else:
                    seen = script.client.get("/stats").json()["requests"].get(moment, 0)
                script.client.get("/wait", params={"route": moment, "count": seen + 1, "seconds": 5})
            site.kill()
            if number % 20 == 19:
                print(f"under load: {number + 1} kills, {len(customers)} requests", flush=True)
        stop.set()
        for thread in threads:
            thread.join()
        return audit(site, script, customers)


def main():
    arguments = argparse.ArgumentParser(prog="scripts/torture", description=__doc__.split("\n")[0])
    arguments.add_argument("kills", nargs="?", type=int, default=200, help="under load; those at every step come before")
    arguments.add_argument("--smoke", action="store_true", help="one kind of request, five kills under load")
    given = arguments.parse_args()
    random.seed(1)
    with tempfile.TemporaryDirectory(prefix="torture") as base, ThreadPoolExecutor(4) as pool, ExitStack() as stack:
        torture = Torture(Path(base))
        stack.callback(torture.simulator.stop, signal.SIGKILL)
        began = time.monotonic()
        work = [
            pool.submit(torture.in_turn, scenario, step)
            for scenario in (SCENARIOS[:1] if given.smoke else SCENARIOS) for step in ("done", "lost")]
        if not given.smoke:
            work.append(pool.submit(torture.twice_in_turn, SCENARIOS[0]))
        steps = sum((done.result() for done in work), Counter())
        load = torture.load(5 if given.smoke else given.kills, clients=4 if given.smoke else 12)
        print(f"kills at every durable step in turn: {steps['kills']}, under load: {load['kills']}; {time.monotonic() - began:.0f} s")
        total = steps + load
        for name in ["requests", *FAILURES, *sorted(set(total) - {"kills", "requests", *FAILURES})]:
            print(f"{name}: {total[name]}")
        return 1 if any(total[name] for name in FAILURES) else 0


if __name__ == "__main__":
    sys.exit(main())
