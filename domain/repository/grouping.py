"""Which facts are about which service: names that mean the same, names that do not, and folders without a name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from domain.repository.facts import Fact, FactName, Finding, SourceKind, SubjectKind
from domain.repository.known import FRAMEWORK_KIND, known_image, split_image

# A start command or an open port makes a folder runnable where no deployment file speaks.
_RUNNABLE = {FactName.DOCKERFILE, FactName.COMMAND, FactName.PORT}
# Folders named for how things are laid out, not for what is in them.
_LAYOUT = {"src", "main", "app", "apps", "docker", "dockerfiles", "container", "containers", "build", "image", "images",
           "package", "packages", "packaging", "deploy", "deployment", "deployments", "chart", "charts", "helm",
           "kubernetes", "k8s", "openshift", "services"}  # fmt: skip
# Below these a Dockerfile builds tools, packages or tests.
_ASIDE = {".github", ".gitlab", ".circleci", "packaging", "contrib", "hack", "tools", "scripts", "ci", "benchmark",
          "benchmarks", "docs", "genproto"}  # fmt: skip

# Applications of their own may each have a web, an api, a db, a cache and a proxy.
_MOST_SHARED = 5
# Overlays that only tests run.
_TESTS = {"test", "tests", "ci", "e2e", "cypress"}

Groups = dict[str, list[Fact]]


def group_facts(facts: Iterable[Fact], repository: str) -> tuple[Groups, list[Finding]]:
    """The facts of each service, and what was left out.

    Args:
        facts: In the order of the files.
        repository: Its name: a lone service without a name is called after it.
    """
    named, by_folder = _parted(facts)
    named = _joined(_told_apart(named))
    groups: Groups = {}
    used: set[str] = set()
    for name, own in named.items():
        folders = list(dict.fromkeys(str(fact.value) for fact in own if fact.name is FactName.BUILD_FOLDER))
        if not folders and _is_own(own):
            # A service called as its repository is built from the root.
            root = [""] if plain_name(name) == plain_name(repository) and "" in by_folder else []
            folders = _folders_named(name, by_folder) or root
        dockerfiles = {str(fact.value) for fact in own if fact.name is FactName.DOCKERFILE}
        used.update(folders, (file.rpartition("/")[0] for file in dockerfiles))
        groups[name] = [*own, *(fact for where in folders for fact in _of_folder(by_folder, where, dockerfiles))]
    return groups, _add_folders(groups, by_folder, used, repository)


def _parted(facts: Iterable[Fact]) -> tuple[Groups, Groups]:
    named: Groups = defaultdict(list)
    by_folder: Groups = defaultdict(list)
    for fact in facts:
        (named if fact.subject.kind is SubjectKind.SERVICE else by_folder)[fact.subject.name].append(fact)
    # An autoscaler or an overlay of a workload that stands nowhere is no service, nor is what only tests run.
    return {name: own for name, own in named.items() if any(map(_is_run, own))}, by_folder


def _is_run(fact: Fact) -> bool:
    return fact.name is FactName.EXISTS and not _TESTS & set(fact.overlay.replace("_", "-").split("-"))


def _told_apart(named: Groups) -> Groups:
    """One name in top-level folders that are applications of their own is several services.

    A collection of examples has a ``backend`` in each; the folder goes before the name.
    """
    apart = _applications(named)
    found: Groups = {}
    for name, facts in named.items():
        tops = _tops(facts)
        # What the root names is what the repository runs; folders hold variants of it.
        if "" not in tops and any(frozenset((one, other)) in apart for one in tops for other in tops):
            for top in tops:
                found[f"{top}/{name}"] = [fact for fact in facts if _top(fact) == top]
        else:
            found[name] = facts
    return found


def _applications(named: Groups) -> set[frozenset[str]]:
    """Pairs of top-level folders that share names and yet run different things under one of them, and nothing alike.

    Many names in common are one application deployed in two ways, whatever its images are called.
    """
    alike: set[frozenset[str]] = set()
    unlike: set[frozenset[str]] = set()
    shared: Counter[frozenset[str]] = Counter()
    for facts in named.values():
        tops = [top for top in _tops(facts) if top]
        what = {top: _what_runs(facts, top) for top in tops}
        for place, one in enumerate(tops):
            for other in tops[place + 1 :]:
                shared[frozenset((one, other))] += 1
                if what[one] and what[other]:
                    common = what[one] & what[other]
                    own = {image for image in common if known_image(image) is None}
                    (alike if own else set() if common else unlike).add(frozenset((one, other)))
    return {pair for pair in unlike - alike if shared[pair] <= _MOST_SHARED}


def _tops(facts: Sequence[Fact]) -> list[str]:
    return list(dict.fromkeys(_top(fact) for fact in facts))


def _top(fact: Fact) -> str:
    """The top-level folder a fact's file lies in; "" for the root."""
    return fact.file.partition("/")[0] if "/" in fact.file else ""


def _what_runs(facts: Sequence[Fact], top: str) -> frozenset[str]:
    """Images (without tags) and build folders named below a top-level folder."""
    return frozenset(
        split_image(str(fact.value))[0] if fact.name is FactName.IMAGE else str(fact.value)
        for fact in facts
        if fact.name in (FactName.IMAGE, FactName.BUILD_FOLDER) and _top(fact) == top
    )


