"""What each kind of file says of a service, beyond Compose and plain manifests; and what a broken one is told as."""

from __future__ import annotations

import pytest

from tests.unit.domain.repository.test_profiles import one, profile


def test_a_file_that_others_extend_runs_nothing_itself() -> None:
    base = "services:\n  common:\n    image: python:3.12\n    mem_limit: 1g\n"
    for extends in ("{file: base/all.yml, service: common}", "\n      service: common\n      file: 'base/all.yml'"):
        found = profile({"compose.yaml": f"services:\n  app:\n    extends: {extends}\n", "base/all.yml": base}).services
        assert [service.name for service in found] == ["app"]
        assert found[0].declared.memory_limit_gib == 1


def deployment(name: str, container: str, replicas: int = 1) -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: {replicas}\n"
        f"  template:\n    spec:\n      containers:\n      - name: {name}\n        image: acme/{name}\n{container}"
    )


def test_replicas_that_kustomize_sets_count_before_the_base_s_and_are_told() -> None:
    found = profile({
        "base/web.yaml": deployment("web", "", 2),
        "overlays/prod/kustomization.yaml": "resources: [../../base]\nreplicas:\n- name: web\n  count: 5\n",
    })  # fmt: skip
    assert found.services[0].replicas == 5
    (conflict,) = found.findings
    assert conflict.code == "conflict"
    assert "5 in overlays/prod/kustomization.yaml:4 and 2 in base/web.yaml:5" in conflict.text


MAPS = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: places}\ndata:\n  ORDERS_ADDR: orders:8080\n"
    "  NODE_OPTIONS: --max-old-space-size=512\n"
)


@pytest.mark.parametrize(
    ("container", "heap"),
    [
        ("        envFrom:\n        - configMapRef: {name: places}\n", 0.5),
        ("        env:\n        - name: O\n        - name: ORDERS_ADDR\n          valueFrom:\n"
         "            configMapKeyRef: {name: places, key: ORDERS_ADDR}\n", None),
    ],
)  # fmt: skip
def test_variables_taken_from_a_config_map_count_as_the_container_s(container: str, heap: float | None) -> None:
    files = {"web.yaml": deployment("web", container), "orders.yaml": deployment("orders", ""), "maps.yaml": MAPS}
    web = one(files, "web")
    assert web.depends_on == ("orders",)
    assert web.memory_flag_gib == heap
    assert one(files, "orders").depends_on == ()


def test_of_config_maps_of_one_name_the_nearest_is_meant() -> None:
    takes = "        envFrom:\n        - configMapRef: {name: places}\n"
    files = {
        "shop/web.yaml": deployment("web", takes), "shop/maps.yaml": MAPS.replace("orders", "near"),
        "other/maps.yaml": MAPS.replace("orders", "far"),
        "shop/near.yaml": deployment("near", ""), "shop/far.yaml": deployment("far", ""),
    }  # fmt: skip
    assert one(files, "web").depends_on == ("near",)


def test_what_a_workflow_gives_cloud_run_is_declared() -> None:
    steps = (
        "jobs:\n  deploy:\n    steps:\n    - uses: google-github-actions/deploy-cloudrun@v2\n      with:\n"
        "        service: checkout\n        image: gcr.io/acme/checkout\n"
        "        flags: --memory=1Gi --cpu=2 --max-instances=7 --port ${{ vars.PORT }}\n"
        "    - run: |\n        gcloud run deploy mailer --image gcr.io/acme/mailer \\\n"
        "          --memory 512Mi --cpu 500m --min-instances 2\n        echo --memory 9Gi\n"
    )
    files = {".github/workflows/deploy.yml": steps}
    checkout, mailer = one(files, "checkout"), one(files, "mailer")
    assert (checkout.declared.cpu_limit_vcpus, checkout.declared.memory_limit_gib) == (2, 1)
    assert (checkout.max_replicas, checkout.kind, checkout.ports) == (7, "api", ())
    assert (mailer.declared.cpu_limit_vcpus, mailer.declared.memory_limit_gib) == (0.5, 0.5)
    assert (mailer.replicas, mailer.image) == (2, "gcr.io/acme/mailer")


def test_fly_s_process_groups_are_the_app_and_what_runs_beside_it() -> None:
    files = {
        "fly.toml": 'app = "hello"\n[processes]\nweb = "uvicorn main:app --workers 4"\nworker = "celery -A j worker"\n'
    }
    assert [service.name for service in profile(files).services] == ["hello", "hello-worker"]
    assert one(files, "hello").workers == 4
    assert one(files, "hello-worker").kind == "worker"


def test_a_version_is_of_the_runtime_it_stands_beside() -> None:
    files = {
        "render.yaml": "services:\n- type: worker\n  name: jobs\n  runtime: python\n",
        "package.json": '{"engines": {"node": "20"}}',
    }
    jobs = one(files, "jobs")
    assert (jobs.runtime, jobs.runtime_version) == ("python", "")


