"""`stream: true`, read by the OpenAI SDK and line by line."""

import base64
import json
import signal
import time

import httpx
import openai
import pytest
from openai import OpenAI

from conftest import MASTER_KEY, Running
from test_hangup import eventually


@pytest.fixture
def client(gateway):
    return OpenAI(base_url=gateway.url, api_key=MASTER_KEY, max_retries=0)


def events(answer):
    """The events of a streamed answer as (name, data), and its comments, in order."""
    for block in answer.read().decode().split("\n\n"):
        if block.startswith(":"):
            yield ("comment", block[2:])
        elif block:
            name, data = block.split("\n", 1)
            yield (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))


def lines_of(answer, seconds=120):
    """The lines of a streamed answer as they come. Comments keep the connection alive, so the patience is ours."""
    end = time.monotonic() + seconds
    for line in answer.iter_lines():
        yield line
        assert time.monotonic() < end, "what was waited for did not come"


def stream(http, headers=None, **body):
    return http.stream(
        "POST", "/v1/images/generations", json={"model": "flux-ultra", "stream": True, **body}, headers=headers)


def test_the_sdk_gets_one_completed_event_an_image(client):
    with client.images.generate(
        model="stable-diffusion", prompt="a lake", n=2, size="1024x768", stream=True, partial_images=0
    ) as received:
        images = list(received)
    assert [event.type for event in images] == ["image_generation.completed"] * 2
    for event in images:
        assert base64.b64decode(event.b64_json, validate=True)[:2] == b"\xff\xd8"
        assert event.output_format == "jpeg" and event.size == "1024x768"
        assert event.usage.total_tokens == 0 and event.created_at > 1_700_000_000


def test_progress_is_told_while_nothing_comes(http, script):
    prompt = script.plan(queue={"polls": 2}, position=3)
    with stream(http, prompt=prompt) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-falgate-cost-basis"] == "maximum"
        received = list(events(answer))
    comments = [text for name, text in received if name == "comment"]
    assert comments[0] == "submitting"
    assert any(text.startswith("in queue, position") for text in comments)
    assert [name for name, _ in received if name != "comment"] == ["image_generation.completed"]
    facts = received[-1][1]["falgate"]
    assert facts["response_cost"] > 0 and len(facts["fal_request_ids"]) == 1


def test_images_come_as_they_are_finished(http, script):
    """Five images are two jobs; that of four is held at fal when the single one arrives."""
    prompt = script.plan(run="hold")
    with stream(http, prompt=prompt, n=5) as answer:
        lines = lines_of(answer)
        next(line for line in lines if line == ": in progress; in progress")
        one, four = sorted(script.submitted(prompt), key=lambda submit: submit["body"]["num_images"])
        script.release(one)
        first = next(line for line in lines if line.startswith("data:"))
        assert "image_generation.completed" in first
        script.release(four)
        rest = [line for line in lines if line.startswith("data:")]
    assert len(rest) == 4


def test_addresses_where_they_are_asked_for(http):
    with stream(http, prompt="a lake", response_format="url") as answer:
        [event] = [data for name, data in events(answer) if name != "comment"]
    assert event["url"].startswith("http") and "b64_json" not in event


def test_what_is_wrong_before_the_start_is_an_ordinary_error(http):
    with stream(http, prompt="a lake", n=99) as answer:
        answer.read()
        assert answer.status_code == 400 and answer.json()["error"]["param"] == "n"


def test_what_goes_wrong_later_is_an_error_event(http, client, script):
    prompt = script.plan(outcome={"error": "content_policy_violation"})
    with stream(http, prompt=prompt) as answer:
        assert answer.status_code == 200
        name, data = list(events(answer))[-1]
    assert name == "error" and data["error"]["code"] == "content_policy_violation"
    with pytest.raises(openai.APIError, match="fal"):
        list(client.images.generate(model="flux-ultra", prompt=prompt, stream=True))


def test_the_spend_log_has_the_row_when_the_stream_ends(http):
    with stream(http, prompt="a lake") as answer:
        answer.read()
        request = answer.headers["x-falgate-request-id"]
    [row] = http.get("/spend/logs", params={"request_id": request}).json()
    assert row["spend"] > 0


