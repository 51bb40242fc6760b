"""Edits and variations, as clients upload them: what reaches fal is the caller's own bytes."""

import base64
import io
import uuid

import httpx
import openai
import pytest
from openai import OpenAI
from PIL import Image

from conftest import MASTER_KEY, Running

CONFIG = """\
model_list:
  - model_name: nano-banana
    litellm_params: {{model: fal_ai/fal-ai/nano-banana, api_base: {api_base}}}
  - model_name: gpt-image-1
    litellm_params: {{model: fal_ai/openai/gpt-image-2, api_base: {api_base}}}
  - model_name: kontext
    litellm_params: {{model: fal_ai/fal-ai/flux-pro/kontext, api_base: {api_base}}}
  - model_name: flux
    litellm_params: {{model: fal_ai/fal-ai/flux/dev, api_base: {api_base}}}
  - model_name: ideogram
    litellm_params: {{model: fal_ai/fal-ai/ideogram/v3, api_base: {api_base}}}
  - model_name: cut-out
    litellm_params: {{model: fal_ai/fal-ai/birefnet/v2, api_base: {api_base}}}
  - model_name: priced
    litellm_params: {{model: fal_ai/fal-ai/nano-banana, api_base: {api_base}}}
    model_info: {{output_cost_per_image: 0.5}}
  - model_name: somebody
    litellm_params: {{model: fal_ai/somebody/paints/edit, api_base: {api_base}}}
general_settings:
  master_key: sk-1234
  max_input_images: 4
  default_response_format: both
"""


@pytest.fixture(scope="module")
def gateway(simulator, tmp_path_factory):
    directory = tmp_path_factory.mktemp("edits")
    (directory / "config.yaml").write_text(CONFIG.format(api_base=simulator.url))
    running = Running(["serve", "--config", "config.yaml", "--port", "0"], directory)
    yield running
    running.stop()


@pytest.fixture
def client(gateway):
    return OpenAI(base_url=gateway.url + "/v1", api_key=MASTER_KEY, max_retries=0)


@pytest.fixture
def http(gateway):
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as client:
        yield client


def file(format="PNG", size=(8, 6), colour=(200, 30, 40)):
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, format)
    return content.getvalue()


def hash_of(content):
    """FNV-1a, 64 bits, as the simulator tells it."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return format(value, "x")


def name(content):
    return "image/" + Image.open(io.BytesIO(content)).format.lower()


def given(fields):
    """What the simulator says of pictures it was given: field -> content."""
    return [
        {"field": field, "content_type": name(content), "bytes": len(content), "hash": hash_of(content)}
        for field, content in fields
    ]


@pytest.fixture
def job(script):
    """The simulator's job with a prompt, once."""

    def find(prompt):
        (request,) = [r for r in script.requests(route="submit") if prompt in str(r.get("body"))]
        (job,) = [j for j in script.jobs() if j["request_id"] == request["request_id"]]
        return {**job, "input": request["body"]}

    return find


@pytest.fixture
def prompt():
    return f"make it blue {uuid.uuid4()}"


def picture(image):
    content = base64.b64decode(image.b64_json, validate=True) if image.b64_json else httpx.get(image.url).content
    loaded = Image.open(io.BytesIO(content))
    loaded.load()
    return loaded


def test_the_sdk_edits_one_image(client, job, prompt):
    content = file()
    answer = client.images.edit(model="nano-banana", image=("a.png", content, "image/png"), prompt=prompt)
    assert picture(answer.data[0])
    found = job(prompt)
    assert found["endpoint"] == "fal-ai/nano-banana/edit"
    assert found["input_images"] == given([("image_urls[0]", content)])


def test_the_sdk_edits_several_images_with_a_mask(client, job, prompt):
    images = [file("PNG"), file("JPEG"), file("WEBP"), file("GIF")]
    mask = file(colour=(0, 0, 0))
    answer = client.images.edit(
        model="gpt-image-1", image=[io.BytesIO(image) for image in images], mask=mask, prompt=prompt, n=2,
        size="1024x1024", quality="high", response_format="b64_json",
    )
    assert len(answer.data) == 2
    for image in answer.data:
        assert image.url is None
        assert picture(image).size == (1024, 1024)
    found = job(prompt)
    assert found["endpoint"] == "openai/gpt-image-2/edit"
    fields = [(f"image_urls[{index}]", image) for index, image in enumerate(images)]
    assert found["input_images"] == given(fields + [("mask_url", mask)])
    assert found["input"]["num_images"] == 2
    assert found["input"]["quality"] == "high"


def test_the_sdk_sends_fals_own_parameters(client, job, prompt):
    client.images.edit(
        model="kontext", image=file(), prompt=prompt,
        extra_body={"seed": 7, "guidance_scale": 2.5, "safety_tolerance": "2", "nested": {"a": [1, "b"], "c": True}},
    )
    sent = job(prompt)["input"]
    assert sent["seed"] == 7
    assert sent["guidance_scale"] == 2.5
    assert sent["safety_tolerance"] == "2"
    assert sent["nested"] == {"a": [1, "b"], "c": True}


