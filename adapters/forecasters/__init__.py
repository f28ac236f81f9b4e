"""Adapters of the port `Forecaster`."""
