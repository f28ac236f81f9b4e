"""Package manifests: runtime, framework and their versions, start scripts; about the folder they lie in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from adapters.manifests import frameworks
from adapters.manifests.commands import read_command
from adapters.manifests.facts_of import FileFacts
from adapters.manifests.platforms import line_with, parse_toml
from adapters.manifests.tree import Node, Unparsable, parse_json
from adapters.manifests.xml_check import check_xml
from domain.repository.facts import FactName, SourceKind, Subject, folder

_VERSION = re.compile(r"\d+(?:\.\d+)*")
_REQUIREMENTS = re.compile(
    r"(?:.*/)?(?:requirements(?:[._-](?:base|prod|production))?|requirements/(?:base|common|prod|production))\.txt"
)


def is_requirements(path: str) -> bool:
    """Whether a file lists what a Python service needs to run: ``requirements.txt``, ``requirements/base.txt``."""
    return _REQUIREMENTS.fullmatch(path.lower()) is not None


def read_package_json(file: str, text: str) -> FileFacts:
    """package.json.

    Raises:
        Unparsable: It is not JSON.
    """
    facts, subject = _begin(file)
    root = parse_json(text)
    if root.entries is None:
        raise Unparsable("an object was expected", root.line)
    _runtime(
        facts, subject, "node", _version(_scalar(root.get("engines", "node"))), _line(root.get("engines", "node"), 1)
    )
    parts = [node for key in ("dependencies", "devDependencies") if (node := root.get(key)) is not None]
    needs = {
        name: (version.scalar or "", part.line_of(name)) for part in reversed(parts) for name, version in part.pairs()
    }
    _framework(facts, subject, frameworks.NODE, needs)
    for script in ("start:prod", "start", "serve"):
        if command := _scalar(root.get("scripts", script)):
            read_command(facts, subject, command, _line(root.get("scripts", script), 1))
            break
    return facts


def read_requirements(file: str, text: str) -> FileFacts:
    """requirements.txt, and those in a folder called so, which are about the folder above."""
    facts, subject = _begin(file)
    where = posixpath.dirname(file)
    if posixpath.basename(where).lower() == "requirements":
        subject = folder(posixpath.dirname(where))
    needs: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        found = re.match(r"^\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*([^;#]*)", line)
        if found and not line.lstrip().startswith(("#", "-")):
            needs.setdefault(_pep503(found[1]), (found[2], number))
    if needs:
        _runtime(facts, subject, "python", "", 1)
        _framework(facts, subject, frameworks.PYTHON, needs)
    return facts


def read_pyproject(file: str, text: str) -> FileFacts:
    """pyproject.toml, PEP 621 and Poetry.

    Raises:
        Unparsable: It is not TOML.
    """
    facts, subject = _begin(file)
    parsed = parse_toml(text)
    project, poetry = _table(parsed, "project"), _table(_table(parsed, "tool"), "poetry")
    wanted = project.get("requires-python") or _table(poetry, "dependencies").get("python")
    if not project and not poetry:
        return facts
    key = "requires-python" if "requires-python" in project else "python"
    _runtime(facts, subject, "python", _version(str(wanted)) if wanted else "", line_with(text, key))
    needs: dict[str, tuple[str, int]] = {}
    listed = project.get("dependencies")
    for item in listed if isinstance(listed, list) else []:
        if found := re.match(r"^\s*([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(.*)", str(item)):
            needs[_pep503(found[1])] = (found[2], _line_holding(text, found[1]))
    for name, spec in _table(poetry, "dependencies").items():
        version = spec.get("version", "") if isinstance(spec, dict) else spec
        needs[_pep503(name)] = (str(version), line_with(text, name))
    _framework(facts, subject, frameworks.PYTHON, needs)
    return facts


def read_go_mod(file: str, text: str) -> FileFacts:
    """go.mod."""
    facts, subject = _begin(file)
    needs: dict[str, tuple[str, int]] = {}
    version, line = "", 1
    for number, raw in enumerate(text.splitlines(), start=1):
        words = raw.strip().removeprefix("require ").split()
        if len(words) == 2 and words[0] == "go":
            version, line = words[1], number
        elif len(words) >= 2 and "/" in words[0] and words[1].startswith("v") and "// indirect" not in raw:
            needs[re.sub(r"/v\d+$", "", words[0])] = (words[1], number)
    _runtime(facts, subject, "go", _version(version), line)
    _framework(facts, subject, frameworks.GO, needs)
    return facts


def read_cargo(file: str, text: str) -> FileFacts:
    """Cargo.toml.

    Raises:
        Unparsable: It is not TOML.
    """
    facts, subject = _begin(file)
    parsed = parse_toml(text)
    package = _table(parsed, "package")
    version = package.get("rust-version")
    _runtime(
        facts,
        subject,
        "rust",
        _version(str(version)) if isinstance(version, str) else "",
        line_with(text, "rust-version"),
    )
    needs = {}
    for name, spec in _table(parsed, "dependencies").items():
        raw = spec.get("version", "") if isinstance(spec, dict) else spec
        needs[name] = (str(raw), line_with(text, name))
    _framework(facts, subject, frameworks.RUST, needs)
    return facts


def read_gemfile(file: str, text: str) -> FileFacts:
    """Gemfile."""
    facts, subject = _begin(file)
    needs: dict[str, tuple[str, int]] = {}
    version, line = "", 1
    for number, raw in enumerate(text.splitlines(), start=1):
        if found := re.match(r"^\s*ruby\s+[\"']([^\"']+)", raw):
            version, line = found[1], number
        if found := re.match(r"^\s*gem\s+[\"']([^\"']+)[\"'](?:\s*,\s*[\"']([^\"']*)[\"'])?", raw):
            needs.setdefault(found[1], (found[2] or "", number))
    _runtime(facts, subject, "ruby", _version(version), line)
    _framework(facts, subject, frameworks.RUBY, needs)
    return facts


def read_composer(file: str, text: str) -> FileFacts:
    """composer.json.

    Raises:
        Unparsable: It is not JSON.
    """
    facts, subject = _begin(file)
    root = parse_json(text)
    require = root.get("require") or Node(1, entries={})
    _runtime(facts, subject, "php", _version(_scalar(require.get("php"))), require.line_of("php"))
    _framework(
        facts,
        subject,
        frameworks.PHP,
        {name: (node.scalar or "", require.line_of(name)) for name, node in require.pairs()},
    )
    return facts


def read_jvm_build(file: str, text: str) -> FileFacts:
    """pom.xml and build.gradle(.kts), read as text: neither is run, and no XML entity is expanded.

    Raises:
        Unparsable: A pom.xml is not XML.
    """
    facts, subject = _begin(file)
    if file.lower().endswith(".xml"):
        check_xml(text)
    found = re.search(
        r"<(?:java\.version|maven\.compiler\.(?:source|release|target)|release)>\s*([\d.]+)\s*<|"
        r"(?:sourceCompatibility|targetCompatibility)\s*=?\s*(?:JavaVersion\.VERSION_)?[\"']?([\d._]+)|"
        r"languageVersion\s*(?:=|\.set\()\s*JavaLanguageVersion\.of\(\s*[\"']?(\d+)",
        text,
    )
    version = next((part for part in found.groups() if part), "").replace("_", ".") if found else ""
    line = text.count("\n", 0, found.start()) + 1 if found else 1
    _runtime(facts, subject, "java", version.removeprefix("1.") if version.startswith("1.") else version, line)
    for mark, framework in frameworks.JVM.items():
        if mark in text:
            at = text.index(mark)
            near = re.search(rf"{re.escape(mark)}[^\n]*?(\d+\.\d+(?:\.\d+)?)", text)
            if framework == "spring-boot":
                parent = r"spring-boot-starter-parent</artifactId>\s*<version>\s*([\d.]+)"
                near = re.search(parent, text) or re.search(
                    r"org\.springframework\.boot[\"')]*\s*version\s*[\"']([\d.]+)", text
                )
            _note_framework(facts, subject, framework, near[1].rstrip(".") if near else "", text.count("\n", 0, at) + 1)
            break
    return facts


def read_csproj(file: str, text: str) -> FileFacts:
    """*.csproj, read as text.

    Raises:
        Unparsable: It is not XML.
    """
    facts, subject = _begin(file)
    check_xml(text)
    found = re.search(r"<TargetFrameworks?>\s*net(?:coreapp)?([\d.]+)", text)
    line = text.count("\n", 0, found.start()) + 1 if found else 1
    _runtime(facts, subject, "dotnet", found[1] if found else "", line)
    if "Microsoft.NET.Sdk.Web" in text:
        _note_framework(facts, subject, "aspnet", "", text.count("\n", 0, text.index("Microsoft.NET.Sdk.Web")) + 1)
    return facts


def read_process_config(file: str, text: str) -> FileFacts:
    """gunicorn.conf.py, config/puma.rb and pm2's ecosystem file: the number of workers, if it stands there as one."""
    facts = FileFacts(file=file, source=SourceKind.PROCESS_CONFIG)
    name = posixpath.basename(file)
    where = posixpath.dirname(file)
    subject = folder(posixpath.dirname(where) if name == "puma.rb" and posixpath.basename(where) == "config" else where)
    patterns = {
        "gunicorn": r"^\s*workers\s*=\s*(?:int\()?(?:os\.(?:environ\.get|getenv)\([^,]+,\s*)?"
        r"[\"']?(\d+)[\"']?\)*\s*(?:#.*)?$",
        "puma": r"^\s*workers\s*\(?\s*(?:Integer\()?(?:ENV\.fetch\([^)]*\)\s*\{\s*|ENV\.fetch\([^,]+,\s*)?[\"']?(\d+)",
        "pm2": r"^\s*[\"']?instances[\"']?\s*:\s*[\"']?(\d+)",
    }
    program = "gunicorn" if name.startswith("gunicorn") else "puma" if name == "puma.rb" else "pm2"
    if found := re.search(patterns[program], text, re.MULTILINE):
        line = text.count("\n", 0, found.start(1)) + 1
        facts.add(subject, FactName.WORKERS, int(found[1][:4]), line, f"{found[1]} workers of {program}")
    facts.add(subject, FactName.FRAMEWORK, program, 1, f"is configured for {program}")
    return facts


