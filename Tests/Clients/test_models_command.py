"""`falgate models` and `learn_models`: endpoints that falgate has no row for, and prices by fal's own list."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from conftest import FAL_KEY, FALGATE, MASTER_KEY, Running

CONFIG = """\
model_list:
  - model_name: qwen
    litellm_params: {{model: fal_ai/fal-ai/qwen-image, api_key: os.environ/FAL_AI_API_KEY, api_base: "{fal}"}}
  - model_name: lightning
    litellm_params: {{model: fal_ai/fal-ai/fast-lightning-sdxl, api_key: os.environ/FAL_AI_API_KEY, api_base: "{fal}"}}
  - model_name: flux
    litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_key: os.environ/FAL_AI_API_KEY, api_base: "{fal}"}}
  - model_name: fal_ai/*
    litellm_params: {{model: fal_ai/*, api_key: os.environ/FAL_AI_API_KEY, api_base: "{fal}"}}
general_settings:
  master_key: sk-1234
  openapi_base: {site}
  pricing_base: {fal}
{more}"""


class Installation:
    """A directory with a configuration, in which commands and gateways are run."""

    def __init__(self, directory, simulator):
        self.directory = directory
        self.simulator = simulator
        self.gateways = []
        self.configure()

    def configure(self, more="", site=None):
        text = CONFIG.format(fal=self.simulator.url, site=site or self.simulator.url, more=more)
        (self.directory / "config.yaml").write_text(text)

    def models(self, *arguments, code=0, **environment):
        result = subprocess.run(
            [FALGATE, "models", *arguments], cwd=self.directory,
            env={"PATH": "/usr/bin:/bin", "FAL_AI_API_KEY": FAL_KEY, **environment},
            capture_output=True, text=True, timeout=120,
        )
        assert result.returncode == code, result.stderr
        return result

    def show(self, name):
        return json.loads(self.models("show", name, "--json").stdout)

    def serve(self):
        running = Running(["serve", "--port", "0"], self.directory)
        self.gateways.append(running)
        return httpx.Client(base_url=running.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}, timeout=120)

    def stop(self):
        for running in self.gateways:
            if running.process.poll() is None:
                running.stop()
        self.gateways = []


@pytest.fixture
def here(tmp_path, simulator):
    installation = Installation(tmp_path, simulator)
    yield installation
    installation.stop()


def images(gateway, **body):
    response = gateway.post("/v1/images/generations", json=body)
    assert response.status_code == 200, response.text
    return response


def sent(script, prompt):
    return [json.loads(entry["body"]) if isinstance(entry["body"], str) else entry["body"] for entry in script.submitted(prompt)]


def test_an_unknown_endpoint_is_learned_and_used(here, script):
    assert here.show("qwen")["profile"] == "unlisted"
    learned = json.loads(here.models("learn", "qwen", "--json").stdout)
    assert learned["endpoint"] == "fal-ai/qwen-image"
    assert learned["profile"] == "learned"
    assert here.show("fal-ai/qwen-image")["images"]["per_call"] == 4
    assert "learned" in next(line for line in here.models("list").stdout.splitlines() if "qwen-image" in line)

    prompt = script.plan()
    answer = images(here.serve(), model="qwen", prompt=prompt, size="600x800", n=6, output_format="jpg", style="vivid")
    bodies = sent(script, prompt)
    assert sorted(body["num_images"] for body in bodies) == [2, 4]
    assert all(body["image_size"] == {"width": 600, "height": 800} for body in bodies)
    assert all(body["output_format"] == "jpeg" for body in bodies)
    assert not any("style" in body for body in bodies)
    assert "style" in answer.headers["x-falgate-dropped-params"]
    assert len(answer.json()["data"]) == 6


def test_a_format_the_learned_model_lacks_is_refused_with_the_list(here):
    here.models("learn", "fal-ai/fast-lightning-sdxl")
    response = here.serve().post(
        "/v1/images/generations", json={"model": "lightning", "prompt": "x", "output_format": "webp"})
    assert response.status_code == 400
    assert "jpeg" in response.json()["error"]["message"]


def test_forgetting(here):
    here.models("learn", "qwen")
    assert "forgotten: fal-ai/qwen-image" in here.models("forget", "qwen").stdout
    assert here.show("qwen")["profile"] == "unlisted"
    assert "nothing was learned" in here.models("forget", "qwen", code=1).stderr


def test_learning_beside_a_running_gateway(here, script):
    gateway = here.serve()
    result = here.models("learn", "qwen")
    assert "after a reload or its next start" in result.stderr
    assert gateway.get("/v1/models/qwen").json()["falgate"]["deployments"][0]["profile"] == "unlisted"
    here.stop()
    assert here.serve().get("/v1/models/qwen").json()["falgate"]["deployments"][0]["profile"] == "learned"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["learn", "fal-ai/no-such-model"], ["does it exist"]),
        (["learn", "fal-ai/kling-video/v2.1/master/text-to-video"], ["not an image endpoint", "video"]),
        (["learn", "nonsense"], ["neither a model", "nonsense"]),
        (["learn"], ["one name"]),
        (["teach", "x"], ["teach"]),
        ([], ["list"]),
        (["refresh-prices", "fal-ai/sana"], ["price list"]),
    ],
)
def test_mistakes_are_told(here, arguments, words):
    result = subprocess.run(
        [FALGATE, "models", *arguments], cwd=here.directory,
        env={"PATH": "/usr/bin:/bin", "FAL_AI_API_KEY": FAL_KEY}, capture_output=True, text=True, timeout=120)
    assert result.returncode in (1, 2)
    for word in words:
        assert word in result.stderr


def test_prices_are_fals(here, script):
    assert "$0.025" in here.models("refresh-prices", "flux", "fal-ai/qwen-image").stdout
    # As if fal had changed it since: the list is asked, not the table.
    here.models("learn", "qwen")
    assert here.show("qwen")["price"]["source"] == "fal's price list"
    prompt = script.plan(billing={"header": "missing"})
    answer = images(here.serve(), model="qwen", prompt=prompt, size="1024x1024")
    assert float(answer.headers["x-litellm-response-cost"]) == 0.02


def test_a_price_of_seconds_settles_by_fals_bill(here, script):
    here.models("refresh-prices")
    prompt = script.plan(billing={"units": "2.5"})
    answer = images(here.serve(), model="lightning", prompt=prompt)
    assert float(answer.headers["x-litellm-response-cost"]) == pytest.approx(2.5 * 0.00111)


def test_a_refused_key_is_said(here, script):
    script.client.post("/keys", json={"key": "other:key", "state": "unknown"}).raise_for_status()
    (here.directory / "config.yaml").unlink()
    (here.directory / "config.yaml").write_text(
        CONFIG.format(fal=here.simulator.url, site=here.simulator.url, more="").replace("os.environ/FAL_AI_API_KEY", "other:key"))
    result = here.models("refresh-prices", code=1)
    assert "does not accept the fal key" in result.stderr
    assert "other:key" not in result.stderr + result.stdout


def test_a_model_is_learned_at_first_use_once(here, script):
    here.configure("  learn_models: true\n")
    gateway = here.serve()
    before = len([r for r in script.requests(route="document", limit=10000) if "qwen-image-edit" not in str(r)])
    prompt = script.plan()
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: images(gateway, model="qwen", prompt=prompt, n=2, size="512x512"), range(20)))
    after = len([r for r in script.requests(route="document", limit=10000) if "qwen-image-edit" not in str(r)])
    assert after - before == 1
    assert all(body["num_images"] == 2 and body["image_size"] == "square" for body in sent(script, prompt))
    assert gateway.get("/v1/models/qwen").json()["falgate"]["deployments"][0]["profile"] == "learned"
    # Kept for the next start, where nothing is fetched.
    here.stop()
    assert here.show("qwen")["profile"] == "learned"


def test_what_cannot_be_learned_is_used_unlisted_and_asked_once(here, script):
    here.configure("  learn_models: true\n")
    gateway = here.serve()
    prompt = script.plan()
    name = "fal_ai/fal-ai/never-heard-of"
    count = lambda: sum("never-heard-of" in str(r) for r in script.requests(route="document", limit=10000))
    before = count()
    for _ in range(3):
        images(gateway, model=name, prompt=prompt, some_field=7)
    assert count() - before == 1
    assert all(body["some_field"] == 7 for body in sent(script, prompt))
    here.gateways[0].line("model not learned")


def test_a_dead_site_does_not_stop_requests(here, script):
    here.configure("  learn_models: true\n", site="http://127.0.0.1:9")
    images(here.serve(), model="qwen", prompt=script.plan())


def test_no_key_goes_to_the_documents(here, script):
    here.configure("  learn_models: true\n")
    here.models("learn", "fal-ai/luma-photon")
    images(here.serve(), model="qwen", prompt=script.plan())
    assert not any(violation["kind"] == "authorization_at_documents" for violation in script.violations())


def test_model_info_overrides_a_profile(here, script):
    config = here.directory / "config.yaml"
    config.write_text(config.read_text().replace(
        "  - model_name: flux\n",
        "  - model_name: flux\n"
        "    model_info:\n"
        "      images: null\n"
        "      size: {by: aspect_ratio, parameter: aspect_ratio, values: ['16:9', '1:1'], default: '1:1'}\n"))
    prompt = script.plan()
    images(here.serve(), model="flux", prompt=prompt, n=2, size="1792x1024")
    bodies = sent(script, prompt)
    assert len(bodies) == 2
    assert all(body["aspect_ratio"] == "16:9" and "num_images" not in body for body in bodies)


def test_a_wrong_override_has_its_place(here):
    config = here.directory / "config.yaml"
    config.write_text(config.read_text().replace(
        "  - model_name: flux\n",
        "  - model_name: flux\n"
        "    model_info:\n"
        "      sise: 1\n"
        "      images: {parameter: num_images, maximum: 0, basis: documented}\n"))
    result = subprocess.run(
        [FALGATE, "check", "config.yaml"], cwd=here.directory,
        env={"PATH": "/usr/bin:/bin", "FAL_AI_API_KEY": FAL_KEY}, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "config.yaml:9:48: model_list[2].model_info.images.maximum: is not a positive integer" in result.stdout
    assert "config.yaml:8:7: model_list[2].model_info.sise: warning:" in result.stdout
    assert "did you mean size?" in result.stdout
