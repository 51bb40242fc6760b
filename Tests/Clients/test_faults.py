"""docs/faults.md, end to end: what the machine can do to the gateway. fal's bill is asked each time."""

import contextlib
import errno
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from conftest import FAL_KEY, FALGATE, MASTER_KEY, PAGE_CONFIG, Running, preloadable
from test_hangup import eventually, hang_up

HEADERS = {"Authorization": f"Bearer {MASTER_KEY}"}
PATH = "/v1/images/generations"
SERVE = ["serve", "--config", "config.yaml", "--port", "0"]


def ask(gateway, prompt):
    return httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, timeout=90, headers=HEADERS)


def readiness(gateway):
    return httpx.get(gateway.url + "/health/readiness", timeout=90).status_code


def refused_before_money_is_spent(gateway, script):
    prompt = script.plan()
    answer = ask(gateway, prompt)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "ledger_unavailable"
    assert int(answer.headers["retry-after"]) > 0
    assert script.submits(prompt) == 0
    assert readiness(gateway) == 503


def served_again(gateway, script):
    # Readiness itself finds out that the ledger can be written again.
    eventually(lambda: readiness(gateway) == 200, seconds=60)
    prompt = script.plan()
    assert ask(gateway, prompt).status_code == 200
    assert script.submits(prompt) == 1


def test_another_process_holds_the_database_locked(start_gateway, script):
    gateway = start_gateway()
    held = script.plan(run="hold")
    place = httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": held}, timeout=120,
        headers={**HEADERS, "Prefer": "respond-async"}).headers["location"]
    submit = eventually(lambda: script.submitted(held))[0]
    other = sqlite3.connect(gateway.directory / "falgate.db", isolation_level=None, timeout=120)
    other.execute("BEGIN IMMEDIATE")
    refused_before_money_is_spent(gateway, script)
    other.execute("ROLLBACK")
    other.close()
    served_again(gateway, script)
    # What ran all the while is settled.
    script.release(submit)
    eventually(lambda: httpx.get(gateway.url + place, headers=HEADERS).status_code == 200)
    rows = httpx.get(gateway.url + "/spend/logs", headers=HEADERS).json()
    assert [row["spend"] for row in rows if submit["request_id"] in row["fal_request_ids"]] == [0.05]


@contextlib.contextmanager
def disk(folder, size="512k"):
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_the_disk_is_full(start_gateway, script, tmp_path):
    with disk(tmp_path / "disk") as folder:
        gateway = start_gateway(PAGE_CONFIG + f"  database_url: sqlite:///{folder}/falgate.db\n")
        assert ask(gateway, script.plan()).status_code == 200
        with open(folder / "ballast", "wb", buffering=0) as ballast:
            with contextlib.suppress(OSError):
                while ballast.write(bytes(4096)):
                    pass
        # What the log has room for is still taken; then nothing is, and nothing is sent.
        served = 0
        for _ in range(200):
            prompt = script.plan()
            answer = ask(gateway, prompt)
            assert script.submits(prompt) == (1 if answer.status_code == 200 else 0) or answer.status_code == 503
            if answer.status_code == 503 and script.submits(prompt) == 0:
                break
        else:
            pytest.fail("the disk was never full")
        refused_before_money_is_spent(gateway, script)
        os.remove(folder / "ballast")
        served_again(gateway, script)
        gateway.end()


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory):
    return preloadable("failing_disk.c", tmp_path_factory.mktemp("preload"))


def accepted(gateway, prompt):
    """Asks without waiting, and gives where the answer will be."""
    answer = httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, timeout=60,
        headers={**HEADERS, "Prefer": "respond-async"})
    assert answer.status_code == 202
    return answer.headers["location"]


def has_images(gateway, place):
    return httpx.get(gateway.url + place, headers=HEADERS, timeout=60).status_code == 200


