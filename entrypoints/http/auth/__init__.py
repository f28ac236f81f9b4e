"""Who may ask what over HTTP: rules, credentials, limits, and the routes of accounts."""
