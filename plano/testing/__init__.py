"""Fakes for our own tests and for authors of plugins: time, transports, providers. Never imported by the
gateway.
"""

from plano.testing.clock import FakeClock
from plano.testing.scripted_provider import Answer, RecordedRequest, Script, ScriptedProvider
from plano.testing.transport import FakeTransport

__all__ = ["Answer", "FakeClock", "FakeTransport", "RecordedRequest", "Script", "ScriptedProvider"]
