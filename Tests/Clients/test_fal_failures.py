"""fal refusing, failing, lying, silent or cut off: a 5xx or 4xx of the closed set, and never a leak."""

import contextlib
import re
import sqlite3

import httpx
import pytest

from conftest import FAL_KEY, MASTER_KEY, PAGE_CONFIG

GENERATIONS = "/v1/images/generations"


def generate(http, prompt, **body):
    return http.post(GENERATIONS, json={"model": "imagen4", "prompt": prompt, **body})


def row_of(http, answer):
    (row,) = http.get("/spend/logs", params={"request_id": answer.headers["x-falgate-request-id"]}).json()
    return row


# fal's word for it: the status and code the caller gets.
NAMED = [
    ("request_timeout", 504, "fal_timeout"),
    ("startup_timeout", 504, "fal_timeout"),
    ("runner_scheduling_failure", 503, "fal_unavailable"),
    ("runner_connection_timeout", 503, "fal_unavailable"),
    ("runner_connection_refused", 503, "fal_unavailable"),
    ("runner_connection_error", 503, "fal_unavailable"),
    ("runner_disconnected", 503, "fal_unavailable"),
    ("runner_incomplete_response", 502, "runner_incomplete_response"),
    ("runner_server_error", 502, "runner_server_error"),
    ("client_cancelled", 502, "client_cancelled"),
    ("bad_request", 400, "bad_request"),
    ("internal_error", 502, "internal_error"),
    ("internal_server_error", 502, "internal_server_error"),
    ("generation_timeout", 504, "fal_timeout"),
    ("downstream_service_error", 502, "downstream_service_error"),
    ("downstream_service_unavailable", 502, "downstream_service_unavailable"),
    ("content_policy_violation", 400, "content_policy_violation"),
    ("no_media_generated", 502, "no_images"),
    ("image_too_small", 400, "image_too_small"),
    ("image_load_error", 400, "image_load_error"),
    ("file_download_error", 400, "file_download_error"),
    ("file_too_large", 400, "file_too_large"),
    ("less_than_equal", 400, "less_than_equal"),
    ("multiple_of", 400, "multiple_of"),
    ("one_of", 400, "one_of"),
    ("feature_not_supported", 400, "feature_not_supported"),
    ("unsupported_image_format", 400, "unsupported_image_format"),
]


