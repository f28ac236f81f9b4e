"""Adapters of the port `MetricHistory`."""
