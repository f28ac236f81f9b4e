"""Addresses of repositories on GitHub: owner, name and ref, by pattern, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.errors import InvalidRequest

_OWNER = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}"
_NAME = r"[A-Za-z0-9._-]{1,100}"
_REF = r"[A-Za-z0-9._/-]{1,200}"
_SHORT = re.compile(rf"(?P<owner>{_OWNER})/(?P<name>{_NAME})(?:@(?P<ref>{_REF}))?", re.ASCII)
_LONG = re.compile(
    rf"https://github\.com/(?P<owner>{_OWNER})/(?P<name>{_NAME})(?:/tree/(?P<tree>{_REF})|/?(?:@(?P<ref>{_REF}))?)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubAddress:
    """One repository on github.com.

    Attributes:
        owner: User or organisation.
        name: Without ``.git``.
        ref: Branch, tag or commit; "" for the default branch.
    """

    owner: str
    name: str
    ref: str = ""

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}" + (f"@{self.ref}" if self.ref else "")


def looks_remote(text: str) -> bool:
    """Whether somebody means an address and not a file: it has a scheme, or the form ``owner/name``."""
    return "://" in text or _SHORT.fullmatch(text) is not None


def parse_github_address(text: str) -> GithubAddress:
    """``owner/name``, ``owner/name@ref``, ``https://github.com/owner/name`` and that with ``/tree/ref``.

    Raises:
        InvalidRequest: It is none of these; no other host, scheme, port or user is ever accepted.
    """
    found = _SHORT.fullmatch(text) or _LONG.fullmatch(text)
    if found is None:
        raise _refused()
    parts = found.groupdict()
    name = parts["name"].removesuffix(".git")
    ref = (parts.get("tree") or parts["ref"] or "").rstrip("/")
    if name in ("", ".", "..") or ".." in ref or "//" in ref or ref.startswith(("/", "-", ".")):
        raise _refused()
    return GithubAddress(owner=parts["owner"], name=name, ref=ref)


def _refused() -> InvalidRequest:
    return InvalidRequest("write the repository as owner/name, owner/name@ref or https://github.com/owner/name")
