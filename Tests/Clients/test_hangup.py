"""The client goes away: a queued job is cancelled, a running one is finished, recorded and paid once."""

import json
import socket
from pathlib import Path

import httpx
import pytest

from conftest import MASTER_KEY, PAGE_CONFIG, eventually, send


def hang_up(gateway, script, prompt, until=None, key=None, **fields):
    """Sends a request, with an `Idempotency-Key` if there is one, waits until its job is at fal, or for `until`, and closes the connection."""
    host, port = gateway.url.removeprefix("http://").split(":")
    body = json.dumps({"model": "imagen4", "prompt": prompt, **fields}).encode()
    with socket.create_connection((host, int(port))) as connection:
        send(connection, body, f"Idempotency-Key: {key}\r\n" if key else "")
        return eventually(until or (lambda: submitted(script, prompt)))


def submitted(script, prompt):
    requests = [request for request in script.requests(route="submit") if prompt in str(request.get("body"))]
    return requests and requests[0].get("request_id")


def row_with(http, fal_request_id):
    rows = http.get("/spend/logs").json()
    return next((row for row in rows if fal_request_id in row["fal_request_ids"]), None)


def test_a_queued_job_is_cancelled_and_costs_nothing(gateway, http, script):
    job = hang_up(gateway, script, script.plan(queue="hold"))
    (cancel,) = eventually(lambda: script.requests(route="cancel", request_id=job))
    assert cancel["status"] == 202
    row = eventually(lambda: row_with(http, job))
    assert (row["status"], row["error_code"], row["spend"]) == ("failure", "client_disconnected", 0)
    assert [bill for bill in script.bills()["bills"] if bill["request_id"] == job and bill["amount_nanodollars"]] == []


def test_a_running_job_is_finished_and_its_cost_recorded(gateway, http, script):
    prompt = script.plan(run="hold")
    job = hang_up(gateway, script, prompt)
    eventually(lambda: script.requests(route="status", request_id=job) or script.requests(route="stream", request_id=job))
    assert script.requests(route="cancel", request_id=job) == []
    script.client.post("/release", json={"request_id": job}).raise_for_status()
    row = eventually(lambda: row_with(http, job))
    assert (row["spend"], row["images"]) == (0.05, 1)
    assert script.submits(prompt) == 1


def test_an_image_whose_bytes_were_on_their_way_is_kept(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG + "  on_disconnect: cancel\n")
    prompt = script.plan(output={"sync_mode": "ignored"}, faults=[{"on": "image", "transport": "hang"}])
    fields = {"response_format": "b64_json"}
    seen = len(script.requests(route="image"))
    hang_up(gateway, script, prompt, until=lambda: len(script.requests(route="image")) > seen, **fields)
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        row = eventually(lambda: http.get("/spend/logs").json())[0]
        assert (row["status"], row["spend"], row["images"]) == ("success", 0.05, 1)
        again = http.post(
            "/v1/images/generations", json={"model": "imagen4", "prompt": prompt, **fields},
            headers={"x-stainless-retry-count": "1"})
        assert again.status_code == 200 and again.json()["data"][0]["b64_json"]
    assert script.submits(prompt) == 1


