"""Answers to agents: bounded, and errors without what an agent may not see."""

from __future__ import annotations

import msgspec
import pytest
from mcp.server.mcpserver.exceptions import ToolError

from domain.errors import FieldError, InvalidRequest
from entrypoints.mcp.calls import MOST_CHARACTERS, answered


def test_a_long_answer_is_cut_and_says_by_how_much() -> None:
    answer = answered(lambda: {"services": ["x" * 1000] * 500, "findings": ["y"]})
    assert len(msgspec.json.encode(answer)) <= MOST_CHARACTERS + 100
    assert len(answer["services"]) + answer["cut"]["services"] == 500
    assert answer["findings"] == ["y"]


def test_a_defect_is_told_without_its_text() -> None:
    def work() -> object:
        raise RuntimeError("the canary and the path")

    with pytest.raises(ToolError) as caught:
        answered(work)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_every_bad_field_is_named() -> None:
    def work() -> object:
        fields = [
            FieldError(pointer="/a", expected="a number", code="type"),
            FieldError(pointer="/b", expected="text", code="type"),
        ]
        raise InvalidRequest("two fields are wrong", fields)

    with pytest.raises(
        ToolError, match=r"invalid_request: two fields are wrong\n/a: expected a number\n/b: expected text"
    ):
        answered(work)
