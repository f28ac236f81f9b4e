"""Every error the planner raises on purpose.

    McpCoreError                     code                      meaning
    ├── InvalidRequest               invalid_request           the caller must change the request
    │   ├── ContextValidationError   context_invalid           one entry per bad field
    │   ├── RegionRequired           region_required           a provider was named without a region
    │   ├── PriceUnknown             price_unknown             the provider's prices are not in the catalogue
    │   └── NoFlavorFits             no_flavor_fits            the need is larger than the largest flavor
    ├── NotFound                     not_found                 the thing named does not exist
    │   ├── PlanNotFound             plan_not_found            no kept plan has this id
    │   ├── MetricNotFound           metric_not_found          neither in the catalogue nor in the history
    │   └── FlavorNotFound           flavor_not_found          provider, region or flavor not in the catalogue
    ├── Conflict                     conflict                  something that exists stands against it
    │   └── HistoryReadOnly          history_read_only         history does not come from a database that we write to
    ├── NotEnoughHistory             not_enough_history        a forecaster needs more observed hours
    ├── InvalidData                  invalid_data              a file's or source's content breaks its format
    ├── ModelRefused                 model_refused             an artefact is missing, altered, foreign or mismatched
    ├── ConfigurationError           configuration_invalid     a setting is wrong; the program stops at start-up
    └── Unavailable                  unavailable               a dependency does not answer
        └── DataSourceUnavailable    data_source_unavailable   the metric history cannot be read
            └── DatabaseUnavailable  database_unavailable      the database cannot be reached or used

Messages are written for the caller: they name the field, what was expected and what to do, and never carry a
path, a secret or a driver's text. Causes are chained with ``raise … from`` and stay in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class McpCoreError(Exception):
    """Base of all errors raised on purpose."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One bad field of a request.

    Attributes:
        pointer: JSON pointer (RFC 6901) from the root of the request body, for example ``/context/weight``.
        expected: What would have been accepted, in words.
        code: Short stable word such as ``missing``, ``type``, ``range`` or ``choice``.
    """

    pointer: str
    expected: str
    code: str


class InvalidRequest(McpCoreError):
    """The request cannot be served as it is; ``fields`` names each bad field."""

    code = "invalid_request"

    def __init__(self, message: str, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


class ContextValidationError(InvalidRequest):
    """The service context has bad fields, all of them in ``fields``."""

    code = "context_invalid"

    def __init__(self, fields: Sequence[FieldError]) -> None:
        listed = "; ".join(f"{field.pointer}: {field.expected}" for field in fields)
        super().__init__(f"the request has {len(fields)} bad field(s): {listed}", fields)


class RegionRequired(InvalidRequest):
    """A provider was named without a region, so no price can be looked up."""

    code = "region_required"


class PriceUnknown(InvalidRequest):
    """The catalogue knows the provider's flavors but not their prices."""

    code = "price_unknown"


class NoFlavorFits(InvalidRequest):
    """No flavor of the catalogue carries the need.

    Attributes:
        vcpus: vCPUs needed per replica, or None when CPU is not known.
        memory_gib: GiB needed per replica, or None when memory is not known.
    """

    code = "no_flavor_fits"

    def __init__(self, message: str, *, vcpus: float | None, memory_gib: float | None) -> None:
        super().__init__(message)
        self.vcpus = vcpus
        self.memory_gib = memory_gib


class NotFound(McpCoreError):
    """The thing named does not exist."""

    code = "not_found"


class MetricNotFound(NotFound):
    """The metric is neither in the metric catalogue nor in the service's history."""

    code = "metric_not_found"


class PlanNotFound(NotFound):
    """No kept plan has this id."""

    code = "plan_not_found"


class FlavorNotFound(NotFound):
    """Provider, region or flavor is not in the catalogue; the message names what is."""

    code = "flavor_not_found"


class Conflict(McpCoreError):
    """Something that exists stands against what was asked for."""

    code = "conflict"


class HistoryReadOnly(Conflict):
    """Measurements cannot be stored: history comes from a source that somebody else writes."""

    code = "history_read_only"


class NotEnoughHistory(McpCoreError):
    """A forecaster needs more observed hours than there are."""

    code = "not_enough_history"

    def __init__(self, *, needed_hours: int, observed_hours: int) -> None:
        super().__init__(f"{needed_hours} observed hours are needed, {observed_hours} are there")
        self.needed_hours = needed_hours
        self.observed_hours = observed_hours


class InvalidData(McpCoreError):
    """The content of a file or source breaks its format; ``line`` is 1-based where it is known."""

    code = "invalid_data"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class ModelRefused(McpCoreError):
    """A model artefact is missing, altered, foreign or does not match its companions.

    Attributes:
        artefact: File name (no folder) of the artefact refused.
        reason: Why, in words that tell the operator what to do.
    """

    code = "model_refused"

    def __init__(self, artefact: str, reason: str) -> None:
        super().__init__(f"{artefact}: {reason}")
        self.artefact = artefact
        self.reason = reason


class ConfigurationError(McpCoreError):
    """A setting is wrong; the message is one line that names it."""

    code = "configuration_invalid"


class Unavailable(McpCoreError):
    """A dependency does not answer."""

    code = "unavailable"


class DataSourceUnavailable(Unavailable):
    """The metric history cannot be read at the moment."""

    code = "data_source_unavailable"


class DatabaseUnavailable(DataSourceUnavailable):
    """The database cannot be reached or used; the message is one line that says what to do."""

    code = "database_unavailable"
