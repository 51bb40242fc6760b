"""fal's webhooks: how the end of a job is heard where fal reaches the gateway, and how lost receipts are found."""

import errno
import signal
import socket
import threading

import httpx
import pytest

from conftest import MASTER_KEY, PAGE_CONFIG, Running, preloadable
from test_hangup import eventually, hang_up

PATH = "/v1/images/generations"
KEY = {"Authorization": f"Bearer {MASTER_KEY}"}


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Site:
    """A gateway that fal reaches at an address which outlives its process."""

    def __init__(self, simulator, folder, general="", **environment):
        self.folder = folder
        self.environment = environment
        self.port = free_port()
        text = PAGE_CONFIG.format(api_base=simulator.url) + (
            f"  public_url: http://127.0.0.1:{self.port}\n"
            f"  fal_jwks_url: {simulator.url}/.well-known/jwks.json\n" + general)
        (folder / "config.yaml").write_text(text)
        self.running = None
        self.start()

    def start(self):
        self.running = Running(["serve", "--config", "config.yaml", "--port", str(self.port)], self.folder, self.environment)
        self.http = httpx.Client(base_url=self.running.url, headers=KEY, timeout=120)

    def kill(self):
        self.http.close()
        self.running.stop(signal.SIGKILL)

    def restart(self):
        self.kill()
        self.start()

    def ask(self, prompt, **headers):
        return self.http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers=headers)

    def asks(self, prompt, **headers):
        """Asks in a thread of its own, and gives up when the gateway dies."""
        http = httpx.Client(base_url=self.running.url, headers=KEY, timeout=120)

        def ask():
            with http:
                try:
                    http.post(PATH, json={"model": "imagen4", "prompt": prompt}, headers=headers)
                except httpx.HTTPError:
                    pass

        thread = threading.Thread(target=ask)
        thread.start()
        return thread

    def rows(self):
        return self.http.get("/spend/logs").json()


@pytest.fixture
def start_site(simulator, tmp_path_factory):
    started = []

    def start(general="", **environment):
        started.append(Site(simulator, tmp_path_factory.mktemp("site"), general, **environment))
        return started[-1]

    yield start
    for site in started:
        if site.running.process.poll() is None:
            site.running.stop()


@pytest.fixture
def site(start_site):
    return start_site()


def heard(script, request_id, count=1):
    """The attempts at a job's webhook, once there are as many."""

    def attempts():
        found = script.client.get("/webhooks", params={"request_id": request_id}).json()["webhooks"]
        answered = [attempt for attempt in found if "status" in attempt or "failure" in attempt]
        return len(answered) >= count and answered

    return eventually(attempts, 60)


def looks(script, request_id):
    return [entry["route"] for entry in script.requests(request_id=request_id) if entry["route"] in ("status", "stream")]


def submit_that_loses_its_answer(script, **behaviour):
    """Plans a job that fal takes and never says so."""
    return script.plan(faults=[{"on": "submit", "transport": "hang", "accepts": True}], **behaviour)


def test_a_job_is_heard_of_by_its_webhook_alone(site, script):
    prompt = script.plan(run={"seconds": [0.3, 0.4]})
    answer = site.ask(prompt)
    assert answer.status_code == 200, answer.text
    (job,) = script.submitted(prompt)
    (attempt,) = heard(script, job["request_id"])
    assert attempt["status"] == 200 and "/fal/webhook/" in attempt["url"]
    # Nothing was held and nothing polled; the result is fetched for what fal bills.
    assert looks(script, job["request_id"]) == []
    assert len(script.requests(route="result", request_id=job["request_id"])) == 1
    assert answer.headers["x-falgate-cost-basis"] == "billed"


def test_a_webhook_needs_no_gateway_key_and_strangers_change_nothing(site, script):
    prompt = script.plan()
    site.ask(prompt)
    (job,) = script.submitted(prompt)
    (attempt,) = heard(script, job["request_id"])
    path = attempt["url"].split("/fal/webhook/")[1]
    stranger = httpx.post(f"{site.running.url}/fal/webhook/{path[:-1]}{'0' if path[-1] != '0' else '1'}", json={})
    assert (stranger.status_code, stranger.json()["status"]) == (200, "ignored")
    forged = httpx.post(attempt["url"], json=attempt["body"])
    assert (forged.status_code, forged.json()["status"]) == (400, "refused")


