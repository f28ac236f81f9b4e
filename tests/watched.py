"""Fails any test of the suite in which a canary is printed, logged, or told in an error or a metric."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from typing import Any

import httpx
import pytest
import structlog

from entrypoints.http.server import configure_logging
from tests.canaries import leaked

Send = Callable[..., httpx.Response]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look through what a test printed and logged; what it read itself (``capsys``) is its own to judge."""
    report = yield
    seen = {name: found for name, text in report.sections if (found := leaked(text))}
    if seen and report.passed:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: secrets were seen ({call.when}): {seen}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _logs_are_those_of_the_service() -> None:
    """What is looked through is what operators read, not what the library prints to developers."""
    configure_logging("DEBUG")
    structlog.configure(cache_logger_on_first_use=False)
    # The tests' own client tells addresses it asks for; that is not the service.
    logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture(scope="session", autouse=True)
def _answers_tell_no_secret() -> Iterator[None]:
    """Look through every problem document and every page of metrics that a test is answered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", _watched(httpx.Client.send))
        yield


def _watched(send: Send) -> Send:
    def send_and_look(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(self, request, **options)
        is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
        if is_problem or request.url.path == "/metrics":
            assert not leaked(response.text), f"{leaked(response.text)} in the answer of {request.url.path}"
        return response

    return send_and_look
