"""Gemini's answers and errors read into the hub (Gemini API reference: GenerateContentResponse, google.rpc.Status)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plano.dialects.conversation import Foreign, Image, Part, Reasoning, Text, ToolCall
from plano.dialects.gemini_generate.wire_types import DIALECT, UsageMetadata
from plano.dialects.json_text import encoded
from plano.dialects.proofs import sealed
from plano.dialects.provider_json import read_document
from plano.dialects.reply import Annotation, Answer, Choice, ProviderError, StopReason
from plano.dialects.usage import Usage
from plano.errors import ProviderProtocolError

STOP_REASONS: Final[dict[str, StopReason]] = {
    "STOP": "end",
    "MAX_TOKENS": "length",
    "SAFETY": "filtered",
    "RECITATION": "filtered",
    "LANGUAGE": "filtered",
    "BLOCKLIST": "filtered",
    "PROHIBITED_CONTENT": "filtered",
    "SPII": "filtered",
    "MODEL_ARMOR": "filtered",
    "IMAGE_SAFETY": "filtered",
    "IMAGE_PROHIBITED_CONTENT": "filtered",
    "IMAGE_RECITATION": "filtered",
}
#: The model failed: where nothing else has come, an empty answer would hide that from an agent.
FAILURES: Final = frozenset(
    (
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
    )
)
_decode: Final = msgspec.json.Decoder().decode


def read_answer(document: bytes) -> Answer:
    """Raises `ProviderProtocolError` for what is no answer, and where the model failed before it gave one."""
    told = read_document(document)
    if not isinstance(told, dict) or not ("candidates" in told or "promptFeedback" in told):
        raise ProviderProtocolError("the provider's answer is not one of Gemini: it has no `candidates`")
    id = str(told.get("responseId") or "")
    candidates = told.get("candidates")
    choices: list[Choice] = []
    for candidate in candidates if isinstance(candidates, list) else ():
        if isinstance(candidate, dict):
            choices.append(_choice(candidate, id, sum(map(_calls_in, choices))))
    if not choices:
        choices.append(Choice([], "filtered" if is_blocked(told) else "end"))
    return Answer(id, str(told.get("modelVersion") or ""), choices, read_usage(told.get("usageMetadata")))


def _calls_in(choice: Choice) -> int:
    return sum(isinstance(part, ToolCall) for part in choice.content)


def _choice(candidate: dict[str, Any], id: str, calls_before: int) -> Choice:
    content: list[Part] = []
    for part in parts_of(candidate):
        _add_part(content, part, id, calls_before + sum(isinstance(one, ToolCall) for one in content))
    word = str(candidate.get("finishReason") or "")
    if not content and word in FAILURES:
        raise ProviderProtocolError(failure(candidate))
    stop = STOP_REASONS.get(word, "end")
    if stop == "end" and any(isinstance(part, ToolCall) for part in content):
        stop = "tool_calls"
    texts = [part for part in content if isinstance(part, Text)]
    if texts:
        found = read_annotations(candidate, [part.text for part in texts])
        for index, annotation in found:
            texts[index].annotations = (*texts[index].annotations, annotation)
    return Choice(content, stop, logprobs=read_logprobs(candidate.get("logprobsResult")))


def _add_part(content: list[Part], part: dict[str, Any], id: str, number: int) -> None:
    """A part, and behind text its signature, which the hub has no other place for."""
    proof = sealed_proof(part)
    text = part.get("text")
    call = part.get("functionCall")
    data = part.get("inlineData")
    if isinstance(call, dict):
        name = str(call.get("name") or "")
        content.append(ToolCall(call_id(call, id, number), name, arguments_of(call), proof=proof))
        return
    if isinstance(text, str):
        if part.get("thought"):
            if text or proof:
                content.append(Reasoning(text, proof, is_summary=True))
            return
        if text:
            content.append(Text(text))
    elif isinstance(data, dict) and str(data.get("mimeType") or "").startswith("image/") and not part.get("thought"):
        content.append(Image(str(data["mimeType"]), str(data.get("data") or "")))
    elif not part.get("thought"):
        kind = next((name for name in part if name not in ("thoughtSignature", "thought", "partMetadata")), "")
        if kind:
            content.append(Foreign(DIALECT, kind, part))
            return
    if proof:
        content.append(Reasoning(proof=proof, is_redacted=True))


def parts_of(candidate: dict[str, Any]) -> list[dict[str, Any]]:
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def sealed_proof(part: dict[str, Any]) -> str:
    proof = part.get("thoughtSignature")
    return sealed(DIALECT, proof) if isinstance(proof, str) and proof else ""


def call_id(call: dict[str, Any], answer_id: str, number: int) -> str:
    """Gemini's own, or one made of the answer's: the next answer's calls must not be called the same."""
    return str(call.get("id") or "") or (f"call_{answer_id}_{number}" if answer_id else f"call_{number}")


def arguments_of(call: dict[str, Any]) -> str:
    arguments = call.get("args")
    return (arguments or "{}") if isinstance(arguments, str) else encoded(arguments if arguments is not None else {})


def is_blocked(told: dict[str, Any]) -> bool:
    feedback = told.get("promptFeedback")
    return isinstance(feedback, dict) and bool(feedback.get("blockReason"))


def failure(candidate: dict[str, Any]) -> str:
    more = candidate.get("finishMessage")
    told = f": {more}" if isinstance(more, str) and more else ""
    return f"the model did not give an answer ({candidate.get('finishReason')}{told})"


