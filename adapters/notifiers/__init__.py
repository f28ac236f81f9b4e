"""Channels that alerts are delivered to."""
