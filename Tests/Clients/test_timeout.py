"""x-litellm-timeout: the caller's own patience. The jobs go on, and nobody else hears of it."""

import json

import httpx
import pytest

from conftest import MASTER_KEY, PAGE_CONFIG
from test_hangup import eventually

HEADERS = {"Authorization": f"Bearer {MASTER_KEY}"}


def ask(gateway, prompt, timeout, **fields):
    return httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt, **fields}, timeout=120,
        headers={**HEADERS, "x-litellm-timeout": timeout},
    )


def test_the_image_can_be_fetched_afterwards_and_is_paid_once(gateway, http, script):
    prompt = script.plan(run="hold")
    answer = ask(gateway, prompt, "0.3")
    assert answer.status_code == 504
    error = answer.json()["error"]
    assert error["code"] == "timeout"
    assert answer.headers["location"].endswith(error["request_id"])
    assert http.get(answer.headers["location"]).status_code == 202
    (submit,) = eventually(lambda: script.submitted(prompt))
    script.release(submit)
    found = eventually(lambda: (got := http.get(answer.headers["location"])).status_code == 200 and got)
    assert found.json()["data"][0]["url"]
    # An SDK's repetition gets the same image.
    again = httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, timeout=120,
        headers={**HEADERS, "x-stainless-retry-count": "1"},
    )
    assert again.json()["data"][0]["url"] == found.json()["data"][0]["url"]
    assert script.submits(prompt) == 1


def test_impatience_cools_nothing_down(start_gateway, script):
    gateway = start_gateway()
    prompts = [script.plan(run="hold") for _ in range(6)]
    for prompt in prompts:
        assert ask(gateway, prompt, "0.05").status_code == 504
    with httpx.Client(base_url=gateway.url, headers=HEADERS, timeout=120) as http:
        health = http.get("/health").json()
        assert [entry for entry in health["healthy_endpoints"] if "conditions" in entry] == []
        for prompt in prompts:
            # Too impatient even for the submit, which is finished all the same.
            script.release(eventually(lambda: script.submitted(prompt))[0])
        eventually(lambda: len(http.get("/spend/logs").json()) == len(prompts))
        assert {row["spend"] for row in http.get("/spend/logs").json()} == {0.05}


def test_a_stream_ends_with_the_error(gateway, http, script):
    prompt = script.plan(run="hold")
    answer = ask(gateway, prompt, "0.3", stream=True)
    assert answer.status_code == 200
    (error,) = [json.loads(line[6:])["error"] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert error["code"] == "timeout"
    assert error["request_id"] == answer.headers["x-falgate-request-id"]
    script.release(eventually(lambda: script.submitted(prompt))[0])
    place = "/v1/images/generations/" + error["request_id"]
    assert eventually(lambda: (got := http.get(place)).status_code == 200 and got).json()["data"]


def test_a_stream_that_joins_names_the_request_that_it_joins(gateway, http, script):
    prompt = script.plan(run="hold")
    wanted = {"model": "imagen4", "prompt": prompt, "stream": True}
    first = http.post(
        "/v1/images/generations", json=wanted, headers={"Idempotency-Key": prompt, "x-litellm-timeout": "0.3"})
    joined = http.post(
        "/v1/images/generations", json=wanted, headers={"Idempotency-Key": prompt, "x-litellm-timeout": "0.3"})
    (error,) = [json.loads(line[6:])["error"] for line in joined.text.splitlines() if line.startswith("data: ")]
    assert error["request_id"] == first.headers["x-falgate-request-id"] == joined.headers["x-falgate-request-id"]
    place = "/v1/images/generations/" + error["request_id"]
    assert http.get(place).status_code == 202
    script.release(eventually(lambda: script.submitted(prompt))[0])
    assert eventually(lambda: (got := http.get(place)).status_code == 200 and got).json()["data"]


def test_a_stream_that_joins_what_is_overdue_is_told_so(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", "timeout: 1\n      api_base:"))
    prompt = script.plan(run="hold")
    answers = [
        httpx.post(
            gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt, "stream": True}, timeout=120,
            headers={**HEADERS, "Idempotency-Key": prompt})
        for _ in range(2)
    ]
    for answer in answers:
        (error,) = [json.loads(line[6:])["error"] for line in answer.text.splitlines() if line.startswith("data: ")]
        assert (error["code"], error["request_id"]) == ("timeout", answers[0].headers["x-falgate-request-id"])
    script.release(eventually(lambda: script.submitted(prompt))[0])


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf"])
def test_what_is_no_time_is_refused(gateway, script, text):
    answer = ask(gateway, "x", text)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "x-litellm-timeout"


def test_a_long_patience_changes_nothing(gateway):
    assert ask(gateway, "x", "1e300").status_code == 200
