"""Adapters of the port `BacktestSource`."""
