"""store_images: the bytes of an answer are there for result_ttl, whatever becomes of fal's CDN."""

import base64
import contextlib
import signal
import stat
import threading

import httpx
import pytest

from conftest import PAGE_CONFIG, Running
from test_faults import disk
from test_hangup import eventually
from test_metrics import scrape
from test_recovery import client, killed_while_running, restarted

PATH = "/v1/images/generations"
STORING = PAGE_CONFIG + "  store_images: images\n"


@pytest.fixture
def fal(tmp_path):
    """A fal that a test can end."""
    running = Running(["simulate", "--port", "0"], tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGKILL)


def ask(gateway, prompt="a lake", format="url", **more):
    headers = more.pop("headers", {})
    with client(gateway) as http:
        answer = http.post(
            PATH, headers=headers, json={"model": "imagen4", "prompt": prompt, "response_format": format, **more})
    assert answer.status_code in (200, 202), answer.text
    return answer


def get(gateway, path):
    with client(gateway) as http:
        return http.get(path)


def place(answer):
    return f"{PATH}/{answer.headers['x-falgate-request-id']}"


def files(gateway):
    folder = gateway.directory / "images"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def stored(gateway, count):
    """Waits until as many images are whole, and none is on its way."""
    eventually(lambda: len(files(gateway)) == count and not any(name.endswith(".part") for name in files(gateway)))


@pytest.mark.parametrize("format", ["url", "b64_json"])
def test_images_outlive_the_cdn_and_the_process(start_gateway, fal, format):
    gateway = start_gateway(STORING.replace("{api_base}", fal.url))
    key = {"Idempotency-Key": "k"}
    first = ask(gateway, format=format, n=2, headers=key)
    data = first.json()["data"]
    pictures = [base64.b64decode(image["b64_json"]) if image["b64_json"] else httpx.get(image["url"]).content for image in data]
    stored(gateway, 2)
    eventually(lambda: scrape(gateway)[1]("falgate_images_stored_total") == 2)
    fal.stop(signal.SIGKILL)
    gateway.stop(signal.SIGKILL)
    again = restarted(gateway)
    try:
        assert get(again, place(first)).json()["data"] == data
        replayed = ask(again, format=format, n=2, headers=key)
        assert replayed.headers["idempotent-replayed"] == "true" and replayed.json()["data"] == data
        for number, picture in enumerate(pictures):
            image = get(again, f"{place(first)}/{number}")
            assert (image.status_code, image.content) == (200, picture)
            assert image.headers["content-type"] == "image/png"
            assert "private" in image.headers["cache-control"]
        for missing in ["2", "-1", "x", "0.part"]:
            assert get(again, f"{place(first)}/{missing}").status_code == 404, missing
        assert httpx.get(f"{again.url}{place(first)}/0").status_code == 401
    finally:
        again.stop()


def test_only_the_gateway_may_read_what_is_kept(start_gateway):
    gateway = start_gateway(STORING)
    answer = ask(gateway, "a secret lake")
    stored(gateway, 1)
    folder = gateway.directory / "images"
    assert files(gateway) == [answer.headers["x-falgate-request-id"] + ".0"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]


def test_the_oldest_make_room(start_gateway, gateway):
    size = len(httpx.get(ask(gateway).json()["data"][0]["url"]).content)
    bounded = start_gateway(STORING + f"  store_images_max_bytes: {int(2.5 * size)}\n")
    asked = []
    for number in range(4):
        asked.append(ask(bounded).headers["x-falgate-request-id"] + ".0")
        eventually(lambda: files(bounded) == asked[-2:])
    # What is not kept any more is asked of the CDN.
    assert get(bounded, f"{PATH}/{asked[0].removesuffix('.0')}/0").status_code == 200


def test_an_image_above_the_bound_is_told(start_gateway):
    gateway = start_gateway(STORING + "  store_images_max_bytes: 10\n")
    ask(gateway)
    assert "larger than store_images_max_bytes" in gateway.line("image not stored")
    assert files(gateway) == []


