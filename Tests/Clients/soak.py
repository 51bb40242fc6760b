"""Hours of everything at once: what the gateway holds at the end must be what it held after warming up.

Clients ask for images in every form, hang up, make mistakes and come back for what they left, while fal
fails now and then. Resident memory and descriptors are printed each minute; what is judged is taken at
rest, when all clients are gone and all jobs over.
"""

import base64
import collections
import io
import os
import random
import socket
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from PIL import Image

from conftest import MASTER_KEY, Running, Script

CLIENTS = 8
# Between two requests of one client: the machine is not to be full, or nothing but its queue is measured.
PAUSE = 0.05
# What memory may grow between the two rests.
GROWTH = 1.05
# In a short run the allocator is still warming up; a leak a request is found all the same.
SHORT = 600
SHORT_GROWTH = 1.25
PATH = "/v1/images/generations"

CONFIG = """\
model_list:
  - model_name: imagen4
    litellm_params: {{model: fal_ai/fal-ai/imagen4/preview, api_base: {base}}}
  - model_name: nano-banana
    litellm_params: {{model: fal_ai/fal-ai/nano-banana, api_base: {base}}}
general_settings:
  master_key: sk-1234
"""


class Load:
    """What clients do. Each kind returns whether the answer was the one to expect."""

    def __init__(self, gateway, script):
        self.gateway = gateway
        self.counts = collections.Counter()
        self.wrong = collections.Counter()
        self.examples = {}
        self.stop = threading.Event()
        self.usual = script.plan(queue={"seconds": [0, 0.02]}, run={"seconds": [0, 0.05]})
        self.slow = script.plan(run={"seconds": [0.5, 1]})
        self.failing = script.plan(outcome={"error": "internal_server_error"})
        self.garbling = script.plan(faults=[{"on": "result", "body": "not JSON", "count": 2}])
        self.refused = script.plan(outcome={"error": "content_policy_violation"})
        self.picture = noise()
        self.kinds = {
            self.url: 6, self.base64: 3, self.stream: 3, self.edit: 2, self.later: 2, self.repeated: 2,
            self.mistake: 2, self.failure: 2, self.hang_up: 3, self.look: 2,
        }

    def run(self, seed):
        chance = random.Random(seed)
        with httpx.Client(
            base_url=self.gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=60
        ) as http:
            while not self.stop.is_set():
                (kind,) = chance.choices(list(self.kinds), self.kinds.values())
                name = kind.__name__
                try:
                    answer = kind(http, chance)
                except httpx.HTTPError as error:
                    answer = repr(error)
                self.counts[name] += 1
                if answer is not True:
                    self.wrong[name] += 1
                    self.examples.setdefault(name, str(answer)[:300])
                time.sleep(chance.uniform(0, PAUSE))

    def ask(self, http, prompt=None, headers=None, **fields):
        body = {"model": "imagen4", "prompt": prompt or self.usual, "size": "1024x1024", **fields}
        return http.post(PATH, json=body, headers=headers or {})

    def url(self, http, chance):
        answer = self.ask(http, n=chance.choice([1, 1, 2]))
        return answer.status_code == 200 or answer.text

    def base64(self, http, chance):
        answer = self.ask(http, response_format="b64_json")
        return answer.status_code == 200 and len(base64.b64decode(answer.json()["data"][0]["b64_json"])) > 0 or answer.text

    def stream(self, http, chance):
        with http.stream("POST", PATH, json={"model": "imagen4", "prompt": self.usual, "stream": True}) as answer:
            if chance.random() < 0.2:
                # Gone in the middle of it.
                next(answer.iter_bytes(), None)
                return answer.status_code == 200
            text = answer.read().decode()
        return "image_generation.completed" in text or text

    def edit(self, http, chance):
        answer = http.post(
            "/v1/images/edits", data={"model": "nano-banana", "prompt": self.usual},
            files={"image": ("a.png", self.picture, "image/png")})
        return answer.status_code == 200 or answer.text

    def later(self, http, chance):
        accepted = self.ask(http, headers={"Prefer": "respond-async"})
        if accepted.status_code != 202:
            return accepted.text
        end = time.monotonic() + 30
        while time.monotonic() < end:
            answer = http.get(accepted.headers["location"])
            if answer.status_code != 202:
                return answer.status_code == 200 or answer.text
            time.sleep(0.05)
        return "never done"

    def repeated(self, http, chance):
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        first, second = (self.ask(http, headers=headers) for _ in range(2))
        return first.status_code == second.status_code == 200 and first.json() == second.json() or second.text

    def mistake(self, http, chance):
        answer, status = chance.choice([
            (lambda: self.ask(http, n=1000), 400), (lambda: self.ask(http, model="nobody"), 404),
            (lambda: http.post(PATH, content=b"{"), 400), (lambda: http.get("/nowhere"), 404),
            (lambda: http.post(PATH, json={}, headers={"Authorization": "Bearer sk-wrong"}), 401),
        ])
        answer = answer()
        return answer.status_code == status or answer.text

    def failure(self, http, chance):
        # A result that cannot be read is asked for again: it has been paid for.
        prompt, statuses = chance.choice([
            (self.failing, (400, 502)), (self.refused, (400, 502)), (self.garbling, (200,))])
        answer = self.ask(http, prompt)
        return answer.status_code in statuses or answer.text

    def hang_up(self, http, chance):
        """Sends some or all of a request, and goes."""
        address = urlsplit(self.gateway.url)
        body = b'{"model": "imagen4", "prompt": "%s"}' % self.slow.encode()
        request = (
            b"POST %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
            % (PATH.encode(), MASTER_KEY.encode(), len(body))) + body
        with socket.create_connection((address.hostname, address.port), timeout=30) as client:
            whole = chance.random() < 0.5
            client.sendall(request if whole else request[: chance.randrange(1, len(request))])
            time.sleep(chance.uniform(0, 0.2))
        return True

    def look(self, http, chance):
        path = chance.choice(["/v1/models", "/health/readiness", "/metrics", "/spend/logs?limit=5"])
        answer = http.get(path)
        return answer.status_code == 200 or f"{path}: {answer.text}"