@pytest.mark.parametrize("name, status, code", NAMED)
def test_failures_of_a_job(http, script, name, status, code):
    answer = generate(http, script.plan(outcome={"error": name}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    row = row_of(http, answer)
    assert row["status"] == "failure"
    assert row["fal_request_ids"]


FAULTS = [
    ([{"on": "submit", "answer": "unauthorized"}], 502, "fal_key_refused"),
    ([{"on": "submit", "answer": "locked"}], 503, "fal_balance_exhausted"),
    ([{"on": "submit", "answer": "queue_full", "count": "all"}], 429, "fal_rate_limited"),
    ([{"on": "submit", "answer": "nginx_503", "count": "all"}], 503, "fal_unavailable"),
    ([{"on": "submit", "answer": "nginx_502"}], 502, "fal_submit_unknown"),
    ([{"on": "submit", "answer": "internal_error"}], 502, "fal_submit_unknown"),
    ([{"on": "submit", "transport": "drop"}], 502, "fal_submit_unknown"),
    ([{"on": "submit", "transport": "drop", "accepts": True}], 502, "fal_submit_unknown"),
    ([{"on": "submit", "body": "not JSON"}], 502, "fal_submit_unknown"),
    ([{"on": "result", "body": {"images": []}}], 502, "no_images"),
    # What fal bills for is the model's own answer.
    ([{"on": "result", "status": 200, "body": {"images": [{"width": 1}]}, "headers": {"x-fal-billable-units": "1"}}],
     502, "fal_invalid_answer"),
]


@pytest.mark.parametrize("faults, status, code", FAULTS)
def test_faults(http, script, faults, status, code):
    prompt = script.plan(faults=faults)
    answer = generate(http, prompt)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert row_of(http, answer)["status"] == "failure"
    if code == "fal_submit_unknown":
        assert answer.headers["x-should-retry"] == "false"
        assert script.submits(prompt) == 1


HARMLESS = [
    [{"on": "stream", "status": 404}, {"on": "status", "status": 200, "body": {"x": "y" * 1_200_000}}],
    [{"on": "stream", "status": 200, "content_type": "text/event-stream", "body": ": " + "x" * 17_000_000 + "\n\n"}],
    [{"on": "result", "status": 200, "body": [1], "count": 3}],
    [{"on": "result", "status": 200, "body": {"images": [{"width": 1}]}, "count": 3}],
    [{"on": "submit", "answer": "queue_full"}],
    [{"on": "submit", "answer": "nginx_503"}],
    [{"on": "stream", "answer": "nginx_502"}],
    [{"on": "stream", "status": 404}],
    [{"on": "stream", "transport": "drop"}],
    [{"on": "stream", "transport": {"truncate": 40}}],
    [{"on": "stream", "status": 404}, {"on": "status", "answer": "nginx_503"}],
    [{"on": "stream", "status": 404}, {"on": "status", "answer": "not_found"}],
    [{"on": "stream", "status": 404}, {"on": "status", "merge": {"status": "DREAMING"}}],
    [{"on": "stream", "status": 404}, {"on": "status", "answer": "locked", "count": 4}],
    [{"on": "stream", "status": 404}, {"on": "status", "answer": "not_found", "count": 4}],
    [{"on": "stream", "status": 404}, {"on": "status", "answer": "unauthorized", "count": 4}],
    [{"on": "result", "answer": "locked"}],
    [{"on": "result", "answer": "unauthorized"}],
    [{"on": "result", "answer": "not_found"}],
    [{"on": "result", "answer": "internal_error"}],
    [{"on": "result", "body": "not JSON"}],
    [{"on": "result", "answer": "still_in_progress"}],
    [{"on": "result", "answer": "nginx_502"}],
    [{"on": "result", "transport": "drop"}],
    [{"on": "result", "transport": {"truncate": 20}}],
    [{"on": "result", "transport": {"pieces": 1, "seconds": 0}}],
]


@pytest.mark.parametrize("faults", HARMLESS)
def test_trouble_that_costs_nothing_is_lived_with(http, script, faults):
    prompt = script.plan(faults=faults)
    answer = generate(http, prompt)
    assert answer.status_code == 200, answer.text
    (job,) = [job for job in script.jobs() if job["request_id"] == answer.headers["x-fal-request-id"]]
    assert row_of(http, answer)["spend"] == 0.05


@pytest.mark.parametrize("form", ["full", "response", "relative", "missing", "null", {"origin": "http://evil.test:1"}])
def test_addresses_of_every_form(http, script, form):
    answer = generate(http, script.plan(urls=form))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("identity", ["uuid4", "long", "unusual"])
def test_request_ids_of_every_form(http, script, identity):
    assert generate(http, script.plan(request_id=identity)).status_code == 200


def test_requeued_and_slow(http, script):
    prompt = script.plan(queue=0.05, run=0.05, requeue=1, position=3)
    answer = generate(http, prompt)
    assert answer.status_code == 200
    assert row_of(http, answer)["duration_us"]["queued"] >= 50_000


CDN = [
    [{"on": "image", "status": 404, "count": "all"}],
    [{"on": "image", "status": 302, "headers": {"Location": "http://evil.test/"}, "count": "all"}],
    [{"on": "image", "body": "<html>not an image</html>", "count": "all"}],
    [{"on": "image", "body": "", "count": "all"}],
    [{"on": "image", "transport": {"truncate": 100}, "count": "all"}],
]


@pytest.mark.parametrize("faults", CDN)
def test_an_image_that_cannot_be_fetched(http, script, faults):
    prompt = script.plan(faults=faults, output={"sync_mode": "ignored"})
    answer = generate(http, prompt, response_format="b64_json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "image_unavailable"), answer.text
    # It was made, so it was paid.
    assert row_of(http, answer)["spend"] == 0.05


def test_an_image_is_fetched_again(http, script):
    faults = [{"on": "image", "status": 503}, {"on": "image", "nth": 2, "transport": "drop"}]
    prompt = script.plan(faults=faults, output={"sync_mode": "ignored"})
    answer = generate(http, prompt, response_format="b64_json")
    assert answer.status_code == 200, answer.text


def test_images_on_foreign_hosts_are_not_fetched(http, script):
    prompt = script.plan(output={"image_origin": "http://169.254.169.254", "sync_mode": "ignored"})
    answer = generate(http, prompt, response_format="b64_json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "image_unavailable")
    assert "169.254" not in answer.text


def test_some_images_of_several_jobs_are_a_success(start_gateway, simulator, script):
    gateway = start_gateway(PAGE_CONFIG.replace("imagen4/preview", "recraft/v3/text-to-image"))
    prompt = script.plan(times=1, outcome={"error": "internal_server_error"})
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}) as http:
        answer = generate(http, prompt, n=3)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) == 2
        assert "1 of 3 jobs failed" in answer.headers["x-falgate-partial"]
        assert row_of(http, answer)["images"] == 2


def test_an_entry_without_an_image_does_not_lose_the_others(http, script):
    picture = httpx.get(generate(http, script.plan()).json()["data"][0]["url"]).url
    prompt = script.plan(output={"merge": {"images": [None, {"url": str(picture)}]}})
    answer = generate(http, prompt, n=2)
    assert answer.status_code == 200, answer.text
    assert [image["url"] for image in answer.json()["data"]] == [str(picture)]
    assert answer.headers["x-falgate-partial"] == "1 of 2 images not delivered as asked: fal_invalid_answer"
    row = row_of(http, answer)
    assert (row["spend"], row["images"]) == (0.1, 1)


def test_a_long_word_of_fals_does_not_make_a_paid_answer_illegible(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("imagen4/preview", "recraft/v3/text-to-image"))
    prompt = script.plan(times=1, outcome={"status": 422, "body": {"detail": "no", "error_type": "x" * 100_000}, "silent": True})
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}) as http:
        answer = generate(http, prompt, n=2)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-falgate-partial"] == "1 of 2 jobs failed: " + "x" * 100


