"""Which models are asked in a place where its own fails."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("place", sa.Column("fallback_models", sa.JSON(), nullable=True))
