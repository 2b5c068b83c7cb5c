"""The chat template is found out by the special tokens, or said."""

from __future__ import annotations

import pytest

from plano.routing.router_models.generator.chat_template import TemplateName, chat_template

CHATML = ("<|im_start|>", "<|im_end|>")
LLAMA3 = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")


@pytest.mark.parametrize(
    ("tokens", "wanted", "name"),
    [
        (CHATML, None, "chatml"),
        (LLAMA3, None, "llama3"),
        (("</s>",), None, "plain"),
        ((), None, "plain"),
        (CHATML, "plain", "plain"),
        (LLAMA3, "chatml", "chatml"),
    ],
)
def test_the_tokens_tell_the_template(tokens: tuple[str, ...], wanted: TemplateName | None, name: str) -> None:
    assert chat_template(tokens, wanted).name == name


def test_models_that_think_are_told_that_they_have() -> None:
    assert chat_template(CHATML).before_answer == "<|im_end|>\n<|im_start|>assistant\n"
    thinking = chat_template((*CHATML, "<think>", "</think>"))
    assert thinking.before_answer == "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