def test_fal_cannot_be_reached(start_gateway):
    gateway = start_gateway(re.sub(r"api_base: \S+", "api_base: http://127.0.0.1:1", PAGE_CONFIG))
    answer = httpx.post(
        gateway.url + GENERATIONS, json={"model": "imagen4", "prompt": "x"}, timeout=120,
        headers={"Authorization": f"Bearer {MASTER_KEY}"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "fal_unreachable")
    assert answer.headers["x-should-retry"] == "true"


@pytest.mark.parametrize(
    "behaviour",
    [
        {"run": "hold"},
        {"queue": "hold"},
        {"run": "hold", "faults": [{"on": "stream", "transport": "hang"}]},
        {"faults": [{"on": "result", "transport": "hang", "count": "all"}]},
        {"faults": [{"on": "result", "transport": {"stall": 10, "seconds": 60}, "count": "all"}]},
        {"faults": [{"on": "result", "answer": "nginx_503", "count": "all"}]},
        {"faults": [{"on": "result", "answer": "queue_full", "count": "all"}]},
        {"faults": [{"on": "result", "answer": "locked", "count": "all"}]},
        {"faults": [{"on": "stream", "status": 404}, {"on": "status", "answer": "locked", "count": "all"}]},
    ],
)
def test_nothing_hangs_beyond_its_deadline(start_gateway, script, behaviour):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", "timeout: 1\n      api_base:"))
    prompt = script.plan(**behaviour)
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        answer = generate(http, prompt)
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timeout"), answer.text
        assert answer.headers["x-should-retry"] == "false"
        assert answer.headers["x-fal-request-id"]
        # The job goes on, and the id says where its image will be.
        request = answer.headers["x-falgate-request-id"]
        assert answer.json()["error"]["request_id"] == request
        assert answer.headers["location"] == f"/v1/images/generations/{request}"
        assert http.get(answer.headers["location"]).status_code == 202


def test_a_job_that_ended_in_what_cannot_be_read_is_neither_free_nor_forgotten(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG.replace("api_base:", "timeout: 1\n      api_base:"))
    prompt = script.plan(faults=[{"on": "result", "body": {"images": [{"width": 1}]}, "count": "all"}])
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        key = {"Idempotency-Key": "k"}
        first = http.post(GENERATIONS, json={"model": "imagen4", "prompt": prompt}, headers=key)
        again = http.post(GENERATIONS, json={"model": "imagen4", "prompt": prompt}, headers=key)
    assert (first.status_code, again.status_code) == (504, 504)
    assert {answer.headers["x-should-retry"] for answer in (first, again)} == {"false"}
    assert script.submits(prompt) == 1
    with contextlib.closing(sqlite3.connect(gateway.directory / "falgate.db")) as database:
        left = database.execute("SELECT request_id, state, reserved FROM jobs").fetchall()
    assert left == [(first.headers["x-falgate-request-id"], "submitted", 50_000_000)]


def test_no_key_leaks(gateway, http, script):
    """After everything above: the gateway's key never reached fal, fal's never the CDN or a caller."""
    generate(http, script.plan(outcome={"status": 500, "body": {"detail": f"bad key {FAL_KEY}"}}))
    answer = generate(http, script.plan(outcome={"status": 422, "body": {"detail": f"bad key {FAL_KEY}"}}))
    assert FAL_KEY not in answer.text
    assert FAL_KEY.split(":")[1] not in answer.text
    assert script.violations() == []
    for request in script.requests():
        assert MASTER_KEY not in str(request)
    assert MASTER_KEY not in gateway.log
    assert FAL_KEY.split(":")[1] not in gateway.log
    for file in gateway.directory.iterdir():
        content = file.read_bytes() if "config" not in file.name else b""
        assert MASTER_KEY.encode() not in content
        assert FAL_KEY.encode() not in content


def test_the_ledger_agrees_with_the_bill(start_gateway, simulator, script):
    gateway = start_gateway()
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        ids = []
        for model, n in [("flux-ultra", 2), ("imagen4", 4), ("imagen4", 6), ("stable-diffusion", 1)]:
            answer = http.post(GENERATIONS, json={"model": model, "prompt": "x", "n": n, "size": "1536x1024"})
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["data"]) == n
            ids += answer.headers.get_list("x-fal-request-id")
        rows = http.get("/spend/logs").json()
    billed = {bill["request_id"]: bill["amount_nanodollars"] for bill in script.bills()["bills"]}
    assert sum(row["cost_nanodollars"] for row in rows) == sum(billed[request] for request in ids)