def test_software_that_a_dockerfile_only_adds_settings_to_is_what_runs() -> None:
    files = {
        "compose.yaml": "services:\n  store: {build: store}\n  search: {build: search}\n",
        "store/Dockerfile": "FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n",
        "search/Dockerfile": "FROM opensearchproject/opensearch:2.11\n",
        "search/package.json": "{}",
    }
    assert (one(files, "store").kind, one(files, "store").runtime, one(files, "store").runtime_version) == (
        "db", "postgres", "16",
    )  # fmt: skip
    assert (one(files, "search").kind, one(files, "search").runtime) == ("db", "opensearch")


def test_requirements_in_a_folder_of_their_own_are_the_service_s_above() -> None:
    files = {
        "api/Dockerfile": "FROM python:3.12\nEXPOSE 80\n", "api/requirements/base.txt": "Django==5.1\n",
        "api/requirements/test.txt": "locust\n",
    }  # fmt: skip
    assert (one(files, "api").framework, one(files, "api").framework_version) == ("django", "5.1")


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("pom.xml", "<project>\n<a>\n</project>\n", 3),
        ("shop.csproj", '<Project Sdk="Microsoft.NET.Sdk.Web">\n', 2),
        ("fly.toml", "app = 'a'\nport = \n", 2),
        ("pyproject.toml", "[project]\nname = x\n", 2),
        ("package.json", '{\n"a": [1\n', 3),
        ("compose.yaml", "services:\n  a:\n   - b\n  c: [\n", 5),
    ],
)
def test_a_file_that_cannot_be_parsed_is_a_finding_with_its_line(file: str, text: str, line: int) -> None:
    found = profile({file: text, "Procfile": "web: node server.js\n"})
    assert [service.name for service in found.services] == ["shop"], "the others are read all the same"
    (finding,) = found.findings
    assert (finding.code, finding.file, finding.line) == ("unparsable", file, line)


def test_entities_of_a_pom_are_never_expanded() -> None:
    declared = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    bomb = f"{declared}\n<project><java.version>21</java.version>&b;</project>\n"
    found = profile({"pom.xml": bomb, "Dockerfile": "FROM scratch\nEXPOSE 80\n"})
    assert not [finding for finding in found.findings if finding.code == "unparsable"]


def test_a_heap_beyond_the_memory_limit_is_told_with_both_places() -> None:
    files = {
        "compose.yaml": "services:\n  api:\n    build: api\n    mem_limit: {limit}\n",
        "api/Dockerfile": "FROM eclipse-temurin:21\nCMD java -Xmx2g -jar a.jar\n",
    }
    found = profile(files | {"compose.yaml": files["compose.yaml"].format(limit="1g")})
    (finding,) = found.findings
    assert (finding.code, finding.file, finding.line) == ("conflict", "api/Dockerfile", 2)
    assert "2 GiB by api/Dockerfile:2, more than the 1 GiB of memory that compose.yaml:4 allows" in finding.text
    assert not profile(files | {"compose.yaml": files["compose.yaml"].format(limit="2g")}).findings


def test_workers_that_two_files_count_differently_are_told() -> None:
    files = {
        "Procfile": "web: gunicorn -w 3 app:app\n", "Dockerfile": "FROM python:3.12\nCMD gunicorn -w 5 app:app\n",
        "compose.yaml": "services:\n  app: {build: .}\n",
    }  # fmt: skip
    assert any("workers is" in finding.text for finding in profile(files).findings if finding.code == "conflict")


def test_the_port_a_service_is_told_to_listen_on_is_its_port() -> None:
    found = one(
        {"compose.yaml": "services:\n  api:\n    image: acme/api\n    environment: {PORT: '8080', A_PORT: 1}\n"}, "api"
    )
    assert found.ports == (8080,)


@pytest.mark.parametrize(
    ("name", "kind"), [("admin-order-service", "api"), ("admin", "web"), ("admin-worker", "worker")]
)
def test_a_service_for_administrators_is_no_page(name: str, kind: str) -> None:
    assert one({"compose.yaml": f"services:\n  {name}: {{image: acme/x}}\n"}, name).kind == kind


@pytest.mark.parametrize(("last", "runtime"), [("alpine:3", "go"), ("node:20-slim", "node")])
def test_a_stage_that_only_builds_the_pages_is_not_the_runtime(last: str, runtime: str) -> None:
    stages = (
        f"FROM node:20 AS pages\nRUN npm run build\nFROM golang:1.22 AS build\nRUN go build\nFROM {last}\nEXPOSE 80\n"
    )
    assert (
        one({"Dockerfile": stages, "go.mod": "module a\n\ngo 1.22\n", "package.json": "{}"}, "shop").runtime == runtime
    )
