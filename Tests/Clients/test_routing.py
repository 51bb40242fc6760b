"""Several deployments and several fal keys: what fails is left alone, what is left alone comes back,
and nothing that may have been paid is ever sent again."""

import contextlib
import hashlib
import signal
import socket
import sqlite3
import threading
import time

import httpx
import pytest

from conftest import MASTER_KEY
from test_hangup import eventually
from test_recovery import restarted

GENERATIONS = "/v1/images/generations"


def key(name):
    """A fal key of its own for each test: what fal thinks of it does not disturb other tests."""
    return f"{name}-{time.monotonic_ns()}:{name}-secret"


def tag(fal_key):
    return hashlib.sha256(fal_key.encode()).hexdigest()[:8]


class Routed:
    """A gateway with the given models, and what its requests come to."""

    def __init__(self, start_gateway, models, settings="", general=""):
        lines = ["model_list:"]
        for name, endpoint, *more in models:
            parameters = ", ".join([f"model: fal_ai/{endpoint}", "api_base: {api_base}", *more])
            lines.append(f"  - {{{{model_name: {name}, litellm_params: {{{{{parameters}}}}}}}}}")
        lines.append(f"router_settings: {{{{{settings}}}}}")
        lines.append(f"general_settings: {{{{master_key: {MASTER_KEY}{general}}}}}")
        self.running = start_gateway("\n".join(lines) + "\n")
        self.http = httpx.Client(
            base_url=self.running.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=30
        )

    def generate(self, prompt, model="m", headers=None, **body):
        return self.http.post(GENERATIONS, json={"model": model, "prompt": prompt, **body}, headers=headers)

    def row(self, answer):
        (row,) = self.http.get(
            "/spend/logs", params={"request_id": answer.headers["x-falgate-request-id"]}
        ).json()
        return row

    def line(self, words):
        return self.running.line(words)

    @property
    def log(self):
        return self.running.log


@pytest.fixture
def routed(start_gateway):
    def start(models, settings="", general=""):
        return Routed(start_gateway, models, settings, general)

    return start


def set_key(script, fal_key, state, **more):
    script.client.post("/keys", json={"key": fal_key, "state": state, **more}).raise_for_status()


def submits(script, prompt):
    """The endpoints that jobs with this prompt were submitted to, in order."""
    return [entry["path"].strip("/").removeprefix("queue.fal.run/") for entry in script.submitted_all(prompt)]


@pytest.fixture
def script(script):
    script.submitted_all = lambda prompt: [
        entry for entry in script.requests(route="submit", limit=1000) if prompt in str(entry.get("body"))
    ]
    return script


DEV, SCHNELL, RECRAFT = "fal-ai/flux/dev", "fal-ai/flux/schnell", "fal-ai/recraft/v3/text-to-image"


def always(answer):
    return [{"on": "submit", "answer": answer, "count": "all"}]


def test_a_deployment_that_fails_is_left_alone_and_comes_back(routed, script):
    gateway = routed(
        [("m", DEV, "order: 1", "num_retries: 1"), ("m", SCHNELL, "order: 2", "num_retries: 1")],
        "allowed_fails: 0, cooldown_time: 2",
    )
    failing = script.plan(faults=always("nginx_503"), match={"endpoint": DEV})
    began = time.monotonic()
    answer = gateway.generate(failing)
    assert answer.status_code == 200, answer.text
    assert submits(script, failing) == [DEV, SCHNELL]
    assert answer.headers["x-litellm-attempted-retries"] == "1"
    assert gateway.row(answer)["model_id"] == answer.headers["x-litellm-model-id"]

    healthy = script.plan()
    assert gateway.generate(healthy).status_code == 200
    assert time.monotonic() - began < 2, "the cooldown was over before it could be seen"
    assert submits(script, healthy) == [SCHNELL]
    gateway.line("deployment cooled down")

    # It is asked again once its time is over, and not a moment later than the next request.
    end = time.monotonic() + 20
    while DEV not in submits(script, healthy):
        assert time.monotonic() < end
        assert gateway.generate(healthy).status_code == 200
    assert time.monotonic() - began >= 2


