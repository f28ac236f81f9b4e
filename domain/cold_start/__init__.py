"""What to expect of a service that has hardly run: a prior from its profile, narrowed by each hour observed."""