def test_the_sdk_makes_variations(client, script):
    content = file("JPEG")
    before = {job["request_id"] for job in script.jobs()}
    answer = client.images.create_variation(model="cut-out", image=content, n=2)
    assert len(answer.data) == 2
    jobs = [job for job in script.jobs() if job["request_id"] not in before]
    assert [job["endpoint"] for job in jobs] == ["fal-ai/birefnet/v2"] * 2
    assert all(job["input_images"] == given([("image_url", content)]) for job in jobs)
    with pytest.raises(openai.BadRequestError) as raised:
        client.images.create_variation(model="nano-banana", image=content)
    assert raised.value.param == "prompt"


def test_the_sdk_streams_an_edit(client, prompt):
    events = list(client.images.edit(model="nano-banana", image=file(), prompt=prompt, stream=True))
    assert [event.type for event in events] == ["image_edit.completed"]
    assert picture(events[0])


def test_open_webui(http, job, prompt):
    """Every field a string, the files under `image[]`."""
    images = [file(), file("WEBP")]
    answer = http.post(
        "/v1/images/edits",
        data={"model": "gpt-image-1", "prompt": prompt, "n": "1", "size": "1024x1024", "background": "auto", "response_format": "b64_json"},
        files=[("image[]", (f"{index}.png", image, "image/png")) for index, image in enumerate(images)],
    )
    answer.raise_for_status()
    (image,) = answer.json()["data"]
    assert base64.b64decode(image["b64_json"], validate=True)
    assert job(prompt)["input_images"] == given([("image_urls[0]", images[0]), ("image_urls[1]", images[1])])