@pytest.mark.parametrize("plan", [{"signature": "wrong"}, {"signature": "missing"}, {"signature": "unknown_key"}, {"timestamp": -600}])
def test_a_forged_or_replayed_webhook_ends_nothing(site, script, plan):
    prompt = script.plan(webhook={**plan, "retries": []})
    thread = site.asks(prompt)
    (job,) = eventually(lambda: script.submitted(prompt))
    (attempt,) = heard(script, job["request_id"])
    assert attempt["status"] in (400, 401)
    ended = site.rows() or script.requests(route="result", request_id=job["request_id"])
    # The look that every waiting job gets in the end finds it, on a very slow machine before this line;
    # after a restart that is at once.
    assert not ended or looks(script, job["request_id"])
    site.restart()
    thread.join()
    row = eventually(site.rows, 60)[0]
    assert (row["status"], row["spend"]) == ("success", 0.05)


def test_a_webhook_that_comes_twice_counts_once(site, script):
    prompt = script.plan(webhook={"deliveries": 3})
    assert site.ask(prompt).status_code == 200
    (job,) = script.submitted(prompt)
    assert [attempt["status"] for attempt in heard(script, job["request_id"], 3)] == [200, 200, 200]
    (row,) = site.rows()
    assert row["spend"] == 0.05


def test_a_webhook_that_never_comes_is_made_good_by_a_look(site, script):
    prompt = script.plan(webhook={"deliveries": 0})
    assert site.ask(prompt).status_code == 200
    (job,) = script.submitted(prompt)
    assert looks(script, job["request_id"]) == ["status"]


def test_a_webhook_whose_payload_was_lost(site, script):
    answer = site.ask(script.plan(webhook={"payload": "lost"}))
    assert answer.status_code == 200 and answer.json()["data"][0]["url"]


def test_a_failure_is_heard_as_well(site, script):
    answer = site.ask(script.plan(outcome={"error": "content_policy_violation"}))
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "content_policy_violation"


def test_a_webhook_for_a_job_of_an_earlier_process(site, script):
    prompt = script.plan(run="hold")
    thread = site.asks(prompt)
    (job,) = eventually(lambda: script.submitted(prompt))
    eventually(lambda: [entry for entry in script.jobs() if entry["request_id"] == job["request_id"] and entry["status"] == "IN_PROGRESS"])
    site.restart()
    thread.join()
    # The look that a job taken up gets has found it running.
    eventually(lambda: looks(script, job["request_id"]))
    script.release(job)
    row = eventually(site.rows)[0]
    assert (row["status"], row["spend"], row["fal_request_ids"]) == ("success", 0.05, [job["request_id"]])
    assert heard(script, job["request_id"])[-1]["status"] == 200


def test_a_lost_receipt_is_found_after_a_kill(site, script):
    prompt = submit_that_loses_its_answer(script, run="hold")
    thread = site.asks(prompt, **{"Idempotency-Key": "lost"})
    (job,) = eventually(lambda: script.submitted(prompt))
    site.restart()
    thread.join()
    lost = site.ask(prompt, **{"Idempotency-Key": "lost"})
    assert lost.json()["error"]["code"] == "fal_submit_unknown"
    script.release(job)
    heard(script, job["request_id"])
    found = eventually(lambda: (again := site.ask(prompt, **{"Idempotency-Key": "lost"})).status_code == 200 and again)
    assert httpx.get(found.json()["data"][0]["url"]).status_code == 200
    (row,) = [row for row in site.rows() if row["images"]]
    assert (row["spend"], row["fal_request_ids"]) == (0.05, [job["request_id"]])
    assert site.http.get(f"{PATH}/{row['request_id']}").json()["data"] == found.json()["data"]
    assert script.submits(prompt) == 1


