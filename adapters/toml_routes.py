"""The routing table out of a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from domain.errors import ConfigurationError
from domain.routing import RoutingTable, parse_routes


def load_routes(path: Path) -> RoutingTable:
    """Read and check the routing table once.

    Raises:
        ConfigurationError: The file cannot be read, is not TOML, or a rule is wrong (which one, and how).
    """
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise ConfigurationError(f"ROUTES_PATH: the routing table cannot be read ({error.strerror})") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"ROUTES_PATH: not valid TOML ({error})") from error
    return parse_routes(document)