def test_hanging_up_cancels_a_queued_job(http, script):
    prompt = script.plan(queue="hold")
    with stream(http, prompt=prompt) as answer:
        next(line for line in lines_of(answer) if line.startswith(": in queue"))
        [job] = script.submitted(prompt)
    eventually(lambda: script.requests(route="cancel", request_id=job["request_id"]))


def images_of(answer):
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8", answer.read()
    received = [(name, data) for name, data in events(answer) if name != "comment"]
    assert [name for name, _ in received] == ["image_generation.completed"] * len(received), received
    return [data["b64_json"] for _, data in received]


def test_a_repetition_gets_its_events_when_all_is_over(http, script):
    prompt = script.plan()
    with stream(http, prompt=prompt, n=2, headers={"Idempotency-Key": prompt}) as answer:
        first = images_of(answer)
    with stream(http, prompt=prompt, n=2, headers={"Idempotency-Key": prompt}) as answer:
        assert answer.headers["idempotent-replayed"] == "true"
        again = images_of(answer)
    assert sorted(again) == sorted(first) and len(first) == 2
    assert script.submits(prompt) == 1


def test_an_sdks_repetition_of_a_stream_that_was_hung_up_gets_what_was_finished(http, script):
    prompt = script.plan(run="hold")
    with stream(http, prompt=prompt) as answer:
        next(line for line in lines_of(answer) if line == ": in progress")
        request = answer.headers["x-falgate-request-id"]
    [job] = script.submitted(prompt)
    # Whoever waits for the end of a request that nobody watches hears of it by its row.
    script.release(job)
    eventually(lambda: http.get("/spend/logs", params={"request_id": request}).json())
    with stream(http, prompt=prompt, headers={"x-stainless-retry-count": "1"}) as answer:
        assert len(images_of(answer)) == 1
    assert script.submits(prompt) == 1


@pytest.mark.parametrize("first_stays", [True, False], ids=["watched", "hung up"])
def test_who_comes_later_gets_what_was_told_before(http, script, first_stays):
    prompt = script.plan(run="hold")
    key = {"Idempotency-Key": prompt}
    with stream(http, prompt=prompt, n=5, headers=key) as first:
        lines = lines_of(first)
        next(line for line in lines if line == ": in progress; in progress")
        one, four = sorted(script.submitted(prompt), key=lambda submit: submit["body"]["num_images"])
        if not first_stays:
            first.close()
        script.release(one)
        if first_stays:
            next(line for line in lines if line.startswith("data:"))
        else:
            eventually(lambda: script.requests(route="result", request_id=one["request_id"]))
        with stream(http, prompt=prompt, n=5, headers=key) as second:
            # It has joined by now.
            next_lines = lines_of(second)
            told = [next(next_lines)]
            script.release(four)
            told += list(next_lines)
    completed = [json.loads(line.removeprefix("data: ")) for line in told if line.startswith("data: ")]
    assert all(base64.b64decode(image["b64_json"]) for image in completed)
    jobs = [job for image in completed for job in image["falgate"]["fal_request_ids"]]
    assert sorted(jobs) == sorted([one["request_id"]] + 4 * [four["request_id"]])
    assert script.submits(prompt) == 2


def test_a_stream_that_joins_after_a_crash_gets_the_images(start_gateway, script):
    gateway = start_gateway()
    headers = {"Authorization": f"Bearer {MASTER_KEY}"}
    prompt = script.plan(run="hold")
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=120) as http:
        with stream(http, prompt=prompt, headers={"Idempotency-Key": prompt}) as answer:
            next(line for line in lines_of(answer) if line == ": in progress")
            gateway.receipts()
            gateway.stop(signal.SIGKILL)
    again = Running(["serve", "--config", "config.yaml", "--port", "0"], gateway.directory)
    try:
        with httpx.Client(base_url=again.url, headers=headers, timeout=120) as http:
            with stream(http, prompt=prompt, headers={"Idempotency-Key": prompt}) as answer:
                [job] = script.submitted(prompt)
                script.release(job)
                assert len(images_of(answer)) == 1
    finally:
        again.stop()
    assert script.submits(prompt) == 1
