"""Alerts: what is told of a day out of the ordinary, and what became of telling it."""
