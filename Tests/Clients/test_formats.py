"""How images are handed over: addresses, bytes or both; black ones; some of several; nothing but the plan."""

import base64
import io
import json

import httpx
import pytest
from openai import BadRequestError, OpenAI
from PIL import Image

from conftest import MASTER_KEY

# Every way of handing images over, and a model for each way in which fal gives them.
CONFIG = """\
model_list:
  - model_name: dev
    litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_base: {api_base}}}
  - model_name: recraft
    litellm_params: {{model: fal_ai/fal-ai/recraft/v3/text-to-image, api_base: {api_base}}}
  - model_name: both
    litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_base: {api_base}}}
    model_info: {{default_response_format: both}}
  - model_name: gpt-image-1
    litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_base: {api_base}}}
    model_info: {{default_response_format: b64_json}}
  - model_name: strict
    litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_base: {api_base}}}
    model_info: {{nsfw_policy: error}}
  - model_name: nothing-said
    litellm_params:
      model: fal_ai/fal-ai/gpt-image-1.5
      api_base: {api_base}
      additional_drop_params: [size, quality, background]
  - model_name: nano-banana
    litellm_params: {{model: fal_ai/fal-ai/nano-banana, api_base: {api_base}}}
  - model_name: exact
    litellm_params: {{model: fal_ai/fal-ai/flux-pro/v1.1-ultra, api_base: {api_base}}}
    model_info: {{size_policy: exact}}
  - model_name: gpt-image-2
    litellm_params: {{model: fal_ai/gpt-image-2, api_base: {api_base}}}
general_settings:
  master_key: sk-1234
"""


@pytest.fixture(scope="module")
def running(simulator, tmp_path_factory):
    from conftest import Running

    directory = tmp_path_factory.mktemp("formats")
    (directory / "config.yaml").write_text(CONFIG.format(api_base=simulator.url))
    running = Running(["serve", "--config", "config.yaml", "--port", "0"], directory)
    yield running
    running.stop()


@pytest.fixture
def client(running):
    return OpenAI(base_url=running.url, api_key=MASTER_KEY, max_retries=0)


@pytest.fixture
def http(running):
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=120) as client:
        yield client


def generate(http, **body):
    return http.post("/v1/images/generations", json=body)


def decoded(text):
    picture = Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
    picture.load()
    return picture


def test_both_gives_address_and_bytes_to_who_asks_for_neither(client):
    image = client.images.generate(model="both", prompt="a lake").data[0]
    assert httpx.get(image.url).content == base64.b64decode(image.b64_json)


@pytest.mark.parametrize("model", ["dev", "both", "gpt-image-1"])
def test_an_explicit_format_is_obeyed_exactly(client, model):
    by_address = client.images.generate(model=model, prompt="a lake", response_format="url").data[0]
    assert by_address.url.startswith("http") and by_address.b64_json is None
    by_bytes = client.images.generate(model=model, prompt="a lake", response_format="b64_json").data[0]
    assert decoded(by_bytes.b64_json) and by_bytes.url is None


def test_the_format_of_a_model_is_its_default(client):
    answer = client.images.generate(model="gpt-image-1", prompt="a lake")
    assert decoded(answer.data[0].b64_json) and answer.data[0].url is None
    assert answer.output_format == decoded(answer.data[0].b64_json).format.lower()


@pytest.mark.parametrize("settings, model, is_inline", [
    # An answer that is kept is one that can be fetched again, so the image stays with fal.
    ("result_ttl: 60", "dev", False),
    ("result_ttl: 0", "dev", True),
    ("result_ttl: 0", "recraft", False),
])
def test_bytes_come_with_the_result_where_nothing_is_kept(start_gateway, script, settings, model, is_inline):
    gateway = start_gateway(CONFIG + f"  {settings}\n")
    client = OpenAI(base_url=gateway.url, api_key=MASTER_KEY, max_retries=0)
    prompt = script.plan()
    answer = client.images.generate(model=model, prompt=prompt, response_format="b64_json")
    assert decoded(answer.data[0].b64_json)
    [submit] = script.submitted(prompt)
    assert ("sync_mode" in submit["body"]) == is_inline


def test_an_address_in_spite_of_sync_mode_is_fetched(client, script):
    prompt = script.plan(output={"sync_mode": "ignored"})
    answer = client.images.generate(model="dev", prompt=prompt, response_format="b64_json", n=3)
    assert [decoded(image.b64_json).size for image in answer.data] == [(1024, 768)] * 3


def test_the_format_told_is_that_of_the_bytes(client, script):
    prompt = script.plan(output={"format": "webp", "content_type": "image/png"})
    answer = client.images.generate(model="dev", prompt=prompt, response_format="b64_json", output_format="png")
    assert base64.b64decode(answer.data[0].b64_json)[8:12] == b"WEBP"
    assert answer.output_format == "webp"


@pytest.mark.parametrize("type, format", [("image/svg+xml", "svg"), ("image/jpg", "jpeg"), ("IMAGE/PNG", "png"), ("text/html", None)])
def test_the_format_told_of_an_address_is_what_fal_says(http, script, type, format):
    answer = generate(http, model="dev", prompt=script.plan(output={"content_type": type}))
    assert answer.json()["output_format"] == format