def _joined(named: Groups) -> Groups:
    """Spellings of one name (``orders-db``, ``ordersdb``) and a chart named after its service's folder, joined."""
    found: Groups = {}
    spelled: dict[str, str] = {}
    # The name nearest to what runs is the one that is kept.
    for name, facts in sorted(named.items(), key=lambda item: all(f.source is SourceKind.HELM for f in item[1])):
        plain = plain_name(_chart_of(name, facts, spelled) or name)
        kept = spelled.setdefault(plain, name)
        near = kept in found and set(_tops(found[kept])) & {*_tops(facts), ""}
        found.setdefault(kept if near else name, []).extend(facts)
    return found


def _chart_of(name: str, facts: Sequence[Fact], spelled: Mapping[str, str]) -> str | None:
    """The service whose folder a chart lies in: src/cart/chart/values.yaml is of cart."""
    first = next(fact for fact in facts if fact.name is FactName.EXISTS)
    if first.source is not SourceKind.HELM or plain_name(name) in spelled:
        return None
    near = _telling(first.file.rpartition("/")[0])
    return near if plain_name(near) in spelled else None


def plain_name(name: str) -> str:
    """A name without case and separators."""
    return name.lower().replace("-", "").replace("_", "")


def _telling(where: str) -> str:
    """The innermost part of a path that names something: ``cart`` of src/cart/src; "" when none does."""
    return next((part for part in reversed(where.split("/")) if part.lower() not in _LAYOUT), "")


def _folders_named(name: str, by_folder: Mapping[str, list[Fact]]) -> list[str]:
    """The folders a deployed service is built from, where only its name says so.

    src/cartservice of ``cartservice``, or the only one that ends with it: shop-config-server of ``config-server``;
    with the folders inside it that only lay it out (src/main/docker).
    """
    wanted = plain_name(name.rpartition("/")[2])
    fits = [where for where in by_folder if where and plain_name(_telling(where)) == wanted]
    if not fits:
        ends = [where for where in by_folder if _telling(where).lower().endswith(f"-{name.lower()}")]
        fits = ends if len({_telling(where) for where in ends}) == 1 else []
    nearest = min(fits, key=lambda where: (where.count("/"), where), default="")
    return sorted(where for where in fits if where == nearest or where.startswith(f"{nearest}/"))


def _of_folder(by_folder: Mapping[str, list[Fact]], where: str, dockerfiles: set[str]) -> list[Fact]:
    """Facts of the folder built from; where its Dockerfile lies in another one, that one says what is in the image."""
    beside = {file.rpartition("/")[0] for file in dockerfiles} & set(by_folder) - {where}
    told = [fact for other in sorted(beside) for fact in by_folder[other]]
    if not any(fact.source is SourceKind.PACKAGE for fact in told):
        told += by_folder.get(where, ())
    files = {fact.file for fact in told if fact.source is SourceKind.DOCKERFILE}
    plain = {file for file in files if file.rsplit("/", 1)[-1].lower() in ("dockerfile", "containerfile")}
    kept = (files & dockerfiles) or plain or set(sorted(files)[:1])
    return [fact for fact in told if fact.source is not SourceKind.DOCKERFILE or fact.file in kept]


def _add_folders(groups: Groups, by_folder: Groups, used: set[str], repository: str) -> list[Finding]:
    """Folders that no deployment file mentions: services of their own, or Dockerfiles that are left out."""
    findings = []
    deployed = dict(groups)
    for where, facts in by_folder.items():
        if where in used or not _stands_alone(where, facts, by_folder, deployed):
            continue
        name = _telling(where)
        aside = any(part.lower() in _ASIDE for part in where.split("/"))
        known = next((known for known in groups if plain_name(known) == plain_name(name)), None)
        if deployed and (aside or (where and not name) or known in deployed):
            found = next(fact for fact in facts if fact.name is FactName.DOCKERFILE)
            text = "no deployment file builds from it: not counted as a service"
            findings.append(Finding(code="unused_dockerfile", file=found.file, line=found.line, text=text))
            continue
        groups.setdefault(known or name or repository, []).extend(facts)
    return findings


def _stands_alone(where: str, facts: Sequence[Fact], by_folder: Groups, deployed: Groups) -> bool:
    """Whether a folder that no deployment file mentions may be a service of its own.

    With deployment files there, only a Dockerfile makes it one; without, a start command or a web framework does.
    """
    if any(fact.name is FactName.DOCKERFILE for fact in facts):
        # A root Dockerfile is the image of a service that is already there, unless all of these are bought in.
        return bool(where) or not any(_is_own(own) for own in deployed.values())
    has_dockerfiles = any(fact.name is FactName.DOCKERFILE for items in by_folder.values() for fact in items)
    if deployed or has_dockerfiles:
        return False
    framework = any(fact.name is FactName.FRAMEWORK and str(fact.value) in FRAMEWORK_KIND for fact in facts)
    return any(fact.name in _RUNNABLE for fact in facts) or (framework and not where)


def _is_own(facts: Sequence[Fact]) -> bool:
    """Whether a service is built here, or run from an image that is no well-known software."""
    images = [str(fact.value) for fact in facts if fact.name is FactName.IMAGE]
    built = any(fact.name in (FactName.BUILD_FOLDER, FactName.DOCKERFILE) for fact in facts)
    return built or not images or any(known_image(image) is None for image in images)
