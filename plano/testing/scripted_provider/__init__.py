"""A provider on a loopback port that follows a script: every dialect, every behaviour, every fault a test may
need.
"""

from plano.testing.scripted_provider.answer import (
    STAMP_MARK,
    Answer,
    End,
    Gate,
    Pause,
    Repeat,
    Stamped,
    compressed,
    delayed,
    event_answer,
    json_answer,
    nothing,
    paced,
    raw_answer,
    with_early_hints,
)
from plano.testing.scripted_provider.ask import Ask, RecordedRequest
from plano.testing.scripted_provider.behaviours import BEHAVIOURS, Behaviour, hello
from plano.testing.scripted_provider.faults import error, malformed, stopped_midway, without_end
from plano.testing.scripted_provider.reply import SENTENCE, WORDS, Reply, ToolCall, reply_saying, reply_to
from plano.testing.scripted_provider.script import Play, Script
from plano.testing.scripted_provider.server import ScriptedProvider
from plano.testing.scripted_provider.voices import error_answer, saying

__all__ = [
    "BEHAVIOURS",
    "SENTENCE",
    "STAMP_MARK",
    "Answer",
    "Ask",
    "Behaviour",
    "End",
    "Gate",
    "Pause",
    "Play",
    "RecordedRequest",
    "Repeat",
    "Reply",
    "Script",
    "ScriptedProvider",
    "Stamped",
    "ToolCall",
    "WORDS",
    "compressed",
    "delayed",
    "error",
    "error_answer",
    "event_answer",
    "hello",
    "json_answer",
    "malformed",
    "nothing",
    "paced",
    "raw_answer",
    "reply_saying",
    "reply_to",
    "saying",
    "stopped_midway",
    "with_early_hints",
    "without_end",
]
