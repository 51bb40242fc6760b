"""Attacks the gateway in every way a client can, with more connections than it has places, and asks
meanwhile for images as an honest client does: each must be served.

The gateway gets a thousand descriptors, so that a flood is one on any machine. `slowhttptest` brings the
attacks that are known by name; what it does not do is done here: connections that say nothing, requests
cut anywhere, TLS and noise on the plain port, plain text on the TLS port, bodies and reads that stall
behind a right key.
"""

import collections
import os
import random
import re
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from conftest import MASTER_KEY, PAGE_CONFIG, Running, Script

# What the gateway may open; seven eighths of it are places for clients.
DESCRIPTORS = 1000
# Connections that an attack holds at a time, and opens a second.
ATTACKERS = 1500
RATE = 500
SECONDS = 15
SMOKE_SECONDS = 2
# Clients at a time that want an image at once, each over a new connection, and that wait for a slow one.
HONEST = 3
PATIENT = 3
# What an honest client may wait, in seconds: far more than it should on a machine that does all this.
PATIENCE = 30
PATH = "/v1/images/generations"

KEY = f"Authorization: Bearer {MASTER_KEY}\r\n"
REQUEST = f"POST {PATH} HTTP/1.1\r\nHost: h\r\n{KEY}Content-Length: 16\r\n\r\n".encode() + b'{"model": "none"'
LARGE_BODY = f"POST {PATH} HTTP/1.1\r\nHost: h\r\n{KEY}Content-Length: 9000000\r\n\r\n".encode() + b'{"prompt": "'
UNREAD = f"GET /metrics HTTP/1.1\r\nHost: h\r\n{KEY}\r\n".encode() * 20


def client_hello():
    """What a TLS client says first."""
    outgoing = ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="h").do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


HELLO = client_hello()


class Attack(threading.Thread):
    """Opens connections and does the same on each. Once it holds `ATTACKERS`, the oldest go for new ones.

    `first` makes what is sent at once, `then` is sent now and again; with `leaves` the connection is closed
    behind the first, every other time by a reset.
    """

    def __init__(self, name, address, first, then=b"", leaves=False, reads=True, rate=RATE):
        super().__init__(daemon=True)
        self.name, self.address, self.first, self.then = name, address, first, then
        self.leaves, self.reads, self.rate = leaves, reads, rate
        self.told = collections.Counter()
        self.over = threading.Event()
        self.held = collections.deque()

    def run(self):
        chance = random.Random(1)
        looked = time.monotonic()
        while not self.over.is_set():
            for _ in range(self.rate // 20):
                self.open(chance)
            if time.monotonic() - looked > 1:
                self.look()
                looked = time.monotonic()
            time.sleep(1 / 20)
        self.look()
        for connection in self.held:
            connection.close()

    def open(self, chance):
        connection = socket.socket()
        if not self.reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.settimeout(5)
        try:
            connection.connect(self.address)
            self.told["opened"] += 1
            connection.setblocking(False)
            connection.send(self.first(chance))
        except OSError:
            self.told["not let in"] += 1
        if self.leaves:
            if chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            return
        self.held.append(connection)
        if len(self.held) > ATTACKERS:
            self.held.popleft().close()

    def look(self):
        """Reads what was answered, and goes on where nothing was."""
        for connection in list(self.held):
            try:
                if self.reads and (answer := connection.recv(4096)):
                    status = re.match(rb"HTTP/1.1 (\d+)", answer)
                    self.told[f"status {int(status[1])}" if status else "other bytes"] += 1
                    continue
                elif self.reads:
                    raise ConnectionError
            except BlockingIOError:
                pass
            except OSError:
                self.told["closed by the gateway"] += 1
                self.held.remove(connection)
                connection.close()
                continue
            try:
                connection.send(self.then)
            except OSError:
                pass

    def end(self):
        self.over.set()
        self.join()
        return ", ".join(f"{count} {what}" for what, count in sorted(self.told.items()))


class Slowhttptest:
    """An attack by Debian's slowhttptest."""

    def __init__(self, name, url, seconds, *options):
        self.name = name
        self.command = [
            "slowhttptest", *options, "-u", url, "-c", str(ATTACKERS), "-r", str(RATE), "-l", str(seconds), "-i", "1", "-p", "5"]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self):
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.process.communicate(timeout=120)[0])
        states = re.findall(r"^(pending|connected|error|closed|service available): +(\w+)", text, re.M)
        if not states:
            raise RuntimeError(f"slowhttptest has done nothing:\n{text}")
        most = {key: max(int(value) for name, value in states if name == key) for key in ("connected", "closed", "error")}
        probes = [value for name, value in states if name == "service available"]
        return (
            f"at most {most['connected']} connected, {most['closed']} closed, {most['error']} failed;"
            f" its own probe was served {probes.count('YES')} of {len(probes)} times")


