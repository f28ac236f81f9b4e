"""From facts to profiles: which source wins, where sources disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.repository.facts import PRECEDENCE, Fact, FactName, Finding, RunInformation, SourceKind
from domain.repository.grouping import group_facts
from domain.repository.known import (
    FRAMEWORK_KIND,
    ServiceKind,
    is_base,
    kind_of_name,
    known_image,
    runtime_of_base,
    split_image,
)
from domain.repository.profile import Amounts, Evidence, RepositoryProfile, ServiceProfile

# Facts of which a service has one; sources that differ on them are reported.
_COMPARED = (
    FactName.REPLICAS, FactName.MIN_REPLICAS, FactName.MAX_REPLICAS, FactName.CPU_REQUEST, FactName.CPU_LIMIT,
    FactName.MEMORY_REQUEST, FactName.MEMORY_LIMIT, FactName.MEMORY_FLAG, FactName.WORKERS,
)  # fmt: skip
# Overlays nearest to production win; the base comes before those for development.
_OVERLAY_ORDER = ("prod", "production", "live", "release", "", "deploy", "override", "staging", "stage", "qa", "test",
                  "dev", "development", "local")  # fmt: skip
_PAGE_SERVERS = {"nginx", "apache", "caddy"}
_JAVASCRIPT = {"node", "bun", "deno"}
_LANGUAGES = {"python", "php", "node", "java", "go", "ruby"}
# A server alone says less than the framework it serves.
_SERVERS = {"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress", "puma", "unicorn", "thin", "pm2"}


def build_profiles(found: RunInformation, repository: str) -> RepositoryProfile:
    """One profile per service.

    Args:
        found: What was read.
        repository: Its name: a lone service without a name is called after it.
    """
    groups, left_out = group_facts(found.facts, repository)
    findings = [*found.findings, *left_out]
    services = []
    for name, facts in sorted(groups.items()):
        profile, conflicts = _profile(name, facts, set(groups))
        services.append(profile)
        findings += conflicts
    return RepositoryProfile(services=tuple(services), findings=tuple(findings))


def _profile(name: str, facts: Sequence[Fact], names: set[str]) -> tuple[ServiceProfile, list[Finding]]:
    ordered = [fact for _, fact in sorted(enumerate(facts), key=_rank)]
    first: dict[FactName, Fact] = {}
    for fact in ordered:
        first.setdefault(fact.name, fact)
    findings = [found for wanted in _COMPARED if (found := _conflict(name, wanted, ordered)) is not None]
    findings += _heap_over_limit(name, first)
    image = _text(first, FactName.IMAGE) if _own_image(ordered) else ""
    runtime, version = _runtime(ordered)
    framework, framework_version = _framework(ordered)
    kind = _kind(name, ordered, image, framework)
    named = ((fact, _needed(fact, name, names)) for fact in facts if fact.name is FactName.DEPENDS_ON)
    needs = {fact: other for fact, other in named if other is not None}
    evidence = dict.fromkeys(
        Evidence(fact.file, fact.line, fact.words)
        for fact in facts
        if fact.words and (fact.name is not FactName.DEPENDS_ON or fact in needs)
    )
    profile = ServiceProfile(
        name=name, kind=kind, runtime=runtime, runtime_version=version, framework=framework,
        framework_version=framework_version, image=image,
        ports=tuple(sorted({int(fact.value) for fact in facts if fact.name is FactName.PORT})),
        replicas=_whole(first, FactName.REPLICAS) or _whole(first, FactName.MIN_REPLICAS) or 1,
        min_replicas=_whole(first, FactName.MIN_REPLICAS), max_replicas=_whole(first, FactName.MAX_REPLICAS),
        declared=Amounts(
            cpu_request_vcpus=_amount(first, FactName.CPU_REQUEST), cpu_limit_vcpus=_amount(first, FactName.CPU_LIMIT),
            memory_request_gib=_amount(first, FactName.MEMORY_REQUEST),
            memory_limit_gib=_amount(first, FactName.MEMORY_LIMIT),
        ),
        memory_flag_gib=_amount(first, FactName.MEMORY_FLAG), workers=_whole(first, FactName.WORKERS),
        depends_on=tuple(sorted(set(needs.values()))), schedule=_text(first, FactName.SCHEDULE),
        profiles=tuple(sorted({str(fact.value) for fact in facts if fact.name is FactName.PROFILE})),
        evidence=tuple(evidence),
    )  # fmt: skip
    return profile, findings


def _needed(fact: Fact, name: str, names: set[str]) -> str | None:
    """The service of this repository that a fact says is needed; None for hosts elsewhere."""
    wanted = str(fact.value)
    beside = f"{name.rpartition('/')[0]}/{wanted}" if "/" in name else wanted
    found = next((known for known in (beside, wanted) if known in names), None)
    return found if found != name else None


def _rank(placed: tuple[int, Fact]) -> tuple[int, int, int]:
    """Lower wins: source, then overlay, then what was read first; in Compose last, as an extension overrides."""
    place, fact = placed
    words = fact.overlay.replace("_", "-").replace(".", "-").split("-")
    places = [_OVERLAY_ORDER.index(word) for word in words if word in _OVERLAY_ORDER]
    return (
        PRECEDENCE.index(fact.source),
        min(places, default=_OVERLAY_ORDER.index("") + 1),
        (-place if fact.source is SourceKind.COMPOSE else place),
    )


def _conflict(name: str, wanted: FactName, ordered: Sequence[Fact]) -> Finding | None:
    """Two files that say different things of the same amount; the one that counts is named."""
    relevant = [fact for fact in ordered if fact.name is wanted]
    others = [fact for fact in relevant[1:] if fact.value != relevant[0].value and fact.file != relevant[0].file]
    if not others:
        return None
    counts, other = relevant[0], others[0]
    text = (
        f"{name}: {wanted} is {counts.value} in {counts.file}:{counts.line} and {other.value} in "
        f"{other.file}:{other.line}; the first counts"
    )
    return Finding(code="conflict", file=other.file, line=other.line, text=text)


def _heap_over_limit(name: str, first: Mapping[FactName, Fact]) -> list[Finding]:
    """A heap that may grow beyond what the container may use: it is killed before its own limit is reached."""
    heap, limit = first.get(FactName.MEMORY_FLAG), first.get(FactName.MEMORY_LIMIT)
    if heap is None or limit is None or float(heap.value) <= float(limit.value):
        return []
    text = (
        f"{name}: the heap may grow to {float(heap.value):.3g} GiB by {heap.file}:{heap.line}, more than the "
        f"{float(limit.value):.3g} GiB of memory that {limit.file}:{limit.line} allows"
    )
    return [Finding(code="conflict", file=heap.file, line=heap.line, text=text)]


def _own_image(ordered: Sequence[Fact]) -> bool:
    """Whether the image named is what is run, and not the base of a Dockerfile."""
    first = next((fact for fact in ordered if fact.name is FactName.IMAGE), None)
    return first is not None and first.source is not SourceKind.DOCKERFILE


def _runtime(ordered: Sequence[Fact]) -> tuple[str, str]:
    """Well-known software by its image, else the base image of the last stage, else the package manifest."""
    images = [str(fact.value) for fact in ordered if fact.name is FactName.IMAGE]
    bases = [str(f.value) for f in ordered if f.name is FactName.IMAGE and f.source is SourceKind.DOCKERFILE]
    stages = [str(f.value)[6:] for f in ordered if f.name is FactName.RUNTIME and str(f.value).startswith("build:")]
    stated = [f for f in ordered if f.name is FactName.RUNTIME and not str(f.value).startswith("build:")]
    if images and not bases and (known := known_image(images[0])) is not None:
        # A product's tag is the version of the product, not of the language it is written in.
        return known[1], "" if known[1] in _LANGUAGES else _tag_version(images[0])
    if (product := _built_on(ordered)) is not None:
        return product[1], "" if product[1] in _LANGUAGES else _tag_version(bases[0])
    languages = [found for base in [*bases, *stages] if (found := runtime_of_base(base)) is not None]
    # A page server in the last stage serves what the stage before has built.
    served = [found for found in languages if found[0] in _PAGE_SERVERS]
    if bases and served and languages[0] == served[0]:
        return served[0]
    if languages:
        # Where nothing of the last stage tells, a stage of Node's beside another language's built that one's pages.
        serving = [found for found in languages if found[0] not in _JAVASCRIPT]
        return serving[0] if serving and not _tells_language(bases) else languages[0]
    if stated:
        return str(stated[0].value), _stated_version(ordered, str(stated[0].value))
    # An image of one's own is read by its whole name only: node-exporter is not written in Node.
    found = runtime_of_base(images[0]) if images and is_base(images[0]) else None
    return found or ("", "")


def _built_on(ordered: Sequence[Fact]) -> tuple[ServiceKind, str] | None:
    """Well-known software that a Dockerfile only adds settings to: ``FROM postgres:16``."""
    base = next((str(f.value) for f in ordered if f.name is FactName.IMAGE and f.source is SourceKind.DOCKERFILE), "")
    return known_image(base) if base and not is_base(base) else None


def _tells_language(bases: Sequence[str]) -> bool:
    return any(runtime_of_base(base) is not None for base in bases)


def _stated_version(ordered: Sequence[Fact], runtime: str) -> str:
    """The version that a file of that very runtime tells: beside Python there may be a package.json with Node's."""
    files = {fact.file for fact in ordered if fact.name is FactName.RUNTIME and fact.value == runtime}
    found = next((fact for fact in ordered if fact.name is FactName.RUNTIME_VERSION and fact.file in files), None)
    return str(found.value) if found else ""


