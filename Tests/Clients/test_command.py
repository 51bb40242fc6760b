"""The command line: exit codes, messages, and what it refuses."""

import json
import signal
import socket
import subprocess

import httpx
import pytest

from conftest import FAL_KEY, FALGATE, MASTER_KEY, PAGE_CONFIG, Running


def falgate(*arguments, cwd=None, **environment):
    return subprocess.run(
        [FALGATE, *arguments], cwd=cwd, env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True, text=True, timeout=120,
    )


def test_version():
    for word in ("version", "--version"):
        result = falgate(word)
        assert (result.returncode, result.stdout.split()[0]) == (0, "falgate")


@pytest.mark.parametrize("command", ["serve", "demo", "simulate", "check", "models", "spend", "health", "version"])
def test_help(command):
    result = falgate(command, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: falgate {command}")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["srve"], ["srve", "serve"]),
        (["serve", "--prot", "1"], ["--prot", "--port"]),
        (["--cofig", "x"], ["--cofig", "--config"]),
        (["serve", "--port"], ["--port", "value"]),
        (["serve", "--port", "x"], ["--port", "x"]),
        (["spend", "--limit", "0"], ["--limit", "0"]),
        (["check"], ["check config.yaml"]),
    ],
)
def test_mistakes_are_named(arguments, words, tmp_path):
    result = falgate(*arguments, cwd=tmp_path)
    assert result.returncode in (1, 2)
    for word in words:
        assert word in result.stderr


def test_variables_that_are_empty_are_not_set(simulator, tmp_path):
    """What compose files make of them. A mistake in one is told by its name."""
    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
    empty = {"HOST": "", "CONFIG_FILE_PATH": "", "SSL_CERTFILE_PATH": "", "SSL_KEYFILE_PATH": "", "DEBUG": ""}
    gateway = Running(["serve", "--port", "0"], tmp_path, empty)
    assert gateway.stop() == 0
    assert falgate("models", "list", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY, CONFIG_FILE_PATH="").returncode == 0
    result = falgate("serve", "--port", "0", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY, HOST="nowhere")
    assert result.returncode == 2
    assert "the variable HOST is nowhere" in result.stderr


def test_litellms_variables_for_tls(simulator, tmp_path):
    from test_reload import certificate

    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
    result = falgate("serve", "--port", "0", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY, SSL_CERTFILE_PATH="cert.pem")
    assert (result.returncode, "SSL_KEYFILE_PATH" in result.stderr) == (2, True)
    certificate(tmp_path, "one")
    gateway = Running(
        ["serve", "--port", "0"], tmp_path, {"SSL_CERTFILE_PATH": "cert.pem", "SSL_KEYFILE_PATH": "key.pem", "DEBUG": "1"})
    assert gateway.url.startswith("https://")
    assert gateway.stop() == 0


def test_litellms_validation_is_a_check(tmp_path):
    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base="http://127.0.0.1:1"))
    result = falgate("--config", "config.yaml", "--validate_config", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY)
    assert (result.returncode, "no errors" in result.stdout) == (0, True)
    assert falgate("--config", "config.yaml", "--validate_config", cwd=tmp_path).returncode == 1
    for words in ["serve --config config.yaml --validate_config", "--config config.yaml --port 4000 --validate_config", "--validate_config"]:
        result = falgate(*words.split(), cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY)
        assert (result.returncode, "no errors" in result.stdout) == (0, True), words
    (tmp_path / "config.yaml").rename(tmp_path / "other.yaml")
    result = falgate("--validate_config", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY, CONFIG_FILE_PATH="other.yaml")
    assert (result.returncode, "other.yaml: " in result.stdout) == (0, True)


