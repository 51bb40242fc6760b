"""Thousands of clients that wait, on one epoll: a socket and a few bytes each."""

import json
import select
import socket
import time


class Crowd:
    def __init__(self, port, text):
        self.port = port
        self.request = (
            "POST /v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-1234\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}").encode()
        self.epoll = select.epoll()
        self.waiting = {}
        self.statuses = {}

    def join(self, count, together=200):
        """`count` more clients send their request; a few hundred at a time, so that no queue overflows."""
        for start in range(0, count, together):
            for _ in range(min(together, count - start)):
                client = socket.socket()
                client.connect(("127.0.0.1", self.port))
                client.sendall(self.request)
                self.waiting[client.fileno()] = client
                self.epoll.register(client.fileno(), select.EPOLLIN | select.EPOLLRDHUP)
            self.hear(0)

    def hear(self, timeout):
        """Takes in the answers that come until none comes for `timeout` seconds."""
        while heard := self.epoll.poll(timeout):
            self._take(heard)

    def _take(self, heard):
        for descriptor, _ in heard:
            client = self.waiting.pop(descriptor)
            self.epoll.unregister(descriptor)
            try:
                head = client.recv(65536)
            except OSError:
                head = b""
            status = head[9:12].decode() or "closed"
            self.statuses[status] = self.statuses.get(status, 0) + 1
            client.close()

    def leave_when_served(self, seconds):
        """Waits for all answers; who has none by then is counted as `none`."""
        end = time.monotonic() + seconds
        while self.waiting and time.monotonic() < end:
            self._take(self.epoll.poll(1))
        for client in self.waiting.values():
            client.close()
        if self.waiting:
            self.statuses["none"] = len(self.waiting)
        self.waiting = {}
        self.epoll.close()


def ask(url, method, path, value=None):
    """A request to the simulator of fal."""
    host, port = url.removeprefix("http://").split(":")
    text = json.dumps(value) if value is not None else ""
    with socket.create_connection((host, int(port)), timeout=120) as connection:
        connection.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(text)}\r\n\r\n{text}".encode())
        answer = b""
        while piece := connection.recv(1 << 16):
            answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head[9:12] in (b"200", b"201", b"204"), answer[:500]
    return rest