@pytest.mark.parametrize("model, asked, told", [
    ("dev", {"background": "transparent", "quality": "high"}, {"background": None, "quality": None}),
    ("dev", {"size": "1024x768"}, {"size": "1024x768"}),
    ("gpt-image-2", {"size": "1000x1000", "quality": "xhigh"}, {"size": "1008x1008", "quality": "high"}),
    ("exact", {"size": "1024x1024"}, {"size": "2048x2048"}),
    ("nothing-said", {"quality": "high", "background": "transparent"}, {"quality": None, "background": None}),
    ("nano-banana", {"size": "auto_4K"}, {"size": None}),
    ("dev", {}, {"size": None, "quality": None, "background": None}),
])
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_told_is_what_was_made(http, script, model, asked, told, stream):
    key = script.plan()
    for _ in ["first", "repeated"]:
        answer = http.post(
            "/v1/images/generations", json={"model": model, "prompt": key, "stream": stream, **asked}, headers={"Idempotency-Key": key})
        assert answer.status_code == 200, answer.text
        body = answer.json() if not stream else next(
            json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: "))
        assert {name: body.get(name) for name in told} == told


def test_the_clients_name_of_the_request_is_given_back(http):
    def told(name):
        return http.post("/v1/images/generations", json={"model": "dev", "prompt": "x"}, headers={"x-litellm-call-id": name})

    assert told("my-call 1").headers["x-litellm-call-id"] != "my-call 1"
    for status, model in [(200, "dev"), (404, "nobody/knows")]:
        answer = http.post(
            "/v1/images/generations", json={"model": model, "prompt": "x"}, headers={"x-litellm-call-id": "my-call-1"})
        assert answer.headers["x-litellm-call-id"] == "my-call-1"
        assert answer.headers["x-falgate-request-id"] != "my-call-1"
    answer = told("x" * 129)
    assert answer.headers["x-litellm-call-id"] == answer.headers["x-falgate-request-id"]


def test_an_image_that_cannot_be_fetched_is_given_by_its_address(http, script):
    # The first address fails at all three attempts.
    faults = [{"on": "image", "count": 3, "status": 500}]
    prompt = script.plan(output={"sync_mode": "ignored"}, faults=faults)
    answer = generate(http, model="dev", prompt=prompt, response_format="b64_json")
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "image_unavailable"
    address = answer.json()["error"]["message"].split("fal keeps it at ")[1].rstrip(".")
    assert httpx.get(address).status_code == 200


def test_a_black_image_is_given_and_flagged(http, script):
    prompt = script.plan(outcome="black")
    answer = generate(http, model="dev", prompt=prompt)
    assert answer.status_code == 200 and answer.json()["data"][0]["url"]
    assert answer.json()["falgate"]["has_nsfw_concepts"] == [True]


def test_a_black_image_is_an_error_where_that_is_the_policy(http, script):
    prompt = script.plan(outcome="black")
    answer = generate(http, model="strict", prompt=prompt)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "content_policy_violation"
    assert answer.headers["x-should-retry"] == "false"
    # fal bills black pictures, so the ledger does.
    assert float(answer.headers["x-litellm-response-cost"]) > 0


def test_only_the_black_ones_are_withheld(http, script):
    prompt = script.plan(output={"merge": {"has_nsfw_concepts": [False, True, False]}})
    answer = generate(http, model="strict", prompt=prompt, n=3)
    assert len(answer.json()["data"]) == 2
    assert answer.headers["x-falgate-partial"] == (
        "1 of 3 images not delivered as asked: content_policy_violation")


def test_an_exact_size_is_refused_where_the_model_cannot_make_it(client):
    with pytest.raises(BadRequestError) as refused:
        client.images.generate(model="exact", prompt="a lake", size="1000x617")
    assert refused.value.param == "size" and "16:9" in refused.value.message
    assert client.images.generate(model="exact", prompt="a lake", size="1920x1080").data[0].url


class TestDryRun:
    @pytest.fixture(params=[{"params": {"dry_run": "true"}}, {"headers": {"x-falgate-dry-run": "true"}}])
    def ask(self, request):
        return request.param

    def test_tells_what_would_be_sent_and_sends_nothing(self, http, script, ask):
        prompt = script.plan()
        rows = http.get("/spend/logs").json()
        body = {"model": "dev", "prompt": prompt, "n": 6, "size": "1792x1024", "user": "me", "seed": 7}
        answer = http.post("/v1/images/generations", json=body, **ask)
        plan = answer.json()
        assert answer.status_code == 200
        assert plan["object"] == "falgate.dry_run" and plan["endpoint"] == "fal-ai/flux/dev"
        assert [call["input"]["num_images"] for call in plan["calls"]] == [4, 2]
        assert [call["input"]["seed"] for call in plan["calls"]] == [7, 11]
        assert plan["calls"][0]["input"]["image_size"] == {"width": 1792, "height": 1024}
        assert plan["size"].startswith("1792x1024 -> ") and plan["dropped_params"] == ["user"]
        # Two megapixels an image, 2.5 cents a megapixel.
        assert plan["maximum_cost"] == pytest.approx(6 * 2 * 0.025)
        assert plan["maximum_cost"] == pytest.approx(sum(call["maximum_cost"] for call in plan["calls"]))
        assert float(answer.headers["x-litellm-response-cost"]) == plan["maximum_cost"]
        assert answer.headers["x-falgate-cost-basis"] == "maximum"
        assert script.submits(prompt) == 0
        assert http.get("/spend/logs").json() == rows

    def test_refuses_what_the_request_would_be_refused_for(self, http, ask):
        rows = http.get("/spend/logs").json()
        answer = http.post("/v1/images/generations", json={"model": "dev", "prompt": "x", "output_format": "tiff"}, **ask)
        assert http.get("/spend/logs").json() == rows
        assert answer.status_code == 400 and answer.json()["error"]["param"] == "output_format"
