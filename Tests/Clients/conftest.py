"""Starts the built binary as users do: a gateway and a stand-in for fal, each in its own process."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
FALGATE = os.environ.get("FALGATE", str(ROOT / ".build" / "debug" / "falgate"))
MASTER_KEY = "sk-1234"
FAL_KEY = "test-key-id:test-key-secret"

# Who names no patience has httpx's own, which is 5 seconds: too little for a busy machine.
for part in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, part, 120)

# The configuration of LiteLLM's page about fal, with nothing but `api_base` added.
PAGE_CONFIG = """\
model_list:
  - model_name: flux-ultra
    litellm_params:
      model: fal_ai/fal-ai/flux-pro/v1.1-ultra
      api_key: os.environ/FAL_AI_API_KEY
      api_base: {api_base}
    model_info:
      mode: image_generation

  - model_name: imagen4
    litellm_params:
      model: fal_ai/fal-ai/imagen4/preview
      api_key: os.environ/FAL_AI_API_KEY
      api_base: {api_base}
    model_info:
      mode: image_generation

  - model_name: stable-diffusion
    litellm_params:
      model: fal_ai/fal-ai/stable-diffusion-v35-medium
      api_key: os.environ/FAL_AI_API_KEY
      api_base: {api_base}
    model_info:
      mode: image_generation

general_settings:
  master_key: sk-1234
"""


def preloadable(source, folder):
    """A library of one C file, for LD_PRELOAD. Swift's toolchain brings the compiler."""
    library = folder / (Path(source).stem + ".so")
    compiler = Path(shutil.which("swift")).resolve().with_name("clang")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, ROOT / "Tests" / "Clients" / source], check=True)
    return library


def eventually(condition, seconds=120):
    """Waits for something another process does and cannot announce."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail("it did not happen")


def send(connection, body, fields=""):
    """Sends an image request by hand. `fields` are further ones, each with its line end."""
    connection.sendall(
        b"POST /v1/images/generations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s"
        b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n" % (fields.encode(), MASTER_KEY.encode(), len(body)) + body)


class Running:
    """A falgate process and the address it told on standard output."""

    def __init__(self, arguments, directory, environment=None, through=()):
        """`through` is a command that runs another in its own place, like prlimit."""
        self.directory = directory
        self.lines = []
        self.process = subprocess.Popen(
            [*through, FALGATE, *arguments],
            cwd=directory,
            env={"PATH": os.environ["PATH"], "FAL_AI_API_KEY": FAL_KEY, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = None
        for line in self.process.stdout:
            self.lines.append(line)
            found = re.search(r"listening on (https?://\S+)", line)
            if found:
                self.url = found.group(1).rstrip("/")
                break
        assert self.url, "falgate did not start:\n" + self.log
        # Nobody waits for what comes later, but a full pipe would stop the process.
        self.reader = threading.Thread(target=self._collect, daemon=True)
        self.reader.start()

    def _collect(self):
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def log(self):
        """What was written so far. Log lines come from a thread of their own, after the answer they are about."""
        return "".join(self.lines)

    def line(self, words, seconds=120):
        """Waits for a line with these words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in list(self.lines):
                if words in line:
                    return line
            time.sleep(0.02)
        pytest.fail(f"no line has {words!r}:\n{self.log}")

    def receipts(self, count=1):
        """Waits until so many jobs have their receipts on disk, which nothing that fal sees tells: what is killed
        before that is unknown, rightly."""
        words = f'falgate_jobs{{state="submitted"}} {count}\n'
        eventually(lambda: words in httpx.get(
            f"{self.url}/metrics", headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120).text)

    def stop(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        code = self.process.wait(timeout=120)
        self.reader.join(timeout=120)
        return code

    def end(self):
        """Stops at once, whatever still runs: the second signal does not wait."""
        self.process.send_signal(signal.SIGINT)
        self.stop()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory):
    running = Running(["simulate", "--port", "0"], tmp_path_factory.mktemp("simulator"))
    yield running
    running.stop()


@pytest.fixture
def start_gateway(simulator, tmp_path_factory):
    """A function that starts a gateway with the given configuration text."""
    started = []

    def start(config=PAGE_CONFIG, **environment):
        directory = tmp_path_factory.mktemp("gateway")
        (directory / "config.yaml").write_text(config.format(api_base=simulator.url))
        running = Running(["serve", "--config", "config.yaml", "--port", "0"], directory, environment)
        started.append(running)
        return running

    yield start
    for running in started:
        if running.process.poll() is None:
            running.end()


@pytest.fixture(scope="session")
def gateway(simulator, tmp_path_factory):
    """One gateway with the page's configuration, shared by the tests that change nothing."""
    directory = tmp_path_factory.mktemp("gateway")
    (directory / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
    running = Running(["serve", "--config", "config.yaml", "--port", "0"], directory)
    yield running
    running.end()


@pytest.fixture
def http(gateway):
    """Plain HTTP to the shared gateway, with the key."""
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as client:
        yield client


class Script:
    """Scripts the simulator for one prompt, so that tests can share it, and asks what happened."""

    def __init__(self, simulator):
        self.client = httpx.Client(base_url=simulator.url + "/_simulator", timeout=120)

    def plan(self, **behaviour):
        """Plans the behaviour of all jobs with the prompt that is returned."""
        prompt = f"prompt {uuid.uuid4()}"
        rule = {**behaviour, "match": {"prompt": prompt, **behaviour.get("match", {})}}
        self.client.post("/plan", json=rule).raise_for_status()
        return prompt

    def bills(self):
        """What fal would bill, by request id."""
        return self.client.get("/bills").raise_for_status().json()

    def requests(self, **query):
        return self.client.get("/requests", params=query).raise_for_status().json()["requests"]

    def violations(self):
        return self.client.get("/violations").raise_for_status().json()["violations"]

    def submitted(self, prompt):
        """The submits of jobs with this prompt, oldest first, each with its `request_id` and `body`."""
        return [entry for entry in self.requests(route="submit") if prompt in str(entry.get("body"))]

    def release(self, submit):
        """Lets the job of a submit go on that its plan holds."""
        self.client.post("/release", json={"request_id": submit["request_id"]}).raise_for_status()

    def submits(self, prompt):
        """How often a job with this prompt was submitted."""
        return sum(prompt in str(request.get("body")) for request in self.requests(route="submit"))

    def jobs(self):
        return self.client.get("/jobs").raise_for_status().json()["jobs"]

    def close(self):
        self.client.close()


@pytest.fixture
def script(simulator):
    script = Script(simulator)
    yield script
    script.close()
