"""The peers a backtest can be run against, by the name used on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.forecasters import naive, statsforecast_peers
from domain.errors import ConfigurationError
from domain.ports.forecaster import Forecaster

PEERS: Mapping[str, Callable[[], Forecaster]] = {
    "seasonal-naive": naive.seasonal_naive,
    "last": naive.last_value,
    "mean24": naive.mean_of_day,
    "profile": naive.hourly_profile,
    "theta": statsforecast_peers.theta,
    "ets": statsforecast_peers.ets,
    "mstl": statsforecast_peers.mstl,
}


def make_peer(name: str) -> Forecaster:
    """The peer of that name.

    Raises:
        ConfigurationError: There is none, or the library it needs is not installed.
    """
    if name not in PEERS:
        raise ConfigurationError(f"--against {name}: there is no such peer; there are {', '.join(PEERS)}")
    return PEERS[name]()