@pytest.mark.parametrize("reason", [errno.EROFS, errno.EIO], ids=["read-only", "broken"])
def test_the_disk_fails_under_a_running_gateway(start_gateway, script, failing_disk, reason):
    gateway = start_gateway(LD_PRELOAD=str(failing_disk))
    early, late = script.plan(run="hold"), script.plan(run="hold")
    places = [accepted(gateway, early), accepted(gateway, late)]
    submits = [eventually(lambda: script.submitted(prompt))[0] for prompt in (early, late)]
    eventually(lambda: all(script.requests(route="stream", request_id=submit["request_id"]) for submit in submits))
    (gateway.directory / "disk-fails").write_text(str(int(reason)))
    refused_before_money_is_spent(gateway, script)
    # What ends meanwhile cannot be settled: nobody is told that it was a success, or that it is lost.
    script.release(submits[0])
    assert submits[0]["request_id"] in gateway.line("spend not recorded")
    assert httpx.get(gateway.url + places[0], headers=HEADERS).status_code == 202
    (gateway.directory / "disk-fails").unlink()
    served_again(gateway, script)
    # What ran all the while is settled, and so is what ended during the outage.
    script.release(submits[1])
    eventually(lambda: all(has_images(gateway, place) for place in places))
    rows = httpx.get(gateway.url + "/spend/logs", headers=HEADERS).json()
    assert [row["spend"] for row in rows] == [0.05] * 3
    assert sorted(row["http_status"] for row in rows) == [200, 200, 500]
    assert (script.submits(early), script.submits(late)) == (1, 1)


def states(gateway):
    with contextlib.closing(sqlite3.connect(gateway.directory / "falgate.db", timeout=30)) as database:
        return [state for (state,) in database.execute("SELECT state FROM jobs")]


@pytest.mark.parametrize("restart", [False, True], ids=["running on", "killed afterwards"])
def test_the_disk_fails_while_the_receipt_comes(start_gateway, script, failing_disk, restart):
    gateway = start_gateway(LD_PRELOAD=str(failing_disk))
    prompt = script.plan(run="hold", faults=[{"on": "submit", "delay": 5}])
    place = accepted(gateway, prompt)
    eventually(lambda: script.submits(prompt))
    (gateway.directory / "disk-fails").write_text(str(int(errno.ENOSPC)))
    line = gateway.line("receipt not journaled")
    (submit,) = script.submitted(prompt)
    assert submit["request_id"] in line
    assert states(gateway) == ["reserved"]
    (gateway.directory / "disk-fails").unlink()
    eventually(lambda: states(gateway) == ["submitted"])
    again = gateway
    if restart:
        gateway.stop(signal.SIGKILL)
        again = Running(SERVE, gateway.directory)
    try:
        script.release(submit)
        eventually(lambda: has_images(again, place))
        (row,) = httpx.get(again.url + "/spend/logs", headers=HEADERS).json()
        assert (row["status"], row["spend"], row["fal_request_ids"]) == ("success", 0.05, [submit["request_id"]])
        assert (script.submits(prompt), states(again)) == (1, [])
    finally:
        if restart:
            again.stop()


def test_the_disk_fails_while_an_earlier_process_s_job_ends(start_gateway, script, failing_disk):
    gateway = start_gateway()
    prompt = script.plan(run="hold")
    place = accepted(gateway, prompt)
    (submit,) = eventually(lambda: script.submitted(prompt))
    eventually(lambda: states(gateway) == ["submitted"])
    gateway.stop(signal.SIGKILL)
    again = Running(SERVE, gateway.directory, {"LD_PRELOAD": str(failing_disk)})
    try:
        (again.directory / "disk-fails").write_text(str(int(errno.EIO)))
        script.release(submit)
        assert submit["request_id"] in again.line("spend not recorded")
        assert httpx.get(again.url + place, headers=HEADERS).status_code == 202
        (again.directory / "disk-fails").unlink()
        eventually(lambda: has_images(again, place))
        (row,) = httpx.get(again.url + "/spend/logs", headers=HEADERS).json()
        assert (row["status"], row["spend"]) == ("success", 0.05)
    finally:
        again.stop()


