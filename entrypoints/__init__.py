"""How the outside reaches the use cases: HTTP, command line, and the container that wires them."""