def test_a_mistyped_ledger_is_not_made(tmp_path):
    job = "019e0000-0000-7000-8000-000000000000/0"
    result = falgate("jobs", "resolve", job, "--not-paid", "-d", "typo.db", cwd=tmp_path)
    assert (result.returncode, "typo.db: there is no such file" in result.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_takes_any_folder_that_a_ledger_can_be_in(tmp_path):
    demo = Running(["demo", "--simulator", "--port", "0", "--folder", 'a"b'], tmp_path)
    demo.line("Serving until")
    demo.stop()
    assert (tmp_path / 'a"b' / "falgate.db").exists()
    result = falgate("demo", "--folder", "a?b", cwd=tmp_path)
    assert (result.returncode, "question mark" in result.stderr) == (2, True)


def test_check_names_place_and_neighbour(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(PAGE_CONFIG.format(api_base="http://127.0.0.1:1") + "  max_paralel_requests: 3\n")
    result = falgate("check", "config.yaml", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY)
    assert result.returncode == 0
    assert "config.yaml:28:3: general_settings.max_paralel_requests: warning:" in result.stdout
    assert "max_parallel_requests" in result.stdout
    assert falgate("check", "--strict", "config.yaml", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY).returncode == 1


def test_check_needs_the_fal_key_and_never_prints_one(tmp_path):
    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base="http://127.0.0.1:1"))
    result = falgate("check", "config.yaml", cwd=tmp_path)
    assert result.returncode == 1
    assert "config.yaml:5:16: model_list[0].litellm_params.api_key" in result.stdout
    assert "FAL_AI_API_KEY" in result.stdout
    result = falgate("check", "config.yaml", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY)
    assert FAL_KEY not in result.stdout + result.stderr


def test_the_example_configuration_is_clean(tmp_path):
    from conftest import ROOT

    result = falgate(
        "check", "--strict", str(ROOT / "config.example.yaml"), FAL_AI_API_KEY=FAL_KEY, LITELLM_MASTER_KEY="sk-0123456789abcdef"
    )
    assert result.returncode == 0, result.stdout
    assert "no errors" in result.stdout


def test_a_taken_port_is_an_error(simulator, tmp_path):
    (tmp_path / "config.yaml").write_text(PAGE_CONFIG.format(api_base=simulator.url))
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = falgate("serve", "--port", port, cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY)
    assert result.returncode == 1
    assert "in use" in result.stderr


def test_without_a_master_key_only_the_loopback_is_served(start_gateway, simulator, tmp_path):
    config = PAGE_CONFIG.split("general_settings")[0]
    gateway = start_gateway(config)
    assert gateway.url.startswith("http://127.0.0.1:")
    gateway.line("no master_key")
    answer = httpx.post(gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": "x"}, timeout=120)
    assert answer.status_code == 200
    # A page that is open in a browser here: neither by a form nor under a name of its own.
    for header in [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}]:
        answer = httpx.post(gateway.url + "/v1/images/generations", content='{"model": "imagen4", "prompt": "x"}', headers=header)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site_request")
    assert len(httpx.get(gateway.url + "/spend/logs").json()) == 1
    (tmp_path / "config.yaml").write_text(config.format(api_base=simulator.url))
    result = falgate("serve", "--host", "0.0.0.0", "--port", "0", cwd=tmp_path, FAL_AI_API_KEY=FAL_KEY)
    assert result.returncode == 1
    assert "loopback" in result.stderr


def test_spend_tells_what_was_spent(start_gateway):
    gateway = start_gateway()
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        for model, n in [("flux-ultra", 2), ("imagen4", 1)]:
            http.post("/v1/images/generations", json={"model": model, "prompt": "x", "n": n}).raise_for_status()
        http.post("/v1/images/generations", json={"model": model, "prompt": "", "n": n})
    # While it runs, and from another process.
    result = falgate("spend", "--by", "model", "--json", cwd=gateway.directory)
    sums = {row["group"]: row for row in json.loads(result.stdout)}
    assert (sums["flux-ultra"]["cost_nanodollars"], sums["flux-ultra"]["images"]) == (120_000_000, 2)
    assert (sums["imagen4"]["cost_nanodollars"], sums["imagen4"]["failures"]) == (50_000_000, 1)
    table = falgate("spend", cwd=gateway.directory).stdout
    assert "$0.17" in table
    assert len(falgate("spend", "--by", "request", cwd=gateway.directory).stdout.splitlines()) == 4
    assert falgate("spend", "--database", "nowhere.db", cwd=gateway.directory).returncode == 1


