"""The OpenAI SDK, pointed at falgate by two lines: base URL and key."""

import asyncio
import base64
import io

import httpx
import openai
import pytest
from openai import AsyncOpenAI, AzureOpenAI, OpenAI
from PIL import Image

from conftest import MASTER_KEY


@pytest.fixture
def client(gateway):
    # As LiteLLM's page writes it: no /v1.
    return OpenAI(base_url=gateway.url, api_key=MASTER_KEY, max_retries=0)


def image_at(url):
    answer = httpx.get(url)
    answer.raise_for_status()
    picture = Image.open(io.BytesIO(answer.content))
    picture.load()
    return picture


def test_the_page_call_gives_two_working_urls(client):
    answer = client.images.generate(
        model="flux-ultra", prompt="A beautiful sunset over the ocean", n=2, size="1792x1024"
    )
    assert len(answer.data) == 2
    assert len({image.url for image in answer.data}) == 2
    for image in answer.data:
        width, height = image_at(image.url).size
        assert abs(width / height - 16 / 9) < 0.02
        assert image.b64_json is None
    assert answer.created > 1_700_000_000
    assert answer.usage.total_tokens == 0


def test_b64_json_gives_two_decodable_images(client):
    answer = client.images.generate(
        model="flux-ultra", prompt="A sunset", n=2, size="1792x1024", response_format="b64_json"
    )
    assert len(answer.data) == 2
    for image in answer.data:
        picture = Image.open(io.BytesIO(base64.b64decode(image.b64_json, validate=True)))
        picture.load()
        assert abs(picture.size[0] / picture.size[1] - 16 / 9) < 0.02
        assert image.url is None


def test_base_url_with_v1_works_too(gateway):
    client = OpenAI(base_url=gateway.url + "/v1", api_key=MASTER_KEY)
    answer = client.images.generate(model="stable-diffusion", prompt="A garden", size="1024x768")
    assert image_at(answer.data[0].url).size == (1024, 768)


def test_fal_parameters_go_through_extra_body(client):
    answer = client.images.generate(
        model="stable-diffusion", prompt="A city", extra_body={"seed": 18446744073709551615, "guidance_scale": 7.5}
    )
    assert image_at(answer.data[0].url)


def test_azure_client(gateway):
    client = AzureOpenAI(azure_endpoint=gateway.url, api_key=MASTER_KEY, api_version="2024-02-01")
    answer = client.images.generate(model="imagen4", prompt="A kitchen")
    assert image_at(answer.data[0].url).size[0] > 0


def test_models_are_listed(client):
    assert {model.id for model in client.models.list()} == {"flux-ultra", "imagen4", "stable-diffusion"}
    assert client.models.retrieve("imagen4").id == "imagen4"


def test_many_at_once(gateway):
    async def run():
        client = AsyncOpenAI(base_url=gateway.url, api_key=MASTER_KEY)
        calls = [client.images.generate(model="imagen4", prompt=f"picture {i}") for i in range(50)]
        return await asyncio.gather(*calls)

    answers = asyncio.run(run())
    assert len({answer.data[0].url for answer in answers}) == 50


def test_the_cost_is_told_and_recorded(client, http):
    answer = client.images.with_raw_response.generate(model="flux-ultra", prompt="A dragon", n=3)
    assert answer.headers["x-litellm-response-cost"] == "0.18"
    request_id = answer.headers["x-falgate-request-id"]
    (row,) = http.get("/spend/logs", params={"request_id": request_id}).json()
    assert row["request_id"] == request_id
    assert row["spend"] == 0.18
    assert row["model_group"] == "flux-ultra"
    assert row["status"] == "success"


@pytest.mark.parametrize(
    "error, arguments",
    [
        (openai.NotFoundError, {"model": "dall-e-9", "prompt": "x"}),
        (openai.BadRequestError, {"model": "imagen4", "prompt": ""}),
        (openai.BadRequestError, {"model": "imagen4", "prompt": "x", "n": 0}),
        (openai.BadRequestError, {"model": "imagen4", "prompt": "x", "size": "0x0"}),
    ],
)
def test_mistakes_raise_the_sdk_errors(client, error, arguments):
    with pytest.raises(error) as raised:
        client.images.generate(**arguments)
    assert raised.value.body["message"]
    assert raised.value.type == "invalid_request_error"


def test_a_wrong_key_is_an_authentication_error(gateway):
    client = OpenAI(base_url=gateway.url, api_key="sk-wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as raised:
        client.images.generate(model="imagen4", prompt="x")
    assert "sk-wrong" not in str(raised.value)
