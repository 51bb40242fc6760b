"""The programs that are measured, and those that they are measured against: started, pinned to a core, looked at."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = Path(__file__).parent
MASTER_KEY = "sk-1234"
FAL_KEY = "test-key-id:test-key-secret"
PROMPT = ("a lighthouse in a storm, oil on canvas, waves as high as its lantern, gulls, " * 20)[:930]

# Contestants have a core to themselves; who asks them and whom they ask share the others.
CORES = sorted(os.sched_getaffinity(0))
CONTESTANT = CORES[-1:]
OTHERS = CORES[:-1] or CORES


def body(model="flux", prompt=PROMPT, **more):
    """The request of every contestant: 1 KB of JSON."""
    return json.dumps({"model": model, "prompt": prompt, "n": 1, "size": "1024x1024", **more})


def following(fal):
    """How the end of a job is heard of, and the configuration for it."""
    webhook = f"  public_url: http://127.0.0.1:@PORT@\n  fal_jwks_url: {fal.url}/.well-known/jwks.json\n"
    return {"webhook": webhook, "stream": "  follow: stream\n", "poll": "  follow: poll\n"}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def pinned(command, cores):
    return ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]


class Running:
    """A process with its children."""

    def __init__(self, name, command, directory, cores, url=None, environment=None, announces=False):
        self.name = name
        self.directory = directory
        self.url = url
        self.lines = []
        environment = {**os.environ, "FAL_AI_API_KEY": FAL_KEY, **(environment or {})}
        self.process = subprocess.Popen(
            pinned(command, cores) if cores else list(map(str, command)), cwd=directory, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if announces:
            for line in self.process.stdout:
                self.lines.append(line)
                if found := re.search(r"listening on http://\S+:(\d+)", line):
                    self.url = f"http://127.0.0.1:{found.group(1)}"
                    break
            if not self.url:
                sys.exit(f"{name} did not start:\n" + "".join(self.lines[-20:]))
        # A full pipe would stop the process.
        threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True).start()
        if not announces:
            self.wait_for_port()

    def wait_for_port(self, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"{self.name} did not start:\n" + "".join(self.lines[-20:]))

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    @property
    def pids(self):
        found = [self.process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    found += map(int, children.read_text().split())
                except OSError:
                    pass
        return found

    def cpu(self):
        """Seconds of processor time so far, in the kernel and outside it."""
        # The kernel's clock of a process, in nanoseconds: `stat` counts ticks of 10 ms.
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids)

    def threads(self):
        """What each thread of the process itself has used so far: seconds in user mode and in the kernel, and how
        often it gave up or lost its core."""
        used = {}
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                stat, status, name = ((task / file).read_text() for file in ("stat", "status", "comm"))
            except (FileNotFoundError, ProcessLookupError):
                # One that has ended meanwhile, as those of the runtime's pool do.
                continue
            seconds = [int(field) / os.sysconf("SC_CLK_TCK") for field in stat.rsplit(")", 1)[1].split()[11:13]]
            switches = re.findall(r"voluntary_ctxt_switches:\s+(\d+)", status)
            used[name.strip()] = [*seconds, sum(map(int, switches))]
        return used

    def _status(self, field):
        total = 0
        for pid in self.pids:
            found = re.search(rf"^{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
            total += int(found.group(1)) * 1024 if found else 0
        return total

    def resident(self):
        return self._status("VmRSS")

    def peak(self):
        return self._status("VmHWM")

    def forget_peak(self):
        for pid in self.pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def rest(self):
        """Does nothing until `go_on`, not even what it does by itself now and then."""
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Stage:
    """A folder on disk, the light upstream, and all that is started on it."""

    def __init__(self, directory, falgate):
        self.directory = directory
        self.falgate_binary = falgate
        directory.mkdir(parents=True, exist_ok=True)
        for leftover in (*directory.glob("falgate-*"), *directory.glob("vgdb-*")):
            leftover.unlink()
        (directory / "body.json").write_text(body())
        self.caller = self.compiled("caller", "-O2", "-pthread")
        self._upstream = None

    def compiled(self, name, *flags):
        made = self.directory / name
        subprocess.run(["cc", "-Wall", *flags, "-o", made, SOURCE / f"{name}.c"], check=True)
        return made

    def _template(self, name, **values):
        text = (SOURCE / name).read_text()
        for key, value in {"DIRECTORY": self.directory, "SOURCE": SOURCE, "PROMPT": PROMPT, **values}.items():
            text = text.replace(f"@{key}@", str(value))
        made = self.directory / name
        made.write_text(text)
        return made

    def _nginx(self, name, configuration, port, cores):
        # Debian's modules are found below its prefix; everything else in the files is absolute.
        command = ["nginx", "-p", "/usr/share/nginx", "-c", configuration, "-g", "daemon off;"]
        return Running(name, command, self.directory, cores, url=f"http://127.0.0.1:{port}")

    @property
    def upstream(self):
        if self._upstream is None:
            port = free_port()
            self._upstream = self._nginx("upstream", self._template("upstream.conf", PORT=port), port, OTHERS)
        return self._upstream

    def simulator(self, *arguments):
        return Running(
            "simulator", [self.falgate_binary, "simulate", "--port", 0, *arguments], self.directory, OTHERS,
            announces=True)

    def falgate(self, upstream=None, general="", cores=CONTESTANT, wrapper=(), environment=None, workers=1):
        """falgate as it is delivered, on a database of its own."""
        port = free_port()
        database = self.directory / f"falgate-{port}.db"
        base = (upstream or self.upstream).url
        configuration = self.directory / f"falgate-{port}.yaml"
        entries = [("flux", "fal-ai/flux/schnell"), ("large", "fal-ai/imagen4/preview"), ("inline", "fal-ai/nano-banana")]
        configuration.write_text(
            "model_list:\n" + "".join(
                f"  - model_name: {name}\n    litellm_params: {{model: fal_ai/{endpoint}, api_base: '{base}'}}\n"
                for name, endpoint in entries)
            + f"general_settings:\n  master_key: {MASTER_KEY}\n  database_url: sqlite:///{database}\n"
            + general.replace("@PORT@", str(port)))
        command = [
            *wrapper, self.falgate_binary, "serve", "--config", configuration, "--host", "127.0.0.1", "--port", port,
            "--num_workers", workers]
        return Running("falgate", command, self.directory, cores, environment=environment, announces=True)

    def nginx_lua(self):
        port = free_port()
        configuration = self._template("gateway.conf", PORT=port, UPSTREAM=self.upstream.port)
        return self._nginx("nginx-lua", configuration, port, CONTESTANT)

    def hummingbird(self):
        """The gateway of `Benchmarks/HummingbirdGateway`, with one event loop."""
        built = ROOT / ".build" / "hummingbird"
        subprocess.run(
            ["swift", "build", "-c", "release", "--static-swift-stdlib", "--package-path", SOURCE / "HummingbirdGateway",
             "--scratch-path", built], check=True)
        port = free_port()
        return Running(
            "hummingbird", [built / "release" / "HummingbirdGateway", port, self.upstream.url], self.directory, CONTESTANT,
            url=f"http://127.0.0.1:{port}", environment={"NIO_SINGLETON_GROUP_LOOP_COUNT": "1"})

    def litellm(self):
        """LiteLLM's proxy with one worker and without a database: one synchronous call to fal."""
        venv = ROOT / ".build" / "litellm"
        if not (venv / "bin" / "litellm").exists():
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            subprocess.run([venv / "bin" / "pip", "install", "-q", "litellm[proxy]"], check=True)
        port = free_port()
        configuration = self.directory / "litellm.yaml"
        configuration.write_text(
            "model_list:\n  - model_name: flux\n    litellm_params:\n      model: fal_ai/fal-ai/flux/schnell\n"
            f"      api_key: {FAL_KEY}\n      api_base: {self.upstream.url}/run\n"
            f"general_settings:\n  master_key: {MASTER_KEY}\n")
        command = [venv / "bin" / "litellm", "--config", configuration, "--host", "127.0.0.1", "--port", port, "--num_workers", 1]
        # It would ask GitHub for prices when it starts, and refuse a key that everybody knows.
        environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
        return Running("litellm", command, self.directory, CONTESTANT, url=f"http://127.0.0.1:{port}", environment=environment)

    def wrk(self, contestant, connections, seconds):
        """Requests answered, requests failed, seconds, p50 and p99 in milliseconds."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", SOURCE / "post.lua"]
        told = subprocess.run(
            pinned([*command, contestant.url + "/v1/images/generations"], OTHERS), check=True, text=True,
            capture_output=True, env={**os.environ, "BODY": str(self.directory / "body.json")}).stdout
        requests, duration, failed, p50, p99 = map(float, re.search(r"RESULT (.*)", told).group(1).split())
        return requests, failed, duration / 1e6, p50 / 1e3, p99 / 1e3

    def call(self, contestant, connections, count, text=None, kind="one"):
        """What `caller.c` measures: seconds, then p50, p90, p99 and the longest latency in milliseconds."""
        return self._called(kind, contestant, connections, count, text)[0]

    def ends(self, contestant, connections, count):
        """When the answers to requests that begin a little apart were complete: seconds since 1970 by fal's id of the job."""
        lines = self._called("apart", contestant, connections, count)[1]
        return {id: int(nanoseconds) / 1e9 for id, nanoseconds in map(str.split, lines)}

    def _called(self, kind, contestant, connections, count, text=None):
        summary, *lines = subprocess.run(
            pinned([self.caller, kind, contestant.port, connections, count, text or body()], OTHERS), check=True,
            text=True, stdout=subprocess.PIPE).stdout.splitlines()
        told = summary.split()
        answered, failed = int(told[0]), int(told[1])
        if failed or not answered:
            sys.exit(f"{contestant.name}: {failed} of {answered + failed} requests failed")
        return [float(told[2]), *(int(x) / 1e3 for x in told[4:])], lines

    def close(self):
        if self._upstream:
            self._upstream.stop()