def test_health_asks_fal_whether_the_keys_work(gateway, http, script):
    assert http.get("/health").json()["unhealthy_count"] == 0
    assert http.get("/health/readiness").json()["status"] == "healthy"
    assert httpx.get(gateway.url + "/health/liveliness").json() == "I'm alive!"
    assert httpx.get(gateway.url + "/health").status_code == 401
    script.client.post("/keys", json={"key": FAL_KEY, "state": "unknown"}).raise_for_status()
    try:
        report = http.get("/health").json()
        assert report["unhealthy_count"] == 3
        assert FAL_KEY not in str(report)
        assert falgate("health", "--url", gateway.url, "--key", MASTER_KEY).returncode == 1
    finally:
        script.client.post("/keys", json={"key": FAL_KEY, "state": "usable"}).raise_for_status()
    assert falgate("health", "--url", gateway.url, "--key", MASTER_KEY).returncode == 0


def test_health_asks_once_a_key_and_of_wildcards_too(start_gateway, script):
    """Two entries, a wildcard and aliases with one key, and a wildcard with a key that fal does not know."""
    gateway = start_gateway("""\
model_list:
  - {{model_name: a, litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_base: "{api_base}"}}}}
  - {{model_name: b, litellm_params: {{model: fal_ai/fal-ai/imagen4/preview, api_base: "{api_base}"}}}}
  - {{model_name: "good/*", litellm_params: {{model: "fal_ai/*", api_base: "{api_base}"}}}}
  - {{model_name: "bad/*", litellm_params: {{model: "fal_ai/*", api_base: "{api_base}", api_key: "unknown:key"}}}}
router_settings: {{model_group_alias: {{c: a, d: a}}}}
general_settings: {{master_key: sk-1234}}
""")
    script.client.post("/keys", json={"key": "unknown:key", "state": "unknown"}).raise_for_status()
    with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120) as http:
        before = len(script.requests())
        report = http.get("/health").json()
        assert len(script.requests()) == before + 2
        assert report["healthy_count"] == 3
        assert [entry["model"] for entry in report["unhealthy_endpoints"]] == ["fal_ai/*"]
        assert "falgate_deployments 2\n" in http.get("/metrics").text
    assert falgate("health", "--url", gateway.url, "--key", MASTER_KEY).returncode == 1


def test_sigterm_finishes_what_runs_and_a_second_one_stops(start_gateway, script):
    import threading

    gateway = start_gateway()
    prompt = script.plan(run="hold")
    answers = []

    def ask():
        try:
            answers.append(
                httpx.post(
                    gateway.url + "/v1/images/generations", json={"model": "imagen4", "prompt": prompt}, timeout=120,
                    headers={"Authorization": f"Bearer {MASTER_KEY}"},
                ).status_code
            )
        except httpx.HTTPError:
            answers.append("cut")

    for second in (False, True):
        thread = threading.Thread(target=ask)
        thread.start()
        from test_hangup import eventually, submitted

        job = eventually(lambda: submitted(script, prompt))
        gateway.process.send_signal(signal.SIGTERM)
        gateway.line("finishing what runs")
        if second:
            gateway.process.send_signal(signal.SIGTERM)
            assert gateway.process.wait(timeout=120) == 1
        else:
            script.client.post("/release", json={"request_id": job}).raise_for_status()
            assert gateway.process.wait(timeout=120) == 0
        thread.join()
        gateway = start_gateway()
        prompt = script.plan(run="hold")
    assert answers == [200, "cut"]
