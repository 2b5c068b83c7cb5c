"""A panel: threads that judge questions asked on the event loop.

Theory of operation: `ask` leaves a question in a bounded queue and gives a plain future of the loop, so that it may be
awaited outside asyncio tasks. A thread takes what has gathered, of like weight and no more than `most_weight` together,
and answers all of it with one wake-up of the loop. Nobody waits longer than the deadline: what can no longer be
answered in time is not begun, nor is what nobody waits for any more. Counters are kept by the loop alone.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar

from msgspec import Struct

from plano.intent import FAILED, SHED, TOO_LATE

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")

#: How much the newest batch counts in the mean of seconds per weight.
_NEWEST: Final = 0.2
#: A thread that hangs in a library does not keep plano from ending.
_LONGEST_GOODBYE_S: Final = 3.0


class Unjudged(Exception):
    """A question has no answer. `reason` is one of `plano.intent`: `SHED`, `TOO_LATE` or `FAILED`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class PanelLimits(Struct, frozen=True):
    """`deadline_s` counts from the asking. `most_weight` is the weight of a batch, unless one question weighs more."""

    threads: int = 1
    most_waiting: int = 256
    deadline_s: float = 0.05
    most_at_once: int = 8
    most_weight: float = float("inf")


_USUAL: Final = PanelLimits()


class PanelCounts(Struct):
    """Since the start. `asked` = `judged` + `shed` + `too_late` + `failed` + `left` + those waiting.

    `left`: nobody waited for the answer any more (the client went away).
    """

    asked: int = 0
    judged: int = 0
    shed: int = 0
    too_late: int = 0
    failed: int = 0
    left: int = 0
    batches: int = 0


class _Work(NamedTuple):
    call: Callable[[], Any]
    future: asyncio.Future[Any]


class _Waiting(Generic[Q, A]):
    """A question in the queue, or being judged."""

    __slots__ = ("deadline", "future", "question", "timer", "weight")

    def __init__(self, question: Q, weight: float, deadline: float, future: asyncio.Future[A]) -> None:
        self.question = question
        self.weight = weight
        self.deadline = deadline
        self.future = future
        self.timer: asyncio.TimerHandle | None = None


