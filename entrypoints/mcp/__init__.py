"""The planner for agents, by the Model Context Protocol."""