@pytest.mark.parametrize("lost, status", [(1, 200), ("all", 502)])
def test_all_jobs_of_a_request_that_were_lost_are_in_its_answer(site, script, lost, status):
    # Five images are two jobs of this model. With one lost the answer has the other's, with both none.
    behaviour = {"run": "hold"} if lost == "all" else {}
    prompt = script.plan(faults=[{"on": "submit", "transport": "drop", "accepts": True, "count": lost}], **behaviour)
    first = site.http.post(PATH, json={"model": "imagen4", "prompt": prompt, "n": 5})
    assert first.status_code == status
    jobs = script.submitted(prompt)
    assert len(jobs) == 2
    for job in jobs if lost == "all" else []:
        # One after the other: the second finds the first one's answer.
        script.release(job)
        heard(script, job["request_id"])
    place = f"{PATH}/{first.headers['x-falgate-request-id']}"
    answer = eventually(lambda: (again := site.http.get(place)).status_code == 200 and len(again.json()["data"]) == 5 and again)
    images = [image["url"] for image in answer.json()["data"]]
    assert len(set(images)) == 5 and all(httpx.get(url).status_code == 200 for url in images)
    (row,) = eventually(lambda: (rows := site.rows()) and rows[0]["images"] == 5 and rows)
    assert row["spend"] == 0.25 and script.submits(prompt) == 2


def test_a_lost_image_is_found_though_the_answer_it_belongs_to_cannot_be_read_at_once(start_site, script, tmp_path):
    site = start_site(LD_PRELOAD=str(preloadable("failing_disk.c", tmp_path)))
    # Five images are two jobs of this model.
    prompt = script.plan()
    script.client.post("/plan", json={
        "match": {"prompt": prompt}, "times": 1, "run": "hold", "faults": [
            {"on": "submit", "transport": "drop", "accepts": True}, {"on": "result", "delay": 10}]}).raise_for_status()
    first = site.http.post(PATH, json={"model": "imagen4", "prompt": prompt, "n": 5})
    assert first.status_code == 200
    place = f"{PATH}/{first.headers['x-falgate-request-id']}"
    known = len(site.http.get(place).json()["data"])
    (job,) = [job for job in script.submitted(prompt) if not script.requests(route="result", request_id=job["request_id"])]
    script.release(job)
    eventually(lambda: script.requests(route="result", request_id=job["request_id"]))
    # What is written makes the next who looks read the file again.
    assert site.http.post(PATH, json={"model": "nobody's", "prompt": prompt}).status_code == 404
    (site.folder / "reads-fail").write_text(str(int(errno.ESTALE)))
    site.running.line("spend not recorded")
    (site.folder / "reads-fail").unlink()
    answer = eventually(lambda: (again := site.http.get(place)).status_code == 200 and len(again.json()["data"]) > known and again)
    assert len({image["url"] for image in answer.json()["data"]}) == 5
    (row,) = [row for row in site.rows() if row["images"]]
    assert (row["images"], row["spend"], script.submits(prompt)) == (5, 0.25, 2)


def test_a_webhook_that_came_while_the_submit_was_waited_for_survives_a_kill(site, script):
    prompt = submit_that_loses_its_answer(script)
    thread = site.asks(prompt)
    (job,) = eventually(lambda: script.submitted(prompt))
    (attempt,) = heard(script, job["request_id"])
    assert attempt["status"] == 200
    site.restart()
    thread.join()
    row = eventually(site.rows)[0]
    assert (row["status"], row["spend"], row["fal_request_ids"]) == ("success", 0.05, [job["request_id"]])


def test_a_submit_cut_off_is_answered_by_its_webhook(site, script):
    """The same process: the caller was told that nobody knows, and fetches the image later."""
    prompt = script.plan(faults=[{"on": "submit", "transport": "drop", "accepts": True}], run="hold")
    lost = site.ask(prompt)
    assert lost.status_code == 502 and lost.json()["error"]["code"] == "fal_submit_unknown"
    (job,) = script.submitted(prompt)
    script.release(job)
    location = f"{PATH}/{lost.headers['x-falgate-request-id']}"
    found = eventually(lambda: (now := site.http.get(location)).status_code == 200 and now)
    assert httpx.get(found.json()["data"][0]["url"]).status_code == 200
    (row,) = site.rows()
    assert (row["spend"], row["images"], row["fal_request_ids"]) == (0.05, 1, [job["request_id"]])
    # What came late is counted as well.
    assert 'falgate_spend_nanodollars_total{model="imagen4"} 50000000' in site.http.get("/metrics").text


