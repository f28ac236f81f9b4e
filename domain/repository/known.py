"""What images, packages and names say about a service: its kind, runtime and framework. Tables, no logic of files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class ServiceKind(StrEnum):
    """Kind of service as a profile tells it."""

    WEB = "web"
    API = "api"
    DB = "db"
    WORKER = "worker"
    CACHE = "cache"


# Image name (last part, without tag) → kind and runtime. The longest that the name starts with wins.
_IMAGES: Mapping[str, tuple[ServiceKind, str]] = {
    **{name: (ServiceKind.DB, runtime) for name, runtime in {
        "postgres": "postgres", "postgresql": "postgres", "postgis": "postgres", "timescaledb": "postgres",
        "pgvector": "postgres", "mysql": "mysql", "mariadb": "mariadb", "percona": "mysql", "mongo": "mongodb",
        "mongodb": "mongodb", "elasticsearch": "elasticsearch", "opensearch": "opensearch", "cassandra": "cassandra",
        "scylla": "scylla", "influxdb": "influxdb", "neo4j": "neo4j", "couchdb": "couchdb", "clickhouse": "clickhouse",
        "clickhouse-server": "clickhouse", "cockroach": "cockroachdb", "mssql": "mssql", "server-mssql": "mssql",
        "azure-sql-edge": "mssql", "oracle": "oracle", "minio": "minio", "rabbitmq": "rabbitmq", "kafka": "kafka",
        "cp-kafka": "kafka", "redpanda": "redpanda", "zookeeper": "zookeeper", "cp-zookeeper": "zookeeper",
        "nats": "nats", "mosquitto": "mosquitto", "eclipse-mosquitto": "mosquitto", "activemq": "activemq",
        "artemis": "activemq", "pulsar": "pulsar", "etcd": "etcd", "consul": "consul", "vault": "vault",
        "solr": "solr", "meilisearch": "meilisearch", "typesense": "typesense", "qdrant": "qdrant",
        "weaviate": "weaviate", "milvus": "milvus", "chroma": "chroma", "surrealdb": "surrealdb",
        "arangodb": "arangodb",
        "rethinkdb": "rethinkdb", "dynamodb-local": "dynamodb", "victoria-metrics": "victoriametrics", "loki": "loki",
        "prometheus": "go", "pgbouncer": "pgbouncer", "seaweedfs": "seaweedfs",
    }.items()},
    **{name: (ServiceKind.CACHE, runtime) for name, runtime in {
        "redis": "redis", "redis-stack": "redis", "valkey": "valkey", "memcached": "memcached", "keydb": "keydb",
        "dragonfly": "dragonfly", "varnish": "varnish", "hazelcast": "hazelcast",
    }.items()},
    **{name: (ServiceKind.API, runtime) for name, runtime in {
        "opentelemetry-collector": "opentelemetry-collector", "opentelemetrycollector": "opentelemetry-collector",
        "otelcol": "opentelemetry-collector", "gotenberg": "gotenberg", "tika": "tika", "flagd": "flagd",
    }.items()},
    **{name: (ServiceKind.WORKER, runtime) for name, runtime in {
        "fluentd": "fluentd", "fluent-bit": "fluent-bit", "logstash": "logstash", "promtail": "promtail",
        "filebeat": "filebeat", "telegraf": "telegraf",
    }.items()},
    **{name: (ServiceKind.WEB, runtime) for name, runtime in {
        "nginx": "nginx", "httpd": "apache", "apache": "apache", "caddy": "caddy", "traefik": "traefik",
        "haproxy": "haproxy", "envoy": "envoy", "wordpress": "php", "nextcloud": "php", "drupal": "php",
        "ghost": "node",
        "adminer": "php", "phpmyadmin": "php", "pgadmin4": "python", "grafana": "grafana", "kibana": "node",
        "keycloak": "java", "mailhog": "go", "mailpit": "go", "jaeger": "go", "all-in-one": "go",
        "gitea": "go", "tomcat": "java", "jenkins": "java", "sonarqube": "java", "metabase": "java",
        "superset": "python",
        "mongo-express": "node", "flower": "python", "portainer-ce": "go", "kong": "kong", "zipkin": "java",
        "mailcatcher": "ruby", "otel-lgtm": "grafana",
    }.items()},
}  # fmt: skip
_BUILD_TOOLS = re.compile(r"maven|gradle")
_JDK = re.compile(r"(?:temurin|openjdk|jdk|corretto|jre|java)-?(\d+)")
# Base images of a Dockerfile → runtime.
_RUNTIMES: Mapping[str, str] = {
    "python": "python", "uv": "python", "miniconda3": "python", "tiangolo": "python", "node": "node", "bun": "bun",
    "deno": "deno", "golang": "go", "openjdk": "java", "eclipse-temurin": "java", "amazoncorretto": "java",
    "maven": "java", "gradle": "java", "jre": "java", "jdk": "java", "java": "java", "zulu-openjdk": "java",
    "liberica": "java", "ruby": "ruby", "php": "php", "rust": "rust", "dotnet": "dotnet", "aspnet": "dotnet",
    "sdk": "dotnet", "elixir": "elixir", "erlang": "erlang", "nginx": "nginx", "nginx-unprivileged": "nginx",
    "httpd": "apache", "caddy": "caddy", "tomcat": "java", "swift": "swift", "dart": "dart", "haskell": "haskell",
    "perl": "perl", "r-base": "r", "shiny": "r", "clojure": "java", "composer": "php", "frankenphp": "php",
    "tensorflow": "python", "pytorch": "python", "jupyter": "python",
}  # fmt: skip
# Framework → kind it suggests; frameworks that serve pages are web, others api.
FRAMEWORK_KIND: Mapping[str, ServiceKind] = {
    **dict.fromkeys((
        "next", "nuxt", "react", "vue", "angular", "svelte", "sveltekit", "gatsby", "remix", "astro", "vite", "django",
        "rails", "laravel", "symfony", "streamlit", "gradio", "react-router", "dash", "blazor", "phoenix", "thymeleaf",
    ), ServiceKind.WEB),
    **dict.fromkeys((
        "express", "fastify", "nestjs", "koa", "hapi", "hono", "flask", "fastapi", "litestar", "starlette", "tornado",
        "aiohttp", "sanic", "falcon", "bottle", "gin", "echo", "fiber", "chi", "gorilla", "grpc", "spring-boot",
        "quarkus", "micronaut", "dropwizard", "vertx", "ktor", "actix-web", "axum", "rocket", "warp", "sinatra",
        "grape",
        "slim", "lumen", "aspnet", "apollo", "graphql-yoga", "django-rest-framework", "gunicorn", "uvicorn",
        "hypercorn",
        "puma", "connexion",
    ), ServiceKind.API),
    **dict.fromkeys(("celery", "rq", "dramatiq", "sidekiq", "resque", "bullmq", "arq", "locust"), ServiceKind.WORKER),
}  # fmt: skip
# Words of a service's name, most telling first.
_NAME_WORDS: tuple[tuple[ServiceKind, tuple[str, ...]], ...] = (
    (ServiceKind.WORKER, ("worker", "workers", "job", "jobs", "cron", "scheduler", "consumer", "beat", "celery",
                          "sidekiq", "queue", "processor", "batch", "migrate", "migration", "migrations", "migrator",
                          "seed", "loadgenerator")),
    (ServiceKind.CACHE, ("cache", "redis", "memcached", "valkey")),
    (ServiceKind.DB, ("db", "database", "postgres", "mysql", "mariadb", "mongo", "mongodb", "elasticsearch", "kafka",
                      "rabbitmq", "zookeeper", "minio")),
    (ServiceKind.WEB, ("web", "frontend", "front", "ui", "www", "site", "client", "dashboard", "nginx", "proxy",
                       "webapp", "admin", "storefront", "docs")),
    (ServiceKind.API, ("api", "backend", "server", "service", "gateway", "rest", "graphql", "grpc")),
)  # fmt: skip


def split_image(image: str) -> tuple[str, str]:
    """Last part of a name, and the tag ("" without): ``ghcr.io/a/postgres:16-alpine`` → postgres, 16-alpine."""
    bare = image.split("@", maxsplit=1)[0]
    name, _, tag = bare.rpartition(":") if ":" in bare.rsplit("/", 1)[-1] else (bare, "", "")
    return name.rsplit("/", 1)[-1].lower(), tag


def known_image(image: str) -> tuple[ServiceKind, str] | None:
    """Kind and runtime of well-known software, or None."""
    name, _ = split_image(image)
    fits = [known for known in _IMAGES if name == known or name.startswith((f"{known}-", f"{known}_"))]
    return _IMAGES[max(fits, key=len)] if fits else None


def is_base(image: str) -> bool:
    """Whether an image is a language's or a page server's own."""
    return split_image(image)[0] in _RUNTIMES


def runtime_of_base(image: str) -> tuple[str, str] | None:
    """Runtime and version of a base image: ``python:3.12-slim`` → python, 3.12; None when it is not a known one."""
    name, tag = split_image(image)
    runtime = _RUNTIMES.get(name)
    if runtime is None and "dotnet" in image:
        runtime = "dotnet"
    if runtime is None:
        found = next(
            (known for known in _RUNTIMES if re.search(rf"(^|[-_]){re.escape(known)}(\d*)([-_]|$)", name)), None
        )
        runtime = _RUNTIMES[found] if found else None
    if runtime is None:
        return None
    # The tag of a build tool starts with the tool's version: maven:3.9-eclipse-temurin-21.
    built_with = _BUILD_TOOLS.fullmatch(name)
    inside = (_JDK.search(tag) if built_with else None) or re.search(r"(?:^|[-_])(\d+(?:\.\d+){0,2})", tag)
    if built_with and inside is not None and inside.re is not _JDK:
        return runtime, ""
    # openjdk's version may stand in the name: openjdk-17-jre, java17.
    named = re.search(r"(\d+(?:\.\d+)*)", name)
    version = named[1] if named and runtime == "java" else (inside[1] if inside else "")
    return runtime, version


def kind_of_name(name: str) -> ServiceKind | None:
    """What a service's name suggests."""
    words = set(re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1-\2", name).lower()))
    joined = name.lower()
    if words & {"service", "api", "backend"}:
        # What serves administrators' pages is seldom called a service: admin-service answers their requests.
        words.discard("admin")
    for kind, tokens in _NAME_WORDS:
        if words & set(tokens):
            return kind
    for kind, tokens in _NAME_WORDS:
        if any(joined.endswith(token) for token in tokens if len(token) > 2):
            return kind
    return None
