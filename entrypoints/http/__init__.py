"""The HTTP interface (Litestar)."""
