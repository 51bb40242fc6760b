"""What bad input gets: a 4xx in OpenAI's envelope that names the field, and a connection that goes on."""

import json
import socket

import pytest

from conftest import MASTER_KEY

GENERATIONS = "/v1/images/generations"


def assert_envelope(answer, status, code, param, *words):
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["code"], error["param"]) == (code, param)
    for word in words:
        assert word in error["message"], error["message"]


BODIES = [
    ('{"model": "imagen4", "prompt": ', "invalid_json", None, "line 1"),
    ('{"model": "imagen4",\n "prompt": "x",}', "invalid_json", None, "line 2"),
    ('{"model": "imagen4", "prompt": "x", "prompt": "y"}', "invalid_json", None, "twice"),
    ("", "invalid_json", None, "empty"),
    ('{"model": "imagen4", "prompt": "x", "a": [' + "0," * 100_000 + "0]}", "invalid_json", None, "more values"),
    ("[]", "invalid_type", None, "object"),
    ('"text"', "invalid_type", None, "object"),
    ("null", "invalid_type", None, "object"),
    ('{"model": "imagen4"}', "missing_required_parameter", "prompt", "prompt"),
    ('{"model": "imagen4", "prompt": null}', "missing_required_parameter", "prompt", "prompt"),
    ('{"model": "imagen4", "prompt": ""}', "invalid_value", "prompt", "prompt"),
    ('{"model": "imagen4", "prompt": 7}', "invalid_type", "prompt", "prompt"),
    (json.dumps({"model": "imagen4", "prompt": "x" * 32001}), "string_above_max_length", "prompt", "32000"),
    ('{"prompt": "x"}', "missing_required_parameter", "model", "model"),
    ('{"model": 3, "prompt": "x"}', "invalid_type", "model", "model"),
    ('{"model": "imagen4", "prompt": "x", "n": 0}', "integer_below_min_value", "n", "1"),
    ('{"model": "imagen4", "prompt": "x", "n": -1}', "integer_below_min_value", "n", "1"),
    ('{"model": "imagen4", "prompt": "x", "n": 1.5}', "invalid_type", "n", "n"),
    ('{"model": "imagen4", "prompt": "x", "n": "two"}', "invalid_type", "n", "n"),
    ('{"model": "imagen4", "prompt": "x", "n": 11}', "integer_above_max_value", "n", "10"),
    ('{"model": "imagen4", "prompt": "x", "num_images": 11}', "integer_above_max_value", "n", "10"),
    ('{"model": "imagen4", "prompt": "x", "num_images": 1000000000000}', "integer_above_max_value", "n", "10"),
    ('{"model": "flux-ultra", "prompt": "x", "num_images": 9223372036854775807}', "integer_above_max_value", "n", "10"),
    ('{"model": "imagen4", "prompt": "x", "size": "0x0"}', "invalid_value", "size", "0x0"),
    ('{"model": "imagen4", "prompt": "x", "size": "10x"}', "invalid_value", "size", "10x"),
    ('{"model": "imagen4", "prompt": "x", "size": "axb"}', "invalid_value", "size", "axb"),
    ('{"model": "imagen4", "prompt": "x", "size": "99999x1"}', "invalid_value", "size", "99999x1"),
    ('{"model": "imagen4", "prompt": "x", "size": 1024}', "invalid_type", "size", "size"),
    ('{"model": "imagen4", "prompt": "x", "response_format": "png"}', "invalid_value", "response_format", "b64_json"),
    ('{"model": "imagen4", "prompt": "x", "output_format": "gif"}', "invalid_value", "output_format", "png"),
    ('{"model": "imagen4", "prompt": "x", "api_base": "http://evil.test"}', "parameter_not_allowed", "api_base", "api_base"),
    ('{"model": "imagen4", "prompt": "x", "output_cost_per_image": 0}', "parameter_not_allowed", "output_cost_per_image", ""),
]