def test_a_request_past_its_deadline_goes_on_and_can_be_fetched(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", "timeout: 1\n      api_base:"))
    prompt = script.plan(run="hold")
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        answer = http.post("/v1/images/generations", json={"model": "imagen4", "prompt": prompt})
        assert answer.status_code == 504
        (job,) = script.submitted(prompt)
        assert script.requests(route="cancel", request_id=job["request_id"]) == []
        script.release(job)
        fetched = eventually(lambda: (got := http.get(answer.headers["location"])).status_code == 200 and got)
        assert httpx.get(fetched.json()["data"][0]["url"]).status_code == 200
        row = row_with(http, job["request_id"])
        assert (row["spend"], row["http_status"]) == (0.05, 504)


@pytest.mark.parametrize("timeout, format, plan", [
    (1, "url", {"faults": [{"on": "submit", "delay": 4}]}),
    (3, "b64_json", {"output": {"sync_mode": "ignored"}, "faults": [{"on": "image", "delay": 8}]}),
], ids=["the submission", "the image's bytes"])
def test_what_the_deadline_does_not_cut_off_is_not_waited_for(start_gateway, script, timeout, format, plan):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", f"timeout: {timeout}\n      api_base:"))
    prompt = script.plan(**plan)
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        answer = http.post(
            "/v1/images/generations", json={"model": "imagen4", "prompt": prompt, "response_format": format})
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timeout"), answer.text
        fetched = eventually(lambda: (got := http.get(answer.headers["location"])).status_code == 200 and got)
        assert fetched.json()["data"][0][format]
        (row,) = http.get("/spend/logs").json()
        assert (row["status"], row["spend"], row["http_status"]) == ("success", 0.05, 504)
    assert script.submits(prompt) == 1


def test_a_job_that_failed_after_its_deadline_is_told_as_what_it_failed_of(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", "timeout: 1\n      api_base:"))
    prompt = script.plan(run="hold", outcome={"error": "content_policy_violation"})
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        answer = http.post("/v1/images/generations", json={"model": "imagen4", "prompt": prompt})
        assert answer.status_code == 504
        script.release(script.submitted(prompt)[0])
        told = eventually(lambda: (got := http.get(answer.headers["location"])).status_code != 202 and got)
        assert (told.status_code, told.json()["error"]["code"]) == (400, "content_policy_violation")


def test_all_queued_jobs_are_cancelled_at_once(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("imagen4/preview", "recraft/v3/text-to-image") + "  on_disconnect: cancel\n")
    # Each runs on whatever it is told: none ends before all are released.
    prompt = script.plan(run="hold")
    hang_up(gateway, script, prompt, n=4, until=lambda: script.submits(prompt) == 4)
    jobs = script.submitted(prompt)
    eventually(lambda: all(script.requests(route="cancel", request_id=job["request_id"]) for job in jobs), 60)
    for job in jobs:
        script.release(job)


def test_of_several_jobs_those_that_wait_are_cancelled(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("imagen4/preview", "recraft/v3/text-to-image"))
    prompt = script.plan(queue="hold")
    script.client.post("/plan", json={"match": {"prompt": prompt}, "times": 1, "run": "hold"}).raise_for_status()
    host, port = gateway.url.removeprefix("http://").split(":")
    body = json.dumps({"model": "imagen4", "prompt": prompt, "n": 3, "stream": True}).encode()
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        send(connection, body)
        heard = b""
        while b"in progress" not in heard:
            heard += connection.recv(65536)
    jobs = script.submitted(prompt)
    assert len(jobs) == 3
    running = the_one_that_is_finished(gateway, script, jobs)
    bills = {bill["request_id"]: bill["amount_nanodollars"] for bill in script.bills()["bills"]}
    assert [job["request_id"] for job in jobs if bills.get(job["request_id"])] == [running["request_id"]]


def test_after_a_fallback_with_more_jobs_those_that_wait_are_cancelled(start_gateway, script):
    one, many = "fal-ai/flux/dev", "fal-ai/recraft/v3/text-to-image"
    models = "".join(
        f"  - {{{{model_name: {name}, litellm_params: {{{{model: fal_ai/{endpoint}, api_base: {{api_base}}, num_retries: 0}}}}}}}}\n"
        for name, endpoint in [("imagen4", one), ("other", many)])
    gateway = start_gateway(
        f"model_list:\n{models}general_settings: {{{{master_key: {MASTER_KEY}}}}}\n"
        "router_settings: {{fallbacks: [{{imagen4: [other]}}]}}\n")
    prompt = script.plan(queue="hold")
    for rule in [{"match": {"prompt": prompt, "endpoint": many}, "times": 1, "run": "hold"},
                 {"match": {"prompt": prompt, "endpoint": one}, "faults": [{"on": "submit", "answer": "nginx_503", "count": "all"}]}]:
        script.client.post("/plan", json=rule).raise_for_status()
    host, port = gateway.url.removeprefix("http://").split(":")
    body = json.dumps({"model": "imagen4", "prompt": prompt, "n": 3, "stream": True}).encode()
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        send(connection, body)
        heard = b""
        # A comment tells of every job: none is on its way any more.
        while not any(b"in progress" in words and b"submitting" not in words for words in heard.split(b"\n\n")[:-1]):
            heard += connection.recv(65536)
    jobs = [job for job in script.submitted(prompt) if many in job["path"]]
    assert len(jobs) == 3
    the_one_that_is_finished(gateway, script, jobs, 30)


def the_one_that_is_finished(gateway, script, jobs, seconds=120):
    """Of three jobs whose caller has left while one ran: the others are cancelled, and it is what is paid."""
    is_cancelled = lambda job: bool(script.requests(route="cancel", request_id=job["request_id"]))
    eventually(lambda: sum(map(is_cancelled, jobs)) == 2, seconds)
    (running,) = [job for job in jobs if not is_cancelled(job)]
    script.release(running)
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        row = eventually(lambda: http.get("/spend/logs").json())[0]
        assert (row["status"], row["images"], row["spend"]) == ("success", 1, 0.04)
    return running


def is_left(port):
    """Whether the other end of a connection from this port has been closed."""
    ends = [line.split()[2:4] for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return not any(address.endswith(f":{port:04X}") and state in ("01", "08") for address, state in ends)


def test_nothing_is_begun_for_who_has_left_while_a_model_worked(start_gateway, script):
    one, other = "fal-ai/flux/dev", "fal-ai/flux/schnell"
    models = "".join(
        f"  - {{{{model_name: {name}, litellm_params: {{{{model: fal_ai/{endpoint}, api_base: {{api_base}}, num_retries: 1}}}}}}}}\n"
        for name, endpoint in [("m", one), ("other", other)])
    gateway = start_gateway(
        f"model_list:\n{models}general_settings: {{{{master_key: {MASTER_KEY}}}}}\n"
        "router_settings: {{fallbacks: [{{m: [other]}}]}}\n")
    prompt = script.plan(run="hold", outcome={"error": "internal_server_error", "units": "0"})
    host, port = gateway.url.removeprefix("http://").split(":")
    body = json.dumps({"model": "m", "prompt": prompt, "stream": True}).encode()
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        own = connection.getsockname()[1]
        send(connection, body)
        heard = b""
        while b"in progress" not in heard:
            heard += connection.recv(65536)
    eventually(lambda: is_left(own))
    (job,) = script.submitted(prompt)
    script.release(job)
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        # Where another is begun there is no row before that one ends, and it is held.
        row = eventually(lambda: script.submits(prompt) > 1 or http.get("/spend/logs").json())[0]
        assert (row["status"], row["spend"]) == ("failure", 0)
    assert script.submits(prompt) == 1


def test_where_hang_ups_cancel_a_running_job_is_cancelled(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG + "  on_disconnect: cancel\n")
    prompt = script.plan(run="hold", cancel={"running": "stops"})
    job = hang_up(gateway, script, prompt)
    eventually(lambda: script.requests(route="cancel", request_id=job))


def test_who_does_not_wait_for_a_cancellation_is_not_told_that_images_are_made(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG + "  on_disconnect: cancel\n")
    # fal takes note, and goes on.
    prompt = script.plan(run="hold")
    job = hang_up(gateway, script, prompt, key="k")
    eventually(lambda: script.requests(route="cancel", request_id=job))
    told = httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, timeout=120,
        headers={"Authorization": f"Bearer {MASTER_KEY}", "Idempotency-Key": "k", "x-litellm-timeout": "1"})
    assert (told.status_code, told.headers["x-should-retry"]) == (503, "true"), told.text
    script.client.post("/release", json={"request_id": job}).raise_for_status()
    assert script.submits(prompt) == 1


def test_the_answer_that_a_hang_up_has_cut_short_says_so(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("imagen4/preview", "recraft/v3/text-to-image"))
    prompt = script.plan(queue="hold")
    script.client.post("/plan", json={"match": {"prompt": prompt}, "times": 1}).raise_for_status()
    # One job is over, and the other waits.
    hang_up(gateway, script, prompt, n=2, until=lambda: script.submits(prompt) == 2 and any(
        script.requests(route="result", request_id=job["request_id"]) for job in script.submitted(prompt)))
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        row = eventually(lambda: http.get("/spend/logs").json())[0]
        assert (row["images"], row["spend"]) == (1, 0.04)
        kept = http.get(f"/v1/images/generations/{row['request_id']}")
        assert (kept.status_code, kept.headers["x-falgate-partial"]) == (200, "1 of 2 images")