def test_an_exhausted_key_is_passed_over_and_told(routed, script):
    exhausted, good = key("exhausted"), key("good")
    set_key(script, exhausted, "locked")
    gateway = routed([("m", DEV, f'api_key: ["{exhausted}", "{good}"]', "num_retries: 0")])
    prompt = script.plan()
    answers = [gateway.generate(prompt) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6, answers[0].text
    # Once it was tried and refused, and then no more.
    assert len(submits(script, prompt)) == 7
    assert sum(int(answer.headers["x-litellm-attempted-retries"]) for answer in answers) == 1
    health = gateway.http.get("/health").text
    assert tag(exhausted) in health and "locked or has no balance" in health
    gateway.line(f"key={tag(exhausted)}")
    for secret in [exhausted, good, "exhausted-secret", "good-secret"]:
        assert secret not in gateway.log and secret not in health


def test_a_rejected_key_is_passed_over(routed, script):
    unknown, good = key("unknown"), key("good")
    set_key(script, unknown, "unknown")
    gateway = routed([("m", DEV, f'api_key: ["{unknown}", "{good}"]')])
    prompt = script.plan()
    assert [gateway.generate(prompt).status_code for _ in range(4)] == [200] * 4
    assert len(submits(script, prompt)) == 5


def test_a_single_key_is_tried_again_however_it_was_refused(routed, script):
    fal_key = key("single")
    set_key(script, fal_key, "locked")
    gateway = routed([("m", DEV, f'api_key: "{fal_key}"')])
    answer = gateway.generate(script.plan())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "fal_balance_exhausted")
    # The account is topped up: nobody has to wait for a cooldown.
    set_key(script, fal_key, "usable")
    assert gateway.generate(script.plan()).status_code == 200
    gateway.line("fal key usable again")


def test_keys_are_used_in_turn(routed, script):
    keys = [key(name) for name in ["one", "two", "three"]]
    listed = ", ".join(f'"{each}"' for each in keys)
    gateway = routed([("m", DEV, f"api_key: [{listed}]")])
    for _ in range(6):
        assert gateway.generate(script.plan()).status_code == 200
    bills = [sum(1 for bill in script.client.get("/bills", params={"key": each}).json()["bills"]) for each in keys]
    assert bills == [2, 2, 2]


def test_a_fallback_serves(routed, script):
    gateway = routed(
        [("m", DEV, "num_retries: 1"), ("b", SCHNELL)], "fallbacks: [{{m: [b]}}], allowed_fails: 100"
    )
    prompt = script.plan(faults=always("nginx_503"), match={"endpoint": DEV})
    answer = gateway.generate(prompt, n=2)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == 2
    assert submits(script, prompt) == [DEV, DEV, SCHNELL]
    assert answer.headers["x-litellm-attempted-fallbacks"] == "1"
    assert "x-falgate-partial" not in answer.headers
    row = gateway.row(answer)
    assert row["status"] == "success" and row["images"] == 2
    (bill,) = [b for b in script.bills()["bills"] if b["request_id"] == answer.headers["x-fal-request-id"]]
    assert row["cost_nanodollars"] == bill["amount_nanodollars"]


def test_a_fallback_serves_a_stream(routed, script):
    gateway = routed([("m", DEV, "num_retries: 0"), ("b", SCHNELL)], "default_fallbacks: [b]")
    prompt = script.plan(faults=always("queue_full"), match={"endpoint": DEV})
    answer = gateway.generate(prompt, stream=True)
    assert "image_generation.completed" in answer.text, answer.text
    assert submits(script, prompt) == [DEV, SCHNELL]


def test_a_job_that_fal_took_and_failed_unbilled_is_tried_elsewhere_once(routed, script):
    gateway = routed([("m", DEV), ("b", SCHNELL), ("c", "fal-ai/fast-sdxl")], "fallbacks: [{{m: [b, c]}}]")
    prompt = script.plan(outcome={"error": "internal_server_error"})
    answer = gateway.generate(prompt)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "internal_server_error"), answer.text
    assert submits(script, prompt) == [DEV, SCHNELL]
    assert len(gateway.row(answer)["fal_request_ids"]) == 2
    assert gateway.row(answer)["spend"] == 0


PAID = [
    {"faults": [{"on": "submit", "transport": "drop", "accepts": True}]},
    {"faults": [{"on": "submit", "answer": "nginx_502"}]},
    {"faults": [{"on": "submit", "answer": "internal_error"}]},
    {"faults": [{"on": "submit", "body": "not JSON"}]},
    {"faults": [{"on": "result", "status": 200, "body": {"images": [{"width": 1}]}, "headers": {"x-fal-billable-units": "1"}}]},
    {"outcome": {"error": "no_media_generated"}},
    {"outcome": {"error": "internal_server_error", "units": "1"}},
]