@pytest.mark.parametrize("body, code, param, word", BODIES)
def test_bodies(http, body, code, param, word):
    answer = http.post(GENERATIONS, content=body, headers={"Content-Type": "application/json"})
    assert_envelope(answer, 400, code, param, word)
    assert answer.headers["x-should-retry"] == "false"
    # The row is there, and cost nothing.
    (row,) = http.get("/spend/logs", params={"request_id": answer.headers["x-falgate-request-id"]}).json()
    assert (row["status"], row["spend"]) == ("failure", 0)


def test_invalid_utf8(http):
    body = b'{"model": "imagen4", "prompt": "\xff\xfe"}'
    answer = http.post(GENERATIONS, content=body, headers={"Content-Type": "application/json"})
    assert_envelope(answer, 400, "invalid_json", None, "UTF-8")


def test_unknown_model(http):
    answer = http.post(GENERATIONS, json={"model": "nope", "prompt": "x"})
    assert_envelope(answer, 404, "model_not_found", "model", "nope")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_wrong_content_type(http, content_type):
    answer = http.post(GENERATIONS, content=b'{"model":"imagen4","prompt":"x"}', headers={"Content-Type": content_type})
    assert_envelope(answer, 415, "unsupported_media_type", None, "application/json")


def test_no_content_type_is_json(http):
    request = http.build_request("POST", GENERATIONS, content=b'{"model":"imagen4","prompt":"x"}')
    request.headers.pop("content-type", None)
    assert http.send(request).status_code == 200


def test_25_megabytes(http):
    body = json.dumps({"model": "imagen4", "prompt": "x", "note": "y" * (25 * 1024 * 1024)})
    answer = http.post(GENERATIONS, content=body, headers={"Content-Type": "application/json"})
    assert_envelope(answer, 413, "bad_http_message", None)


@pytest.mark.parametrize("method, path", [("GET", "/v1/models"), ("GET", "/health/liveliness"), ("POST", "/config/reload")])
def test_a_body_that_means_nothing(http, method, path):
    assert http.request(method, path, json={}).status_code == 200


def test_routes(http):
    assert_envelope(http.get("/v2/nothing"), 404, "route_not_found", None, "/v2/nothing")
    answer = http.get(GENERATIONS)
    assert_envelope(answer, 405, "method_not_allowed", None)
    assert answer.headers["allow"] == "POST"


KEYS = [
    ({}, "No API key"),
    ({"Authorization": "sk-1234"}, "Bearer"),
    ({"Authorization": "Basic c2stMTIzNDo="}, "Bearer"),
    ({"Authorization": "Bearer"}, "Bearer"),
    ({"Authorization": "Bearer sk-wrong"}, "not a key"),
    ({"api-key": "sk-wrong"}, "not a key"),
    ({"x-litellm-api-key": "sk-wrong", "Authorization": f"Bearer {MASTER_KEY}"}, "not a key"),
]


@pytest.mark.parametrize("headers, word", KEYS)
def test_wrong_keys(gateway, headers, word):
    import httpx

    answer = httpx.post(gateway.url + GENERATIONS, json={"model": "imagen4", "prompt": "x"}, headers=headers)
    assert_envelope(answer, 401, "invalid_api_key", None, word)
    assert answer.headers.get_list("x-litellm-response-cost") == ["0"]
    assert "sk-wrong" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {MASTER_KEY}"},
        {"Authorization": f"bearer {MASTER_KEY}"},
        {"api-key": MASTER_KEY},
        {"x-litellm-api-key": MASTER_KEY},
        {"x-litellm-api-key": f"Bearer {MASTER_KEY}", "Authorization": "Bearer other"},
    ],
)
def test_right_keys(gateway, headers):
    import httpx

    assert httpx.get(gateway.url + "/v1/models", headers=headers).status_code == 200


def exchange(url, request):
    """Sends raw bytes and reads to the end."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def test_control_characters_in_a_key(gateway):
    request = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-\x01\x021234\r\n\r\n"
    answer = exchange(gateway.url, request)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"bad_http_message"' in answer


def test_the_connection_stays_usable_after_a_mistake(gateway):
    bad = b'{"model": "imagen4", "prompt": 7}'
    head = b"POST /v1/images/generations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-1234\r\n"
    first = head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(bad) + bad
    second = b"GET /health/liveness HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = exchange(gateway.url, first + second)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 200 OK" in answer
