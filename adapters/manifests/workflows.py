"""GitHub workflows: the steps that deploy a service."""

from __future__ import annotations

import re

from adapters.manifests.facts_of import FileFacts
from adapters.manifests.tree import Node, parse_documents
from domain.repository.facts import FactName, SourceKind, Subject, service
from domain.repository.known import kind_of_name
from domain.repository.quantities import kubernetes_cpu, kubernetes_memory_gib

_EMPTY = Node(0, entries={})
# Action → the inputs that name the service and its image.
_DEPLOY_STEPS = {
    "google-github-actions/deploy-cloudrun": ("service", "image"),
    "aws-actions/amazon-ecs-deploy-task-definition": ("service", None),
    "azure/webapps-deploy": ("app-name", "images"),
    "akhileshns/heroku-deploy": ("heroku_app_name", None),
    "superfly/flyctl-actions": (None, None),
}
_CLOUD_RUN = "google-github-actions/deploy-cloudrun"
_GCLOUD = re.compile(r"\bgcloud\s+(?:beta\s+|alpha\s+)?run\s+deploy\s+([a-z][\w-]*)([^\n;&|]*)")
_FLAG = re.compile(r"--(memory|cpu|min-instances|max-instances|port|image)[= ]\s*[\"']?([^\s\"']+)")
_WHOLE = {"min-instances": FactName.MIN_REPLICAS, "max-instances": FactName.MAX_REPLICAS, "port": FactName.PORT}
_MOST_WHOLE = 65_535


def read_workflow(file: str, text: str) -> FileFacts:
    """Steps that deploy by a known action or by ``gcloud run deploy``.

    Raises:
        Unparsable: It is not YAML.
    """
    facts = FileFacts(file=file, source=SourceKind.WORKFLOW)
    for root in parse_documents(text)[:1]:
        for _, job in (root.get("jobs") or _EMPTY).pairs():
            for step in (job.get("steps") or _EMPTY).elements():
                _read_action(facts, step)
                _read_commands(facts, _scalar(step.get("run")) or "", step.line_of("run"))
    return facts


def _read_action(facts: FileFacts, step: Node) -> None:
    uses = (_scalar(step.get("uses")) or "").split("@")[0].lower()
    if uses not in _DEPLOY_STEPS:
        return
    named, image_key = _DEPLOY_STEPS[uses]
    given = step.get("with") or _EMPTY
    name = _scalar(given.get(named)) if named else None
    if not name or "${{" in name:
        facts.find("deploy_step", step.line, f"deploys with {uses}; the service's name is not in the file")
        return
    facts.add(service(name), FactName.EXISTS, name, step.line, f"deployed by {uses}")
    image = _scalar(given.get(image_key)) if image_key else None
    if image and "${{" not in image:
        facts.add(service(name), FactName.IMAGE, image, given.line, f"image {image}")
    if uses == _CLOUD_RUN:
        _read_cloud_run(facts, service(name), _scalar(given.get("flags")) or "", given.line_of("flags"))


def _read_commands(facts: FileFacts, script: str, line: int) -> None:
    """``gcloud run deploy NAME --memory …`` in a step's script, lines that go on joined."""
    for name, flags in _GCLOUD.findall(script.replace("\\\n", " ")):
        facts.add(service(name), FactName.EXISTS, name, line, "deployed by gcloud run deploy")
        _read_cloud_run(facts, service(name), flags, line)


def _read_cloud_run(facts: FileFacts, subject: Subject, flags: str, line: int) -> None:
    if kind_of_name(subject.name) is None:
        facts.add(subject, FactName.KIND, "api", line, "a Cloud Run service receives requests")
    for key, raw in _FLAG.findall(flags):
        words = f"--{key}={raw}"
        if key == "image":
            if "$" not in raw:
                facts.add(subject, FactName.IMAGE, raw, line, words)
        elif key in _WHOLE:
            if raw.isascii() and raw.isdigit() and 0 < int(raw[:6]) <= _MOST_WHOLE:
                facts.add(subject, _WHOLE[key], int(raw[:6]), line, words)
        else:
            amount = kubernetes_cpu(raw) if key == "cpu" else kubernetes_memory_gib(raw)
            if amount:
                name = FactName.CPU_LIMIT if key == "cpu" else FactName.MEMORY_LIMIT
                facts.add(subject, name, amount, line, words)


def _scalar(node: Node | None) -> str | None:
    return node.scalar if node is not None else None
