"""Answers that are fetched later: by the id of any answer, in the shapes that clients of other gateways know."""

import base64
import signal

import httpx
import pytest

from conftest import MASTER_KEY, PAGE_CONFIG, Running
from test_hangup import eventually

PATH = "/v1/images/generations"


def done(http, location):
    return eventually(lambda: (answer := http.get(location)).status_code == 200 and answer)


def test_an_answer_can_be_fetched_again(http):
    first = http.post(PATH, json={"model": "imagen4", "prompt": "a lake", "n": 2, "size": "1024x1024"})
    again = http.get(f"{PATH}/{first.headers['x-falgate-request-id']}")
    assert again.status_code == 200
    assert again.json() == first.json()
    assert again.headers["x-litellm-response-cost"] == "0"


def test_bytes_are_fetched_again(http):
    first = http.post(PATH, json={"model": "imagen4", "prompt": "a lake", "response_format": "b64_json"})
    again = http.get(f"{PATH}/{first.headers['x-falgate-request-id']}").json()["data"][0]
    assert again["b64_json"] == first.json()["data"][0]["b64_json"] and again["url"] is None


def test_respond_async(http, script):
    prompt = script.plan(run="hold")
    accepted = http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers={"Prefer": "respond-async"})
    assert accepted.status_code == 202
    assert accepted.headers["preference-applied"] == "respond-async" and accepted.headers["retry-after"]
    location = accepted.headers["location"]
    assert location == f"{PATH}/{accepted.json()['id']}"
    running = eventually(lambda: (now := http.get(location)).json()["status"] == "in_progress" and now)
    assert running.status_code == 202
    (job,) = script.submitted(prompt)
    script.release(job)
    answer = done(http, location)
    assert httpx.get(answer.json()["data"][0]["url"]).status_code == 200
    assert script.submits(prompt) == 1


def test_async_in_the_body(http, script):
    prompt = script.plan()
    accepted = http.post(PATH, json={"model": "imagen4", "prompt": prompt, "async": True})
    assert accepted.status_code == 202
    assert done(http, f"{PATH}/{accepted.json()['task_id']}").json()["data"]
    # It is the gateway's word, not fal's.
    assert "async" not in script.submitted(prompt)[0]["body"]


def test_tasks(http, script):
    prompt = script.plan(run="hold")
    accepted = http.post(PATH + "/async", json={"model": "imagen4", "prompt": prompt})
    body = accepted.json()
    assert accepted.status_code == 202 and accepted.headers["retry-after"] == "3"
    assert accepted.headers["cache-control"] == "no-store"
    assert body["id"].startswith("imgtask_") and body["object"] == "image.generation.task"
    assert body["status"] == "processing" and accepted.headers["location"] == body["poll_url"]
    assert http.get(body["poll_url"]).json()["status"] == "processing"
    script.release(eventually(lambda: script.submitted(prompt))[0])
    task = eventually(lambda: (now := http.get(body["poll_url"]).json())["status"] == "completed" and now)
    assert task["http_status"] == 200 and task["image_url"] == task["result"]["data"][0]["url"]
    assert task["expires_at"] > task["created_at"]


def task(http, accepted):
    return eventually(lambda: (now := http.get(accepted.json()["poll_url"]).json())["status"] != "processing" and now)


def test_tasks_have_the_bytes_that_were_asked_for(http):
    accepted = http.post(PATH + "/async", json={"model": "imagen4", "prompt": "a lake", "response_format": "b64_json"})
    done = task(http, accepted)
    image = done["result"]["data"][0]
    assert base64.b64decode(image["b64_json"]) == httpx.get(done["image_url"]).content and image["url"] is None


@pytest.mark.parametrize("said", ["sync_mode: true", ""])
def test_sync_mode_loses_no_image(start_gateway, script, said):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", f"{said}\n      api_base:" if said else "api_base:"))
    asked = {} if said else {"sync_mode": True}
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        prompt = script.plan()
        accepted = http.post(PATH, json={"model": "imagen4", "prompt": prompt, "async": True, **asked})
        assert httpx.get(done(http, accepted.headers["location"]).json()["data"][0]["url"]).status_code == 200
        assert "sync_mode" not in script.submitted(prompt)[0]["body"]
        answer = http.post(PATH, json={"model": "imagen4", "prompt": prompt, **asked})
        assert answer.headers["x-falgate-dropped-params"] == "sync_mode"