def test_librechat(http, job, prompt):
    """A form as axios and form-data write it, without names of types."""
    content = file()
    boundary = "--------------------------515890814546601021194782"
    fields = {"model": "gpt-image-1", "prompt": prompt, "quality": "auto", "size": "auto"}
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    )
    body += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image[]"; filename="image.png"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body += content + f"\r\n--{boundary}--\r\n".encode()
    answer = http.post(
        "/v1/images/edits", content=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    answer.raise_for_status()
    assert answer.json()["data"][0]["b64_json"]
    assert job(prompt)["input_images"] == given([("image_urls[0]", content)])


def data_uri(content, type="image/png"):
    return f"data:{type};base64," + base64.b64encode(content).decode()


@pytest.mark.parametrize("path", ["/v1/images/edits", "/images/edits", "/openai/deployments/nano-banana/images/edits"])
def test_json(http, job, prompt, path):
    content = file("JPEG")
    body = {
        "model": "nano-banana", "prompt": prompt,
        "images": [{"image_url": "https://example.com/a.png"}, {"image_url": data_uri(content, "image/png")}],
    }
    http.post(path, json=body).raise_for_status()
    found = job(prompt)
    assert found["input"]["image_urls"][0] == "https://example.com/a.png"
    # The bytes say what they are, whatever the sender calls them.
    assert found["input_images"] == given([("image_urls[1]", content)])


@pytest.mark.parametrize("image", ["https://example.com/a.png", ["https://example.com/a.png"]])
def test_one_image_by_its_address(http, job, prompt, image):
    http.post("/v1/images/edits", json={"model": "kontext", "prompt": prompt, "image": image}).raise_for_status()
    assert job(prompt)["input"] == {"prompt": prompt, "image_url": "https://example.com/a.png"}


def test_an_endpoint_that_nothing_is_known_of(http, job, prompt):
    answer = http.post("/v1/images/edits", data={"model": "somebody", "prompt": prompt}, files={"image": file()})
    answer.raise_for_status()
    sent = job(prompt)["input"]
    assert sent["image_urls"] == [sent["image_url"]]


def test_what_a_model_has_no_word_for_is_told(http, prompt):
    answer = edit(http, {"image": file()}, prompt=prompt, input_fidelity="high", background="auto", user="u-1")
    assert answer.headers["x-falgate-dropped-params"] == "background, input_fidelity, user"


def test_a_dry_run_tells_the_sibling_and_sends_nothing(http, script, prompt):
    content = file(size=(64, 64))
    answer = http.post("/v1/images/edits?dry_run=true", data={"model": "nano-banana", "prompt": prompt}, files={"image": content})
    assert answer.json()["endpoint"] == "fal-ai/nano-banana/edit"
    (call,) = answer.json()["calls"]
    assert call["input"]["image_urls"][0].startswith("data:image/png;base64,")
    assert script.submits(prompt) == 0


def test_what_an_edit_costs_and_is_called(http, prompt):
    for model, cost in [("nano-banana", "0.039"), ("priced", "0.5")]:
        answer = http.post("/v1/images/edits", data={"model": model, "prompt": prompt}, files={"image": file()})
        assert answer.headers["x-litellm-response-cost"] == cost
        (row,) = http.get("/spend/logs", params={"request_id": answer.headers["x-falgate-request-id"]}).json()
        assert row["call_type"] == "aimage_edit"
        assert row["model"].endswith("fal-ai/nano-banana/edit")


def edit(http, files, **fields):
    return http.post("/v1/images/edits", data={"prompt": "x", "model": "nano-banana", **fields}, files=files)


def huge():
    """A PNG of a few bytes that claims 100 megapixels."""
    return file()[:16] + (10_000).to_bytes(4, "big") * 2 + file()[24:]


REFUSED = [
    pytest.param({"image": ("a.txt", b"hello")}, {}, "image", "(a.txt) is not an image", id="text"),
    pytest.param({"image": ("a.svg", b"<svg xmlns='x'/>", "image/png")}, {}, "image", "(a.svg) is not an image", id="svg"),
    pytest.param({"image": ("a.png", b"")}, {}, "image", "is empty", id="empty"),
    pytest.param({"image": ("a.png", file()[:20])}, {}, "image", "no readable width", id="cut off"),
    pytest.param({"image": ("a.png", huge())}, {}, "image", "10000x10000 pixels", id="pixels"),
    pytest.param([("image", file())] * 5, {}, "image", "at most 4", id="count"),
    pytest.param([("image", file())] * 2, {"model": "kontext"}, "image", "one image; 2 were sent", id="one image"),
    pytest.param({"image": file()}, {"model": "flux"}, "image", "from a prompt alone", id="no editor"),
    pytest.param({"image": file()}, {"model": "ideogram"}, "mask", "send a `mask`", id="mask missing"),
    pytest.param({"image": file(), "mask": file()}, {"model": "kontext"}, "mask", "takes no mask", id="mask not taken"),
    pytest.param([("image", file()), ("mask", file()), ("mask", file())], {}, "mask", "twice", id="two masks"),
    pytest.param({"mask": file()}, {}, "image", "'image' is required", id="image missing"),
    pytest.param({"image": file()}, {"prompt": ""}, "prompt", "'prompt' must be", id="prompt empty"),
    pytest.param({"image": file()}, {"n": "two"}, "n", "must be an integer", id="n"),
    pytest.param({"image": file()}, {"extra_body": "x"}, "extra_body", "JSON object", id="extra_body"),
    pytest.param({"image": file()}, {"model": ""}, "model", "is required", id="model missing"),
]


@pytest.mark.parametrize("files, fields, param, message", REFUSED)
def test_what_is_refused_costs_nothing(http, script, files, fields, param, message):
    before = len(script.requests(route="submit"))
    answer = edit(http, files, **fields)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["param"] == param
    assert message in error["message"]
    assert len(script.requests(route="submit")) == before


def test_json_images_are_checked_as_well(http):
    for image, message in [
        (data_uri(b"hello"), "not an image"),
        ("data:image/png;base64,@@@@", "not base64 at byte 0"),
        ("data:image/png,x", "that is not base64"),
        ("/etc/passwd", "must be an https address"),
        ({"file_id": "file-1"}, "cannot read"),
    ]:
        answer = http.post("/v1/images/edits", json={"model": "nano-banana", "prompt": "x", "images": [image]})
        assert answer.status_code == 400
        assert message in answer.json()["error"]["message"]
        assert answer.json()["error"]["param"].startswith("images[0]")


def test_a_generation_on_a_model_that_edits_is_refused(http):
    answer = http.post("/v1/images/generations", json={"model": "kontext", "prompt": "x"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "image"
    assert "/v1/images/edits" in answer.json()["error"]["message"]


def test_other_bodies(http):
    for type, status in [
        ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("multipart/mixed; boundary=b", 415),
        ("multipart/form-data", 400), ("multipart/form-data; boundary=b", 400),
    ]:
        answer = http.post("/v1/images/edits", content=b"x", headers={"Content-Type": type})
        assert answer.status_code == status, type
    answer = http.post("/v1/images/generations", content=b"x", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 415


def test_a_body_beyond_the_bound_is_413(start_gateway):
    gateway = start_gateway(CONFIG.replace("max_input_images: 4", "max_request_size_mb: 1"))
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    with httpx.Client(base_url=gateway.url, headers=headers) as client:
        assert edit(client, {"image": file() + bytes(2 * 1024 * 1024)}).status_code == 413
        assert edit(client, {"image": file() + bytes(512 * 1024)}).status_code == 200


def test_thirty_megabytes_arrive(http, script, prompt):
    content = file() + bytes(30 * 1024 * 1024)
    answer = edit(http, {"image": content}, prompt=prompt)
    assert answer.status_code == 200
    job = script.jobs()[-1]
    assert job["input_images"][0]["bytes"] == len(content)


def test_without_a_key_nothing_is_read(gateway):
    answer = httpx.post(gateway.url + "/v1/images/edits", files={"image": file()}, data={"prompt": "x"})
    assert answer.status_code == 401
