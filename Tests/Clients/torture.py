"""Kills the gateway with SIGKILL at every step of a request in turn, and at random, under load.

Clients behave like OpenAI's SDK: they try again when the connection breaks, or when an answer says
that it makes sense, with the same Idempotency-Key and a count of their attempts.

fal tells of the end of jobs by webhooks, so that a job is found although the answer to its submit
was lost with the process. Its owner gets it by asking again with the same key.
"""

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
from pathlib import Path

import httpx

from conftest import FALGATE, MASTER_KEY, PAGE_CONFIG, Running, Script

CLIENTS = 12
PATH = "/v1/images/generations"

# Where a request is when the gateway dies: what the simulator has just been asked.
STEPS = ["submit", "webhook", "result", "random"]


class Customer:
    """One logical request, until it has an answer that is final."""

    def __init__(self, site, script):
        self.site = site
        # Slow enough that a kill meets every step, quick enough for thousands.
        self.prompt = script.plan(
            queue={"seconds": [0, 0.1]}, run={"seconds": [0, 0.2]},
            # fal tries for hours; here the gateway is back within a second.
            webhook={"retries": [0.2] * 100})
        self.key = str(uuid.uuid4())
        self.status = None
        self.body = None

    def ask_again(self):
        """What became of a request whose receipt was lost."""
        headers = {"Authorization": f"Bearer {MASTER_KEY}", "Idempotency-Key": self.key}
        answer = httpx.post(
            self.site.url + PATH, headers=headers, timeout=120, json={"model": "imagen4", "prompt": self.prompt})
        self.status, self.body = answer.status_code, answer.json()
        return self.status == 200

    def run(self, stop):
        attempt = 0
        while True:
            headers = {"Authorization": f"Bearer {MASTER_KEY}", "Idempotency-Key": self.key}
            if attempt:
                headers["x-stainless-retry-count"] = str(attempt)
            attempt += 1
            try:
                answer = httpx.post(
                    self.site.url + PATH, headers=headers, timeout=120,
                    json={"model": "imagen4", "prompt": self.prompt})
            except httpx.HTTPError:
                if stop.is_set() and attempt > 200:
                    return
                time.sleep(0.05)
                continue
            self.status, self.body = answer.status_code, answer.json()
            if answer.status_code == 200 or answer.headers.get("x-should-retry") != "true":
                return
            time.sleep(0.05)


class Site:
    """The gateway's place: its folder and the port that stays the same."""

    def __init__(self, simulator, folder):
        self.folder = folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "config.yaml").write_text(
            PAGE_CONFIG.format(api_base=simulator.url)
            + f"  public_url: {self.url}\n  fal_jwks_url: {simulator.url}/.well-known/jwks.json\n")
        self.start()

    def start(self):
        self.running = Running(["serve", "--config", "config.yaml", "--port", str(self.port)], self.folder)

    def kill(self):
        self.running.stop(signal.SIGKILL)
        self.start()

    def jobs(self, state=None):
        command = [FALGATE, "jobs", "--json", "--database", str(self.folder / "falgate.db")]
        command += ["--state", state] if state else []
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def main(kills):
    base = Path(tempfile.mkdtemp(prefix="torture"))
    for name in ("fal", "gateway"):
        (base / name).mkdir()
    simulator = Running(["simulate", "--port", "0"], base / "fal")
    script = Script(simulator)
    site = Site(simulator, base / "gateway")
    stop = threading.Event()
    customers = []

    def keep_asking():
        while not stop.is_set():
            customer = Customer(site, script)
            customers.append(customer)
            customer.run(stop)

    threads = [threading.Thread(target=keep_asking) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    random.seed(1)
    for number in range(kills):
        step = STEPS[number % len(STEPS)]
        if step == "random":
            time.sleep(random.uniform(0.05, 0.4))
        else:
            if step == "webhook":
                seen = script.client.get("/webhooks").json()["count"]
            else:
                seen = script.client.get("/stats").json()["requests"].get(step, 0)
            script.client.get("/wait", params={"route": step, "count": seen + 1, "seconds": 5})
        site.kill()
        if number % 20 == 19:
            print(f"{number + 1} kills, {len(customers)} requests", flush=True)
    stop.set()
    for thread in threads:
        thread.join()
    return report(site, script, customers, kills)


def orphans(site, bills):
    """What fal has billed and no row of the ledger knows."""
    with sqlite3.connect(site.folder / "falgate.db") as database:
        rows = database.execute("SELECT fal_request_ids FROM spend_logs").fetchall()
    known = {id for (ids,) in rows for id in json.loads(ids)}
    return [bill for bill in bills if bill["amount_nanodollars"] and bill["request_id"] not in known]


def report(site, script, customers, kills):
    deadline = time.monotonic() + 60
    while any(job["state"] != "unknown" for job in site.jobs()) and time.monotonic() < deadline:
        time.sleep(0.1)
    bills = script.bills()["bills"]
    while orphans(site, bills) and time.monotonic() < deadline:
        time.sleep(0.1)
    unsettled = [job for job in site.jobs() if job["state"] != "unknown"]
    submits = {entry["request_id"]: entry["body"]["prompt"] for entry in script.requests(route="submit") if entry.get("request_id")}
    paid = {}
    for bill in bills:
        prompt = submits.get(bill["request_id"])
        paid[prompt] = paid.get(prompt, 0) + (bill["amount_nanodollars"] > 0)
    receipts_lost = [c for c in customers if paid.get(c.prompt) and c.status != 200]
    unanswered = [c for c in customers if c.status is None]
    lost = [c for c in receipts_lost if not c.ask_again()]
    # What is unknown now fal has never had: nothing of its bill is missing.
    unknown = site.jobs("unknown")
    missing = orphans(site, bills)
    site.running.stop(signal.SIGKILL)
    for job in unknown:
        command = [FALGATE, "jobs", "resolve", job["job"], "--database", str(site.folder / "falgate.db"), "--not-paid"]
        subprocess.run(command, check=True, capture_output=True)
    (spent,) = sqlite3.connect(site.folder / "falgate.db").execute("SELECT coalesce(sum(cost), 0) FROM spend_logs").fetchone()
    dead = [c for c in customers if c.status == 200 and httpx.get(c.body["data"][0]["url"]).status_code != 200]
    statuses = {}
    for customer in customers:
        statuses[customer.status] = statuses.get(customer.status, 0) + 1
    result = {
        "kills": kills,
        "requests": len(customers),
        "answers by status": statuses,
        "images paid for and not fetchable": len(lost) + len(dead) + len(unanswered) + len(missing),
        "images paid for twice for one request": sum(count > 1 for count in paid.values()),
        "ledger minus bill, nano-dollars": spent - sum(bill["amount_nanodollars"] for bill in bills),
        "jobs left unsettled": len(unsettled),
        "submits whose receipt was lost, found by their webhooks": len(receipts_lost),
        "submits that fal never had": len(unknown),
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    failed = any(result[name] for name in list(result)[3:7])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
