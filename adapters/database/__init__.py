"""MySQL, MariaDB and SQLite through SQLAlchemy Core: connections, tables, migrations."""