def read_usage(told: Any) -> Usage | None:
    """`usageMetadata`; None when there is none to be read."""
    if not isinstance(told, dict):
        return None
    try:
        usage = msgspec.convert(told, UsageMetadata)
    except msgspec.ValidationError:
        return None
    thoughts = usage.thoughts_token_count or 0
    given = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
    if usage.candidates_token_count is not None:
        output = usage.candidates_token_count + thoughts
    else:
        output = max((usage.total_token_count or 0) - given, thoughts)
    return Usage(
        input_tokens=given,
        output_tokens=output,
        cached_input_tokens=usage.cached_content_token_count or 0,
        reasoning_tokens=thoughts,
    )


def read_annotations(candidate: dict[str, Any], texts: list[str]) -> list[tuple[int, Annotation]]:
    """What the answer rests on, each with the index of its text: Google counts bytes, the hub characters."""
    grounding = candidate.get("groundingMetadata")
    found: list[tuple[int, Annotation]] = []
    if isinstance(grounding, dict):
        found = _grounded(grounding, texts)
    cited = candidate.get("citationMetadata")
    sources = cited.get("citationSources") or cited.get("citations") if isinstance(cited, dict) else None
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and source.get("uri"):
            start, end = _characters(texts[0], source)
            title = str(source.get("title") or "")
            found.append((0, Annotation("url", str(source["uri"]), title, start=start, end=end, dialect=DIALECT)))
    return found


def _grounded(grounding: dict[str, Any], texts: list[str]) -> list[tuple[int, Annotation]]:
    chunks = [_source(chunk) for chunk in grounding.get("groundingChunks") or () if isinstance(chunk, dict)]
    supports = [one for one in grounding.get("groundingSupports") or () if isinstance(one, dict)]
    found: list[tuple[int, Annotation]] = []
    for support in supports:
        segment = support.get("segment")
        place = segment if isinstance(segment, dict) else {}
        index = place.get("partIndex") or 0
        index = index if isinstance(index, int) and 0 <= index < len(texts) else 0
        start, end = _characters(texts[index] if texts else "", place)
        for number in support.get("groundingChunkIndices") or ():
            if isinstance(number, int) and 0 <= number < len(chunks) and chunks[number][0]:
                url, title = chunks[number]
                found.append((index, Annotation("url", url, title, start=start, end=end, dialect=DIALECT, raw=support)))
    if not supports:
        found = [(0, Annotation("url", url, title, dialect=DIALECT)) for url, title in chunks if url]
    return found


def _source(chunk: dict[str, Any]) -> tuple[str, str]:
    for name in ("web", "maps", "retrievedContext"):
        told = chunk.get(name)
        if isinstance(told, dict):
            return str(told.get("uri") or ""), str(told.get("title") or "")
    return "", ""


def _characters(text: str, place: dict[str, Any]) -> tuple[int | None, int | None]:
    start, end = place.get("startIndex") or 0, place.get("endIndex")
    if not isinstance(start, int) or not isinstance(end, int):
        return None, None
    if text.isascii():
        return start, end
    data = text.encode("utf-8", "surrogatepass")
    return len(data[:start].decode("utf-8", "ignore")), len(data[:end].decode("utf-8", "ignore"))


def read_logprobs(told: Any) -> list[Any] | None:
    """As the Chat Completions API has them."""
    chosen = told.get("chosenCandidates") if isinstance(told, dict) else None
    if not isinstance(chosen, list):
        return None
    tops = told.get("topCandidates")
    tops = tops if isinstance(tops, list) else []
    written: list[Any] = []
    for index, one in enumerate(chosen):
        if not isinstance(one, dict):
            continue
        top = tops[index].get("candidates") if index < len(tops) and isinstance(tops[index], dict) else None
        written.append({**_token(one), "top_logprobs": [_token(each) for each in top or () if isinstance(each, dict)]})
    return written


def _token(told: dict[str, Any]) -> dict[str, Any]:
    token = str(told.get("token") or "")
    logprob = told.get("logProbability")
    return {"token": token, "logprob": logprob or 0.0, "bytes": list(token.encode("utf-8", "replace"))}


def read_error(status: int, body: bytes) -> ProviderError:
    """An error reply, however much of one it is; of a stream it comes as a list of one."""
    try:
        told = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = body[:2000].decode("utf-8", "replace").strip()
        return ProviderError(status, text or _without_words(status), raw=text)
    raw = told
    if isinstance(told, list) and told:
        told = told[0]
    error = told.get("error", told) if isinstance(told, dict) else told
    if not isinstance(error, dict):
        return ProviderError(status, str(error) if error else _without_words(status), raw=raw)
    details = error.get("details")
    known = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    word = str(error.get("status") or "")
    return ProviderError(
        status,
        str(error.get("message") or "") or _without_words(status),
        code=next((one["reason"] for one in known if isinstance(one.get("reason"), str)), "") or word,
        type=word,
        param=_field(known),
        raw=raw,
    )


def _field(details: list[dict[str, Any]]) -> str | None:
    for one in details:
        violations = one.get("fieldViolations")
        first = violations[0] if isinstance(violations, list) and violations else None
        field = first.get("field") if isinstance(first, dict) else None
        if isinstance(field, str):
            return field
    return None


def _without_words(status: int) -> str:
    return f"the provider answered with status {status}"
