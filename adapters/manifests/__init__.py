"""Readers of the files that say how a repository's services run."""
