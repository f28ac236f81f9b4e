"""The command line `mcp-core`."""
