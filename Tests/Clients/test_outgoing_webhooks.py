"""Callers' webhooks: told of the end of an asynchronous request, signed as Standard Webhooks says, until they are taken."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from test_hangup import eventually
from test_webhooks import PATH, start_site  # noqa: F401

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ALLOWED = f"  webhook_secret: {SECRET}\n  allow_private_webhooks: true\n"


def verify(secret, headers, body):
    """What a receiver does; docs/jobs.md has the same."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split(" "))
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return json.loads(body)


class Receiver:
    """A caller's own server: keeps what comes and answers with the statuses it was given, then with 200."""

    def __init__(self):
        self.calls = []
        self.statuses = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.calls.append((dict((name.lower(), value) for name, value in self.headers.items()), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def ask(site, prompt, url, **more):
    body = {"model": "imagen4", "prompt": prompt, "async": True, "webhook_url": url, **more}
    return site.http.post(PATH, json=body)


def secret_of(site):
    return site.http.get("/v1/webhooks/secret").raise_for_status().json()["secret"]


def test_the_end_is_told_and_the_signature_verifies(start_site, script, receiver):
    site = start_site(ALLOWED)
    accepted = ask(site, script.plan(), receiver.url)
    assert accepted.status_code == 202, accepted.text
    headers, body = eventually(lambda: receiver.calls)[0]
    secret = secret_of(site)
    assert secret.startswith("whsec_") and secret != SECRET
    message = verify(secret, headers, body)
    assert message["type"] == "image.generation.completed"
    assert message["data"]["id"] == accepted.json()["id"]
    fetched = site.http.get(message["data"]["poll_url"])
    assert fetched.json() == message["data"]["result"]
    with pytest.raises(AssertionError):
        verify(secret, headers, body + b" ")
    with pytest.raises(AssertionError):
        verify(SECRET, headers, body)


def test_a_failure_is_told_as_well(start_site, script, receiver):
    site = start_site(ALLOWED)
    ask(site, script.plan(outcome={"error": "content_policy_violation"}), receiver.url)
    headers, body = eventually(lambda: receiver.calls)[0]
    message = verify(secret_of(site), headers, body)
    assert message["type"] == "image.generation.failed" and message["data"]["http_status"] == 400
    assert message["data"]["error"]["code"] == "content_policy_violation"


def test_what_was_not_taken_is_sent_again_after_a_kill(start_site, script, receiver):
    site = start_site(ALLOWED)
    receiver.statuses = [500]
    ask(site, script.plan(), receiver.url)
    eventually(lambda: receiver.calls)
    site.restart()
    eventually(lambda: len(receiver.calls) == 2, 60)
    (first, body), (second, again) = receiver.calls
    assert first["webhook-id"] == second["webhook-id"] and body == again
    verify(secret_of(site), second, again)


def test_a_job_of_an_earlier_process_is_told_of(start_site, script, receiver):
    site = start_site(ALLOWED)
    prompt = script.plan(run="hold")
    ask(site, prompt, receiver.url)
    (job,) = eventually(lambda: script.submitted(prompt))
    site.restart()
    script.release(job)
    headers, body = eventually(lambda: receiver.calls, 60)[0]
    assert verify(secret_of(site), headers, body)["type"] == "image.generation.completed"


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "https://10.0.0.1/x", "https://[::1]/x", "http://example.com/x", "ftp://example.com", "x", ""])
def test_addresses_that_are_refused_at_once(start_site, script, url):
    site = start_site(f"  webhook_secret: {SECRET}\n")
    answer = ask(site, "a lake", url)
    assert answer.status_code == 400 and answer.json()["error"]["param"] == "webhook_url", answer.text


def test_a_name_of_a_private_address_is_refused_when_it_is_called(start_site, script):
    site = start_site(f"  webhook_secret: {SECRET}\n")
    accepted = ask(site, script.plan(), "https://localhost/hook")
    assert accepted.status_code == 202
    site.running.line("webhook given up", 60)


def test_webhooks_need_a_secret_and_an_asynchronous_request(start_site, gateway, http, receiver):
    answer = http.post(PATH, json={"model": "imagen4", "prompt": "a lake", "async": True, "webhook_url": receiver.url})
    assert answer.status_code == 400 and "general_settings.webhook_secret" in answer.json()["error"]["message"]
    assert http.get("/v1/webhooks/secret").status_code == 400
    site = start_site(ALLOWED)
    answer = site.http.post(PATH, json={"model": "imagen4", "prompt": "a lake", "webhook_url": receiver.url})
    assert answer.status_code == 400 and "respond-async" in answer.json()["error"]["message"]
    assert httpx.get(site.running.url + "/v1/webhooks/secret").status_code == 401
    assert receiver.calls == []


def test_the_secret_is_nowhere_in_the_database(start_site, script, receiver):
    site = start_site(ALLOWED)
    ask(site, script.plan(), receiver.url)
    eventually(lambda: receiver.calls)
    for file in site.folder.glob("falgate.db*"):
        data = file.read_bytes()
        assert SECRET.encode() not in data and secret_of(site).encode() not in data
    assert "whsec_" not in site.running.log