def _tag_version(image: str) -> str:
    _, tag = split_image(image)
    found = runtime_of_base(f"python:{tag}") if tag else None
    return found[1] if found else ""


def _framework(ordered: Sequence[Fact]) -> tuple[str, str]:
    foreign = _foreign_manifests(ordered)
    named = [fact for fact in ordered if fact.name is FactName.FRAMEWORK and fact.file not in foreign]
    chosen = next((fact for fact in named if fact.value not in _SERVERS), named[0] if named else None)
    if chosen is None:
        return "", ""
    version = next(
        (
            f
            for f in ordered
            if f.name is FactName.FRAMEWORK_VERSION and f.file == chosen.file and f.line == chosen.line
        ),
        None,
    )
    return str(chosen.value), str(version.value) if version else ""


def _foreign_manifests(ordered: Sequence[Fact]) -> set[str]:
    """Package manifests of another language than the image is built for: they are of a neighbour in the folder."""
    built_on = [str(f.value) for f in ordered if f.name is FactName.IMAGE and f.source is SourceKind.DOCKERFILE]
    built_on += [str(f.value)[6:] for f in ordered if f.name is FactName.RUNTIME and str(f.value).startswith("build:")]
    languages = {found[0] for base in built_on if (found := runtime_of_base(base)) is not None} - _PAGE_SERVERS
    if languages & _JAVASCRIPT:
        languages |= _JAVASCRIPT
    stated = [f for f in ordered if f.name is FactName.RUNTIME and f.source is SourceKind.PACKAGE]
    return {fact.file for fact in stated if fact.value not in languages} if languages else set()


