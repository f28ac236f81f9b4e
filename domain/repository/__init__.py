"""What a repository says of the services it runs: facts with evidence, profiles, findings."""
