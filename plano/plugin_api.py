"""The one module of plano a plugin imports.

Names here are kept stable; everything else in plano may change between two versions. See plugins/README.md.
"""

from __future__ import annotations

from plano.config.values import Duration, Secret
from plano.dialects.conversation import (
    Audio,
    CacheMark,
    Conversation,
    Document,
    Effort,
    Foreign,
    Image,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Settings,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from plano.dialects.losses import Losses
from plano.dialects.passages import Passage, Place, TextFilter
from plano.dialects.phrases import Found, PhraseMatcher, Phrases
from plano.dialects.proofs import Proof, opened, sealed
from plano.dialects.provider_dialect import ProviderDialect
from plano.dialects.provider_vendor import ProviderVendor
from plano.dialects.reply import (
    Annotation,
    Answer,
    Choice,
    ProviderError,
    StopReason,
    StreamReader,
    StreamWriter,
)
from plano.dialects.translating import ProviderSide
from plano.dialects.usage import Usage
from plano.errors import BadRequest, ProviderProtocolError, StoreUnusable
from plano.errors import RequestRefused as Refuse
from plano.exchange import Exchange, Record
from plano.filtering import AnswerCopy, AnswerFilter, PieceFilter, WholeFilter
from plano.hook_markers import hookimpl
from plano.intent import Judgement, Route, RouterModel, RouterModelKind, RouterTools, RouteSet, Said
from plano.plugins.exporter import Exporter
from plano.plugins.tools import Encoder, PluginTools
from plano.plugins.trial import trial_answer, trial_exchange
from plano.storing import Store, StoreKind

__all__ = [
    "Annotation",
    "Answer",
    "AnswerCopy",
    "AnswerFilter",
    "Audio",
    "BadRequest",
    "CacheMark",
    "Choice",
    "Conversation",
    "Document",
    "Duration",
    "Effort",
    "Encoder",
    "Exchange",
    "Exporter",
    "Foreign",
    "Found",
    "Image",
    "Judgement",
    "Losses",
    "OutputFormat",
    "Part",
    "Passage",
    "PhraseMatcher",
    "Phrases",
    "PieceFilter",
    "Place",
    "PluginTools",
    "Proof",
    "ProviderDialect",
    "ProviderError",
    "ProviderProtocolError",
    "ProviderSide",
    "ProviderVendor",
    "Reasoning",
    "Record",
    "Refusal",
    "Refuse",
    "Route",
    "RouteSet",
    "RouterModel",
    "RouterModelKind",
    "RouterTools",
    "Said",
    "Secret",
    "Settings",
    "StopReason",
    "Store",
    "StoreKind",
    "StoreUnusable",
    "StreamReader",
    "StreamWriter",
    "Text",
    "TextFilter",
    "Thinking",
    "Tool",
    "ToolCall",
    "ToolChoice",
    "ToolResult",
    "Turn",
    "Usage",
    "WholeFilter",
    "hookimpl",
    "opened",
    "sealed",
    "trial_answer",
    "trial_exchange",
]
