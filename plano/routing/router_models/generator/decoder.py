"""A decoder converted for CTranslate2, with its tokenizer: what it would say next, of some tokens.

Everything here blocks, for as long as the model reads, without holding the interpreter's lock: it is for a thread.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import msgspec

from plano.routing.router_models.generator.chat_template import ChatTemplate, TemplateName, chat_template

_MODEL: Final = "model.bin"
_TOKENIZER: Final = "tokenizer.json"
_VOCABULARY: Final = "vocabulary.json"


class CannotLoad(Exception):
    """The folder holds no decoder that can be used; the message says what to do."""


class Decoder:
    """The decoder of a folder. Raises `CannotLoad`.

    `template` says how a conversation is written for it; None is found out by its special tokens.
    """

    def __init__(self, folder: Path, *, threads: int = 1, template: TemplateName | None = None) -> None:
        _check_files(folder)
        self._tokenizer = _tokenizer(folder / _TOKENIZER)
        special = [str(token.content) for token in self._tokenizer.get_added_tokens_decoder().values()]
        self.template: ChatTemplate = chat_template(special, template)
        _check_template(self.template, self._tokenizer, folder)
        self._special = _any_of(special)
        self._vocabulary = _vocabulary(folder / _VOCABULARY)
        self._generator = _generator(folder, threads)

    def text_ids(self, text: str) -> list[int]:
        """Token ids of a text that may hold special tokens."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def beginning(self, text: str) -> list[str]:
        """Tokens of the beginning of a prompt, with what this tokenizer puts before all of them."""
        tokens: list[str] = self._tokenizer.encode(text, add_special_tokens=True).tokens
        return tokens

    def tokens(self, text: str) -> list[str]:
        """Tokens of a text that may hold special tokens."""
        tokens: list[str] = self._tokenizer.encode(text, add_special_tokens=False).tokens
        return tokens

    def harmless(self, text: str) -> str:
        """A text without special tokens: where it has some, as its readers see them, they are only letters."""
        return self._special.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text) if self._special else text

    def check_tokens(self, ids: list[int]) -> None:
        """Raises `CannotLoad` if the model knows these tokens by other numbers than its tokenizer does."""
        for number in ids:
            token = self._tokenizer.id_to_token(number)
            if number >= len(self._vocabulary) or self._vocabulary[number] != token:
                raise CannotLoad(f"{_TOKENIZER} is not that of {_MODEL}: they number the token {token!r} differently")

    def forget(self) -> None:
        """Let go of everything kept by `probabilities`; the model is read from its file again for that."""
        self._generator.unload_model()
        self._generator.load_model()

    def probabilities(self, before: list[str], rest: list[str], ids: list[int], *, keep: bool) -> list[float]:
        """How likely each of the tokens `ids` comes next, of those alone. `keep`: `before` will be asked about again.

        Raises `RuntimeError` for what goes wrong in the model.
        """
        import numpy

        (result,) = self._generator.generate_batch(
            [rest],
            static_prompt=before,
            cache_static_prompt=keep,
            include_prompt_in_result=False,
            max_length=1,
            sampling_topk=1,
            return_logits_vocab=True,
        )
        logits = numpy.asarray(result.logits[0][0], dtype=numpy.float32)[ids]
        likely = numpy.exp(logits - logits.max())
        return [float(share) for share in likely / likely.sum()]


def transformers_converter(model: str, copied: list[str]) -> Any:
    """CTranslate2's converter of models of Hugging Face Transformers; needs transformers and torch when it is used."""
    from ctranslate2.converters import TransformersConverter

    return TransformersConverter(model, copy_files=copied)


def _check_files(folder: Path) -> None:
    advice = "'planoai router convert' makes such a folder"
    if not folder.is_dir():
        raise CannotLoad(f"there is no folder {folder}; {advice}")
    for name in (_MODEL, _TOKENIZER, _VOCABULARY):
        if not (folder / name).is_file():
            raise CannotLoad(f"{folder} holds no {name}; {advice}")


def _tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as problem:  # The library raises nothing more special.
        raise CannotLoad(f"{path} is no tokenizer: {problem}") from problem


def _generator(folder: Path, threads: int) -> Any:
    import ctranslate2

    try:
        return ctranslate2.Generator(str(folder), device="cpu", inter_threads=1, intra_threads=threads)
    except (RuntimeError, ValueError) as problem:
        raise CannotLoad(f"{folder / _MODEL} is no decoder for CTranslate2: {problem}") from problem


def _vocabulary(path: Path) -> list[str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[str])
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise CannotLoad(f"{path} is no list of tokens: {problem}") from problem


def _check_template(template: ChatTemplate, tokenizer: Any, folder: Path) -> None:
    for token in re.findall(r"<\|\w+\|>", template.before_instructions + template.before_answer):
        if tokenizer.token_to_id(token) is None:
            raise CannotLoad(f"the tokenizer of {folder} knows no {token}: `template: {template.name}` is not its own")


def _any_of(special: list[str]) -> re.Pattern[str] | None:
    """Special tokens that would be taken for such in what somebody said; those of blanks do no harm."""
    telling = sorted((token for token in special if len(token) > 1 and token.strip() == token), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, telling))) if telling else None
