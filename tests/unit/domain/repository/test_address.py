"""Only repositories of github.com, written in one of four ways, are addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.repository.address import parse_github_address


@pytest.mark.parametrize(
    ("text", "owner", "name", "ref"),
    [
        ("acme/shop", "acme", "shop", ""),
        ("acme/shop.js", "acme", "shop.js", ""),
        ("acme/shop@v1.2.3", "acme", "shop", "v1.2.3"),
        ("acme/shop@feature/new-cart", "acme", "shop", "feature/new-cart"),
        ("https://github.com/acme/shop", "acme", "shop", ""),
        ("https://github.com/acme/shop/", "acme", "shop", ""),
        ("https://github.com/acme/shop.git", "acme", "shop", ""),
        ("https://github.com/a-b-c/shop_1/tree/release/2", "a-b-c", "shop_1", "release/2"),
        ("https://github.com/acme/shop@main", "acme", "shop", "main"),
    ],
)
def test_the_ways_to_write_one(text: str, owner: str, name: str, ref: str) -> None:
    found = parse_github_address(text)
    assert (found.owner, found.name, found.ref) == (owner, name, ref)


@pytest.mark.parametrize(
    "text",
    [
        "", "shop", "/acme/shop", "acme//shop", "acme/", "acme/..", "acme/.", "acme/.git", "../shop", "-acme/shop",
        "acme-/shop", "ac me/shop", "acme/shop@", "acme/shop@../x", "acme/shop@a//b", "acme/shop@/x", "acme/shop@-x",
        "acme/shop@a b", "acme/shop@a?b", "acme/shop@a#b", "acme/shop@a%2e", "acme/shop\n", "acme/shop@v1\r\nX: y",
        "http://github.com/acme/shop", "https://github.com:443/acme/shop", "https://user@github.com/acme/shop",
        "https://github.com@evil.example/acme/shop", "https://github.com.evil.example/acme/shop",
        "https://evil.example/github.com/acme/shop", "https://GITHUB.com/acme/shop", "https://api.github.com/acme/shop",
        "https://www.github.com/acme/shop", "https://raw.githubusercontent.com/acme/shop/main/x",
        "//github.com/acme/shop",
        "git@github.com:acme/shop.git", "ssh://git@github.com/acme/shop", "git://github.com/acme/shop",
        "file:///etc/passwd", "https://127.0.0.1/acme/shop", "https://[::1]/acme/shop", "https://169.254.169.254/a/b",
        "https://0x7f000001/acme/shop", "https://2130706433/a/b", "https://localhost/acme/shop",
        "https://github.com/acme/shop/blob/main/x", "https://github.com/acme", "https://github.com/acme/shop?x=1",
        "https://github.com/acme/shop#x", "https://github.com/acme/shop/../../x", "https://github.com\\acme/shop",
        "https://gıthub.com/acme/shop", "https://github.com/аcme/shop", "acme/shоp", "ａcme/shop", "acme/shop@ｖ1",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_github_address(text)


@given(st.text(max_size=60))
def test_whatever_is_accepted_stays_within_its_path(text: str) -> None:
    try:
        found = parse_github_address(text)
    except InvalidRequest:
        return
    for part in (found.owner, found.name, *found.ref.split("/")):
        assert part.isascii()
        assert part not in (".", "..")
