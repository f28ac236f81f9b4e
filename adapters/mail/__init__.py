"""Mail to account holders."""
