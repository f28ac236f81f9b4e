"""Hold what is read of repositories against what a careful reader found: precision and recall per fact.

    python -m benchmarks.repository_truth --truth TRUTH.json --repositories FOLDER [--misses]

TRUTH.json is ``{"repositories": [{"name": "owner/name", "commit": "…", "services": [{"name": "api", "kind": "api",
"runtime": "python", "ports": [8000], "memory_gib": 0.5, …}]}]}``, made by hand; a fact that is left out of a service is
not judged there, ``""``, ``[]`` and ``null`` say that there is none. ``scope`` (folders) and ``only`` (names) say
what of a large repository was read. FOLDER has each repository as ``owner+name``, a folder or a ``.zip`` or
``.tar.gz``. ``examples/shop-truth.json`` is one for the example repository.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.repository.profile import ServiceProfile
from entrypoints.container import build_container

FACTS = ("kind", "runtime", "runtime_version", "framework", "image", "replicas", "min_replicas", "max_replicas",
         "vcpus", "memory_gib", "cpu_limit_vcpus", "memory_limit_gib",
         "memory_flag_gib", "workers", "schedule", "ports", "depends_on")  # fmt: skip
ENDINGS = ("", ".tar.gz", ".zip")


@dataclass(slots=True)
class Tally:
    """One fact over all repositories: items said, items true, items both; and what was missed or made up."""

    said: int = 0
    true: int = 0
    both: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, where: str, said: Iterable[object], true: Iterable[object]) -> None:
        """Count two sets of items of one service."""
        ours, theirs = set(said), set(true)
        self.said += len(ours)
        self.true += len(theirs)
        self.both += len(ours & theirs)
        self.misses += [f"{where}: missed {item}" for item in sorted(map(str, theirs - ours))]
        self.misses += [f"{where}: made up {item}" for item in sorted(map(str, ours - theirs))]

    @property
    def row(self) -> str:
        """Precision, recall and counts."""
        precision = f"{self.both / self.said:.3f}" if self.said else "–"
        recall = f"{self.both / self.true:.3f}" if self.true else "–"
        return f"{precision} | {recall} | {self.both} | {self.said} | {self.true}"


def measure(truth: Mapping[str, Any], folder: Path) -> dict[str, Tally]:
    """Analyse every repository of the truth and count."""
    analyze = build_container().analyze_repository()
    tallies = {name: Tally() for name in ("services", *FACTS)}
    for repository in truth["repositories"]:
        name = repository["name"]
        found = {item.name: item for item in analyze(_place(folder, name), name=name.rsplit("/", 1)[-1]).services}
        found = {key: item for key, item in found.items() if _is_judged(item, repository)}
        expected = {item["name"]: item for item in repository["services"]}
        tallies["services"].add(name, found, expected)
        for service in sorted(found.keys() & expected.keys()):
            for fact in FACTS:
                if fact in expected[service]:
                    said, true = _items(_value(found[service], fact)), _items(expected[service][fact])
                    tallies[fact].add(f"{name} {service} {fact}", said, true)
    return tallies


def _is_judged(profile: ServiceProfile, repository: Mapping[str, Any]) -> bool:
    """Whether the reader looked at where a service stands; all of it unless ``scope`` or ``only`` says otherwise."""
    scope, only = repository.get("scope", ""), repository.get("only")
    below = tuple([scope] if isinstance(scope, str) else scope)
    is_below = any(evidence.file.startswith(below) for evidence in profile.evidence)
    return is_below and (only is None or profile.name in only)


def _place(folder: Path, name: str) -> Path:
    stem = name.replace("/", "+")
    found = next((folder / f"{stem}{end}" for end in ENDINGS if (folder / f"{stem}{end}").exists()), None)
    if found is None:
        raise SystemExit(f"{stem} is not in the folder, neither as a folder nor as .tar.gz or .zip")
    return found


def _value(profile: ServiceProfile, fact: str) -> object:
    if fact in ("vcpus", "memory_gib", "cpu_limit_vcpus", "memory_limit_gib"):
        amount: float | None = getattr(profile.declared, fact)
        return amount
    value: object = getattr(profile, fact)
    return value


def _items(value: object) -> list[object]:
    """What a fact says, item by item; amounts to three digits, none for nothing."""
    if value in (None, "", [], ()):
        return []
    values = value if isinstance(value, list | tuple) else [value]
    return [_number(float(item)) if isinstance(item, int | float) else str(item) for item in values]


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else f"{value:.3g}"


def main() -> None:
    """Print the table, and the misses when asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--misses", action="store_true", help="list each miss and each invention")
    options = parser.parse_args()
    truth = json.loads(options.truth.read_text(encoding="utf-8"))
    tallies = measure(truth, options.repositories)
    print(f"{len(truth['repositories'])} repositories\n")
    print("| fact | precision | recall | right | said | true |\n| --- | --- | --- | --- | --- | --- |")
    for name, tally in tallies.items():
        print(f"| {name} | {tally.row} |")
    if options.misses:
        print("\n".join(["", *(f"- {miss}" for tally in tallies.values() for miss in tally.misses)]))


if __name__ == "__main__":
    main()