# One that a model sends inside its result unasked.
INLINE = {"merge": {"images": [{"url": "data:image/gif;base64,R0lGODlhAQABAAAAACw="}]}}


@pytest.mark.parametrize("format", ["url", "b64_json"])
def test_an_image_that_nobody_has_is_no_success(http, script, format):
    prompt = script.plan(output=INLINE)
    answer = http.post(PATH, json={"model": "imagen4", "prompt": prompt, "response_format": format})
    assert answer.status_code == 200
    assert answer.json()["data"][0]["url" if format == "url" else "b64_json"]
    again = http.get(f"{PATH}/{answer.headers['x-falgate-request-id']}")
    assert (again.status_code, again.json()["error"]["code"]) == (502, "image_unavailable")
    assert http.get(f"{PATH}/{answer.headers['x-falgate-request-id']}/0").status_code == 502
    accepted = http.post(PATH + "/async", json={"model": "imagen4", "prompt": script.plan(output=INLINE)})
    late = task(http, accepted)
    assert (late["status"], late["http_status"]) == ("failed", 502)
    assert late["result"]["error"]["code"] == "image_unavailable"


def test_async_jobs(http):
    accepted = http.post("/v1/async/images/generations", json={"model": "imagen4", "prompt": "a lake"})
    assert accepted.status_code == 202
    location = f"/v1/async/images/generations/{accepted.json()['id']}"
    assert done(http, location).json()["data"][0]["url"]


def test_a_failure_is_fetched_as_well(http, script):
    prompt = script.plan(outcome={"error": "content_policy_violation"})
    accepted = http.post(PATH, json={"model": "imagen4", "prompt": prompt, "async": True})
    failed = eventually(lambda: (now := http.get(accepted.headers["location"])).status_code != 202 and now)
    assert failed.status_code == 400 and failed.json()["error"]["code"] == "content_policy_violation"


def test_cancelling(http, script):
    prompt = script.plan(queue="hold")
    accepted = http.post(PATH, json={"model": "imagen4", "prompt": prompt, "async": True})
    (job,) = eventually(lambda: script.submitted(prompt))
    assert http.delete(accepted.headers["location"]).status_code == 202
    assert eventually(lambda: script.requests(route="cancel", request_id=job["request_id"]))
    over = eventually(lambda: (now := http.get(accepted.headers["location"])).status_code != 202 and now)
    assert over.json()["error"]["code"] == "client_disconnected"
    assert http.delete(accepted.headers["location"]).status_code == 409


def is_cancelled(http, script, prompt, location):
    (job,) = eventually(lambda: script.submitted(prompt))
    assert http.delete(location).status_code == 202
    assert eventually(lambda: script.requests(route="cancel", request_id=job["request_id"]))
    over = eventually(lambda: (now := http.get(location)).status_code != 202 and now)
    assert over.json()["error"]["code"] == "client_disconnected"
    assert [row["spend"] for row in http.get("/spend/logs").json() if job["request_id"] in row["fal_request_ids"]] == [0]
    return True


@pytest.mark.parametrize("general", ["", "  follow: poll\n"])
def test_cancelling_after_the_deadline(start_gateway, script, general):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", "timeout: 1\n      api_base:") + general)
    prompt = script.plan(queue="hold")
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        late = http.post(PATH, json={"model": "imagen4", "prompt": prompt})
        assert late.status_code == 504
        assert is_cancelled(http, script, prompt, late.headers["location"])


