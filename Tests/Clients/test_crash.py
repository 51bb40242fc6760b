"""What was answered for is on disk, even when the process is killed that instant."""

import signal
import sqlite3
import threading

import httpx

from conftest import MASTER_KEY


def test_kill_during_load_loses_no_answered_row(start_gateway):
    gateway = start_gateway()
    answered = []
    refused = []
    enough = threading.Event()
    lock = threading.Lock()

    def load():
        with httpx.Client(base_url=gateway.url, headers={"Authorization": f"Bearer {MASTER_KEY}"}) as client:
            while True:
                try:
                    answer = client.post("/v1/images/generations", json={"model": "imagen4", "prompt": "x"})
                except httpx.HTTPError:
                    return
                if answer.status_code != 200:
                    # An assertion would only end this thread.
                    refused.append(answer.text)
                    return
                with lock:
                    answered.append(answer.headers["x-falgate-request-id"])
                    if len(answered) >= 200:
                        enough.set()

    threads = [threading.Thread(target=load) for _ in range(16)]
    for thread in threads:
        thread.start()
    assert enough.wait(timeout=120)
    gateway.stop(signal.SIGKILL)
    for thread in threads:
        thread.join()

    (database,) = gateway.directory.glob("*.db")
    rows = {row[0] for row in sqlite3.connect(database).execute("SELECT request_id FROM spend_logs")}
    assert not refused
    assert len(answered) >= 200
    assert set(answered) <= rows
