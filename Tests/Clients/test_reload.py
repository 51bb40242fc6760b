"""SIGHUP and POST /config/reload: the new configuration takes over whole, or is refused whole."""

import signal
import socket
import sqlite3
import ssl
import subprocess
import threading

import httpx
import pytest

from conftest import FAL_KEY, MASTER_KEY, PAGE_CONFIG, Running
from test_hangup import eventually

HEADERS = {"Authorization": f"Bearer {MASTER_KEY}"}


def ask(gateway, model="imagen4", prompt="x", key=MASTER_KEY, **fields):
    return httpx.post(
        gateway.url + "/v1/images/generations", json={"model": model, "prompt": prompt, **fields}, timeout=120,
        headers={"Authorization": f"Bearer {key}"},
    )


def reload(gateway, key=MASTER_KEY):
    return httpx.post(gateway.url + "/config/reload", headers={"Authorization": f"Bearer {key}"}, timeout=120)


def rewrite(gateway, simulator, *changes, config=PAGE_CONFIG):
    for old, new in changes:
        assert old in config
        config = config.replace(old, new)
    (gateway.directory / "config.yaml").write_text(config.format(api_base=simulator.url))


def test_a_new_model_and_a_new_key_are_taken_over(start_gateway, simulator):
    gateway = start_gateway()
    assert ask(gateway, "painter").status_code == 404
    rewrite(gateway, simulator, ("model_name: imagen4", "model_name: painter"), ("sk-1234", "sk-another-key"))
    answer = reload(gateway)
    assert (answer.status_code, answer.json()) == (200, {"reloaded": True, "findings": []})
    assert ask(gateway, "painter").status_code == 401
    assert ask(gateway, "painter", key="sk-another-key").status_code == 200
    assert ask(gateway, "imagen4", key="sk-another-key").status_code == 404
    gateway.line("configuration reloaded")


def test_sighup_does_the_same(start_gateway, simulator):
    gateway = start_gateway()
    rewrite(gateway, simulator, ("model_name: imagen4", "model_name: painter"))
    gateway.process.send_signal(signal.SIGHUP)
    gateway.line("configuration reloaded")
    assert ask(gateway, "painter").status_code == 200
    rewrite(gateway, simulator, ("model_list:", "model_list: ["))
    gateway.process.send_signal(signal.SIGHUP)
    gateway.line("configuration refused")
    assert ask(gateway, "painter").status_code == 200


@pytest.mark.parametrize(
    "changes, line, words",
    [
        ([("model_name: imagen4", "model_name: painter"), ("mode: image_generation\n\n  - model_name: stable", "mode: [\n\n  - model_name: stable")], None, ""),
        ([("model_name: imagen4", "model_name: painter"), ("master_key: sk-1234", "master_key: sk-1234\n  max_parallel_requests: many")], 28, "general_settings.max_parallel_requests"),
        ([("model_name: imagen4", "model_name: painter"), ("master_key: sk-1234", "master_key: sk-1234\n  database_url: sqlite:///other.db")], 28, "database cannot be changed"),
        ([("model_name: imagen4", "model_name: painter"), ("master_key: sk-1234", "master_key: sk-1234\n  store_images: images")], 28, "folder of images cannot be changed"),
        ([("model_name: imagen4", "model_name: painter"), ("general_settings:\n  master_key: sk-1234", "general_settings:\n  result_ttl: 60")], 1, "listens beyond it"),
        ([("model_name: imagen4", "model_name: painter"), ("fal_ai/fal-ai/imagen4/preview", "fal_ai/https://")], None, "model_list"),
    ],
    ids=["yaml", "value", "database", "images", "key", "endpoint"],
)
def test_a_configuration_with_an_error_changes_nothing(start_gateway, simulator, changes, line, words):
    gateway = start_gateway()
    rewrite(gateway, simulator, *changes)
    answer = reload(gateway)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "configuration_refused"
    errors = [finding for finding in answer.json()["findings"] if finding["severity"] == "error"]
    assert errors and words in errors[0]["text"]
    assert errors[0]["text"].startswith(f"config.yaml:{errors[0]['line']}:{errors[0]['column']}:")
    if line:
        assert errors[0]["line"] == line
    gateway.line(errors[0]["message"][:20])
    # Nothing of it was taken over.
    assert ask(gateway, "painter").status_code == 404
    assert ask(gateway, "imagen4").status_code == 200
    assert FAL_KEY not in answer.text