def test_cancelling_after_a_restart(start_gateway, script):
    gateway = start_gateway()
    prompt = script.plan(queue="hold")
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        location = http.post(PATH, json={"model": "imagen4", "prompt": prompt, "async": True}).headers["location"]
    (job,) = eventually(lambda: script.submitted(prompt))
    gateway.receipts()
    gateway.stop(signal.SIGKILL)
    again = Running(["serve", "--config", "config.yaml", "--port", "0"], gateway.directory)
    try:
        with httpx.Client(base_url=again.url, headers=headers, timeout=120) as http:
            assert is_cancelled(http, script, prompt, location)
    finally:
        again.stop()


@pytest.mark.parametrize("id", ["nonsense", "019e0000-0000-7000-8000-000000000000", "%2e%2e", "imgtask_x"])
def test_unknown_ids(http, id):
    answer = http.get(f"{PATH}/{id}")
    assert answer.status_code in (400, 404)
    assert http.delete(f"{PATH}/{id}").status_code in (400, 404)


def test_nothing_is_kept_where_that_is_said(start_gateway):
    gateway = start_gateway(PAGE_CONFIG + "  result_ttl: 0\n")
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}) as http:
        answer = http.post(PATH, json={"model": "imagen4", "prompt": "a lake"})
        assert http.get(f"{PATH}/{answer.headers['x-falgate-request-id']}").status_code == 404


@pytest.mark.parametrize("path, fields, headers", [
    (PATH, {"async": True}, {}), (PATH, {}, {"Prefer": "respond-async"}), (PATH + "/async", {}, {}),
    ("/v1/async/images/generations", {}, {})])
def test_where_nothing_is_kept_nothing_is_promised_for_later(start_gateway, script, path, fields, headers):
    from conftest import PAGE_CONFIG

    gateway = start_gateway(PAGE_CONFIG + "  result_ttl: 0\n")
    prompt = script.plan()
    answer = httpx.post(
        gateway.url + path, json={"model": "imagen4", "prompt": prompt, **fields},
        headers={"Authorization": f"Bearer {MASTER_KEY}", **headers})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "async")
    assert "result_ttl" in answer.json()["error"]["message"] and script.submits(prompt) == 0


@pytest.mark.parametrize("whose", ["timeout: 1\n      ", "x-litellm-timeout"])
@pytest.mark.parametrize("stream", [False, True])
def test_where_nothing_is_kept_what_nobody_waits_for_is_stopped(start_gateway, script, whose, stream):
    from conftest import PAGE_CONFIG

    config = PAGE_CONFIG.replace("api_base:", whose + "api_base:") if whose.startswith("timeout") else PAGE_CONFIG
    gateway = start_gateway(config + "  result_ttl: 0\n")
    prompt = script.plan(queue="hold")
    headers = {"Authorization": f"Bearer {MASTER_KEY}"} | ({whose: "1"} if whose.startswith("x") else {})
    answer = httpx.post(
        gateway.url + PATH, json={"model": "imagen4", "prompt": prompt, "stream": stream}, headers=headers, timeout=120)
    assert "location" not in answer.headers and "result_ttl" in answer.text and "GET" not in answer.text
    assert answer.status_code == (200 if stream else 504)
    (job,) = eventually(lambda: script.submitted(prompt))
    eventually(lambda: script.requests(route="cancel", request_id=job["request_id"]))
    with httpx.Client(base_url=gateway.url, headers=headers) as http:
        (row,) = eventually(lambda: http.get("/spend/logs").json())
        assert (row["status"], row["spend"]) == ("failure", 0)


def test_a_failure_that_was_free_is_told_by_its_id_and_not_repeated(http, script):
    prompt = script.plan(outcome={"error": "internal_server_error"})
    headers = {"Idempotency-Key": prompt, "Prefer": "respond-async"}
    wanted = {"model": "imagen4", "prompt": prompt}
    first = http.post(PATH, json=wanted, headers=headers)
    failed = eventually(lambda: (got := http.get(first.headers["location"])).status_code != 202 and got)
    assert failed.status_code == 502
    submits = script.submits(prompt)
    again = http.post(PATH, json=wanted, headers=headers)
    assert again.status_code == 202 and again.headers["location"] != first.headers["location"]
    eventually(lambda: script.submits(prompt) > submits)
    assert http.get(first.headers["location"]).status_code == 502