def _begin(file: str) -> tuple[FileFacts, Subject]:
    return FileFacts(file=file, source=SourceKind.PACKAGE), folder(posixpath.dirname(file))


def _runtime(facts: FileFacts, subject: Subject, runtime: str, version: str, line: int) -> None:
    facts.add(subject, FactName.RUNTIME, runtime, line, f"{posixpath.basename(facts.file)} is of {runtime}")
    if version:
        facts.add(subject, FactName.RUNTIME_VERSION, version, line, f"{runtime} {version}")


def _framework(
    facts: FileFacts, subject: Subject, known: Mapping[str, str], needs: Mapping[str, tuple[str, int]]
) -> None:
    name = next((name for name in known if name in needs), None)
    if name is not None:
        wanted, line = needs[name]
        _note_framework(facts, subject, known[name], _version(wanted), line)


def _note_framework(facts: FileFacts, subject: Subject, framework: str, version: str, line: int) -> None:
    facts.add(subject, FactName.FRAMEWORK, framework, line, f"uses {framework}")
    if version:
        facts.add(subject, FactName.FRAMEWORK_VERSION, version, line, f"{framework} {version}")


def _version(wanted: str | None) -> str:
    found = _VERSION.search(wanted or "")
    return found[0] if found else ""


def _pep503(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _line_holding(text: str, word: str) -> int:
    at = text.find(f'"{word}')
    at = text.find(f"'{word}") if at < 0 else at
    return text.count("\n", 0, max(at, 0)) + 1


def _table(parsed: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = parsed.get(key)
    return value if isinstance(value, dict) else {}


def _scalar(node: Node | None) -> str | None:
    return node.scalar if node is not None else None


def _line(node: Node | None, otherwise: int) -> int:
    return node.line if node is not None else otherwise
