"""Plans on their way to the store: the journal in memory and the spool on disk."""
