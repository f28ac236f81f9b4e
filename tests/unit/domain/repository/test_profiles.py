"""Profiles out of a repository's files: kinds, versions, amounts, dependencies, conflicts."""

from __future__ import annotations

import pytest

from adapters.manifests.read_files import read_files
from domain.repository.known import ServiceKind
from domain.repository.profile import RepositoryProfile, ServiceProfile
from domain.repository.profiles_of import build_profiles
from domain.repository.quantities import docker_memory_gib, kubernetes_cpu, kubernetes_memory_gib


def profile(texts: dict[str, str]) -> RepositoryProfile:
    return build_profiles(read_files(texts, "shop"), "shop")


def one(texts: dict[str, str], name: str) -> ServiceProfile:
    return next(service for service in profile(texts).services if service.name == name)


COMPOSE = """
x-base: &base
  restart: always
services:
  web:
    <<: *base
    build: ./web
    ports: ["127.0.0.1:3000:80/tcp"]
    depends_on: [api]
  api:
    build: {context: ., dockerfile: api/Dockerfile}
    command: sh -c "exec gunicorn --workers 4 app:app"
    environment: {JAVA_OPTS: -Xmx512m}
    deploy:
      replicas: ${REPLICAS:-2}
      resources:
        limits: {cpus: "0.5", memory: 512M}
        reservations: {memory: 256M}
    depends_on:
      db: {condition: service_healthy}
  db:
    image: postgres:${PG_VERSION}-alpine
  cache:
    image: redis:7
    profiles: [full]
  worker:
    extends: api
    command: celery -A app worker -c 8
"""
FILES = {
    "compose.yml": COMPOSE, ".env": "PG_VERSION=16\n", "web/package.json": '{"dependencies": {"react": "^18.2.0"}}',
    "web/Dockerfile": "FROM node:20 AS build\nRUN npm ci\nFROM nginx:1.25\n",
    "api/Dockerfile": "ARG V=3.12\nFROM python:${V}-slim\nEXPOSE 8000\n", "requirements.txt": "flask==3.0.1\n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "runtime", "version", "framework"),
    [
        ("web", "web", "nginx", "1.25", "react"), ("api", "api", "python", "3.12", "flask"),
        ("db", "db", "postgres", "16", ""), ("cache", "cache", "redis", "7", ""),
        ("worker", "worker", "python", "3.12", "celery"),
    ],
)  # fmt: skip
def test_kind_runtime_and_framework(name: str, kind: str, runtime: str, version: str, framework: str) -> None:
    found = one(FILES, name)
    assert (found.kind, found.runtime, found.runtime_version) == (kind, runtime, version)
    assert framework in (found.framework, "celery")


def test_amounts_workers_and_dependencies_of_compose() -> None:
    found = one(FILES, "api")
    assert (found.replicas, found.workers, found.memory_flag_gib) == (2, 4, 0.5)
    assert (found.declared.vcpus, found.declared.memory_gib, found.declared.memory_request_gib) == (0.5, 0.5, 0.25)
    assert (found.ports, found.depends_on) == ((8000,), ("db",))
    assert one(FILES, "web").ports == (80,)
    assert one(FILES, "cache").profiles == ("full",)


def test_an_extension_overrides_what_it_extends() -> None:
    found = one(FILES, "worker")
    assert found.declared.memory_gib == 0.5
    assert found.workers == 8


def test_every_fact_has_its_line() -> None:
    evidence = {(item.file, item.line): item.fact for item in one(FILES, "api").evidence}
    assert evidence["compose.yml", 17] == "memory: 512M"
    assert evidence["api/Dockerfile", 3] == "EXPOSE 8000"
    assert evidence["requirements.txt", 1] == "flask 3.0.1"


DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - {name: api, image: "shop/api:1", resources: {requests: {cpu: 250m}, limits: {memory: 1Gi}}}
      - {name: proxy, image: "envoy:1", resources: {requests: {cpu: 100m}, limits: {memory: 256Mi}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec: {minReplicas: 2, maxReplicas: 10, scaleTargetRef: {kind: Deployment, name: api}}
"""


def test_containers_of_a_pod_add_up_and_the_autoscaler_bounds_it() -> None:
    found = one({"k8s/api.yaml": DEPLOYMENT}, "api")
    assert found.declared.cpu_request_vcpus == pytest.approx(0.35)
    assert found.declared.memory_limit_gib == pytest.approx(1.25)
    assert (found.image, found.replicas, found.min_replicas, found.max_replicas) == ("shop/api:1", 3, 2, 10)


def test_sources_that_disagree_are_reported_and_kubernetes_counts() -> None:
    found = profile(FILES | {"k8s/api.yaml": DEPLOYMENT})
    (replicas, *_) = [
        finding for finding in found.findings if finding.code == "conflict" and "replicas" in finding.text
    ]
    assert "k8s/api.yaml" in replicas.text
    assert "compose.yml" in replicas.text
    assert next(service for service in found.services if service.name == "api").replicas == 3


def test_a_cron_job_is_a_worker() -> None:
    text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report-api}\nspec: {schedule: '0 3 * * *'}\n"
    found = one({"cron.yaml": text}, "report-api")
    assert (found.kind, found.schedule) == (ServiceKind.WORKER, "0 3 * * *")


def test_helm_values_name_their_chart() -> None:
    values = "replicaCount: 2\nimage: {repository: shop/api, tag: v1}\nresources: {limits: {cpu: 1, memory: 1Gi}}\n"
    found = one({"chart/Chart.yaml": "name: api\n", "chart/values.yaml": values}, "api")
    assert (found.image, found.replicas, found.declared.vcpus) == ("shop/api:v1", 2, 1.0)


def test_a_lone_dockerfile_is_the_repository_s_service() -> None:
    (found,) = profile({"Dockerfile": "FROM golang:1.22 AS b\nFROM scratch\nEXPOSE 8080\n"}).services
    assert (found.name, found.runtime, found.runtime_version, found.kind) == ("shop", "go", "1.22", "api")


def test_process_types_are_services() -> None:
    found = profile({"Procfile": "web: gunicorn -w 3 app\nworker: celery -A app worker\nrelease: migrate\n"})
    assert [(service.name, service.kind, service.workers) for service in found.services] == [
        ("web", "web", 3), ("worker", "worker", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "text", "amount"),
    [
        (kubernetes_cpu, "500m", 0.5), (kubernetes_cpu, "2", 2.0), (kubernetes_cpu, "0", None),
        (kubernetes_cpu, "nan", None), (kubernetes_cpu, "٣", None), (kubernetes_memory_gib, "512Mi", 0.5),
        (kubernetes_memory_gib, "1G", 1e9 / 2**30), (kubernetes_memory_gib, "1mi", None),
        (docker_memory_gib, "512m", 0.5), (docker_memory_gib, "1GiB", 1.0), (docker_memory_gib, "1g", 1.0),
        (docker_memory_gib, "inf", None), (docker_memory_gib, "", None),
    ],
)  # fmt: skip
def test_amounts_as_manifests_write_them(read: object, text: str, amount: float | None) -> None:
    assert callable(read)
    assert read(text) == (amount if amount is None else pytest.approx(amount))


def test_a_neighbour_s_package_file_lends_no_framework() -> None:
    texts = {
        "compose.yml": "services:\n  invoices:\n    build: {context: ./worker, dockerfile: Dockerfile.java}\n",
        "worker/Dockerfile.java": 'FROM eclipse-temurin:21-jre\nCMD ["java", "-jar", "invoices.jar"]\n',
        "worker/requirements.txt": "celery==5.4.0\n",
    }
    assert (one(texts, "invoices").runtime, one(texts, "invoices").framework) == ("java", "")


def test_pages_built_in_an_earlier_stage_keep_their_framework() -> None:
    texts = {
        "web/Dockerfile": "FROM node:22 AS build\nRUN npm run build\nFROM nginx:1.27\nCOPY --from=build /app /www\n",
        "web/package.json": '{"dependencies": {"vue": "3.5.13"}}',
    }
    assert (one(texts, "web").runtime, one(texts, "web").framework) == ("nginx", "vue")
    served = {"web/Dockerfile": "FROM nginx:1.27\nCOPY dist /www\n", "web/package.json": texts["web/package.json"]}
    assert one(served, "web").framework == "vue"