def test_who_joins_a_recovered_request_hears_of_no_success_that_is_not_recorded(start_gateway, script, failing_disk):
    gateway = start_gateway()
    prompt = script.plan(run="hold")
    wanted = {
        "json": {"model": "imagen4", "prompt": prompt, "stream": True}, "headers": {**HEADERS, "Idempotency-Key": "k"},
        "timeout": 120}
    with contextlib.suppress(httpx.HTTPError), httpx.stream("POST", gateway.url + PATH, **wanted) as first:
        lines = first.iter_lines()
        (submit,) = eventually(lambda: next(lines) and script.submitted(prompt))
        eventually(lambda: states(gateway) == ["submitted"])
        gateway.stop(signal.SIGKILL)
    again = Running(SERVE, gateway.directory, {"LD_PRELOAD": str(failing_disk)})
    try:
        with httpx.stream("POST", again.url + PATH, **wanted) as joined:
            lines = joined.iter_lines()
            next(lines)
            (again.directory / "disk-fails").write_text(str(int(errno.ENOSPC)))
            script.release(submit)
            told = "".join(lines)
        assert "cost_not_recorded" in told and "completed" not in told
        (again.directory / "disk-fails").unlink()
        eventually(lambda: states(again) == [])
        assert "image_generation.completed" in httpx.post(again.url + PATH, **wanted).text
        assert script.submits(prompt) == 1
    finally:
        again.stop()


def test_a_repetition_of_what_was_given_up_does_not_run_before_that_is_recorded(start_gateway, script, failing_disk):
    """fal had begun the job when it was told to cancel it: there is an image, and it is paid."""
    gateway = start_gateway(PAGE_CONFIG + "  on_disconnect: cancel\n", LD_PRELOAD=str(failing_disk))
    prompt = script.plan(run="hold", faults=[{"on": "result", "delay": 10}])
    job = hang_up(gateway, script, prompt, key="k")
    eventually(lambda: script.requests(route="cancel", request_id=job))
    script.client.post("/release", json={"request_id": job}).raise_for_status()
    eventually(lambda: script.requests(route="result", request_id=job))
    (gateway.directory / "disk-fails").write_text(str(int(errno.ENOSPC)))
    gateway.line("spend not recorded")
    again = lambda: httpx.post(
        gateway.url + PATH, json={"model": "imagen4", "prompt": prompt}, headers={**HEADERS, "Idempotency-Key": "k"}, timeout=60)
    told = again()
    assert (told.status_code, told.json()["error"]["code"]) == (500, "cost_not_recorded"), told.text
    (gateway.directory / "disk-fails").unlink()
    eventually(lambda: states(gateway) == [])
    kept = again()
    assert (kept.status_code, kept.headers["idempotent-replayed"]) == (200, "true"), kept.text
    assert script.submits(prompt) == 1


def test_what_ran_without_being_recorded_is_not_to_be_sent_again(start_gateway, script, failing_disk):
    """Nothing is kept of it: an SDK that repeated it would have it paid for again."""
    gateway = start_gateway(PAGE_CONFIG + "  result_ttl: 0\n", LD_PRELOAD=str(failing_disk))
    prompt = script.plan(run="hold")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask(gateway, prompt)))
    asking.start()
    (submit,) = eventually(lambda: script.submitted(prompt))
    eventually(lambda: script.requests(route="stream", request_id=submit["request_id"]))
    (gateway.directory / "disk-fails").write_text(str(int(errno.EIO)))
    script.release(submit)
    asking.join()
    (answer,) = answers
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "cost_not_recorded")
    assert answer.headers["x-should-retry"] == "false"
    # What was refused before anything was sent may come again, whatever was wrong with it.
    refused = httpx.post(gateway.url + "/v1/images/generations", json={"model": "nobody's"}, timeout=60, headers=HEADERS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "ledger_unavailable")
    assert refused.headers["x-should-retry"] == "true"


