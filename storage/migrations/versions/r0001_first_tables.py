"""The first tables.

Written out and never changed: what is imported from `storage.tables` would change with it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, then their indices."""
    _places_and_conversations()
    _turns()
    _inbounds()
    _replies()


def _places_and_conversations() -> None:
    op.create_table(
        "place",
        sa.Column("channel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("parent_channel_id", sa.BigInteger()),
        sa.Column("current_conversation_id", sa.Integer()),
        sa.Column("last_message_id", sa.BigInteger()),
        sa.Column("model", sa.Text()),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("system_prompt", sa.Text()),
        sa.Column("attention", sa.String(32)),
        sa.PrimaryKeyConstraint("channel_id", name="pk_place"),
        sa.ForeignKeyConstraint(
            ["current_conversation_id"],
            ["conversation.id"],
            name="fk_place_current_conversation_id",
        ),
    )
    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("root_message_id", sa.BigInteger()),
        sa.Column("head_turn_id", sa.Integer()),
        sa.Column("starter_id", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["place.channel_id"], name="fk_conversation_channel_id"
        ),
        sa.ForeignKeyConstraint(["head_turn_id"], ["turn.id"], name="fk_conversation_head_turn_id"),
        sa.UniqueConstraint(
            "channel_id", "root_message_id", name="uq_conversation_channel_id_root_message_id"
        ),
        sqlite_autoincrement=True,
    )


def _turns() -> None:
    op.create_table(
        "turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer()),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reasoning", sa.Text(), nullable=False),
        sa.Column("speakers", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(32)),
        sa.Column("failure", sa.String(32)),
        sa.Column("model", sa.Text()),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer()),
        sa.Column("completion_tokens", sa.Integer()),
        sa.Column("resume", sa.JSON()),
        sa.Column("origin_turn_id", sa.Integer()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_turn"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_turn_conversation_id"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["turn.id"], name="fk_turn_parent_id"),
        sa.ForeignKeyConstraint(["origin_turn_id"], ["turn.id"], name="fk_turn_origin_turn_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_turn_role_outcome", "turn", ["role", "outcome"])


def _inbounds() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("turn_id", sa.Integer()),
        sa.Column("ordinal", sa.Integer()),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.Column("answered_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("id", name="pk_inbound"),
        sa.ForeignKeyConstraint(["channel_id"], ["place.channel_id"], name="fk_inbound_channel_id"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_inbound_conversation_id"
        ),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_inbound_turn_id"),
        sa.UniqueConstraint("message_id", name="uq_inbound_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbound_state_conversation_id", "inbound", ["state", "conversation_id"])
    op.create_index("ix_inbound_author_id_answered_at", "inbound", ["author_id", "answered_at"])


def _replies() -> None:
    op.create_table(
        "reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("turn_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_reply_conversation_id"
        ),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_reply_turn_id"),
        sa.UniqueConstraint("turn_id", name="uq_reply_turn_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "part",
        sa.Column("reply_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reply_id", "ordinal", name="pk_part"),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name="fk_part_reply_id"),
        sa.UniqueConstraint("message_id", name="uq_part_message_id"),
    )
    op.create_table(
        "told",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_told"),
    )
