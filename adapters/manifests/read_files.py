"""Which reader is for which file, and all files of a repository through their readers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.manifests import compose, dockerfile, helm, kubernetes, kustomize, packages, platforms, workflows
from adapters.manifests.config_maps import ConfigMaps, read_config_maps
from adapters.manifests.facts_of import FileFacts
from adapters.manifests.tree import Unparsable
from domain.repository.facts import Fact, Finding, RunInformation

# Folders whose files describe other people's code, tests or examples, not what this repository runs.
SKIPPED_FOLDERS = {
    "node_modules", "vendor", ".git", "venv", ".venv", "site-packages", "__pycache__", "testdata", "fixtures",
    "__tests__",
    "third_party", "bower_components", "dist", "target", ".terraform", ".idea", ".devcontainer", "e2e", "test", "tests",
    "cypress", "playwright",
}  # fmt: skip
_BY_NAME: Mapping[str, Callable[[str, str], FileFacts]] = {
    "package.json": packages.read_package_json,
    "pyproject.toml": packages.read_pyproject,
    "go.mod": packages.read_go_mod,
    "cargo.toml": packages.read_cargo,
    "gemfile": packages.read_gemfile,
    "composer.json": packages.read_composer,
    "pom.xml": packages.read_jvm_build,
    "build.gradle": packages.read_jvm_build,
    "build.gradle.kts": packages.read_jvm_build,
    "gunicorn.conf.py": packages.read_process_config,
    "gunicorn_conf.py": packages.read_process_config,
    "puma.rb": packages.read_process_config,
    "ecosystem.config.js": packages.read_process_config,
    "ecosystem.config.cjs": packages.read_process_config,
    "serverless.yml": platforms.read_serverless,
    "serverless.yaml": platforms.read_serverless,
    "render.yaml": platforms.read_render,
}
_SUPPORTING = re.compile(r"(\.env(\.[\w.-]+)?|[\w.-]+\.env|chart\.ya?ml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Context:
    """What one file's facts may need of the others.

    Attributes:
        repository: Its name.
        charts: Folder of a Helm chart → its name.
        maps: Kubernetes' ConfigMaps.
    """

    repository: str
    charts: Mapping[str, str]
    maps: ConfigMaps


def is_wanted(path: str) -> bool:
    """Whether a file may hold run information; the rest is never read."""
    *folders, name = path.split("/")
    if any(part.lower() in SKIPPED_FOLDERS for part in folders):
        return False
    lower = name.lower()
    if lower.endswith((".yaml", ".yml")):
        return not lower.startswith((".", "pnpm-lock", "mkdocs", "codecov")) and (
            ".github" not in folders or "workflows" in folders
        )
    return (
        lower in _BY_NAME
        or lower in ("procfile", "fly.toml")
        or dockerfile.is_dockerfile(path)
        or packages.is_requirements(path)
        or lower.endswith(".csproj")
        or _SUPPORTING.fullmatch(name) is not None
    )


def read_files(files: Mapping[str, str], repository: str) -> RunInformation:
    """Facts and findings of the files.

    Args:
        files: Path from the root → text; only those ``is_wanted`` accepts.
        repository: The repository's name: what a lone, nameless service is called.
    """
    facts: list[Fact] = []
    findings: list[Finding] = []
    read: list[str] = []
    context = _Context(repository, _charts(files), read_config_maps(files))
    templates = {path for path in compose.extended_files(files) if compose.overlay_of(path) is None}
    for path in sorted(set(files) - templates, key=lambda path: (path.count("/"), path)):
        try:
            found = _read(path, files, context)
        except Unparsable as error:
            text = f"cannot be read: {error.reason}; what it says of services is not known"
            findings.append(Finding(code="unparsable", file=path, line=error.line, text=text))
            continue
        if found is not None:
            read.append(path)
            facts += found.facts
            findings += found.findings
    return RunInformation(facts=tuple(facts), findings=tuple(findings), files_read=tuple(read))


def _charts(files: Mapping[str, str]) -> dict[str, str]:
    """Folder of a Helm chart → its name."""
    found = {}
    for path, text in files.items():
        if posixpath.basename(path).lower() in ("chart.yaml", "chart.yml"):
            name = re.search(r"^name:\s*[\"']?([\w.-]+)", text, re.MULTILINE)
            where = posixpath.dirname(path)
            found[where] = name[1] if name else posixpath.basename(where)
    return found


def _read(path: str, files: Mapping[str, str], context: _Context) -> FileFacts | None:
    """What one file says; None for one that only supports others or says nothing of services."""
    name = posixpath.basename(path).lower()
    text = files[path]
    readers: tuple[tuple[bool, Callable[[], FileFacts | None]], ...] = (
        (name in _BY_NAME, lambda: _BY_NAME[name](path, text)),
        (compose.overlay_of(path) is not None, lambda: compose.read_compose(path, text, files.get)),
        (dockerfile.is_dockerfile(path), lambda: dockerfile.read_dockerfile(path, text)),
        (name == "procfile", lambda: platforms.read_procfile(path, text, context.repository)),
        (name == "fly.toml", lambda: platforms.read_fly(path, text, context.repository)),
        (packages.is_requirements(path), lambda: packages.read_requirements(path, text)),
        (name.endswith(".csproj"), lambda: packages.read_csproj(path, text)),
        (kustomize.is_kustomization(path), lambda: kustomize.read_kustomization(path, text)),
        (name.endswith((".yaml", ".yml")), lambda: _read_yaml(path, text, context)),
    )
    return next((read() for fits, read in readers if fits), None)


def _read_yaml(path: str, text: str, context: _Context) -> FileFacts | None:
    """YAML is told apart by where it lies and by what stands in it."""
    where, name = posixpath.split(path)
    if "/.github/workflows/" in f"/{path}":
        return workflows.read_workflow(path, text)
    if where in context.charts:
        is_values = name.lower().startswith("values")
        return helm.read_helm_values(path, text, context.charts[where]) if is_values else None
    # Names and amounts of a chart's templates come from its values; what stands in braces cannot be read.
    if any(path.startswith(posixpath.join(chart, "templates/")) for chart in context.charts):
        return None
    if kubernetes.looks_like_manifest(text):
        return kubernetes.read_kubernetes(path, text, context.maps)
    if name.lower() in ("app.yaml", "app.yml") and re.search(r"^runtime:", text, re.MULTILINE):
        return platforms.read_app_engine(path, text, context.repository)
    return _read_stack(path, text)


def _read_stack(path: str, text: str) -> FileFacts | None:
    """A Compose file under another name, as stacks have them."""
    if not (re.search(r"^services:\s*$", text, re.MULTILINE) and re.search(r"^\s+(image|build):", text, re.MULTILINE)):
        return None
    return compose.read_compose(path, text, lambda _: None)
