"""The office that most tests of accounts begin with."""

from __future__ import annotations

import pytest

from tests.unit.application.accounts.office import Office


@pytest.fixture
def office() -> Office:
    """Ada, Bob and Root."""
    return Office()