class Honest:
    """Clients who want images while others attack."""

    def __init__(self, site, script):
        self.site = site
        self.quick = script.plan(run={"seconds": [0.05, 0.05]})
        self.slow = script.plan(run={"seconds": [1, 2]})
        self.took = []
        self.wrong = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(self.quick,)) for _ in range(HONEST)]
        self.threads += [threading.Thread(target=self.run, args=(self.slow,)) for _ in range(PATIENT)]
        self.patient = 0
        for thread in self.threads:
            thread.start()

    def run(self, prompt):
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(base_url=self.site.url, verify=self.site.trust, timeout=PATIENCE, limits=limits) as http:
            while not self.over.is_set():
                begun = time.monotonic()
                try:
                    answer = http.post(
                        PATH, json={"model": "imagen4", "prompt": prompt, "size": "1024x1024"},
                        headers={"Authorization": f"Bearer {MASTER_KEY}"})
                    problem = None if answer.status_code == 200 else answer.text[:200]
                except httpx.HTTPError as error:
                    problem = repr(error)
                if problem:
                    self.wrong.append(f"after {time.monotonic() - begun:.2f} s: {problem}")
                elif prompt == self.slow:
                    self.patient += 1
                else:
                    self.took.append(time.monotonic() - begun)
                time.sleep(0.05)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        took = sorted(self.took) or [0]
        return (
            f"{len(self.took) + self.patient} images served, {len(self.wrong)} not; a quick one in"
            f" {statistics.median(took) * 1000:.0f} ms (median), {took[-1] * 1000:.0f} ms (slowest)")


class Site:
    """A gateway with few descriptors."""

    def __init__(self, base, name, simulator, certificate=None):
        directory = base / name
        directory.mkdir()
        (directory / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
        arguments = ["serve", "--config", "config.yaml", "--host", "127.0.0.1", "--port", "0"]
        self.trust = True
        if certificate:
            arguments += ["--ssl_certfile_path", str(certificate / "cert.pem"), "--ssl_keyfile_path", str(certificate / "key.pem")]
            self.trust = ssl.create_default_context(cafile=certificate / "cert.pem")
        self.running = Running(arguments, directory, through=("prlimit", f"--nofile={DESCRIPTORS}"))
        self.url = self.running.url
        address = urlsplit(self.url)
        self.address = (address.hostname, address.port)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.running.process.pid}/fd"))

    def resident(self):
        status = Path(f"/proc/{self.running.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def cut(chance):
    return REQUEST[: chance.randrange(len(REQUEST))]


def noise(chance):
    return chance.choice([HELLO, chance.randbytes(chance.randrange(1, 500)), b"\0" * 300])


def attacks(plain, tls, seconds):
    """Each attack with the site that it is for, easiest first."""
    def ours(site, name, *arguments, **options):
        return site, lambda: Attack(name, site.address, *arguments, **options)

    def tool(site, name, *options):
        return site, lambda: Slowhttptest(name, site.url + PATH, seconds, *options)

    return [
        tool(plain, "slow heads (slowhttptest -H)", "-H"),
        tool(plain, "slow bodies (slowhttptest -B)", "-B"),
        tool(plain, "slow reads (slowhttptest -X)", "-X", "-k", "10"),
        ours(plain, "connections that say nothing", lambda chance: b""),
        ours(plain, "heads without an end", lambda chance: b"GET / HTTP/1.1\r\nHost: h\r\n", b"X: y\r\n"),
        ours(plain, "requests cut anywhere", cut, leaves=True),
        ours(plain, "TLS and noise on the plain port", noise),
        ours(plain, "bodies that stall, with a right key", lambda chance: LARGE_BODY, b"x"),
        # Fewer: each costs the gateway a page of metrics.
        ours(plain, "answers nobody reads, with a right key", lambda chance: UNREAD, reads=False, rate=RATE // 5),
        tool(tls, "slow heads under TLS (slowhttptest -H)", "-H"),
        ours(tls, "handshakes that nobody begins", lambda chance: b""),
        ours(tls, "handshakes that nobody goes on with", lambda chance: HELLO[: chance.randrange(1, len(HELLO) + 1)]),
        ours(tls, "plain text and noise on the TLS port", lambda chance: chance.choice([REQUEST, noise(chance)])),
    ]


def back(site, descriptors):
    """Waits until the gateway has as many descriptors open as before the first attack."""
    end = time.monotonic() + 60
    while site.descriptors() > descriptors and time.monotonic() < end:
        time.sleep(0.2)
    return site.descriptors()


def run(seconds):
    base = Path(tempfile.mkdtemp(prefix="hostile"))
    (base / "fal").mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=h",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", base / "key.pem", "-out", base / "cert.pem"],
        check=True, capture_output=True)
    simulator = Running(["simulate", "--port", "0"], base / "fal")
    script = Script(simulator)
    sites = [Site(base, "plain", simulator), Site(base, "tls", simulator, certificate=base)]
    at_start, problems = {}, []
    for site in sites:
        # One request each, so that what is kept for the next is there.
        honest = Honest(site, script)
        while not honest.took and not honest.wrong:
            time.sleep(0.1)
        print(f"{site.url} before: {honest.end()}")
        problems += honest.wrong[:3]
        at_start[site] = (site.descriptors(), site.resident())
    for site, make in attacks(*sites, seconds):
        attack = make()
        attack.start()
        honest = Honest(site, script)
        most = 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.25)
            most = max(most, site.descriptors())
        served = honest.end()
        told = attack.end()
        print(f"{attack.name}\n    attackers: {told}; at most {most} descriptors open\n    honest: {served}", flush=True)
        problems += [f"{attack.name}: an honest client was not served {wrong}" for wrong in honest.wrong[:3]]
        if not honest.took or not honest.patient:
            problems.append(f"{attack.name}: nobody was served")
        if site.running.process.poll() is not None:
            problems.append(f"{attack.name}: the gateway has ended")
            break
    for site in sites:
        before, memory = at_start[site]
        after = back(site, before)
        print(f"{site.url} after: {after} descriptors ({before} before), {site.resident()} kB ({memory} before)")
        if after > before:
            problems.append(f"{after} descriptors are open, {before} were before")
        site.running.end()
    simulator.end()
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(run(SMOKE_SECONDS if sys.argv[1:] == ["smoke"] else SECONDS))
