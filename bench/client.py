"""A browser and an API client, as plain as can be: one connection each, cookies, the form token, gzip if it is offered."""

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import Any
from urllib.parse import urlencode

_FORM_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
SECONDS = 600
PER_TOKEN = 550
"""Requests made with one token: one may ask 600 times a minute, and a measurement is no reason to allow more."""


class Refused(RuntimeError):
    """The server answered what a measurement cannot go on with."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; `size` is what was transferred, `body` what it says."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    size: int

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One kept-alive connection to the server on the loopback address."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        self._cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        expected: Sequence[int] = (200,),
    ) -> Answer:
        """Send one request and read the whole answer. Refused when its status is none of those expected."""
        sent = {"Accept-Encoding": "gzip", **(headers or {})}
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        response = self._response(method, path, body, sent)
        raw = response.read()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _equals, value = line.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value.strip()
        got = {name.lower(): value for name, value in response.getheaders()}
        plain = gzip.decompress(raw) if got.get("content-encoding") == "gzip" else raw
        if response.status not in expected:
            raise Refused(f"{method} {path}: {response.status} {plain[:300]!r}")
        return Answer(status=response.status, headers=got, body=plain, size=len(raw))

    def _response(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> HTTPResponse:
        self._connection.request(method, path, body=body, headers=dict(headers))
        try:
            return self._connection.getresponse()
        except RemoteDisconnected:
            # The server ends connections that were idle for long, as browsers know: they ask again on a new one.
            self._connection.close()
            if method != "GET":
                raise
        self._connection.request(method, path, headers=dict(headers))
        return self._connection.getresponse()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def submit(self, path: str, values: Mapping[str, str], *, at: str | None = None) -> Answer:
        """Fill in the form on a page and send it, as a browser would."""
        found = _FORM_TOKEN.search(self.get(at or path).body)
        if found is None:
            raise Refused(f"{at or path}: there is no form")
        body = urlencode({"csrfmiddlewaretoken": found[1].decode(), **values}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body=body, headers=headers, expected=(200, 302))

    def close(self) -> None:
        self._connection.close()


class Tokens:
    """Secrets of API tokens, each used for so many requests only."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = list(secrets)
        self._used = 0

    def header(self) -> dict[str, str]:
        secret = self._secrets[self._used // PER_TOKEN % len(self._secrets)]
        self._used += 1
        return {"Authorization": f"Bearer {secret}"}

    def split(self, parts: int) -> list["Tokens"]:
        """The secrets dealt out, for clients that ask at the same time."""
        return [Tokens(self._secrets[number::parts]) for number in range(parts)]


class ApiClient:
    """The API with bearer tokens."""

    def __init__(self, port: int, tokens: Tokens) -> None:
        self._client, self._tokens = Client(port), tokens

    def get(self, path: str, *, expected: Sequence[int] = (200,)) -> Answer:
        return self._client.ask("GET", f"/api/v1/{path}", headers=self._tokens.header(), expected=expected)

    def send(self, method: str, path: str, value: Any, *, expected: Sequence[int] = (200, 201)) -> Answer:
        return self.upload(method, path, json.dumps(value).encode(), kind="application/json", expected=expected)

    def upload(self, method: str, path: str, body: bytes, *, kind: str, expected: Sequence[int] = (200, 201, 202)) -> Answer:
        headers = {"Content-Type": kind, **self._tokens.header()}
        return self._client.ask(method, f"/api/v1/{path}", body=body, headers=headers, expected=expected)

    def close(self) -> None:
        self._client.close()
