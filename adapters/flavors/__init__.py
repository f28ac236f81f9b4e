"""Adapters of the port `FlavorCatalog`."""