def test_only_the_master_key_reloads(gateway):
    assert httpx.post(gateway.url + "/config/reload").status_code == 401
    assert reload(gateway, "sk-wrong").status_code == 401


def test_a_running_request_keeps_its_configuration(start_gateway, simulator, script):
    gateway = start_gateway()
    prompt = script.plan(run="hold")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(ask(gateway, "imagen4", prompt, response_format="b64_json")))
    thread.start()
    submit = eventually(lambda: script.submitted(prompt))[0]
    # Its entry, its price and the key it was asked with are gone.
    rewrite(gateway, simulator, ("model_name: imagen4", "model_name: painter"), ("imagen4/preview", "flux/schnell"), ("sk-1234", "sk-another-key"))
    assert reload(gateway).status_code == 200
    script.release(submit)
    thread.join()
    assert answers[0].status_code == 200
    assert answers[0].json()["data"][0]["b64_json"]
    assert answers[0].headers["x-litellm-response-cost"] == "0.05"


def test_a_job_from_before_both_a_crash_and_a_reload_is_settled(start_gateway, simulator, script):
    gateway = start_gateway()
    prompt = script.plan(run="hold")
    answer = httpx.post(
        gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, timeout=120,
        headers={**HEADERS, "Prefer": "respond-async"},
    )
    place = answer.headers["location"]
    submit = eventually(lambda: script.submitted(prompt))[0]
    gateway.process.kill()
    gateway.process.wait()
    again = Running(["serve", "--config", "config.yaml", "--port", "0"], gateway.directory)
    try:
        rewrite(again, simulator, ("model_name: imagen4", "model_name: painter"), ("imagen4/preview", "flux/schnell"))
        assert reload(again).status_code == 200
        script.release(submit)
        found = eventually(lambda: (got := httpx.get(again.url + place, headers=HEADERS)).status_code == 200 and got)
        assert found.json()["data"][0]["url"]
        rows = httpx.get(again.url + "/spend/logs", headers=HEADERS).json()
        assert [row["spend"] for row in rows if submit["request_id"] in row["fal_request_ids"]] == [0.05]
    finally:
        again.stop()


def test_what_cannot_be_read_of_what_was_learned_is_told(start_gateway):
    gateway = start_gateway()
    with sqlite3.connect(gateway.directory / "falgate.db", timeout=120) as database:
        database.execute("INSERT INTO learned_profiles (endpoint, profile, learned_at) VALUES ('fal-ai/x', 'nonsense', 0)")
    answer = reload(gateway)
    assert answer.status_code == 200
    finding = answer.json()["findings"][-1]
    assert finding["severity"] == "warning" and "learned again" in finding["message"]
    gateway.line("fal-ai/x was learned by another release")


def certificate(directory, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=directory, check=True, capture_output=True,
    )
    return ssl.PEM_cert_to_DER_cert((directory / "cert.pem").read_text())


def handshake(gateway):
    host, port = gateway.url.removeprefix("https://").split(":")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = context.wrap_socket(socket.create_connection(("127.0.0.1", int(port)), timeout=120))
    return connection, connection.getpeercert(binary_form=True)


def says_alive(connection):
    connection.sendall(b"GET /health/liveness HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_certificates_are_read_again(simulator, tmp_path):
    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
    first = certificate(tmp_path, "first")
    gateway = Running(
        ["serve", "--config", "config.yaml", "--host", "127.0.0.1", "--port", "0", "--ssl_certfile_path", "cert.pem", "--ssl_keyfile_path", "key.pem"],
        tmp_path,
    )
    try:
        old, seen = handshake(gateway)
        assert seen == first
        second = certificate(tmp_path, "second")
        with httpx.Client(base_url=gateway.url, verify=False, headers=HEADERS, timeout=120) as http:
            assert http.post("/config/reload").status_code == 200
            assert handshake(gateway)[1] == second
            assert says_alive(old)
            # A key that does not belong to the certificate: neither it nor the configuration is taken.
            good_key = (tmp_path / "key.pem").read_text()
            certificate(tmp_path, "third")
            (tmp_path / "key.pem").write_text(good_key)
            rewrite(gateway, simulator, ("model_name: imagen4", "model_name: painter"))
            refused = http.post("/config/reload")
            assert refused.status_code == 422
            assert refused.json()["findings"][-1]["file"] == "cert.pem"
            assert handshake(gateway)[1] == second
            assert "painter" not in http.get("/v1/models").text
    finally:
        gateway.stop()
