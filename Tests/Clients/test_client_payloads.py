"""What well-known clients send, as they send it, and what each must find in the answer.

Bodies and headers are those of the clients' sources, autumn 2026.
"""

import base64
import io

import httpx
import pytest
from PIL import Image

from conftest import MASTER_KEY, Running

# The names that clients have built in, on models of fal's; both ways of handing images over.
CONFIG = """\
model_list:
  - model_name: gpt-image-1
    litellm_params: {{model: fal_ai/fal-ai/gpt-image-1/text-to-image, api_base: {api_base}}}
  - model_name: gpt-image-2.5-flare
    litellm_params: {{model: fal_ai/openai/gpt-image-2.5/flare/text-to-image, api_base: {api_base}}}
  - model_name: dall-e-2
    litellm_params: {{model: fal_ai/fal-ai/flux/schnell, api_base: {api_base}}}
  - model_name: dall-e-3
    litellm_params: {{model: fal_ai/fal-ai/nano-banana, api_base: {api_base}}}
  - model_name: flux
    litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_base: {api_base}}}
general_settings:
  master_key: sk-1234
  default_response_format: both
"""


@pytest.fixture(scope="module")
def gateway(simulator, tmp_path_factory):
    directory = tmp_path_factory.mktemp("clients")
    (directory / "config.yaml").write_text(CONFIG.format(api_base=simulator.url))
    running = Running(["serve", "--config", "config.yaml", "--port", "0"], directory)
    yield running
    running.stop()


@pytest.fixture
def http(gateway):
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as client:
        yield client


