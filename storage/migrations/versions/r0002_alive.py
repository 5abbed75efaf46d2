"""When the bot last heard what is said, and indices for what recovery looks up."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table and the indices."""
    op.create_table(
        "alive",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alive"),
    )
    op.create_index("ix_turn_parent_id", "turn", ["parent_id"])
    op.create_index("ix_inbound_turn_id", "inbound", ["turn_id"])
    op.create_index("ix_inbound_received_at", "inbound", ["received_at"])
