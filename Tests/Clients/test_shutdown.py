"""SIGTERM: nothing new is begun, what runs is finished, and what cannot be is left to the next start."""

import signal
import threading

import httpx
import pytest

from conftest import MASTER_KEY, PAGE_CONFIG, Running
from test_hangup import eventually

HEADERS = {"Authorization": f"Bearer {MASTER_KEY}"}


def ask(gateway, prompt, **headers):
    return httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, timeout=120,
        headers={**HEADERS, **headers},
    )


def serve(directory, grace=60):
    return Running(["serve", "--config", "config.yaml", "--port", "0", "--graceful_shutdown_seconds", str(grace)], directory)


@pytest.fixture
def directory(simulator, tmp_path):
    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
    return tmp_path


def in_the_background(call):
    answers = []

    def run():
        try:
            answers.append(call())
        except httpx.HTTPError as error:
            answers.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


def terminate(gateway):
    gateway.process.send_signal(signal.SIGTERM)
    gateway.line("finishing what runs")
    eventually(lambda: httpx.get(gateway.url + "/health/readiness").status_code == 503)


def test_nothing_new_is_begun_and_what_runs_is_finished(directory, script):
    gateway = serve(directory)
    prompt, refused = script.plan(run="hold"), script.plan()
    with httpx.Client(base_url=gateway.url, headers=HEADERS, timeout=120) as open_before:
        assert open_before.get("/health/readiness").status_code == 200
        thread, answers = in_the_background(lambda: ask(gateway, prompt))
        submit = eventually(lambda: script.submitted(prompt))[0]
        terminate(gateway)
        # On a new connection, and on one that was open.
        for answer in ask(gateway, refused), open_before.post("/v1/images/generations", json={"model": "imagen4", "prompt": refused}):
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "shutting_down"
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["x-should-retry"] == "true"
            assert answer.headers["connection"] == "close"
    assert httpx.get(gateway.url + "/health/liveness").status_code == 200
    assert script.submits(refused) == 0
    script.release(submit)
    thread.join()
    assert answers[0].status_code == 200
    assert gateway.process.wait(timeout=120) == 0


def test_a_request_without_a_connection_is_finished_too(directory, script):
    gateway = serve(directory)
    prompt = script.plan(run="hold")
    place = ask(gateway, prompt, Prefer="respond-async").headers["location"]
    submit = eventually(lambda: script.submitted(prompt))[0]
    terminate(gateway)
    assert httpx.get(gateway.url + place, headers=HEADERS).status_code == 202
    script.release(submit)
    assert gateway.process.wait(timeout=120) == 0
    again = serve(directory)
    try:
        assert httpx.get(again.url + place, headers=HEADERS).json()["data"]
        assert "job recovered" not in again.log
    finally:
        again.stop()


def test_what_takes_longer_is_taken_up_by_the_next_start(directory, script):
    gateway = serve(directory, grace=1)
    # One waits in fal's queue, where a hang-up would cancel it; one is being worked on.
    prompts = [script.plan(queue="hold"), script.plan(run="hold")]
    asked = [in_the_background(lambda prompt=prompt: ask(gateway, prompt)) for prompt in prompts]
    submits = [eventually(lambda: script.submitted(prompt))[0] for prompt in prompts]
    # fal has them before the gateway has its receipts.
    eventually(lambda: 'falgate_jobs{state="submitted"} 2\n' in httpx.get(gateway.url + "/metrics", headers=HEADERS).text)
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(timeout=120) == 0
    for thread, answers in asked:
        thread.join()
        assert isinstance(answers[0], httpx.HTTPError)
    assert not script.requests(route="cancel") or all(
        submit["request_id"] not in str(request) for submit in submits for request in script.requests(route="cancel"))
    again = serve(directory)
    try:
        for submit in submits:
            script.release(submit)
        with httpx.Client(base_url=again.url, headers=HEADERS, timeout=120) as http:
            for prompt, submit in zip(prompts, submits):
                row = eventually(
                    lambda: next((row for row in http.get("/spend/logs").json() if submit["request_id"] in row["fal_request_ids"]), None))
                assert row["spend"] == 0.05
                # The SDK's repetition gets the image that was paid for.
                answer = ask(again, prompt, **{"x-stainless-retry-count": "1"})
                assert answer.status_code == 200
                assert script.submits(prompt) == 1
    finally:
        again.stop()
