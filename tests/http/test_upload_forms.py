"""Forms that no browser sends: whatever is in one, it is the caller's mistake and never a failure of ours."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

FORM = "multipart/form-data; boundary=b"


def part(*lines: str | bytes, content: bytes = b"x") -> bytes:
    """One part: its header's lines and what it holds."""
    coded = [line.encode() if isinstance(line, str) else line for line in lines]
    return b"".join([b"--b\r\n", *(line + b"\r\n" for line in coded), b"\r\n", content, b"\r\n"])


def send(client: TestClient[Litestar], body: bytes, content_type: str | bytes = FORM) -> httpx.Response:
    coded = content_type.encode() if isinstance(content_type, str) else content_type
    return client.post("/repositories", content=body, headers=[(b"content-type", coded)])


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


FIELD = 'Content-Disposition: form-data; name="archive"'
FILE = f'{FIELD}; filename="a.zip"'


@pytest.mark.parametrize("encoding", ["no-such-thing", "hex", "rot13", "undefined", "idna", '"utf-8\0"', "ascii"])
def test_a_field_of_an_encoding_that_is_none_or_another_is_a_bad_form(
    client: TestClient[Litestar], encoding: str
) -> None:
    body = part(FIELD, f"Content-Type: text/plain; charset={encoding}", content=b"\xff.xn--\xff") + b"--b--\r\n"
    assert refused(send(client, body)) == (400, "malformed_form")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part(FIELD)],
        [part('Content-Disposition: form-data; name=""'), part(FILE)],
        [part('Content-Disposition: form-data; name=""; filename="a.zip"'), part(FILE)],
        [part("Content-Disposition: form-data"), part(FILE)],
        [part(FILE), part(FILE)],
        [part(FILE), part(FIELD)],
        [part(f'{FIELD}; filename=""')],
    ],
)  # fmt: skip
def test_anything_but_one_archive_is_told_what_to_send(client: TestClient[Litestar], parts: list[bytes]) -> None:
    answer = send(client, b"".join([*parts, b"--b--\r\n"]))
    assert refused(answer) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "/archive"


@pytest.mark.parametrize(
    "body",
    [part(FILE), part(FILE) + b"--b", part("X: " + "y" * 9000, FILE) + b"--b--\r\n", part(*["X: 1"] * 20, FILE),
     part("no colon", FILE), part("Content-Length: x", FILE), part(b"\xff: x", FILE), part() + b"--b--\r\n"],
)  # fmt: skip
def test_a_form_that_breaks_off_or_has_odd_headers_is_a_bad_request(client: TestClient[Litestar], body: bytes) -> None:
    assert refused(send(client, body))[0] == 400


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=other"])
def test_a_boundary_that_is_missing_or_another_is_a_bad_request(client: TestClient[Litestar], boundary: str) -> None:
    assert refused(send(client, part(FILE) + b"--b--\r\n", f"multipart/form-data{boundary}"))[0] == 400


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/mixed", b"\xff"])
def test_what_is_no_form_is_415(client: TestClient[Litestar], kind: str | bytes) -> None:
    assert refused(send(client, part(FILE) + b"--b--\r\n", kind)) == (415, "unsupported_media_type")


NAMES = st.sampled_from([b"", b"archive", b"a\x00", b"%22", b"archive\\", b"\xff"]) | st.binary(max_size=6)
ENCODINGS = st.sampled_from(["utf-16", "punycode", "zlib", "mbcs", "utf-7"]) | st.text(max_size=5)
# A lone `archive` with a file name would be read, and each reading starts a process: those have tests of their own.
FILE_NAMES = st.none() | st.sampled_from([b"", b"..", b"\x00", b"a" * 300]) | st.binary(max_size=8)


@st.composite
def drawn_part(draw: st.DrawFn) -> bytes:
    line = b'Content-Disposition: form-data; name="' + draw(NAMES) + b'"'
    if (file_name := draw(FILE_NAMES)) is not None:
        line += b'; filename="' + file_name + b'"'
    kind = b"Content-Type: text/plain; charset=" + draw(ENCODINGS).encode("utf-8", "replace")
    return part(line, kind, content=draw(st.binary(max_size=20)))


# The framework leaves the files of a form it cannot read to the interpreter to close, which it does.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(parts=st.lists(drawn_part(), min_size=1, max_size=3))
def test_no_form_is_a_failure_of_ours(client: TestClient[Litestar], parts: list[bytes]) -> None:
    answer = send(client, b"".join([part('Content-Disposition: form-data; name="beside"'), *parts, b"--b--\r\n"]))
    assert refused(answer)[0] in (400, 422)
