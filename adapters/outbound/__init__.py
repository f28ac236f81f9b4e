"""Calls to servers elsewhere, for the adapters that make them."""