def test_the_database_is_damaged_under_a_running_gateway(start_gateway, script):
    gateway = start_gateway()
    held = script.plan(run="hold")
    place = accepted(gateway, held)
    (submit,) = eventually(lambda: script.submitted(held))
    eventually(lambda: script.requests(route="stream", request_id=submit["request_id"]))
    database, backup = gateway.directory / "falgate.db", gateway.directory / "backup.db"
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as other:
        with contextlib.closing(sqlite3.connect(backup)) as copy:
            other.backup(copy)
        # The tables of the journal are where no page is.
        other.execute("PRAGMA writable_schema = ON")
        (version,) = other.execute("PRAGMA schema_version").fetchone()
        other.execute("UPDATE sqlite_master SET rootpage = 123456 WHERE type = 'table'")
        other.execute(f"PRAGMA schema_version = {version + 1}")
    refused_before_money_is_spent(gateway, script)
    script.release(submit)
    gateway.line("spend not recorded")
    gateway.stop(signal.SIGKILL)
    # It is not served from, and not written to.
    result = subprocess.run(
        [FALGATE, *SERVE], cwd=gateway.directory, env={"PATH": os.environ["PATH"], "FAL_AI_API_KEY": FAL_KEY},
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 1 and "falgate.db" in result.stderr
    # As docs/faults.md says. The job that ran is in the backup, and so its bill is found.
    for path in gateway.directory.glob("falgate.db*"):
        path.unlink()
    backup.rename(database)
    again = Running(SERVE, gateway.directory)
    try:
        eventually(lambda: has_images(again, place))
        (row,) = httpx.get(again.url + "/spend/logs", headers=HEADERS).json()
        assert (row["spend"], row["fal_request_ids"]) == (0.05, [submit["request_id"]])
        assert script.submits(held) == 1
    finally:
        again.stop()


def test_a_disk_that_cannot_be_written_is_told_at_the_start(simulator, tmp_path):
    with disk(tmp_path / "disk") as folder:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        (tmp_path / "config.yaml").write_text(
            PAGE_CONFIG.format(api_base=simulator.url) + f"  database_url: sqlite:///{folder}/falgate.db\n")
        result = subprocess.run(
            [FALGATE, *SERVE], cwd=tmp_path, env={"PATH": os.environ["PATH"], "FAL_AI_API_KEY": FAL_KEY},
            capture_output=True, text=True, timeout=120)
        assert result.returncode == 1
        assert "falgate.db" in result.stderr


def test_a_file_that_is_no_database_is_left_as_it_is(simulator, tmp_path):
    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
    damaged = b"not a database at all" * 1000
    (tmp_path / "falgate.db").write_bytes(damaged)
    result = subprocess.run(
        [FALGATE, *SERVE], cwd=tmp_path, env={"PATH": os.environ["PATH"], "FAL_AI_API_KEY": FAL_KEY},
        capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "falgate.db" in result.stderr
    assert (tmp_path / "falgate.db").read_bytes() == damaged


def test_out_of_descriptors(start_gateway, script):
    gateway = start_gateway()
    assert ask(gateway, script.plan()).status_code == 200
    now = len(os.listdir(f"/proc/{gateway.process.pid}/fd"))
    limits = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (now + 10, limits[1]))
    host, port = gateway.url.removeprefix("http://").split(":")
    with contextlib.ExitStack() as idle:
        for _ in range(40):
            idle.enter_context(socket.create_connection((host, int(port)), timeout=120))
        # Whoever says nothing is given up for those who ask; what cannot be sent is not paid for.
        for _ in range(10):
            prompt = script.plan()
            try:
                status = ask(gateway, prompt).status_code
            except (httpx.ReadError, httpx.RemoteProtocolError):
                # Each loop gives up its own oldest silent connection; one that has only this one, this one.
                status = None
            assert status in (200, 502, 503, None)
            assert script.submits(prompt) == (1 if status == 200 else 0)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, limits)
    served_again(gateway, script)


def test_fal_is_down_and_comes_back(simulator, start_gateway, tmp_path):
    fal = Running(["simulate", "--port", "0"], tmp_path)
    port = fal.url.rsplit(":", 1)[1]
    gateway = start_gateway(PAGE_CONFIG.replace("{api_base}", fal.url))
    assert ask(gateway, "before").status_code == 200
    fal.stop(signal.SIGKILL)
    for _ in range(6):
        answer = ask(gateway, "during")
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "fal_unreachable")
        assert answer.headers["x-litellm-response-cost"] == "0"
    # Its own ledger is well: it is not the gateway that should be taken out.
    assert readiness(gateway) == 200
    again = Running(["simulate", "--port", port], tmp_path)
    try:
        assert ask(gateway, "after").status_code == 200
        bodies = [str(request.get("body")) for request in httpx.get(again.url + "/_simulator/requests").json()["requests"]]
        assert not any("during" in body for body in bodies)
        with httpx.Client(base_url=gateway.url, headers=HEADERS) as http:
            assert sorted(row["spend"] for row in http.get("/spend/logs").json()) == [0] * 6 + [0.05] * 2
    finally:
        again.stop()