def test_a_lost_receipt_is_found_after_a_reload_that_wants_no_webhooks(site, script):
    """fal knows the address of a job that was submitted before, and says it once."""
    prompt = script.plan(faults=[{"on": "submit", "transport": "drop", "accepts": True}], run="hold")
    assert site.ask(prompt).json()["error"]["code"] == "fal_submit_unknown"
    (job,) = script.submitted(prompt)
    path = site.folder / "config.yaml"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "public_url" not in line and "jwks" not in line))
    assert site.http.post("/config/reload").json()["reloaded"]
    script.release(job)
    assert heard(script, job["request_id"])[-1]["status"] == 200
    row = eventually(lambda: [row for row in site.rows() if row["images"]], 60)[0]
    assert (row["spend"], row["fal_request_ids"]) == (0.05, [job["request_id"]])
    # New requests ask for none.
    prompt = script.plan()
    assert site.ask(prompt).status_code == 200
    (job,) = script.submitted(prompt)
    assert set(looks(script, job["request_id"])) == {"stream"}


def test_a_caller_who_hangs_up_does_not_stop_paid_work(site, script):
    prompt = script.plan(run="hold")
    hang_up(site.running, script, prompt)
    (job,) = script.submitted(prompt)
    # Nobody has heard of its phase: fal is asked before anything is stopped.
    eventually(lambda: looks(script, job["request_id"]))
    script.release(job)
    row = eventually(site.rows)[0]
    assert row["spend"] == 0.05 and row["images"] == 1
    assert script.requests(route="cancel", request_id=job["request_id"]) == []


def test_a_repetition_after_a_hang_up_joins_what_goes_on(site, script):
    """Nobody has heard of the job's phase: it is joined when a look has found it running."""
    prompt = script.plan(run="hold")
    hang_up(site.running, script, prompt, until=lambda: [
        job for job in script.jobs() if job["status"] == "IN_PROGRESS"
        and job["request_id"] in [submit.get("request_id") for submit in script.submitted(prompt)]])
    (job,) = script.submitted(prompt)
    again = {"x-stainless-retry-count": "1"}
    impatient = site.ask(prompt, **again, **{"x-litellm-timeout": "1"})
    assert (impatient.status_code, impatient.json()["error"]["code"]) == (504, "timeout")
    later = site.ask(prompt, **again, Prefer="respond-async")
    assert (later.status_code, later.headers["location"]) == (202, impatient.headers["location"])
    script.release(job)
    found = eventually(lambda: (got := site.http.get(later.headers["location"])).status_code == 200 and got)
    assert found.json()["data"][0]["url"] and script.submits(prompt) == 1
    assert script.requests(route="cancel", request_id=job["request_id"]) == []


def test_a_failure_that_nobody_cancelled_is_told_as_what_it_was(site, script):
    prompt = script.plan(run="hold", outcome={"error": "content_policy_violation", "units": "1"})
    hang_up(site.running, script, prompt)
    (job,) = script.submitted(prompt)
    # The look whether it still waits.
    eventually(lambda: looks(script, job["request_id"]))
    script.release(job)
    row = eventually(site.rows)[0]
    assert (row["http_status"], row["error_code"], row["spend"]) == (499, "content_policy_violation", 0.05)
    found = site.http.get(f"{PATH}/{row['request_id']}")
    assert (found.status_code, found.json()["error"]["code"]) == (400, "content_policy_violation")


@pytest.mark.parametrize("follow, route", [("stream", "stream"), ("poll", "status")])
def test_other_ways_to_follow_ask_for_no_webhook(start_site, script, follow, route):
    site = start_site(f"  follow: {follow}\n")
    prompt = script.plan()
    assert site.ask(prompt).status_code == 200
    (job,) = script.submitted(prompt)
    assert set(looks(script, job["request_id"])) == {route}
    assert script.client.get("/webhooks", params={"request_id": job["request_id"]}).json()["count"] == 0