class Panel(Generic[Q, A]):
    """`judge` gets a batch of questions on a thread and gives as many answers. `weight` tells how long one takes.

    Everything else is called on the loop.
    """

    def __init__(
        self,
        judge: Callable[[list[Q]], list[A]],
        monotonic_s: Callable[[], float],
        limits: PanelLimits = _USUAL,
        weight: Callable[[Q], float] = lambda _: 1.0,
        name: str = "router",
    ) -> None:
        self.counts = PanelCounts()
        self._judge = judge
        self._monotonic_s = monotonic_s
        self._limits = limits
        self._weight = weight
        self._name = name
        self._works: deque[_Work] = deque()
        self._is_work_next = True
        self._waiting: list[_Waiting[Q, A]] = []
        self._unanswered = 0
        self._something = threading.Condition()
        self._is_over = False
        self._pace_s = 0.0
        self._threads: list[threading.Thread] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the threads; they belong to the running loop."""
        self._loop = asyncio.get_running_loop()
        for number in range(self._limits.threads):
            thread = threading.Thread(target=self._sit, name=f"{self._name}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    async def stop(self) -> None:
        """End the threads, when they are through with what they are at; what still waits is shed."""
        with self._something:
            self._is_over = True
            works, self._works = self._works, deque()
            waiting, self._waiting = self._waiting, []
            self._something.notify_all()
        for work in works:
            _settle(work.future, None, Unjudged(SHED, "plano stops"))
        for one in waiting:
            self._end(one, Unjudged(SHED, "plano stops"))
        loop = asyncio.get_running_loop()
        for thread in self._threads:
            await loop.run_in_executor(None, thread.join, _LONGEST_GOODBYE_S)
        self._threads.clear()

    def ask(self, question: Q) -> asyncio.Future[A]:
        """The answer to come; it fails with `Unjudged`."""
        assert self._loop is not None, "the panel is not started"
        future: asyncio.Future[A] = self._loop.create_future()
        self.counts.asked += 1
        if self._unanswered >= self._limits.most_waiting or self._is_over:
            self.counts.shed += 1
            return _refused(future, f"{self._unanswered} questions wait")
        deadline_s = self._limits.deadline_s
        one = _Waiting(question, self._weight(question), self._monotonic_s() + deadline_s, future)
        self._unanswered += 1
        one.timer = self._loop.call_later(deadline_s, self._end, one, Unjudged(TOO_LATE))
        future.add_done_callback(lambda _: self._note_end(one))
        with self._something:
            self._waiting.append(one)
            self._something.notify()
        return future

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Do something else on a thread, in turns with the questions; no deadline. Fails as `work` does."""
        assert self._loop is not None, "the panel is not started"
        future: asyncio.Future[T] = self._loop.create_future()
        with self._something:
            if self._is_over or len(self._works) >= self._limits.most_waiting:
                return _refused(future, f"{len(self._works)} works wait")
            self._works.append(_Work(work, future))
            self._something.notify()
        return future

    def _note_end(self, one: _Waiting[Q, A]) -> None:
        """On the loop, once per question: answered, failed, too late, or nobody waits for it any more."""
        self._unanswered -= 1
        if one.timer is not None:
            one.timer.cancel()
            one.timer = None
        if one.future.cancelled():
            self.counts.left += 1
            return
        error = one.future.exception()
        if error is None:
            self.counts.judged += 1
        elif isinstance(error, Unjudged):
            name = {SHED: "shed", TOO_LATE: "too_late", FAILED: "failed"}[error.reason]
            setattr(self.counts, name, getattr(self.counts, name) + 1)

    def _end(self, one: _Waiting[Q, A], error: Unjudged) -> None:
        if not one.future.done():
            one.future.set_exception(error)

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:  # The loop was closed in between: nobody waits.
            return

    def _sit(self) -> None:
        """A thread's life."""
        while True:
            with self._something:
                while not (self._works or self._waiting or self._is_over):
                    self._something.wait()
                if self._is_over:
                    return
                batch = [] if self._works and self._is_work_next else self._taken()
                work = self._works.popleft() if self._works and not batch else None
                self._is_work_next = work is None
            if batch:
                self._judge_batch(batch)
            elif work is not None and not work.future.cancelled():
                self._do(work)

    def _do(self, work: _Work) -> None:
        try:
            result = work.call()
        except BaseException as error:
            told = error if isinstance(error, Exception) else Unjudged(FAILED, _named(error))
            self._on_loop(_settle, work.future, None, told)
        else:
            self._on_loop(_settle, work.future, result, None)

    def _taken(self) -> list[_Waiting[Q, A]]:
        """The next batch: around the oldest question that can be answered in time, those most like it in weight."""
        now = self._monotonic_s()
        live = [one for one in self._waiting if not one.future.done() and now < one.deadline]
        hopeful = [one for one in live if now + one.weight * self._pace_s <= one.deadline]
        self._waiting = live
        if not live:
            return []
        # Nobody can be in time, it seems: the newest tells whether that is still so.
        lead = hopeful[0] if hopeful else live[-1]
        batch, weight = [lead], lead.weight
        rest = sorted((one for one in hopeful if one is not lead), key=lambda one: abs(one.weight - lead.weight))
        for one in rest:
            if len(batch) == self._limits.most_at_once or weight + one.weight > self._limits.most_weight:
                break
            batch.append(one)
            weight += one.weight
        taken = set(map(id, batch))
        self._waiting = [one for one in live if id(one) not in taken]
        return batch

    def _judge_batch(self, batch: list[_Waiting[Q, A]]) -> None:
        began = self._monotonic_s()
        try:
            answers = self._judge([one.question for one in batch])
            if len(answers) != len(batch):
                raise ValueError(f"{len(answers)} answers to {len(batch)} questions")
        except BaseException as error:  # Libraries in Rust panic with what is no Exception.
            self._on_loop(self._deliver, batch, None, _named(error))
            return
        weight = sum(one.weight for one in batch)
        pace_s = (self._monotonic_s() - began) / max(weight, 1.0)
        self._pace_s = pace_s if not self._pace_s else self._pace_s + _NEWEST * (pace_s - self._pace_s)
        self._on_loop(self._deliver, batch, answers, "")

    def _deliver(self, batch: list[_Waiting[Q, A]], answers: list[A] | None, fault: str) -> None:
        self.counts.batches += 1
        for number, one in enumerate(batch):
            if answers is None:
                self._end(one, Unjudged(FAILED, fault))
            elif not one.future.done():
                one.future.set_result(answers[number])


def _refused(future: asyncio.Future[T], detail: str) -> asyncio.Future[T]:
    future.set_exception(Unjudged(SHED, detail))
    future.exception()  # Seen, whether or not the client is still there to await it.
    return future


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
