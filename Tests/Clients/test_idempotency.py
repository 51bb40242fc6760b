"""Nothing is paid twice: a request with a key of its caller's, or an SDK's repetition, runs once."""

import contextlib
import json
import socket
import struct
import threading

import httpx
import pytest

from conftest import MASTER_KEY, PAGE_CONFIG, send
from test_hangup import eventually, hang_up, row_with, submitted

PATH = "/v1/images/generations"


def generate(http, prompt, key=None, retry=None, **body):
    headers = {}
    if key is not None:
        headers["Idempotency-Key"] = key
    if retry is not None:
        headers["x-stainless-retry-count"] = str(retry)
    return http.post(PATH, json={"model": "imagen4", "prompt": prompt, **body}, headers=headers)


def test_an_answer_that_is_given_again_has_the_new_requests_name(http, script):
    prompt = script.plan()
    first = generate(http, prompt, key=prompt)
    named = {"x-litellm-call-id": "the-second"}
    again = http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers={"Idempotency-Key": prompt, **named})
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-litellm-call-id"] == "the-second"
    job = http.get(f"{PATH}/{first.headers['x-falgate-request-id']}", headers=named)
    assert job.headers["x-litellm-call-id"] == "the-second"


def test_the_answer_is_given_again(http, script):
    prompt = script.plan()
    first = generate(http, prompt, key=prompt)
    again = generate(http, prompt, key=prompt)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert again.headers["x-falgate-request-id"] == first.headers["x-falgate-request-id"]
    assert script.submits(prompt) == 1


@pytest.mark.parametrize("endpoint, cost", [("recraft/v3/text-to-image", 0.04), ("imagen4/preview", 0.05)])
def test_a_failure_that_was_billed_is_booked_and_kept(start_gateway, script, endpoint, cost):
    gateway = start_gateway(PAGE_CONFIG.replace("imagen4/preview", endpoint))
    prompt = script.plan(outcome={"error": "content_policy_violation", "units": "1"})
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        first, again = generate(http, prompt, key=prompt), generate(http, prompt, key=prompt)
        assert (first.status_code, again.status_code) == (400, 400)
        assert again.headers["idempotent-replayed"] == "true" and script.submits(prompt) == 1
        (row,) = http.get("/spend/logs").json()
        assert (row["status"], row["spend"]) == ("failure", cost)


def test_a_thousand_at_once_are_one(http, script):
    prompt = script.plan(run="hold")
    answers = []

    def ask():
        answers.append(generate(http, prompt, key="together" + prompt))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    (job,) = eventually(lambda: script.submitted(prompt))
    script.release(job)
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"][0]["url"] for answer in answers}) == 1
    assert script.submits(prompt) == 1


def test_the_same_key_for_something_else_is_refused(http, script):
    prompt = script.plan()
    generate(http, prompt, key=prompt)
    other = generate(http, prompt, key=prompt, n=2)
    assert other.status_code == 422
    assert other.json()["error"]["code"] == "idempotency_key_mismatch"
    assert other.headers["x-should-retry"] == "false"


def test_the_same_body_written_differently_is_the_same(http, script):
    prompt = script.plan()
    generate(http, prompt, key=prompt, seed=1, guidance_scale=2)
    body = '{ "seed" : 1, "guidance_scale":2, "prompt": "%s", "model": "imagen4" }' % prompt
    again = http.post(PATH, content=body, headers={"Idempotency-Key": prompt, "Content-Type": "application/json"})
    assert again.headers["idempotent-replayed"] == "true", again.text


def test_an_error_that_cost_nothing_is_not_kept(http, script):
    prompt = script.plan(times=1, outcome={"error": "internal_server_error"})
    assert generate(http, prompt, key=prompt).status_code >= 500
    assert generate(http, prompt, key=prompt).status_code == 200
    assert script.submits(prompt) == 2


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_keys_that_are_none(http, script, key):
    answer = generate(http, script.plan(), key=key)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "Idempotency-Key"


def test_a_key_may_have_255_characters(http, script):
    assert generate(http, script.plan(), key="x" * 255).status_code == 200


def test_bytes_come_again_as_bytes(http, script):
    prompt = script.plan()
    first = generate(http, prompt, key=prompt, response_format="b64_json")
    again = generate(http, prompt, key=prompt, response_format="b64_json")
    assert again.json()["data"] == first.json()["data"] and again.json()["data"][0]["b64_json"]


