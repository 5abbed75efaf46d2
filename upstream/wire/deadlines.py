"""How long one provider is waited for, and how often it is asked again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on one answer; a stream has no limit on its whole length.

    All times are in seconds. Nothing is promised upstream: the Playground's proxy gives up after
    120 s of silence, so that 60 s tells a person sooner and cuts no answer that would have come.
    """

    connect_s: float = 10.0
    """For the connection: name, TCP, proxy and TLS together."""
    first_token_s: float = 60.0
    """From the start of the request, its connection included, to the first text or thought."""
    between_chunks_s: float = 60.0
    """From one chunk to the next; a comment that only keeps the connection alive is none."""
    list_s: float = 10.0
    """For a list of models, which a person's first question may have to wait for."""
    attempts: int = 3
    """How often a question is asked at most, at least once; never again after the first token."""
    backoff_s: float = 0.5
    """Before the second attempt; doubled for each further one, with jitter of as much on top."""
    backoff_max_s: float = 8.0
    """No backoff is longer, but for what the service asks for with `Retry-After`."""
    retry_after_max_s: float = 20.0
    """A longer `Retry-After` is not waited for: the answer fails at once and says when."""
