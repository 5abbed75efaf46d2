"""Who pressed a button for an answer, and an index for what counts the turns of their day."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("turn", sa.Column("presser_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_turn_presser_id_created_at", "turn", ["presser_id", "created_at"])
