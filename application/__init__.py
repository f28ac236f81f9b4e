"""Use cases: one module, one verb."""
