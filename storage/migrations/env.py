"""Runs the migrations in the transaction that `storage.sqlite.migrating` has opened.

Alembic executes this file by its path each time it upgrades.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
