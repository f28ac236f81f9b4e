"""Classical peers: what the library answers, in our shape."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from adapters.forecasters.peers import PEERS, make_peer
from domain.errors import ConfigurationError, NotEnoughHistory
from domain.forecast import MEDIAN_INDEX
from tests.contracts.test_forecaster import START, ask, day_shaped, one


def test_a_peer_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match=r"prophet.*seasonal-naive.*mstl"):
        make_peer("prophet")


def test_without_the_library_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(ConfigurationError, match=r"theta needs statsforecast.*\[bench\]"):
        make_peer("theta")


@pytest.mark.parametrize("name", [name for name in PEERS if name not in ("theta", "ets", "mstl")])
def test_simple_peers_bear_the_name_they_are_asked_for_by(name: str) -> None:
    assert make_peer(name).name == name


def test_theta_follows_the_day_and_bridges_a_gap() -> None:
    pytest.importorskip("statsforecast", reason="the extra `bench` is not installed")
    theta = make_peer("theta")
    clean = 40 + 15 * np.sin(np.arange(336) * 2 * np.pi / 24)
    whole = one(theta, ask(clean + np.random.default_rng(1).normal(0, 0.5, 336)))
    gapped = one(theta, ask((clean + np.random.default_rng(1).normal(0, 0.5, 336))[:-3], gap=3))
    assert whole.start == START
    assert (np.diff(whole.quantiles, axis=1) >= 0).all()
    np.testing.assert_allclose(whole.quantiles[:, MEDIAN_INDEX], clean[:24], atol=3)
    np.testing.assert_allclose(gapped.median, clean[:24], atol=3)
    assert (one(theta, ask(np.full(336, 3.0))).quantiles == 3.0).all()
    with pytest.raises(NotEnoughHistory):
        one(theta, ask(day_shaped(50)))
