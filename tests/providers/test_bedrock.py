"""Where Amazon Bedrock is, how a model gets into the path, and who signs."""

from __future__ import annotations

import pytest

from plano.dialects.operation import CHAT, CONVERSE
from plano.providers.bedrock import address_in, region_of
from plano.providers.paths import bedrock_paths

from .rows import lines, provider, target, url

ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-20250514-v1:0"
HOME = "https://bedrock-runtime.eu-west-1.amazonaws.com"


@pytest.fixture(autouse=True)
def _no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def test_a_stream_is_asked_for_at_another_path() -> None:
    found = target("amazon_bedrock/amazon.nova-pro-v1:0", CONVERSE, base_url=HOME)

    assert found.start_line == b"POST /model/amazon.nova-pro-v1%3A0/converse HTTP/1.1\r\n"
    assert found.streaming_start_line == b"POST /model/amazon.nova-pro-v1%3A0/converse-stream HTTP/1.1\r\n"
    assert found.streaming_path == b"/model/amazon.nova-pro-v1%3A0/converse-stream"
    assert found.query == found.streaming_query == b""


def test_elsewhere_a_stream_is_asked_for_at_the_same_place() -> None:
    azure = target("azure_openai/m", base_url="https://acme.openai.azure.com")

    assert azure.streaming_start_line == azure.start_line
    assert (azure.streaming_path, azure.streaming_query) == (azure.path, azure.query)


@pytest.mark.parametrize(
    ("base_path", "model", "expected"),
    [
        ("", "amazon.nova-lite-v1:0", "/model/amazon.nova-lite-v1%3A0/converse"),
        ("", ARN, "/model/" + ARN.replace(":", "%3A").replace("/", "%2F") + "/converse"),
        ("/proxy/aws/", "m", "/proxy/aws/model/m/converse"),
        ("/model", "m", "/model/m/converse"),
        ("/model/other/converse", "m", "/model/m/converse"),
        ("/team/model/other%3A0/converse-stream", "m", "/team/model/m/converse"),
    ],
)
def test_the_model_is_one_segment_of_the_path(base_path: str, model: str, expected: str) -> None:
    assert bedrock_paths(base_path, CONVERSE, model) == (expected, expected + "-stream")


@pytest.mark.parametrize("model", [".", ".."])
def test_a_model_of_dots_leads_nowhere(model: str) -> None:
    assert bedrock_paths("", CONVERSE, model) is None


def test_only_converse_is_spoken() -> None:
    assert bedrock_paths("", CHAT, "m") is None
    assert provider("openai/m").target(CONVERSE, "m") is None


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("bedrock-runtime.eu-west-1.api.aws", "eu-west-1"),
        ("vpce-0a1b-2c3d.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
        ("bedrock.us-east-1.amazonaws.com", ""),
        ("bedrock-runtime.us-east-1.amazonaws.com.evil.example", ""),
        ("127.0.0.1", ""),
    ],
)
def test_the_region_is_read_from_the_host(host: str, region: str) -> None:
    assert region_of(host) == region


def test_the_address_is_that_of_the_region() -> None:
    assert url(target("amazon/m", CONVERSE, region="us-west-2")).startswith(address_in("us-west-2") + "/model/m/")
    assert address_in("cn-north-1") == "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"


def test_without_a_region_the_environment_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert url(target("amazon/m", CONVERSE)).startswith(address_in("eu-central-1"))

    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    assert url(target("amazon/m", CONVERSE)).startswith(address_in("sa-east-1"))


@pytest.mark.parametrize("region", ["", "evil.example/", "us east 1", "../x"])
def test_what_is_no_region_is_refused(region: str) -> None:
    with pytest.raises(ValueError, match="region"):
        address_in(region)


def test_a_key_is_a_bedrock_api_key_and_nothing_is_signed() -> None:
    found = target("amazon_bedrock/m", CONVERSE, base_url=HOME)

    assert lines(found.fixed_headers)["authorization"] == "Bearer sk-our-own-key"
    assert found.signer is None


def test_without_a_key_requests_are_signed() -> None:
    built = provider("amazon_bedrock/m", key=None, base_url=HOME)
    found = built.target(CONVERSE, "m")

    assert found is not None
    assert repr(found.signer) == f"Signer({HOME} in eu-west-1)"
    assert "authorization" not in lines(found.fixed_headers)
    assert {b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256"} <= found.dropped
    assert not built.key_missing


@pytest.mark.parametrize("settings", [{"passthrough_auth": True}, {"headers": {"authorization": "Bearer other"}}])
def test_whoever_brings_a_credential_is_not_signed_for(settings: dict[str, object]) -> None:
    found = provider("amazon_bedrock/m", key=None, base_url=HOME, **settings).target(CONVERSE, "m")

    assert found is not None
    assert found.signer is None


def test_another_address_is_signed_for_only_when_a_region_is_given() -> None:
    there = provider("amazon_bedrock/m", key=None, base_url="http://127.0.0.1:9300").target(CONVERSE, "m")
    ours = provider("amazon_bedrock/m", key=None, base_url="http://127.0.0.1:9300", region="us-east-1")
    signed = ours.target(CONVERSE, "m")

    assert there is not None
    assert signed is not None
    assert there.signer is None
    assert repr(signed.signer) == "Signer(http://127.0.0.1:9300 in us-east-1)"
