"""`python -m entrypoints.cli` is `mcp-core`."""

from entrypoints.cli.main import main

main()