def test_an_sdks_repetition_joins_the_request_that_was_hung_up(gateway, http, script):
    prompt = script.plan(run="hold")
    job = hang_up(gateway, script, prompt)
    answers = []
    retry = threading.Thread(target=lambda: answers.append(generate(http, prompt, retry=1)))
    retry.start()
    script.client.post("/release", json={"request_id": job}).raise_for_status()
    retry.join()
    assert answers[0].status_code == 200, answers[0].text
    assert script.submits(prompt) == 1


def test_an_sdks_repetition_gets_what_was_finished_meanwhile(gateway, http, script):
    prompt = script.plan(run="hold")
    job = hang_up(gateway, script, prompt)
    script.client.post("/release", json={"request_id": job}).raise_for_status()
    eventually(lambda: any(job in row["fal_request_ids"] for row in http.get("/spend/logs").json()))
    answer = generate(http, prompt, retry=1)
    assert answer.headers["idempotent-replayed"] == "true"
    assert script.submits(prompt) == 1


def test_a_repetition_of_what_was_cancelled_meanwhile_runs(gateway, http, script):
    """The first is hung up while it waits at fal, so it is cancelled; its repetition must not be told so."""
    prompt = script.plan(times=1, queue="hold", faults=[{"on": "cancel", "delay": 0.5}])
    job = hang_up(gateway, script, prompt)
    eventually(lambda: script.requests(route="cancel", request_id=job))
    answer = generate(http, prompt, retry=1)
    assert answer.status_code == 200, answer.text
    assert script.submits(prompt) == 2


def test_the_same_prompt_without_a_retry_is_a_new_image(http, script):
    prompt = script.plan()
    assert generate(http, prompt).json() != generate(http, prompt).json()
    assert script.submits(prompt) == 2


def test_a_repetition_after_an_answer_is_a_new_image(http, script):
    prompt = script.plan()
    generate(http, prompt)
    assert "idempotent-replayed" not in generate(http, prompt, retry=1).headers
    assert script.submits(prompt) == 2


def test_an_sdks_repetition_joins_what_was_hung_up_though_the_same_was_delivered_since(gateway, http, script):
    prompt = script.plan(run="hold", times=1)
    job = hang_up(
        gateway, script, prompt,
        until=lambda: (job := submitted(script, prompt))
        and (script.requests(route="status", request_id=job) or script.requests(route="stream", request_id=job)) and job)
    assert generate(http, prompt).status_code == 200
    script.client.post("/release", json={"request_id": job}).raise_for_status()
    answer = generate(http, prompt, retry=1)
    assert answer.status_code == 200, answer.text
    assert script.submits(prompt) == 2
    row = eventually(lambda: row_with(http, job))
    assert answer.headers["x-falgate-request-id"] == row["request_id"]


