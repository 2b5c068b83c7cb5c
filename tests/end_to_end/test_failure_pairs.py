"""Two providers fail, each in its own way, in all combinations: a sample of them, in every dialect, streamed and whole.

Whatever happens, the client has either all sixty words and the dialect's own end, or an error it cannot mistake.
"""

from __future__ import annotations

import itertools
import queue
import random
import threading
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from plano.testing import ScriptedProvider
from plano.testing.scripted_provider import WORDS
from tests.end_to_end.answers import PATHS, Told, asking, told_by
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway
from tests.end_to_end.wire import Reply, Wire

CLIENTS = 24
SAMPLE = 480
LONGEST_S = 4.0
LIMITS = "first_token_timeout: 0.5s, response_head_timeout: 0.5s, idle_timeout: 0.5s"
#: Faults of a provider, after which somebody else is asked or the stream is taken up again.
RETRIED = (
    *("429-always", "429-always-1", "500-always", "503-always", "529-always", "401-always"),
    *("reset", "close", "silent", "late-9", "slow-head-9", "comments-9", "empty"),
    *("cut-0", "cut-1", "cut-40", "cut-59", "cut-60", "reset-0", "reset-40", "stall-0", "stall-20", "stall-60"),
    *("malformed-0", "malformed-10", "malformed-60", "stream-error-0", "stream-error-40", "stream-error-60"),
)
#: Errors that are the client's in the end, as the policy does not list them.
FINAL = ("400-always", "404-always", "409-always", "billing-error", "context-length", "content-filter")
GOOD = ("words", "no-prefill", "pause-20-0.1")
MODES = ("replay", "continue", "error")
#: Rows of one interface (openai or anthropic, told by a letter) for every way the second fails and every mode.
FIRST = (
    '  - {{model: {row}/*, base_url: "URL", provider_interface: {interface}, access_key: {row},'
    " retry_policy: {{fallback_models: [{letter}{second}/{second}], on_stream_failure: {mode},"
    " backoff: {{base_ms: 10}},"
    " on_status_codes: [{{codes: [401], max_attempts: 2}}]}}, circuit_breaker: {{enabled: false}}}}\n"
)
SECOND = (
    '  - {{model: {letter}{second}/{second}, base_url: "URL", provider_interface: {interface},'
    " access_key: {letter}{second}, circuit_breaker: {{enabled: false}}}}\n"
)
INTERFACES = {"o": "openai", "a": "anthropic"}


class Case(NamedTuple):
    first: str
    second: str
    mode: str
    dialect: str
    stream: bool

    @property
    def row(self) -> str:
        return f"{'a' if self.dialect == 'messages' else 'o'}-{self.mode}-{self.second}"

    @property
    def must_succeed(self) -> bool:
        if self.first in GOOD:
            return True
        return self.second in GOOD and self.first in RETRIED and not (self.stream and self.mode == "error")


_FAULTS = (*RETRIED, *FINAL)
CASES = list(itertools.starmap(Case, itertools.product(_FAULTS, (*GOOD, *_FAULTS), MODES, PATHS, (True, False))))


def _rows() -> str:
    told = "model_providers:\n"
    for (letter, interface), second in itertools.product(INTERFACES.items(), (*GOOD, *_FAULTS)):
        told += SECOND.format(letter=letter, interface=interface, second=second)
        for mode in MODES:
            row = f"{letter}-{mode}-{second}"
            told += FIRST.format(row=row, letter=letter, interface=interface, second=second, mode=mode)
    return told


@pytest.fixture(scope="module")
def gateway(start_gateway: StartGateway) -> Iterator[Gateway]:
    with ScriptedProvider.in_thread() as provider:
        rows = _rows().replace("URL", provider.base_url)
        with start_gateway(lambda port: listener(port, LIMITS) + rows) as running:
            yield running


def complaint(case: Case, answer: Reply, told: Told) -> str | None:
    """What is wrong with an answer, if anything is."""
    if answer.status >= 400:
        return None if told.error and not case.must_succeed else "refused"
    if told.error is None:
        is_good = (told.text, told.is_complete, answer.is_whole) == (WORDS, True, True)
        return None if is_good else "an answer that is not all there"
    if told.is_complete or not WORDS.startswith(told.text):
        return "an error and an end, or other words"
    return "not taken up again" if case.must_succeed else None


@pytest.mark.parametrize("seed", [1])
def test_a_client_has_all_of_the_answer_or_a_plain_error(gateway: Gateway, seed: int) -> None:
    cases: queue.SimpleQueue[tuple[int, Case]] = queue.SimpleQueue()
    # Refused keys last: a row whose key was refused is passed over for a while.
    sample = random.Random(seed).sample(CASES, SAMPLE)
    for numbered in enumerate(sorted(sample, key=lambda case: case.first in ("401-always", "billing-error"))):
        cases.put(numbered)
    complaints: list[object] = []

    def client() -> None:
        while not cases.empty():
            try:
                number, case = cases.get_nowait()
            except queue.Empty:
                return
            try:
                with Wire(gateway, timeout_s=LONGEST_S) as wire:
                    asked = asking(case.dialect, f"{case.row}/{case.first}@{seed}-{number}", stream=case.stream)
                    answer = wire.ask(asked)
                told = told_by(case.dialect, answer)
                wrong = complaint(case, answer, told)
                if wrong:
                    complaints.append((wrong, case, answer.status, told))
            except Exception as error:
                complaints.append((case, error))

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    assert complaints == []
    assert "Traceback" not in gateway.all_logs()
