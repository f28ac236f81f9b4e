"""Repositories' archives from GitHub."""
