"""kill -9 at any moment: what was sent to fal is followed, settled and kept for its owner after the next start."""

import signal
import threading

import httpx
import pytest

from conftest import MASTER_KEY, PAGE_CONFIG, Running
from test_hangup import eventually

PATH = "/v1/images/generations"


def restarted(gateway):
    return Running(["serve", "--config", "config.yaml", "--port", "0"], gateway.directory)


def client(gateway):
    return httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120)


def killed_while_running(gateway, script, prompt, format=None, **headers):
    """Asks for an image, and kills the gateway when fal works on it."""
    body = {"model": "imagen4", "prompt": prompt} | ({"response_format": format} if format else {})

    def ask():
        try:
            with client(gateway) as http:
                http.post(PATH, json=body, headers=headers)
        except httpx.HTTPError:
            pass

    thread = threading.Thread(target=ask)
    thread.start()
    (job,) = eventually(lambda: script.submitted(prompt))
    gateway.receipts()
    gateway.stop(signal.SIGKILL)
    thread.join()
    return job


@pytest.fixture
def running(start_gateway):
    gateway = start_gateway()
    started = [gateway]

    def restart():
        started.append(restarted(gateway))
        return started[-1]

    yield gateway, restart
    for process in started[1:]:
        if process.process.poll() is None:
            process.stop()


def test_a_job_is_followed_after_the_restart_and_paid_once(running, script):
    gateway, restart = running
    prompt = script.plan(run="hold")
    job = killed_while_running(gateway, script, prompt, **{"Idempotency-Key": "k"})
    with client(restart()) as http:
        script.release(job)
        answer = http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 200, answer.text
        assert httpx.get(answer.json()["data"][0]["url"]).status_code == 200
        (row,) = http.get("/spend/logs").json()
        assert row["fal_request_ids"] == [job["request_id"]] and row["spend"] == 0.05
    assert script.submits(prompt) == 1


def test_a_job_that_ended_while_nobody_was_there(running, script):
    gateway, restart = running
    prompt = script.plan(run="hold")
    job = killed_while_running(gateway, script, prompt)
    script.release(job)
    with client(restart()) as http:
        row = eventually(lambda: http.get("/spend/logs").json())[0]
        assert (row["status"], row["images"], row["spend"]) == ("success", 1, 0.05)
        assert http.get(f"{PATH}/{row['request_id']}").json()["data"][0]["url"]


@pytest.mark.parametrize("name, status, code", [
    ("internal_server_error", 502, "fal_error"), ("content_policy_violation", 400, "content_policy_violation")])
def test_a_failure_that_was_missed(running, script, name, status, code):
    gateway, restart = running
    prompt = script.plan(run="hold", outcome={"error": name})
    job = killed_while_running(gateway, script, prompt)
    script.release(job)
    with client(restart()) as http:
        row = eventually(lambda: http.get("/spend/logs").json())[0]
        assert (row["status"], row["http_status"], row["error_code"], row["spend"]) == ("failure", status, code, 0)
        assert http.get(f"{PATH}/{row['request_id']}").status_code == status


def test_a_job_that_fal_does_not_tell_of_at_the_start_is_followed_on(running, script):
    gateway, restart = running
    prompt = script.plan(run="hold", faults=[
        {"on": "stream", "nth": 2, "count": "all", "answer": "locked"}, {"on": "status", "answer": "locked", "count": 4}])
    job = killed_while_running(gateway, script, prompt)
    with client(restart()) as http:
        eventually(lambda: len(script.requests(route="status", request_id=job["request_id"])) >= 4)
        assert http.get("/spend/logs").json() == []
        script.release(job)
        row = eventually(lambda: http.get("/spend/logs").json())[0]
        assert (row["status"], row["images"], row["spend"]) == ("success", 1, 0.05)


def test_a_result_that_cannot_be_had_is_fetched_by_the_next_process(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", "timeout: 2\n      api_base:"))
    # As many as one process asks for it before it is killed.
    prompt = script.plan(faults=[{"on": "result", "answer": "nginx_503", "count": 12}])
    with client(gateway) as http:
        answer = http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers={"Idempotency-Key": "k"})
        assert (answer.status_code, answer.headers["x-should-retry"]) == (504, "false")
    gateway.stop(signal.SIGKILL)
    again = restarted(gateway)
    try:
        with client(again) as http:
            found = http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers={"Idempotency-Key": "k"})
            assert found.status_code == 200 and found.json()["data"][0]["url"]
            assert [row["spend"] for row in http.get("/spend/logs").json()] == [0.05]
        assert script.submits(prompt) == 1
    finally:
        again.stop()


def test_a_submit_whose_answer_was_lost_is_never_sent_again(running, script):
    gateway, restart = running
    prompt = script.plan(faults=[{"on": "submit", "transport": "hang", "accepts": True}])

    def ask():
        try:
            with client(gateway) as http:
                http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers={"Idempotency-Key": "lost"})
        except httpx.HTTPError:
            pass

    thread = threading.Thread(target=ask)
    thread.start()
    eventually(lambda: script.submits(prompt))
    gateway.stop(signal.SIGKILL)
    thread.join()
    with client(restart()) as http:
        answer = http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers={"Idempotency-Key": "lost"})
        assert answer.json()["error"]["code"] == "fal_submit_unknown"
        assert answer.headers["x-should-retry"] == "false"
    assert script.submits(prompt) == 1


def test_a_job_is_followed_again_and_again(running, script):
    gateway, restart = running
    prompt = script.plan(run="hold")
    job = killed_while_running(gateway, script, prompt)
    for _ in range(3):
        restart().stop(signal.SIGKILL)
    script.release(job)
    with client(restart()) as http:
        row = eventually(lambda: http.get("/spend/logs").json())[0]
        assert row["spend"] == 0.05
        assert len(http.get("/spend/logs").json()) == 1