def test_who_is_told_to_come_back_finds_his_answer_whoever_leaves(gateway, http, script):
    """He joins a request that waits at fal: as nobody else's it would be cancelled when its client hangs up."""
    prompt = script.plan(queue="hold")
    key = f"later-{prompt}"
    accepted = []

    def join():
        if not accepted and submitted(script, prompt):
            headers = {"Idempotency-Key": key, "Prefer": "respond-async"}
            accepted.append(http.post("/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, headers=headers))
        return accepted

    hang_up(gateway, script, prompt, until=join, key=key)
    assert accepted[0].status_code == 202, accepted[0].text
    job = submitted(script, prompt)
    script.client.post("/release", json={"request_id": job}).raise_for_status()
    answer = eventually(lambda: (found := http.get(accepted[0].headers["location"])).status_code != 202 and found)
    assert answer.status_code == 200, answer.text
    assert script.requests(route="cancel", request_id=job) == []
    assert script.submits(prompt) == 1


def test_repetitions_are_not_joined_where_that_is_said(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG + "  join_retries: false\n")
    prompt = script.plan(run="hold", times=1)
    hang_up(gateway, script, prompt)
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        assert generate(http, prompt, retry=1).status_code == 200
    assert script.submits(prompt) == 2


# Longer than what the kernel takes in advance.
LONG = {"n": 4, "image_size": {"width": 4096, "height": 4096}}


@pytest.mark.parametrize(
    "is_repeated, size", [(False, LONG), (True, LONG), (False, {}), (True, {}), (False, {"stream": True})],
    ids=["the first", "a repetition", "a short one", "a short repetition", "a stream"])
def test_an_sdks_repetition_joins_the_request_whose_answer_broke_off(start_gateway, script, is_repeated, size):
    """The client resets the connection amid the answer, or when the gateway's kernel has taken all of it."""
    gateway = start_gateway()
    prompt = script.plan()
    wanted = {"model": "stable-diffusion", "response_format": "b64_json", **size}
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        if is_repeated:
            assert len(generate(http, prompt, key=prompt, **wanted).json()["data"]) == size.get("n", 1)
        break_off(gateway, json.dumps({"prompt": prompt, **wanted}).encode(), f"Idempotency-Key: {prompt}\r\n")
        # That of this client is left.
        eventually(lambda: "falgate_open_connections 1\n" in http.get("/metrics").text)
        again = generate(http, prompt, retry=1, **wanted)
    assert script.submits(prompt) == 1
    # A stream has its first image before the request is over.
    assert "stream" in size or again.headers["idempotent-replayed"] == "true"


def test_each_lost_answer_is_given_to_one_repetition(start_gateway, script):
    gateway = start_gateway()
    prompt = script.plan()
    wanted = {"model": "stable-diffusion", "response_format": "b64_json"}
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        for _ in range(2):
            break_off(gateway, json.dumps({"prompt": prompt, **wanted}).encode(), "")
        eventually(lambda: "falgate_open_connections 1\n" in http.get("/metrics").text)
        again = [generate(http, prompt, retry=1, **wanted) for _ in range(3)]
    assert [answer.headers.get("idempotent-replayed") for answer in again] == ["true", "true", None]
    # Each of them has made one image.
    assert len({answer.json()["falgate"]["fal_request_ids"][0] for answer in again}) == 3
    assert script.submits(prompt) == 3


def test_a_repetition_finds_what_it_was_to_be_told_of(start_gateway, script):
    """The 202 is lost, and the job is over before the repetition comes: nobody else knows its id."""
    gateway = start_gateway()
    prompt = script.plan()
    body = json.dumps({"prompt": prompt, "model": "imagen4", "async": True}).encode()
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        with connected(gateway, body, "") as connection:
            connection.recv(1)
        eventually(lambda: http.get("/spend/logs").json())
        eventually(lambda: "falgate_open_connections 1\n" in http.get("/metrics").text)
        assert generate(http, prompt, retry=1, **{"async": True}).headers["idempotent-replayed"] == "true"
    assert script.submits(prompt) == 1


def break_off(gateway, body, fields):
    with connected(gateway, body, fields) as connection:
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200"), answer
        while b"b64_json" not in answer:
            answer += connection.recv(4096)


@contextlib.contextmanager
def connected(gateway, body, fields):
    """A connection with the request on its way, which is reset at the end."""
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        # Short segments keep the gateway's side of it short as well.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.connect((host, int(port)))
        send(connection, body, fields)
        yield connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_whoever_comes_while_the_first_fails_for_free_is_told_what_failed(start_gateway, script):
    """The first may be over between the moments in which it is found and joined: nothing was paid, and nobody hung up."""
    gateway = start_gateway()
    prompt = script.plan(outcome={"error": "content_policy_violation"})
    codes = []

    def ask():
        with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
            for _ in range(25):
                codes.append(generate(http, prompt, key=prompt).json()["error"]["code"])

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) == {"content_policy_violation"} and len(codes) == 400


def test_a_repetition_of_what_was_refused_is_no_other_callers_request(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG + "  max_parallel_requests: 1\n")
    prompt = script.plan(run="hold")
    answers = []
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        first = threading.Thread(target=lambda: answers.append(generate(http, prompt)))
        first.start()
        (job,) = eventually(lambda: script.submitted(prompt))
        refused = generate(http, prompt)
        assert (refused.status_code, refused.headers["x-should-retry"]) == (429, "true")
        assert generate(http, prompt, retry=1).status_code == 429
        script.release(job)
        first.join()
        second = threading.Thread(target=lambda: answers.append(generate(http, prompt, retry=2)))
        second.start()
        other = eventually(lambda: len(jobs := script.submitted(prompt)) == 2 and jobs[1])
        script.release(other)
        second.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["data"] != answers[1].json()["data"]
