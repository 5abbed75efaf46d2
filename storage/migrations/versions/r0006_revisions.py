"""What Discord shows is kept: revisions of replies, parts before their posts, notices as rows.

What is shown today counts as shown, but for answers that ended in the last minutes before the
bot was last alive: their last edits may be missing, so they are edited once more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_UNFINISHED = "role = 'assistant' AND outcome IS NULL"
_BEHIND = "shown_rev < wanted_rev"
_UNPOSTED = "ended_at IS NULL"


def upgrade() -> None:
    """Change the tables, then fill them from what there was."""
    op.execute("ALTER TABLE place RENAME COLUMN attention TO listen_mode")
    op.add_column("inbound", sa.Column("left_today", sa.Integer(), nullable=True))
    _turns()
    _replies()
    _parts()
    _notices()
    _heard()
    _fill_replies()
    _fill_notices()
    op.drop_table("told")
    op.drop_table("turned_away")
    op.drop_table("alive")


def _turns() -> None:
    op.add_column("turn", sa.Column("failure_details", sa.JSON(), nullable=True))
    op.add_column("turn", sa.Column("remarks", sa.JSON(), nullable=True))
    op.create_index(
        "ix_turn_unfinished",
        "turn",
        ["conversation_id"],
        sqlite_where=sa.text(_UNFINISHED),
        postgresql_where=sa.text(_UNFINISHED),
    )
    # Broken off, and nobody was told what became of it: the next start sees to it.
    op.execute(
        "UPDATE turn SET outcome = NULL WHERE role = 'assistant' "
        "AND outcome = 'interrupted' AND finished_at IS NULL"
    )


def _replies() -> None:
    op.add_column("reply", sa.Column("channel_id", sa.BigInteger(), nullable=True))
    op.add_column("reply", sa.Column("answers_message_id", sa.BigInteger(), nullable=True))
    for name, default in (("wanted_rev", "1"), ("shown_rev", "0")):
        op.add_column(
            "reply", sa.Column(name, sa.Integer(), nullable=False, server_default=default)
        )
    op.create_index(
        "ix_reply_behind",
        "reply",
        ["channel_id"],
        sqlite_where=sa.text(_BEHIND),
        postgresql_where=sa.text(_BEHIND),
    )
    op.create_index("ix_reply_conversation_id", "reply", ["conversation_id"])


def _parts() -> None:
    with op.batch_alter_table("part") as part:
        part.alter_column("message_id", existing_type=sa.BigInteger(), nullable=True)
        part.add_column(sa.Column("digest", sa.String(32), nullable=True))
        for name in ("is_confirmed", "is_gone"):
            part.add_column(
                sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
            )


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("channel_id", sa.BigInteger()),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("answers_message_id", sa.BigInteger()),
        sa.Column("author_id", sa.BigInteger()),
        sa.Column("covers_until_id", sa.BigInteger()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("tried_at", sa.DateTime()),
        sa.Column("ended_at", sa.DateTime()),
        sa.Column("message_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("key", name="uq_notice_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_notice_unposted",
        "notice",
        ["channel_id"],
        sqlite_where=sa.text(_UNPOSTED),
        postgresql_where=sa.text(_UNPOSTED),
    )
    op.create_index(
        "ix_notice_author_id_covers_until_id", "notice", ["author_id", "covers_until_id"]
    )
    op.create_index("ix_notice_message_id", "notice", ["message_id"])


def _heard() -> None:
    op.create_table(
        "heard",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_heard"),
    )
    op.execute("INSERT INTO heard (id, until) SELECT id, at FROM alive")


def _fill_replies() -> None:
    """Say where each reply goes, and what of it is shown."""
    op.execute(
        "UPDATE reply SET channel_id = (SELECT part.channel_id FROM part "
        "WHERE part.reply_id = reply.id ORDER BY part.ordinal LIMIT 1)"
    )
    # Without messages it is placed where its conversation is, unless a thread is still to be
    # opened for it.
    op.execute(
        "UPDATE reply SET channel_id = (SELECT conversation.channel_id FROM conversation "
        "WHERE conversation.id = reply.conversation_id) WHERE channel_id IS NULL AND NOT EXISTS ("
        "SELECT 1 FROM turn JOIN conversation ON conversation.id = turn.conversation_id "
        "JOIN place ON place.channel_id = conversation.channel_id "
        "WHERE turn.id = reply.turn_id AND turn.outcome IS NULL "
        "AND place.guild_id IS NOT NULL AND place.parent_channel_id IS NULL)"
    )
    op.execute(
        "UPDATE reply SET answers_message_id = (SELECT inbound.message_id FROM inbound "
        "JOIN turn ON turn.parent_id = inbound.turn_id "
        "JOIN place ON place.channel_id = inbound.channel_id "
        "WHERE turn.id = reply.turn_id AND inbound.channel_id = reply.channel_id "
        "AND place.guild_id IS NOT NULL AND place.parent_channel_id IS NULL "
        "ORDER BY inbound.ordinal DESC LIMIT 1)"
    )
    op.execute(
        "UPDATE reply SET shown_rev = 1 WHERE EXISTS (SELECT 1 FROM turn "
        "WHERE turn.id = reply.turn_id AND turn.outcome IS NOT NULL AND turn.finished_at < "
        "coalesce((SELECT datetime(max(until), '-15 minutes') FROM heard), '9999'))"
    )


def _fill_notices() -> None:
    """Keep what was told once, and which messages were not taken in."""
    op.execute(
        "INSERT INTO notice (key, kind, fields, created_at, tried_at, ended_at) "
        "SELECT CASE "
        "WHEN key LIKE 'no-thread:%may not open%' "
        "THEN substr(key, 1, instr(substr(key, 11), ':') + 10) || 'no_thread_refused' "
        "WHEN key LIKE 'no-thread:%cannot open%' "
        "THEN substr(key, 1, instr(substr(key, 11), ':') + 10) || 'no_thread_kind' "
        "WHEN key LIKE 'no-thread:%' "
        "THEN substr(key, 1, instr(substr(key, 11), ':') + 10) || 'no_thread_permissions' "
        "ELSE key END AS key, 'remark', '{}', told_at, told_at, told_at FROM told "
        "WHERE true ON CONFLICT DO NOTHING"
    )
    # Posted, as a message whose id was not kept: without one it would cover nothing.
    op.execute(
        "INSERT INTO notice (key, kind, fields, answers_message_id, author_id, covers_until_id, "
        "created_at, tried_at, ended_at, message_id) SELECT 'slow-down:' || author_id || ':' || "
        "first_message_id, 'slow_down', '{}', first_message_id, author_id, last_message_id, "
        "told_at, told_at, told_at, 0 FROM turned_away WHERE true ON CONFLICT DO NOTHING"
    )
    _fill_refusals()


def _fill_refusals() -> None:
    """Keep which runs of refused messages were told of, under the keys of now.

    Whether the queue or the quota refused was not kept: where nothing waited it was the quota.
    """
    began_after = (
        "coalesce((SELECT max(other.{0}) FROM inbound AS other "
        "WHERE other.author_id = refused.author_id AND other.channel_id = refused.channel_id "
        "AND other.state != 'refused' AND other.{0} < refused.{0}), 0)"
    )
    run = (
        f"SELECT refused.*, {began_after.format('id')} AS began_after, "  # noqa: S608 - no values
        f"{began_after.format('message_id')} AS began_after_message "
        "FROM inbound AS refused WHERE refused.state = 'refused'"
    )
    told = (
        f"FROM ({run}) AS run JOIN told ON told.key = 'refusal:' || run.author_id || ':' "
        "|| run.channel_id || ':' || run.began_after"
    )
    nothing_waited = (
        "NOT EXISTS (SELECT 1 FROM inbound AS other "
        "WHERE other.conversation_id = run.conversation_id AND other.id < run.id "
        "AND (other.state = 'waiting' OR other.answered_at > run.received_at))"
    )
    keys = {
        "queue_full": "'queue-full:' || run.conversation_id || ':' || run.author_id "
        "|| ':' || run.began_after_message",
        "quota_spent": "'quota-spent:' || run.author_id || ':' || date(run.received_at)",
    }
    for kind, key in keys.items():
        where = nothing_waited if kind == "quota_spent" else "true"
        op.execute(
            "INSERT INTO notice (key, kind, fields, created_at, tried_at, ended_at) "
            f"SELECT {key}, '{kind}', '{{}}', told_at, told_at, told_at {told} "
            f"WHERE {where} ON CONFLICT DO NOTHING"
        )