@pytest.mark.parametrize("behaviour", PAID)
def test_nothing_that_may_be_paid_is_sent_again(routed, script, behaviour):
    gateway = routed([("m", DEV), ("m", DEV), ("b", SCHNELL)], "fallbacks: [{{m: [b]}}]")
    prompt = script.plan(**behaviour)
    answer = gateway.generate(prompt)
    assert answer.status_code >= 500, answer.text
    assert len(submits(script, prompt)) == 1


def test_retry_paid_failures(routed, script):
    gateway = routed([("m", DEV, "num_retries: 0"), ("b", SCHNELL)], "fallbacks: [{{m: [b]}}]", ", retry_paid_failures: true")
    prompt = script.plan(faults=[{"on": "submit", "answer": "nginx_502"}], match={"endpoint": DEV})
    answer = gateway.generate(prompt)
    assert answer.status_code == 200, answer.text
    assert submits(script, prompt) == [DEV, SCHNELL]


def test_after_a_kill_what_fell_back_is_priced_as_where_it_ran(routed, script):
    gateway = routed([("m", DEV, "num_retries: 0"), ("b", "fal-ai/gpt-image-1.5")], "fallbacks: [{{m: [b]}}]")

    def falls_back(**behaviour):
        prompt = script.plan(billing={"header": "missing"}, **behaviour)
        refusal = {"match": {"prompt": prompt, "endpoint": DEV}, "faults": [{"on": "submit", "answer": "nginx_503"}]}
        script.client.post("/plan", json=refusal).raise_for_status()
        return prompt

    # The dearest size of a cheap tier, for the size is not known after a kill.
    wanted = {"quality": "low", "size": "1536x1024"}
    usual = gateway.row(gateway.generate(falls_back(), **wanted))
    prompt = falls_back(run="hold")
    place = gateway.generate(prompt, **wanted, **{"async": True}).headers["location"]
    job = eventually(lambda: [submit for submit in script.submitted(prompt) if submit.get("request_id")])[0]
    gateway.running.receipts()
    gateway.running.stop(signal.SIGKILL)
    again = restarted(gateway.running)
    try:
        script.release(job)
        with httpx.Client(base_url=again.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
            eventually(lambda: http.get(place).status_code == 200)
            row = [row for row in http.get("/spend/logs").json() if job["request_id"] in row["fal_request_ids"]][0]
        assert (row["spend"], row["cost_basis"]) == (usual["spend"], "estimated")
    finally:
        again.stop()


@pytest.mark.parametrize("error", ["content_policy_violation", "less_than_equal", "image_load_error", "bad_request"])
def test_faults_of_callers_trip_nothing_and_fall_back_to_nothing(routed, script, error):
    gateway = routed(
        [("m", DEV, "order: 1"), ("m", SCHNELL, "order: 2"), ("b", "fal-ai/fast-sdxl")],
        "allowed_fails: 0, cooldown_time: 60, fallbacks: [{{m: [b]}}]",
    )
    for _ in range(3):
        prompt = script.plan(outcome={"error": error})
        assert gateway.generate(prompt).status_code == 400
        assert submits(script, prompt) == [DEV]
    assert "cooled down" not in gateway.log


def test_least_busy(routed, script):
    gateway = routed([("m", DEV), ("m", SCHNELL)], "routing_strategy: least-busy")
    prompt = script.plan(run="hold")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(gateway.generate(prompt))) for _ in range(4)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 20
    while len(script.submitted_all(prompt)) < 4:
        assert time.monotonic() < end
    assert sorted(submits(script, prompt)) == [DEV, DEV, SCHNELL, SCHNELL]
    for submit in script.submitted_all(prompt):
        script.release(submit)
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 4


