"""Hashes, encryption and chance."""
