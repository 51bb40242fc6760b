"""GET /metrics: Prometheus can read it, its numbers are right, and nothing secret is in it."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from conftest import FAL_KEY, MASTER_KEY, PAGE_CONFIG
from test_hangup import eventually

HEADERS = {"Authorization": f"Bearer {MASTER_KEY}"}


def scrape(gateway, headers=HEADERS):
    answer = httpx.get(gateway.url + "/metrics", headers=headers, timeout=120).raise_for_status()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in samples
            samples[key] = sample.value
    return answer.text, lambda name, **labels: samples.get((name, *sorted(labels.items())))


def ask(gateway, prompt, model="imagen4", **headers):
    return httpx.post(
        gateway.url + "/v1/images/generations", json={"model": model, "prompt": prompt}, timeout=120,
        headers={**HEADERS, **headers},
    )


def test_what_happened_is_counted(start_gateway, script):
    gateway = start_gateway()
    secret = "a prompt that nobody else should see"
    assert ask(gateway, secret).status_code == 200
    assert ask(gateway, secret, "flux-ultra").status_code == 200
    assert ask(gateway, secret, "nobody-has-this").status_code == 404
    assert httpx.get(gateway.url + "/v1/models").status_code == 401
    held = script.plan(run="hold")
    assert ask(gateway, held, Prefer="respond-async").status_code == 202
    submit = eventually(lambda: script.submitted(held))[0]
    text, value = scrape(gateway)
    image = {"route": "images/generations"}
    assert value("falgate_requests_total", **image, status="200", model="imagen4") == 1
    assert value("falgate_requests_total", **image, status="404", model="other") == 1
    assert value("falgate_requests_total", route="models", status="401", model="") == 1
    assert value("falgate_image_request_duration_seconds_count", model="imagen4") == 1
    assert value("falgate_image_request_duration_seconds_bucket", model="flux-ultra", le="+Inf") == 1
    assert value("falgate_spend_nanodollars_total", model="imagen4") == 50_000_000
    assert value("falgate_spend_nanodollars_total", model="flux-ultra") == 60_000_000
    assert value("falgate_requests_running") == 1
    assert eventually(lambda: scrape(gateway)[1]("falgate_jobs", state="submitted") == 1)
    assert value("falgate_jobs", state="unknown") == 0
    assert value("falgate_ledger_up") == 1
    assert value("falgate_ledger_outages_total") == 0
    assert value("falgate_open_connections") >= 1
    assert value("process_resident_memory_bytes") > 1_000_000
    assert 0 < value("process_open_fds") < value("process_max_fds")
    for private in secret, FAL_KEY, FAL_KEY.split(":")[1], MASTER_KEY, "nobody-has-this":
        assert private not in text
    script.release(submit)
    eventually(lambda: scrape(gateway)[1]("falgate_requests_running") == 0)


def test_failures_at_fal_and_cooldowns(start_gateway, script):
    gateway = start_gateway(PAGE_CONFIG + "router_settings:\n  allowed_fails: 0\n  num_retries: 0\n")
    script.client.post("/keys", json={"key": FAL_KEY, "state": "unknown"}).raise_for_status()
    try:
        assert ask(gateway, "x").status_code == 502
    finally:
        script.client.post("/keys", json={"key": FAL_KEY, "state": "usable"}).raise_for_status()
    _, value = scrape(gateway)
    assert value("falgate_fal_failures_total", kind="keyRefused") == 1
    assert value("falgate_cooldowns_total", what="key") == 1
    assert value("falgate_deployments_cooled_down") == value("falgate_deployments") == 3


def test_who_may_read_it(start_gateway):
    gateway = start_gateway()
    assert httpx.get(gateway.url + "/metrics").status_code == 401
    gateway = start_gateway(PAGE_CONFIG + "  metrics: public\n")
    assert scrape(gateway, headers={})[1]("falgate_ledger_up") == 1
