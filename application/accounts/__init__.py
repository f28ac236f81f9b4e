"""The life of an account: one module, one verb."""