class Road:
    """The way to fal, which can be cut: who is on it loses his connection, and who comes is not let on."""

    def __init__(self, fal):
        self.fal = (httpx.URL(fal).host, httpx.URL(fal).port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.is_cut = False
        self.turned_away = 0
        self.travellers = set()
        threading.Thread(target=self.admit, daemon=True).start()

    def admit(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                self.turned_away += 1
                here.close()
                continue
            there = socket.create_connection(self.fal)
            self.travellers |= {here, there}
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    @staticmethod
    def carry(a, b):
        with contextlib.suppress(OSError):
            while piece := a.recv(65536):
                b.sendall(piece)
        for end in (a, b):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.is_cut = True
        for end in list(self.travellers):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.is_cut = False

    def close(self):
        self.listener.close()
        self.cut()


@pytest.fixture
def road(simulator):
    road = Road(simulator.url)
    yield road
    road.close()


@pytest.mark.parametrize("follow", ["stream", "poll"])
@pytest.mark.parametrize("restart", [False, True], ids=["running on", "restarted meanwhile"])
def test_fal_cannot_be_reached_while_a_job_runs(start_gateway, script, road, follow, restart):
    gateway = start_gateway(PAGE_CONFIG.replace("{api_base}", road.url) + f"  follow: {follow}\n")
    prompt = script.plan(run="hold")
    place = accepted(gateway, prompt)
    (submit,) = eventually(lambda: script.submitted(prompt))
    eventually(lambda: script.requests(route="stream" if follow == "stream" else "status", request_id=submit["request_id"]))
    road.cut()
    again = gateway
    if restart:
        gateway.receipts()
        gateway.stop(signal.SIGKILL)
        again = Running(SERVE, gateway.directory)
    try:
        # It goes on asking, and the job ends meanwhile.
        before = road.turned_away
        eventually(lambda: road.turned_away >= before + 2, seconds=60)
        script.release(submit)
        eventually(lambda: road.turned_away >= before + 4, seconds=60)
        assert httpx.get(again.url + place, headers=HEADERS).status_code == 202
        road.mend()
        eventually(lambda: has_images(again, place), seconds=60)
        (row,) = httpx.get(again.url + "/spend/logs", headers=HEADERS).json()
        assert (row["status"], row["spend"], row["fal_request_ids"]) == ("success", 0.05, [submit["request_id"]])
        assert script.submits(prompt) == 1
    finally:
        if restart:
            again.stop()


FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("jump", ["+30d", "-30d"])
def test_the_clock_jumps(start_gateway, script, tmp_path, monkeypatch, jump):
    # libfaketime moves the environment of the first process it is in, where Swift looks for the arguments.
    shell = tmp_path / "falgate"
    shell.write_text(f'#!/bin/sh\nexec {FALGATE} "$@"\n')
    shell.chmod(0o755)
    monkeypatch.setattr("conftest.FALGATE", str(shell))
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    gateway = start_gateway(
        LD_PRELOAD=str(FAKETIME), FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1")
    held = script.plan(run="hold")
    place = httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": held}, timeout=120,
        headers={**HEADERS, "Prefer": "respond-async"}).headers["location"]
    submit = eventually(lambda: script.submitted(held))[0]
    before = httpx.get(gateway.url + "/health/liveness").headers["date"]
    clock.write_text(jump + "\n")
    # The jump has arrived, and nothing that waits has noticed.
    eventually(lambda: parsedate_to_datetime(httpx.get(gateway.url + "/health/liveness").headers["date"]).date()
               != parsedate_to_datetime(before).date())
    assert httpx.get(gateway.url + place, headers=HEADERS).status_code == 202
    prompt = script.plan()
    assert ask(gateway, prompt).status_code == 200
    script.release(submit)
    eventually(lambda: httpx.get(gateway.url + place, headers=HEADERS).status_code == 200)
    rows = httpx.get(gateway.url + "/spend/logs", headers=HEADERS).json()
    assert [row["spend"] for row in rows] == [0.05, 0.05]
    assert all(row["request_duration_ms"] >= 0 for row in rows if "request_duration_ms" in row)
    assert readiness(gateway) == 200
    assert (script.submits(held), script.submits(prompt)) == (1, 1)
