"""What Discord's own client stops before anything is sent."""


class ClientRefusedError(ValueError):
    """Discord's client would not let the person do this; nothing reached the bot."""