def test_images_go_with_their_answers(start_gateway):
    gateway = start_gateway(STORING + "  result_ttl: 5\n")
    answer = ask(gateway)
    stored(gateway, 1)
    (name,) = files(gateway)
    eventually(lambda: get(gateway, place(answer)).status_code == 404)
    gateway.stop(signal.SIGKILL)
    folder = gateway.directory / "images"
    for left in [name + ".part", "README", "x.0.part"]:
        (folder / left).write_text("left by a crash, or somebody else's")
    again = restarted(gateway)
    try:
        eventually(lambda: files(gateway) == ["README", "x.0.part"])
    finally:
        again.stop()


@pytest.mark.parametrize("folder", ["config.yaml", "config.yaml/images", "missing/images"])
@pytest.mark.parametrize("format", ["url", "b64_json"])
def test_a_folder_that_cannot_be_used_costs_no_request(start_gateway, folder, format):
    gateway = start_gateway(PAGE_CONFIG + f"  store_images: {folder}\n")
    answer = ask(gateway, format=format)
    assert folder in gateway.line("image not stored")
    assert scrape(gateway)[1]("falgate_images_not_stored_total") == 1
    assert get(gateway, place(answer)).json()["data"] == answer.json()["data"]


def test_a_full_disk_costs_no_request(start_gateway, tmp_path):
    with disk(tmp_path / "disk") as full:
        gateway = start_gateway(PAGE_CONFIG + f"  store_images: {full}/images\n")
        ask(gateway)
        eventually(lambda: list((full / "images").iterdir()))
        with open(full / "ballast", "wb", buffering=0) as ballast:
            with contextlib.suppress(OSError):
                while ballast.write(bytes(4096)):
                    pass
        answer = ask(gateway, format="b64_json")
        assert "No space left" in gateway.line("image not stored")
        assert len(list((full / "images").iterdir())) == 1
        assert get(gateway, place(answer)).json()["data"] == answer.json()["data"]
        (full / "ballast").unlink()
        ask(gateway)
        eventually(lambda: len(list((full / "images").iterdir())) == 2)
        gateway.end()


def test_a_folder_that_was_taken_away_comes_back(start_gateway):
    gateway = start_gateway(STORING)
    ask(gateway)
    stored(gateway, 1)
    (gateway.directory / "images").rename(gateway.directory / "elsewhere")
    ask(gateway)
    stored(gateway, 1)


def test_two_processes_do_not_share_a_folder(start_gateway):
    first = start_gateway(STORING)
    ask(first)
    stored(first, 1)
    second = start_gateway(PAGE_CONFIG + f"  store_images: {first.directory}/images\n")
    assert ask(second).status_code == 200
    assert "another process" in second.line("image not stored")
    assert len(files(first)) == 1


def test_what_is_wanted_later_is_kept(start_gateway, script):
    gateway = start_gateway(STORING)
    ask(gateway, script.plan(), format="b64_json", headers={"Prefer": "respond-async"})
    stored(gateway, 1)


def test_a_recovered_job_is_kept_and_handed_over_as_asked(start_gateway, script):
    gateway = start_gateway(STORING)
    prompt = script.plan(run="hold")
    job = killed_while_running(gateway, script, prompt, format="b64_json", **{"Idempotency-Key": "k"})
    again = restarted(gateway)
    try:
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(ask(again, prompt, "b64_json", headers={"Idempotency-Key": "k"})))
        thread.start()
        # Its connection is there, and the one that asks.
        eventually(lambda: scrape(again)[1]("falgate_open_connections") == 2)
        script.release(job)
        thread.join()
        (image,) = answers[0].json()["data"]
        assert image["b64_json"] and image["url"] is None
        stored(gateway, 1)
        assert (gateway.directory / "images" / files(gateway)[0]).read_bytes() == base64.b64decode(image["b64_json"])
        assert script.submits(prompt) == 1
    finally:
        again.stop()


def test_a_process_that_ends_waits_for_the_images(start_gateway, script):
    gateway = start_gateway(STORING)
    prompt = script.plan(faults=[{"on": "image", "delay": 1.0}])
    ask(gateway, prompt)
    gateway.stop()
    assert len(files(gateway)) == 1 and not files(gateway)[0].endswith(".part")