def test_rpm_is_a_limit_where_it_is_enforced(routed, script):
    gateway = routed(
        [("m", DEV, "rpm: 1"), ("m", SCHNELL, "rpm: 2")],
        "optional_pre_call_checks: [enforce_model_rate_limits]",
    )
    prompt = script.plan()
    answers = [gateway.generate(prompt) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert sorted(submits(script, prompt)) == [DEV, SCHNELL, SCHNELL]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


def test_only_what_is_sent_counts_towards_an_enforced_rpm(routed, script):
    gateway = routed([("m", DEV, "rpm: 2")], "optional_pre_call_checks: [enforce_model_rate_limits]")
    prompt = script.plan()
    again = {"Idempotency-Key": prompt}
    dry = {"x-falgate-dry-run": "true"}
    for headers in (dry, again, again, dry, again):
        assert gateway.generate(prompt, headers=headers).status_code == 200
    assert gateway.generate(prompt).status_code == 200
    # The minute is full now, which is of no concern to who sends nothing.
    assert gateway.generate(prompt).status_code == 429
    for headers in (dry, again):
        assert gateway.generate(prompt, headers=headers).status_code == 200
    assert submits(script, prompt) == [DEV, DEV]


def test_no_rows_are_left_in_the_journal(routed, script):
    """Attempts that fal refused have rows of their own: they are closed with the request."""
    exhausted, good = key("exhausted"), key("good")
    set_key(script, exhausted, "locked")
    gateway = routed([("m", "fal-ai/recraft/v3/text-to-image", f'api_key: ["{exhausted}", "{good}"]')])
    prompt = script.plan()
    # Two, so that the turn is once the refused key's.
    for _ in range(2):
        answer = gateway.generate(prompt, n=3)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["data"]) == 3
    assert len(submits(script, prompt)) > 6
    database = sqlite3.connect(gateway.running.directory / "falgate.db")
    assert database.execute("SELECT * FROM jobs").fetchall() == []


def test_after_a_crash_each_job_is_asked_about_with_its_own_key(routed, script):
    keys = [key(name) for name in ["one", "two", "three"]]
    listed = ", ".join(f'"{each}"' for each in keys)
    gateway = routed([("m", DEV, f"api_key: [{listed}]")])
    prompt = script.plan(run="hold")

    def ask():
        with contextlib.suppress(httpx.HTTPError):
            gateway.generate(prompt)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    jobs = eventually(lambda: (found := script.submitted_all(prompt)) and len(found) == 3 and found)
    gateway.running.receipts(3)
    gateway.running.stop(signal.SIGKILL)
    for thread in threads:
        thread.join()
    again = restarted(gateway.running)
    try:
        for job in jobs:
            script.release(job)
        with httpx.Client(base_url=again.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}) as http:
            rows = eventually(lambda: (found := http.get("/spend/logs").json()) and len(found) == 3 and found)
        assert [row["status"] for row in rows] == ["success"] * 3
        assert sorted(row["fal_request_ids"][0] for row in rows) == sorted(job["request_id"] for job in jobs)
    finally:
        again.stop()


@pytest.mark.parametrize(
    "models, settings",
    [
        ([("m", DEV, "order: 1", "num_retries: 1"), ("m", DEV, "order: 2", "timeout: 599")], ""),
        ([("m", DEV, "num_retries: 0"), ("b", SCHNELL)], "fallbacks: [{{m: [b]}}]"),
    ],
    ids=["another entry", "a fallback"],
)
def test_a_crash_makes_no_unknown_job_of_an_attempt_that_fal_refused(routed, script, models, settings):
    gateway = routed(models, settings)
    refusal = {"on": "submit", "answer": "queue_full", "count": 1}
    prompt = script.plan(run="hold", faults=[refusal])

    def ask():
        with contextlib.suppress(httpx.HTTPError):
            gateway.generate(prompt)

    thread = threading.Thread(target=ask)
    thread.start()
    # The receipt is written while the job is already followed: what is killed before that is unknown, rightly.
    with contextlib.closing(sqlite3.connect(gateway.running.directory / "falgate.db")) as database:
        (receipt,) = eventually(lambda: database.execute("SELECT fal_request_id FROM jobs WHERE state = 'submitted'").fetchone())
    job = next(job for job in script.submitted_all(prompt) if job.get("request_id") == receipt)
    gateway.running.stop(signal.SIGKILL)
    thread.join()
    assert len(submits(script, prompt)) == 2
    again = restarted(gateway.running)
    try:
        script.release(job)
        with httpx.Client(base_url=again.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}) as http:
            (row,) = eventually(lambda: http.get("/spend/logs").json())
        assert (row["status"], row["fal_request_ids"]) == ("success", [job["request_id"]])
        database = sqlite3.connect(gateway.running.directory / "falgate.db")
        assert database.execute("SELECT * FROM jobs").fetchall() == []
        assert "job unknown" not in again.log
    finally:
        again.stop()


def test_an_attempt_that_may_be_paid_is_reported_although_it_was_repeated(routed, script):
    gateway = routed([("m", DEV, "num_retries: 1")], "", ", retry_paid_failures: true")
    prompt = script.plan(faults=[{"on": "submit", "transport": "drop", "accepts": True, "count": 1}])
    answer = gateway.generate(prompt)
    assert answer.status_code == 200, answer.text
    assert len(submits(script, prompt)) == 2
    database = sqlite3.connect(gateway.running.directory / "falgate.db")
    assert database.execute("SELECT state FROM jobs").fetchall() == [("unknown",)]