def noise():
    """A picture to be edited, as the bytes of a PNG."""
    output = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(output, "PNG")
    return output.getvalue()


class Process:
    """What the kernel knows of the gateway."""

    def __init__(self, gateway, simulator):
        self.pid = gateway.process.pid
        self.fal = urlsplit(simulator.url).port

    def resident(self, kind="VmRSS"):
        """Resident memory in kB: all of it, or `RssAnon`, without what are pages of program files."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{kind}:"):
                return int(line.split()[1])
        raise RuntimeError(f"no {kind}")

    def descriptors(self):
        """Open descriptors, without the connections to fal that are kept for the next request."""
        kept = self._sockets_to_fal()
        count = 0
        for entry in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                count += os.readlink(f"/proc/{self.pid}/fd/{entry}") not in kept
            except FileNotFoundError:
                pass
        return count

    def _sockets_to_fal(self):
        sockets = set()
        for line in Path(f"/proc/{self.pid}/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[2].split(":")[1], 16) == self.fal:
                sockets.add(f"socket:[{fields[9]}]")
        return sockets


class Soak:
    def __init__(self, seconds, growth):
        self.seconds = seconds
        # Until caches are full and the allocator has as many holes as it will have; what leaks goes on
        # leaking in the other three quarters.
        self.warm_up = seconds / 4
        self.growth = growth
        base = Path(tempfile.mkdtemp(prefix="soak"))
        for name in ("fal", "gateway"):
            (base / name).mkdir()
        self.simulator = Running(["simulate", "--port", "0"], base / "fal")
        (base / "gateway" / "config.yaml").write_text(CONFIG.format(base=self.simulator.url))
        self.gateway = Running(["serve", "--config", "config.yaml", "--port", "0"], base / "gateway")
        self.process = Process(self.gateway, self.simulator)
        self.script = Script(self.simulator)
        # The first report opens the connection to the ledger that reports keep.
        at_start = self.process.descriptors()
        httpx.get(
            f"{self.gateway.url}/spend/logs", headers={"Authorization": f"Bearer {MASTER_KEY}", "Connection": "close"}
        ).raise_for_status()
        self.start_descriptors = at_start + 1
        self.load = Load(self.gateway, self.script)
        self.begun = time.monotonic()

    def say(self, what):
        passed = time.monotonic() - self.begun
        print(
            f"{passed:7.0f} s  {what:<14} {self.process.resident():>8} kB, {self.process.resident('RssAnon'):>6} of it data  {self.process.descriptors():>5} descriptors"
            f"  {sum(self.load.counts.values()):>8} requests", flush=True)

    def work(self, seconds, seed):
        self.load.stop.clear()
        threads = [threading.Thread(target=self.load.run, args=(seed + n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(60, end - time.monotonic()))
            self.say("under load")
            if self.gateway.process.poll() is not None:
                break
        self.load.stop.set()
        for thread in threads:
            thread.join()

    def rest(self):
        """Waits until nothing is left of the clients and returns what the process holds."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.descriptors() <= self.start_descriptors:
                break
            time.sleep(0.5)
        # Jobs whose clients have hung up run on for a second; what they hold goes with them.
        time.sleep(2)
        self.say("at rest")
        return self.process.resident(), self.process.descriptors()

    def run(self):
        self.say("started")
        self.work(self.warm_up, seed=1)
        memory, _ = self.rest()
        self.work(self.seconds - self.warm_up, seed=1000)
        grown, descriptors = self.rest()
        problems = [f"{count} answers of {name} were wrong: {self.load.examples[name]}" for name, count in self.load.wrong.items()]
        if grown > memory * self.growth:
            problems.append(f"resident memory grew from {memory} to {grown} kB")
        if descriptors > self.start_descriptors:
            problems.append(f"{descriptors} descriptors are open, {self.start_descriptors} were at the start")
        violations = self.script.violations()
        if violations:
            problems.append(f"the gateway broke fal's protocol {len(violations)} times: {violations[0]}")
        print(f"memory {grown / memory - 1:+.1%} since the warm-up; " + ", ".join(
            f"{name} {count}" for name, count in sorted(self.load.counts.items())))
        for problem in problems:
            print(f"FAILED: {problem}")
        self.gateway.end()
        self.simulator.end()
        return 1 if problems else 0


if __name__ == "__main__":
    seconds = float(sys.argv[1])
    sys.exit(Soak(seconds, GROWTH if seconds >= SHORT else SHORT_GROWTH).run())
