"""Amazon Bedrock beyond what every provider has: signed requests, its own path, its frames and exceptions."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import anthropic
import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from plano.testing import RecordedRequest, ScriptedProvider
from plano.testing.scripted_provider import SENTENCE
from tests.end_to_end.conftest import StartGateway, listener
from tests.end_to_end.gateway_process import Gateway

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI-secret", "session-token"
AWS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
ROWS = """
model_providers:
  - {model: amazon_bedrock/*, base_url: "A", region: eu-west-1}
"""
MODEL = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
HI: Any = [{"role": "user", "content": "hi"}]


def resigned(request: RecordedRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The signature botocore gives to the request as it arrived."""
    stamp = request.header("x-amz-date")
    assert stamp is not None
    moment = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)
    host = request.header("host")
    headers = {"Host": host, "X-Amz-Content-SHA256": request.header("x-amz-content-sha256")}
    again = AWSRequest("POST", f"http://{host}{request.path}", headers=headers, data=request.body)
    botocore.auth.SigV4Auth(Credentials(KEY_ID, SECRET, TOKEN), "bedrock", "eu-west-1").add_auth(again)
    return str(again.headers["Authorization"])


@pytest.fixture(scope="module")
def gateway(_provider: ScriptedProvider, start_gateway: StartGateway) -> Iterator[Gateway]:
    rows = ROWS.replace('"A"', f'"{_provider.base_url}"')
    with start_gateway(lambda port: listener(port) + rows, **AWS) as running:
        yield running


@pytest.fixture
def client(gateway: Gateway) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=gateway.base_url, api_key="mine", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("streams", [False, True])
def test_requests_arrive_with_the_signature_of_what_arrived(
    gateway: Gateway,
    client: anthropic.Anthropic,
    provider: ScriptedProvider,
    monkeypatch: pytest.MonkeyPatch,
    streams: bool,
) -> None:
    asked: Any = {"model": f"amazon_bedrock/{MODEL}", "max_tokens": 99, "messages": HI}
    if streams:
        with client.messages.stream(**asked) as stream:
            said = "".join(stream.text_stream)
    else:
        said = client.messages.create(**asked).content[0].text

    request = provider.last_request
    assert said == SENTENCE
    assert request.header("authorization") == resigned(request, monkeypatch)
    assert request.header("x-amz-security-token") == TOKEN
    assert unquote(request.path) == f"/model/{MODEL}/converse{'-stream' if streams else ''}"
    assert ":" not in request.path
    assert "mine" not in str(request.headers)
    assert SECRET not in gateway.all_logs()
    assert TOKEN not in gateway.all_logs()


def heard(client: anthropic.Anthropic, model: str, words: list[str]) -> None:
    with client.messages.stream(model=f"amazon_bedrock/{model}", max_tokens=99, messages=HI) as stream:
        words.extend(stream.text_stream)


@pytest.mark.parametrize("model", ["stream-error-3", "cut-3", "malformed-3"])
def test_a_stream_that_fails_is_told_to_the_client_as_failed(client: anthropic.Anthropic, model: str) -> None:
    words: list[str] = []
    with pytest.raises(anthropic.APIError):
        heard(client, model, words)
    # Where the fault came in the first block, nothing had been sent on.
    assert "".join(words).split() in ([], ["A", "gateway", "stands"])


@pytest.mark.parametrize(
    ("model", "error"), [("error-429", anthropic.RateLimitError), ("context-length", anthropic.BadRequestError)]
)
def test_errors_are_the_clients_own(client: anthropic.Anthropic, model: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        client.messages.create(model=f"amazon_bedrock/{model}", max_tokens=99, messages=HI)