def test_an_entry_that_has_no_room_takes_no_job_of_another(routed, script):
    dead, alive = key("dead"), key("alive")
    gateway = routed(
        [("m", DEV, f'api_key: "{dead}"', "order: 1"), ("m", DEV, f'api_key: "{alive}"', "order: 2", "max_parallel_requests: 1")],
        "num_retries: 1, disable_cooldowns: true")
    prompt = script.plan(run="hold")
    script.client.post("/plan", json={"match": {"prompt": prompt, "key": dead}, "faults": always("nginx_503")}).raise_for_status()
    accepted = [gateway.generate(prompt, headers={"Prefer": "respond-async"}) for _ in range(3)]
    running = lambda: [job for job in script.jobs() if job["request_id"] in [
        submit.get("request_id") for submit in script.submitted_all(prompt)]]
    over = lambda: [answer for answer in accepted if gateway.http.get(answer.headers["location"]).status_code == 503]
    eventually(lambda: len(over()) == 2 and running())
    (job,) = running()
    script.release(job)


def test_an_entry_is_entered_once_by_all_jobs_of_a_request(routed, script):
    """Also where fal refuses them all, and they come one by one."""
    dead, alive = key("dead"), key("alive")
    gateway = routed(
        [("m", RECRAFT, f'api_key: "{dead}"', "order: 1"), ("m", RECRAFT, f'api_key: "{alive}"', "order: 2", "max_parallel_requests: 1")],
        "num_retries: 1, disable_cooldowns: true")
    prompt = script.plan()
    script.client.post("/plan", json={"match": {"prompt": prompt, "key": dead}, "faults": always("nginx_503")}).raise_for_status()
    answer = gateway.generate(prompt, n=3)
    assert (answer.status_code, len(answer.json()["data"])) == (200, 3), answer.text


@contextlib.contextmanager
def black_hole():
    """A host that takes no more connections, and refuses none."""
    with contextlib.ExitStack() as crowd:
        host = crowd.enter_context(socket.socket())
        host.bind(("127.0.0.1", 0))
        host.listen(0)
        for _ in range(4):
            one = crowd.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(host.getsockname())
        yield f"http://127.0.0.1:{host.getsockname()[1]}"


def test_a_connection_that_does_not_come_about_is_no_job_that_goes_on(start_gateway):
    with black_hole() as hole:
        gateway = start_gateway(
            f"model_list: [{{{{model_name: m, litellm_params: {{{{model: fal_ai/{DEV}, api_base: '{hole}', "
            f"timeout: 2, num_retries: 0}}}}}}}}]\ngeneral_settings: {{{{master_key: {MASTER_KEY}}}}}\n")
        answer = httpx.post(
            gateway.url + GENERATIONS, json={"model": "m", "prompt": "x"}, timeout=60,
            headers={"Authorization": f"Bearer {MASTER_KEY}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "fal_unreachable"), answer.text
        assert answer.headers["x-should-retry"] == "true" and "location" not in answer.headers


def test_a_fallback_whose_time_is_over_is_not_called_failed(start_gateway, script):
    with black_hole() as hole:
        gateway = start_gateway(
            "model_list:\n"
            f"  - {{{{model_name: m, litellm_params: {{{{model: fal_ai/{DEV}, api_base: '{hole}', timeout: 2, num_retries: 0}}}}}}}}\n"
            f"  - {{{{model_name: b, litellm_params: {{{{model: fal_ai/{SCHNELL}, api_base: {{api_base}}, timeout: 2, num_retries: 0}}}}}}}}\n"
            f"general_settings: {{{{master_key: {MASTER_KEY}}}}}\nrouter_settings: {{{{fallbacks: [{{{{m: [b]}}}}], allowed_fails: 0}}}}\n")
        prompt = script.plan()
        answer = httpx.post(
            gateway.url + GENERATIONS, json={"model": "m", "prompt": prompt}, timeout=60,
            headers={"Authorization": f"Bearer {MASTER_KEY}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "fal_unreachable"), answer.text
        assert answer.headers["x-should-retry"] == "true" and "location" not in answer.headers
        gateway.stop()
        assert gateway.log.count("deployment cooled down") == 1 and "fall back" not in gateway.log
        assert submits(script, prompt) == []
