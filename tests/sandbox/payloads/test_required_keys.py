"""The payloads have the keys that Discord's published API description requires of its answers."""

from collections.abc import Iterable

from sandbox.world.entities import Payload
from tests.sandbox.place import Place


def keys(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_USER = keys("avatar discriminator flags global_name id primary_guild public_flags username")
_OWN_USER = keys(
    "avatar discriminator flags global_name id locale mfa_enabled public_flags username"
)
_MEMBER = keys(
    "avatar banner communication_disabled_until deaf flags joined_at mute nick pending "
    "premium_since roles user"
)
_ROLE = keys(
    "color colors flags hoist icon id managed mentionable name permissions position unicode_emoji"
)
_GUILD = keys(
    "afk_channel_id afk_timeout application_id banner default_message_notifications "
    "description discovery_splash emojis explicit_content_filter features home_header "
    "icon id incidents_data max_members max_presences max_stage_video_channel_users "
    "max_video_channel_users mfa_level name nsfw nsfw_level owner_id preferred_locale "
    "premium_progress_bar_enabled premium_subscription_count premium_tier "
    "public_updates_channel_id region roles rules_channel_id safety_alerts_channel_id "
    "splash stickers system_channel_flags system_channel_id vanity_url_code "
    "verification_level widget_channel_id widget_enabled"
)
_CHANNEL = keys("flags guild_id id name position type")
_DIRECT_MESSAGES = keys("flags id recipients type")
_THREAD = keys(
    "flags guild_id id member_count message_count name owner_id thread_metadata "
    "total_message_sent type"
)
_THREAD_MEMBER = keys("flags id join_timestamp user_id")
_THREAD_METADATA = keys("archive_timestamp archived auto_archive_duration locked")
_MESSAGE = keys(
    "attachments author channel_id components content edited_timestamp embeds flags id "
    "mention_everyone mention_roles mentions pinned timestamp tts type"
)
_ATTACHMENT = keys("filename id proxy_url size url")
_REACTION = keys("burst_colors count count_details emoji me me_burst")
_APPLICATION = keys(
    "approximate_guild_count approximate_user_authorization_count "
    "approximate_user_install_count description eligible_oauth2_scopes "
    "explicit_content_filter flags flags_new icon id interactions_endpoint_url name owner "
    "redirect_uris role_connections_verification_url team type verify_key"
)


def missing(payload: Payload, required: Iterable[str]) -> list[str]:
    """Return the required keys that a payload does not have."""
    return sorted(set(required) - set(payload))


async def test_accounts_have_all_required_keys(place: Place) -> None:
    """The bot, other people, and the application are whole."""
    _, own = await place.ask("GET", "/users/@me")
    assert missing(own, _OWN_USER) == []
    _, other = await place.ask("GET", f"/users/{place.ann.id}")
    assert missing(other, _USER) == []
    for path in ("/oauth2/applications/@me", "/applications/@me"):
        _, application = await place.ask("GET", path)
        assert missing(application, _APPLICATION) == []


async def test_guilds_have_all_required_keys(place: Place) -> None:
    """A guild, its roles, channels and members are whole."""
    path = f"/guilds/{place.guild.id}"
    _, guild = await place.ask("GET", f"{path}?with_counts=true")
    assert missing(guild, _GUILD) == []
    assert guild["approximate_member_count"] == 3
    _, roles = await place.ask("GET", f"{path}/roles")
    assert [missing(each, _ROLE) for each in roles] == [[], []]
    place.world.create_forum(place.guild, "forum")
    _, channels = await place.ask("GET", f"{path}/channels")
    assert [missing(each, _CHANNEL) for each in channels] == [[], []]
    _, members = await place.ask("GET", f"{path}/members?limit=10")
    assert [missing(each, _MEMBER) for each in members] == [[], [], []]
    _, member = await place.ask("GET", f"{path}/members/{place.ann.id}")
    assert missing(member, _MEMBER) == []


async def test_threads_and_direct_messages_have_all_required_keys(place: Place) -> None:
    """A thread with its metadata and members, and a direct message channel, are whole."""
    thread = place.server.person(place.ann).start_thread(place.channel, "talk")
    _, body = await place.ask("GET", f"/channels/{thread.id}")
    assert missing(body, _THREAD) == []
    assert missing(body["thread_metadata"], _THREAD_METADATA) == []
    _, members = await place.ask("GET", f"/channels/{thread.id}/thread-members")
    assert [missing(each, _THREAD_MEMBER) for each in members] == [[]]
    channel = place.server.person(place.ann).open_direct_message()
    _, body = await place.ask("GET", f"/channels/{channel.id}")
    assert missing(body, _DIRECT_MESSAGES) == []
    assert [missing(each, _USER) for each in body["recipients"]] == [[]]


async def test_messages_have_all_required_keys(place: Place) -> None:
    """A message, its author, attachments and reactions, and what it answers, are whole."""
    ann = place.server.person(place.ann)
    asked = ann.say(place.channel, "x", files=[("a.txt", b"x")])
    ann.react(asked, "👍")
    reply = ann.say(place.channel, "y", reply_to=asked)
    _, body = await place.ask("GET", f"{place.messages}/{reply.id}")
    for message in (body, body["referenced_message"]):
        assert missing(message, _MESSAGE) == []
        assert missing(message["author"], _USER) == []
    answered = body["referenced_message"]
    assert [missing(each, _ATTACHMENT) for each in answered["attachments"]] == [[]]
    assert [missing(each, _REACTION) for each in answered["reactions"]] == [[]]


async def test_a_forward_shows_a_snapshot(place: Place) -> None:
    """A forwarded message has no content of its own and a snapshot of the other."""
    ann = place.server.person(place.ann)
    original = ann.say(place.channel, "original")
    forward = ann.say(place.channel, forward=original)
    _, body = await place.ask("GET", f"{place.messages}/{forward.id}")
    assert (body["content"], body["message_reference"]["type"]) == ("", 1)
    assert body["message_snapshots"][0]["message"]["content"] == "original"


async def test_the_gateways_address_is_given(place: Place) -> None:
    """Both routes say where the gateway is; the bot's also how many sessions may start."""
    assert await place.ask("GET", "/gateway") == (200, {"url": place.server.gateway_url})
    _, body = await place.ask("GET", "/gateway/bot")
    assert (body["url"], body["shards"]) == (place.server.gateway_url, 1)
    assert body["session_start_limit"]["max_concurrency"] == 1
