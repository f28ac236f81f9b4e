"""Which facts are about which service: what was learned from real repositories."""

from __future__ import annotations

import pytest

from adapters.manifests.read_files import read_files
from domain.repository.known import runtime_of_base
from domain.repository.profile import RepositoryProfile, ServiceProfile
from domain.repository.profiles_of import build_profiles

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    spec:
      containers:
        - name: {name}
          image: {image}
          env:
            - {{name: CATALOG_ADDR, value: "catalog:3550"}}
            - {{name: DATABASE, value: "postgresql://user:word@orders-db.shop.svc.cluster.local:5432/orders"}}
            - {{name: PAYMENTS_URL, value: "https://payments.example.com/v1"}}
"""


def profile(texts: dict[str, str]) -> RepositoryProfile:
    return build_profiles(read_files(texts, "shop"), "shop")


def services(texts: dict[str, str]) -> dict[str, ServiceProfile]:
    return {service.name: service for service in profile(texts).services}


def deployment(name: str, image: str = "registry.example/own") -> str:
    return DEPLOYMENT.format(name=name, image=image)


def test_examples_side_by_side_keep_their_own_services() -> None:
    found = services({
        "flask-shop/compose.yaml": "services:\n  backend: {build: backend, depends_on: [db]}\n"
        "  db: {image: mariadb:10}\n",
        "flask-shop/backend/requirements.txt": "flask==3.0\n",
        "go-shop/compose.yaml": "services:\n  backend: {build: backend}\n  db: {image: postgres:16}\n",
        "go-shop/backend/go.mod": "module shop\n\ngo 1.22\n",
    })  # fmt: skip
    assert sorted(found) == ["flask-shop/backend", "flask-shop/db", "go-shop/backend", "go-shop/db"]
    assert (found["flask-shop/backend"].framework, found["go-shop/backend"].runtime) == ("flask", "go")
    assert found["flask-shop/backend"].depends_on == ("flask-shop/db",)


def test_variants_of_one_deployment_stay_one_service() -> None:
    found = services({
        "manifests/web.yaml": deployment("web", "registry.example/web:1.0"),
        "extras/web.yaml": deployment("web", "registry.example/web:1.1"),
    })  # fmt: skip
    assert list(found) == ["web"]


def test_spellings_and_charts_of_one_service_are_joined() -> None:
    found = services({
        "deploy/kubernetes/orders-db.yaml": deployment("orders-db"),
        "deploy/chart/Chart.yaml": "name: shop\n",
        "deploy/chart/values.yaml": "ordersdb:\n  image: {repository: mongo}\n  resources: {limits: {memory: 512Mi}}\n",
        "src/cart/compose.yaml": "services:\n  cart: {build: .}\n",
        "src/cart/chart/Chart.yaml": "name: sample-cart-chart\n",
        "src/cart/chart/values.yaml": "image: {repository: example/cart}\nreplicaCount: 3\n",
    })  # fmt: skip
    assert sorted(found) == ["cart", "orders-db"]
    assert (found["cart"].replicas, found["orders-db"].declared.memory_limit_gib) == (3, 0.5)


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("src/cartservice/src", "cartservice"), ("shop-cart-service", "cart-service"), ("CartService", "cart-service"),
        ("cart/src/main/docker", "cart"),
    ],
)  # fmt: skip
def test_the_folder_a_service_is_built_from_is_found_by_its_name(folder: str, service: str) -> None:
    found = services({
        "k8s/cart.yaml": deployment(service), f"{folder}/Dockerfile": "FROM eclipse-temurin:21-jre\n"
    })  # fmt: skip
    assert list(found) == [service]
    assert (found[service].runtime, found[service].runtime_version) == ("java", "21")


def test_well_known_software_is_not_built_from_a_folder_that_shares_its_name() -> None:
    found = services({
        "k8s/redis.yaml": deployment("redis", "redis:7"), "redis/requirements.txt": "flask\n",
    })  # fmt: skip
    assert (found["redis"].runtime, found["redis"].runtime_version, found["redis"].framework) == ("redis", "7", "")


def test_a_dockerfile_that_nothing_deploys_is_a_finding_and_no_service() -> None:
    found = profile({
        "k8s/web.yaml": deployment("web"), "packaging/debian/Dockerfile": "FROM golang:1.22\n",
        ".github/ui-tests/Dockerfile": "FROM cypress/base\n", "docker/Dockerfile": "FROM python:3.12\n",
    })  # fmt: skip
    assert [service.name for service in found.services] == ["web"]
    assert {(finding.code, finding.file) for finding in found.findings} == {
        ("unused_dockerfile", "packaging/debian/Dockerfile"), ("unused_dockerfile", ".github/ui-tests/Dockerfile"),
        ("unused_dockerfile", "docker/Dockerfile"),
    }  # fmt: skip


def test_the_dockerfile_of_a_deployed_service_says_what_is_in_its_image_wherever_it_lies() -> None:
    found = services({
        "compose.yaml": "services:\n  quote: {build: {context: ., dockerfile: src/quote/Dockerfile}}\n",
        "package.json": '{"dependencies": {"express": "4"}}', "src/quote/Dockerfile": "FROM php:8.3-cli\n",
        "src/quote/composer.json": '{"require": {"slim/slim": "^4"}}',
    })  # fmt: skip
    assert list(found) == ["quote"]
    assert (found["quote"].runtime, found["quote"].framework) == ("php", "slim")


def test_a_root_dockerfile_beside_bought_in_services_is_the_service_of_the_repository() -> None:
    found = services({"compose.yaml": "services:\n  db: {image: postgres:16}\n", "Dockerfile": "FROM node:22\n"})
    assert sorted(found) == ["db", "shop"]


def test_a_web_framework_at_the_root_is_a_service_without_any_deployment_file() -> None:
    assert list(services({"requirements.txt": "flask==3.0\n"})) == ["shop"]
    assert services({"requirements.txt": "numpy\n"}) == {}


def test_addresses_in_variables_name_the_services_that_are_needed_and_no_others() -> None:
    found = services({
        "k8s/web.yaml": deployment("web"), "k8s/catalog.yaml": deployment("catalog"),
        "k8s/db.yaml": deployment("orders-db", "postgres:16"),
    })  # fmt: skip
    assert found["web"].depends_on == ("catalog", "orders-db")
    assert found["catalog"].depends_on == ("orders-db",)
    assert not any("payments" in evidence.fact for evidence in found["web"].evidence)
    assert not any("word" in evidence.fact for evidence in found["web"].evidence)


@pytest.mark.parametrize(
    ("image", "runtime"),
    [
        ("postgres:16.2@sha256:4e6e670b", None), ("maven:3.9-eclipse-temurin-21", ("java", "21")),
        ("maven:3.9", ("java", "")), ("registry.example/ubi9/openjdk-21:1.24", ("java", "21")),
        ("node:20.1-alpine@sha256:9f0a", ("node", "20.1")),
    ],
)  # fmt: skip
def test_versions_of_base_images(image: str, runtime: tuple[str, str] | None) -> None:
    assert runtime_of_base(image) == runtime


def test_a_digest_is_no_version_and_a_product_s_tag_is_not_its_language_s() -> None:
    found = services({
        "compose.yaml": "services:\n  db: {image: 'postgres:16.2@sha256:4e6e670b'}\n"
        "  ui: {image: 'jaegertracing/jaeger:2.1'}\n"
        "  exporter: {image: 'prom/node-exporter:1.8'}\n",
    })  # fmt: skip
    assert (found["db"].runtime_version, found["ui"].runtime_version, found["exporter"].runtime) == ("16.2", "", "")


def test_what_the_root_names_is_one_service_whatever_folders_hold() -> None:
    found = services({
        "compose.yaml": "services:\n  db: {image: postgres:16}\n", "k8s/db.yaml": deployment("db", "example/db"),
        "podman/compose.yaml": "services:\n  db: {image: mariadb:10}\n",
    })  # fmt: skip
    assert list(found) == ["db"]


def test_many_names_in_common_are_one_application_deployed_twice() -> None:
    names = ("orders", "users", "carts", "catalog", "payment", "shipping")
    found = services(
        {f"manifests/{name}.yaml": deployment(name, f"example/{name}") for name in names}
        | {f"legacy/{name}.yaml": deployment(name, f"example/old-{name}") for name in names}
    )
    assert sorted(found) == sorted(names)


def test_what_only_tests_run_is_no_service() -> None:
    found = services({
        "compose.yaml": "services:\n  web: {build: .}\n",
        "compose.test.yaml": "services:\n  web: {command: pytest}\n  sut: {image: example/sut}\n",
    })  # fmt: skip
    assert list(found) == ["web"]


def test_a_service_called_as_its_repository_is_built_from_the_root() -> None:
    found = services({
        "compose.yaml": "services:\n  shop: {image: ghcr.example/shop}\n", "Dockerfile": "FROM node:22\n",
        "package.json": '{"dependencies": {"next": "15"}}',
    })  # fmt: skip
    assert (list(found), found["shop"].runtime, found["shop"].framework) == (["shop"], "node", "next")
