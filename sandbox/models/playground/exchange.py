"""One question and its reply as they are put into the tree, before anything is said."""

from dataclasses import dataclass, field
from itertools import count

from sandbox.models.playground.models import PlaygroundModel
from sandbox.models.playground.tree import Draft, MessageTree, StoredMessage
from sandbox.models.script import AskedConversation, AskedMessage

_SHOWN_ROLES = {"tool_call_result": "tool"}


@dataclass(slots=True)
class Exchange:
    """The messages of one request; `new` begins with the topmost and ends with the reply."""

    tree: MessageTree
    model: PlaygroundModel
    draft: Draft
    new: list[StoredMessage] = field(default_factory=list[StoredMessage])

    @property
    def reply(self) -> StoredMessage:
        """The assistant's message, which the answer goes to."""
        return self.new[-1]

    def mark(
        self,
        *,
        original: str | None = None,
        template: str | None = None,
        tool_call_id: str | None = None,
    ) -> None:
        """Note on the question what else was sent with it."""
        question = self.new[-2]
        question.original, question.template = original, template
        question.tool_call_id = tool_call_id
        self.tree.save(question)

    def finish(self, text: str, finish_reason: str | None) -> None:
        """Store the reply; every new message is final from now on."""
        self.reply.content = text
        self.reply.finish_reason = finish_reason
        for message in self.new:
            message.final = True
            self.tree.save(message)


def begin(
    tree: MessageTree,
    model: PlaygroundModel,
    draft: Draft,
    content: str,
    parent: StoredMessage | None,
    *,
    role: str = "user",
) -> Exchange:
    """Put a question and an empty reply into the tree; new threads have the system prompt first."""
    exchange = Exchange(tree, model, draft)
    if parent is None and model.system_prompt is not None:
        parent = tree.add(draft, "system", model.system_prompt, None)
        exchange.new.append(parent)
    question = tree.add(draft, role, content, parent)
    question.harmful = False
    tree.save(question)
    exchange.new += [question, tree.add(draft, "assistant", "", question)]
    return exchange


def asked(
    tree: MessageTree,
    model: PlaygroundModel,
    draft: Draft,
    content: str,
    parent: StoredMessage | None,
    *,
    role: str = "user",
) -> AskedConversation:
    """Return what the model will see of a question: its chain of ancestors and itself."""
    chain = [] if parent is None else tree.chain(parent)
    seen = [
        AskedMessage(_SHOWN_ROLES.get(message.role, message.role), message.content)
        for message in chain
    ]
    if not chain and model.system_prompt is not None:
        seen.append(AskedMessage("system", model.system_prompt))
    seen.append(AskedMessage(_SHOWN_ROLES.get(role, role), content))
    return AskedConversation(model.id, tuple(seen), draft.creator, draft.options)


def lone_exchange(content: str, model: PlaygroundModel) -> Exchange:
    """Make the first exchange of a thread in a tree of its own, the same every time.

    It is what the pure encoders write down.
    """
    ids = (f"msg_A0B0C0D0E{number}" for number in count())
    tree = MessageTree(wall_clock=lambda: 0.0, make_id=lambda: next(ids))
    options: dict[str, object] = {
        "max_tokens": 2048,
        "temperature": 0.7,
        "n": 1,
        "top_p": 1.0,
        "logprobs": None,
        "stop": [],
    }
    draft = Draft("11111111-1111-4111-8111-111111111111", model.id, model.host, options)
    return begin(tree, model, draft, content, None)
