"""Amounts as manifests write them, in vCPUs and GiB."""

from __future__ import annotations

import re

_GIB = 2**30
_MEMORY = re.compile(r"^\s*(\d+(?:\.\d+)?(?:e\d+)?)\s*([a-z]*)\s*$", re.IGNORECASE)
# Kubernetes: Ki is 2^10 and k 10^3. Docker (and the JVM and Node): k, m, g are powers of 2.
_KUBERNETES_UNITS = {
    "": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip
_DOCKER_UNITS = {"": 1.0, "b": 1.0, "k": 2.0**10, "m": 2.0**20, "g": 2.0**30, "t": 2.0**40}
_LARGEST_GIB = 1e6
_LARGEST_VCPUS = 1e5


def kubernetes_cpu(text: str) -> float | None:
    """``500m`` → 0.5, ``2`` → 2.0 vCPUs; None when it is not an amount above 0."""
    trimmed = text.strip()
    scale = 1e-3 if trimmed.endswith("m") else 1.0
    return _within(_number(trimmed.removesuffix("m")), scale, _LARGEST_VCPUS)


def plain_cpu(text: str) -> float | None:
    """``0.5`` → 0.5 vCPUs; None when it is not an amount above 0."""
    return _within(_number(text.strip()), 1.0, _LARGEST_VCPUS)


def kubernetes_memory_gib(text: str) -> float | None:
    """``512Mi`` → 0.5 GiB; None when it is not an amount above 0."""
    found = _MEMORY.match(text)
    scale = _KUBERNETES_UNITS.get(found[2]) if found else None
    return _within(_number(found[1]), scale / _GIB, _LARGEST_GIB) if found and scale else None


def docker_memory_gib(text: str) -> float | None:
    """``512m``, ``1GB``, ``1GiB`` (powers of two, as Docker reads them) → GiB; None when it is no amount above 0."""
    found = _MEMORY.match(text)
    if not found:
        return None
    unit = found[2].lower().removesuffix("ib").removesuffix("b") if found[2].lower() != "b" else "b"
    scale = _DOCKER_UNITS.get(unit)
    return _within(_number(found[1]), scale / _GIB, _LARGEST_GIB) if scale else None


def megabytes_gib(text: str) -> float | None:
    """A bare number of MiB (Node's ``--max-old-space-size``) → GiB."""
    return _within(_number(text.strip()), 1 / 1024, _LARGEST_GIB)


def _number(text: str) -> float | None:
    # float() would take "nan", "1_000" and digits of other scripts.
    return float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?(e[0-9]{1,2})?", text, re.IGNORECASE) else None


def _within(number: float | None, scale: float, largest: float) -> float | None:
    if number is None:
        return None
    amount = number * scale
    return amount if 0 < amount <= largest else None