def picture(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def from_address(entry):
    return picture(httpx.get(entry["url"]).raise_for_status().content)


def from_bytes(entry):
    return picture(base64.b64decode(entry["b64_json"], validate=True))


def either(entry):
    """As Open WebUI and Pipecat look: the address first."""
    return from_address(entry) if entry.get("url") else from_bytes(entry)


OPEN_WEBUI = {"model": "flux", "prompt": "a lake", "n": 1, "size": "512x512", "response_format": "b64_json"}
LIBRECHAT = {
    "model": "gpt-image-1", "prompt": "a lake", "n": 2, "background": "auto", "output_format": "png",
    "quality": "auto", "size": "auto",
}
LANGCHAIN_JS = {
    "model": "dall-e-3", "prompt": "a lake", "n": 1, "size": "1024x1024", "response_format": "url",
    "style": "vivid", "quality": "standard", "user": "u-1",
}
AI_SDK_OPENAI = {
    "model": "dall-e-3", "prompt": "a lake", "n": 1, "size": "1792x1024", "quality": "hd", "style": "natural",
    "background": "auto", "moderation": "low", "output_format": "png", "output_compression": 80,
    "user": "u-1", "response_format": "b64_json",
}

PAYLOADS = [
    pytest.param("", OPEN_WEBUI, from_bytes, id="Open WebUI, b64_json"),
    pytest.param("?api-version=2025-04-01-preview", OPEN_WEBUI, from_bytes, id="Open WebUI with api-version"),
    pytest.param("", {"model": "flux", "prompt": "a lake", "n": 1}, either, id="Open WebUI, model with addresses"),
    pytest.param("", LIBRECHAT, from_bytes, id="LibreChat image_gen_oai"),
    pytest.param(
        "", {**LIBRECHAT, "output_format": "webp", "output_compression": 100}, from_bytes, id="LibreChat, webp"),
    pytest.param("", {"model": "flux", "prompt": "a lake", "n": 1}, from_bytes, id="AI SDK openai-compatible"),
    pytest.param(
        "", {"model": "flux", "prompt": "a lake", "n": 2, "size": "1024x1024", "seed": 3}, from_bytes,
        id="AI SDK openai-compatible with providerOptions"),
    pytest.param("", AI_SDK_OPENAI, from_bytes, id="AI SDK openai"),
    pytest.param(
        "", {"prompt": "a lake", "n": 1, "size": "1024x1024", "model": "dall-e-2"}, from_address,
        id="LangChain DallEAPIWrapper"),
    pytest.param("", LANGCHAIN_JS, from_address, id="LangChain JS DallEAPIWrapper"),
    pytest.param(
        "", {"prompt": "a lake", "model": "gpt-image-2.5-flare", "n": 1}, either, id="Pipecat"),
    pytest.param(
        "", {"prompt": "a lake", "model": "gpt-image-2.5-flare", "n": 1, "size": "1024x1024", "quality": "low"},
        either, id="Pipecat with size and quality"),
    pytest.param(
        "", {"prompt": "a lake", "model": "dall-e-3", "response_format": "b64_json", "n": 1, "size": "1024x1792",
             "quality": "hd", "style": "vivid"}, from_bytes, id="n8n, binary"),
    pytest.param(
        "", {"prompt": "a lake", "model": "dall-e-2", "response_format": "url", "n": 1, "size": "256x256"},
        from_address, id="n8n, addresses"),
    pytest.param(
        "", {"prompt": "a lake", "model": "gpt-image-1", "n": 1, "size": "1536x1024", "quality": "high"}, either,
        id="n8n, gpt-image"),
]


@pytest.mark.parametrize("query, body, read", PAYLOADS)
def test_a_client_finds_its_images(http, script, query, body, read):
    answer = http.post("/v1/images/generations" + query, json=body)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert len(data) == body["n"]
    width, height = body["size"].split("x") if "x" in body.get("size", "") else (0, 0)
    for entry in data:
        image = read(entry)
        if width:
            asked = int(width) / int(height)
            assert asked / 1.1 < image.size[0] / image.size[1] < asked * 1.1
        if body.get("output_format"):
            assert image.format.lower() == body["output_format"]
    assert float(answer.headers["x-litellm-response-cost"]) > 0
    usage = answer.json()["usage"]
    assert usage["total_tokens"] == 0 and usage["input_tokens_details"] == {"image_tokens": 0, "text_tokens": 0}
    assert script.violations() == []


def test_what_a_model_cannot_do_is_named(http):
    dropped = http.post("/v1/images/generations", json=AI_SDK_OPENAI).headers["x-falgate-dropped-params"]
    assert set(dropped.split(", ")) == {"quality", "style", "background", "moderation", "output_compression", "user"}


def test_azure_style_callers(gateway):
    answer = httpx.post(
        gateway.url + "/openai/deployments/dall-e-3/images/generations?api-version=2024-02-01",
        headers={"api-key": MASTER_KEY}, json={"prompt": "a lake", "n": 1, "size": "1024x1024"}, timeout=120)
    assert answer.status_code == 200 and from_address(answer.json()["data"][0])


def test_open_webui_tells_who_its_user_is(http):
    headers = {"X-OpenWebUI-User-Name": "Ada", "X-OpenWebUI-User-Id": "1", "X-OpenWebUI-User-Role": "user"}
    assert http.post("/v1/images/generations", json=OPEN_WEBUI, headers=headers).status_code == 200


def test_addresses_are_not_on_the_gateways_own_host(http):
    """Open WebUI would send the gateway's key along with the download."""
    entry = http.post("/v1/images/generations", json={"model": "flux", "prompt": "a lake"}).json()["data"][0]
    assert not entry["url"].startswith(str(http.base_url).rstrip("/"))


def test_litellm_sends_what_the_sdk_sends(http):
    body = {"model": "flux", "prompt": "a lake", "n": 1, "user": "u-1", "image_size": "square_hd", "seed": 1}
    answer = http.post("/v1/images/generations", json=body)
    assert from_bytes(answer.json()["data"][0]).size == (1024, 1024)


def test_pipecat_converts_to_rgb(http):
    body = {"prompt": "a lake", "model": "gpt-image-2.5-flare", "n": 1}
    assert either(http.post("/v1/images/generations", json=body).json()["data"][0]).convert("RGB").mode == "RGB"
