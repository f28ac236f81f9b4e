"""Who may ask, and with what: accounts, sessions, keys, limits and the audit trail, as values and pure rules."""
