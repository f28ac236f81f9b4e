"""What talks to files, databases, model runtimes and other services, behind the ports of the domain."""
