"""How a conversation is written down for a decoder: the special tokens around what is said.

Templates of model cards are Jinja; two forms cover most of the small decoders that sort prompts well (ChatML: Qwen,
Arch-Router, SmolLM; Llama 3), and any decoder goes on with plain text.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

from msgspec import Struct

TemplateName = Literal["chatml", "llama3", "plain"]


class ChatTemplate(Struct, frozen=True):
    """Texts around the instructions and the question; `gap` stands between the end of the last and the answer."""

    name: TemplateName
    before_instructions: str
    before_question: str
    before_answer: str
    gap: str = ""


_CHATML: Final = ChatTemplate(
    "chatml",
    "<|im_start|>system\n",
    "<|im_end|>\n<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
)
#: The same with thoughts that are over already: models that think first would answer with a thought.
_CHATML_WITHOUT_THOUGHTS: Final = ChatTemplate(
    "chatml",
    _CHATML.before_instructions,
    _CHATML.before_question,
    f"{_CHATML.before_answer}<think>\n\n</think>\n\n",
)
_LLAMA3: Final = ChatTemplate(
    "llama3",
    "<|start_header_id|>system<|end_header_id|>\n\n",
    "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
    "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
)
_PLAIN: Final = ChatTemplate("plain", "", "\n\n", "\n\nLabel:", " ")


def chat_template(tokens: Collection[str], name: TemplateName | None = None) -> ChatTemplate:
    """The template of a tokenizer with these special tokens, or the one of that name."""
    if name is None:
        name = "chatml" if "<|im_start|>" in tokens else "llama3" if "<|start_header_id|>" in tokens else "plain"
    if name == "chatml":
        return _CHATML_WITHOUT_THOUGHTS if "<think>" in tokens else _CHATML
    return _LLAMA3 if name == "llama3" else _PLAIN
