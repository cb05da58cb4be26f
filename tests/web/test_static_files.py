"""Static files keep their names as long as their content, and travel small and guarded."""

import gzip
import re

import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

NAME = "mainstay/components.css"


@pytest.fixture
def content() -> bytes:
    found = finders.find(NAME)
    assert found is not None
    with open(found, "rb") as file:
        return file.read()


def test_a_file_is_told_as_it_is_and_kept_for_good(client: Client, content: bytes) -> None:
    answer = client.get(static(NAME))

    assert (answer.status_code, answer.content) == (200, content)
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in answer


def test_who_takes_gzip_gets_it(client: Client, content: bytes) -> None:
    answer = client.get(static(NAME), headers={"Accept-Encoding": "br, gzip"})

    assert answer["Content-Encoding"] == "gzip"
    assert int(answer["Content-Length"]) == len(answer.content) < len(content) / 3
    assert gzip.decompress(answer.content) == content


@pytest.mark.parametrize("taken", ["", "br", "gzip;q=0", "identity, gzip; q=0.0"])
def test_who_refuses_gzip_is_spared_it(client: Client, content: bytes, taken: str) -> None:
    answer = client.get(static(NAME), headers={"Accept-Encoding": taken})

    assert answer.content == content


def test_the_address_carries_the_content(content: bytes) -> None:
    assert re.fullmatch(r"/static/mainstay/components\.[0-9a-f]{12}\.css", static(NAME))
    assert static(NAME) != static("mainstay/base.css")


@pytest.mark.parametrize(
    "path",
    [f"/static/{NAME}", "/static/mainstay/components.000000000000.css", "/static/../keys/root.key", "/static/"],
)
def test_no_other_address_leads_to_a_file(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_files_are_only_read(client: Client, method: str) -> None:
    answer = getattr(client, method)(static(NAME))

    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [static(NAME), "/static/nothing.css"])
def test_each_answer_is_guarded_like_a_page(client: Client, path: str) -> None:
    answer = client.get(path)

    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_file_that_does_not_exist_is_found_out_where_it_is_named() -> None:
    with pytest.raises(ValueError, match="no-such-thing"):
        static("mainstay/no-such-thing.css")


@pytest.mark.django_db
def test_all_that_a_page_refers_to_is_there(client: Client) -> None:
    page = client.get("/sign-in").content.decode()

    addresses = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))

    assert addresses
    assert {client.get(address).status_code for address in addresses} == {200}
