"""Accounts in the database: one module a store."""
