"""Which dependency of a package manifest makes which framework. Tables, no logic."""

from __future__ import annotations

# Dependency → framework, the most telling first; the first one found in a manifest counts.
NODE = {
    "@nestjs/core": "nestjs", "next": "next", "nuxt": "nuxt", "@remix-run/node": "remix",
    "@react-router/node": "react-router", "@react-router/serve": "react-router", "@sveltejs/kit": "sveltekit",
    "astro": "astro", "gatsby": "gatsby", "fastify": "fastify", "koa": "koa", "@hapi/hapi": "hapi", "hono": "hono",
    "apollo-server": "apollo", "@apollo/server": "apollo", "express": "express", "@angular/core": "angular",
    "vue": "vue", "react": "react", "svelte": "svelte", "@grpc/grpc-js": "grpc", "bullmq": "bullmq", "vite": "vite",
}  # fmt: skip
PYTHON = {
    "gradio": "gradio", "locust": "locust", "fastmcp": "fastmcp",
    "djangorestframework": "django-rest-framework", "django": "django", "fastapi": "fastapi", "litestar": "litestar",
    "flask": "flask", "sanic": "sanic", "tornado": "tornado", "aiohttp": "aiohttp", "falcon": "falcon",
    "bottle": "bottle",
    "connexion": "connexion", "streamlit": "streamlit", "dash": "dash", "starlette": "starlette",
    "celery": "celery", "dramatiq": "dramatiq", "rq": "rq", "arq": "arq", "grpcio": "grpc",
}  # fmt: skip
GO = {
    "github.com/gin-gonic/gin": "gin", "github.com/labstack/echo": "echo", "github.com/gofiber/fiber": "fiber",
    "github.com/go-chi/chi": "chi", "github.com/gorilla/mux": "gorilla", "google.golang.org/grpc": "grpc",
}  # fmt: skip
RUST = {"actix-web": "actix-web", "axum": "axum", "rocket": "rocket", "warp": "warp", "tonic": "grpc"}
RUBY = {"rails": "rails", "sinatra": "sinatra", "grape": "grape", "sidekiq": "sidekiq"}
PHP = {
    "laravel/framework": "laravel", "laravel/lumen-framework": "lumen", "symfony/framework-bundle": "symfony",
    "symfony/symfony": "symfony",
    "slim/slim": "slim",
}  # fmt: skip
JVM = {
    "spring-boot": "spring-boot", "io.quarkus": "quarkus", "io.micronaut": "micronaut", "io.dropwizard": "dropwizard",
    "io.vertx": "vertx", "io.ktor": "ktor", "grpc-netty": "grpc",
}  # fmt: skip