def _kind(name: str, ordered: Sequence[Fact], image: str, framework: str) -> ServiceKind:
    """Stated kind, then well-known image, then the command's worker, the name, the framework, and ports."""
    stated = next((fact for fact in ordered if fact.name is FactName.KIND), None)
    if stated is not None:
        return ServiceKind(str(stated.value))
    known = known_image(image) if image else None
    known = known or _built_on(ordered)
    if known is not None:
        return known[0]
    commands = [fact for fact in ordered if fact.name is FactName.FRAMEWORK and fact.words.startswith("runs ")]
    started = FRAMEWORK_KIND.get(str(commands[0].value)) if commands else None
    if started is ServiceKind.WORKER:
        return started
    by_name = kind_of_name(name)
    by_framework = FRAMEWORK_KIND.get(framework)
    if by_name is not None:
        return by_name
    if by_framework is not None:
        return by_framework
    return ServiceKind.API if any(fact.name is FactName.PORT for fact in ordered) else ServiceKind.WORKER


def _text(first: Mapping[FactName, Fact], name: FactName) -> str:
    return str(first[name].value) if name in first else ""


def _whole(first: Mapping[FactName, Fact], name: FactName) -> int | None:
    return int(first[name].value) if name in first else None


def _amount(first: Mapping[FactName, Fact], name: FactName) -> float | None:
    return float(first[name].value) if name in first else None
