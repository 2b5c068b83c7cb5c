"""Which proxy leads where: the variables, their precedence, and what is exempt."""

from __future__ import annotations

import pytest

from plano.http.client.proxy import Proxy, ProxySettings, UnusableProxy
from plano.http.wire.origin import Origin

PROXY = "http://proxy.corp:3128"
HTTPS = Origin("https", "api.example.com", 443)
HTTP = Origin("http", "models.example.com", 80)


def towards(origin: Origin, **environ: str) -> str | None:
    proxy = ProxySettings.from_environ(environ).towards(origin)
    return None if proxy is None else str(proxy)


def through(no_proxy: str, url: str) -> bool:
    """Whether a URL is reached through the proxy."""
    return towards(Origin.parse(url)[0], all_proxy=PROXY, no_proxy=no_proxy) is not None


# Variables.


def test_without_variables_nothing_goes_through_a_proxy() -> None:
    assert towards(HTTPS) is None
    assert towards(HTTP) is None
    assert towards(HTTPS, https_proxy="", HTTPS_PROXY=" ") is None


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_https_origins_have_four_variables(name: str) -> None:
    assert towards(HTTPS, **{name: PROXY}) == PROXY


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_http_origins_have_three(name: str) -> None:
    assert towards(HTTP, **{name: PROXY}) == PROXY


def test_http_proxy_in_capitals_is_a_request_header_of_cgi_and_not_believed() -> None:
    assert towards(HTTP, HTTP_PROXY=PROXY) is None
    assert towards(HTTPS, HTTP_PROXY=PROXY, http_proxy=PROXY) is None


def test_lower_case_wins_and_the_schemes_own_variable_wins() -> None:
    environ = {"https_proxy": "http://one:1", "HTTPS_PROXY": "http://two:2", "all_proxy": "http://three:3"}
    assert towards(HTTPS, **environ) == "http://one:1"
    assert towards(HTTPS, **{**environ, "https_proxy": ""}) == "http://two:2"
    assert towards(HTTP, **environ) == "http://three:3"
    assert towards(HTTPS, all_proxy="http://three:3", ALL_PROXY="http://four:4") == "http://three:3"
    assert towards(HTTPS, https_proxy=PROXY, NO_PROXY="*", no_proxy="elsewhere") == PROXY


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("http://proxy.corp:3128", Origin("http", "proxy.corp", 3128)),
        ("proxy.corp:3128", Origin("http", "proxy.corp", 3128)),
        ("http://proxy.corp", Origin("http", "proxy.corp", 80)),
        ("HTTP://Proxy.Corp:3128/", Origin("http", "proxy.corp", 3128)),
        ("https://proxy.corp", Origin("https", "proxy.corp", 443)),
        ("http://[2001:db8::1]:3128", Origin("http", "2001:db8::1", 3128)),
        ("user:word@10.0.0.1:3128", Origin("http", "10.0.0.1", 3128)),
    ],
)
def test_a_proxy_is_a_url_or_a_host_and_port(written: str, origin: Origin) -> None:
    proxy = ProxySettings.from_environ({"https_proxy": written}).https
    assert proxy is not None
    assert proxy.origin == origin


@pytest.mark.parametrize(
    ("written", "authorization"),
    [
        ("http://user:pass@proxy:1", "Basic dXNlcjpwYXNz"),
        ("http://user@proxy:1", "Basic dXNlcjo="),
        ("http://us%40er:p%3Aa%2Fss@proxy:1", "Basic dXNAZXI6cDphL3Nz"),
        ("http://us%C3%A9r:p@proxy:1", "Basic dXPDqXI6cA=="),
        ("http://@proxy:1", None),
        ("http://proxy:1", None),
    ],
)
def test_credentials_become_basic_authentication(written: str, authorization: str | None) -> None:
    proxy = ProxySettings.from_environ({"https_proxy": written}).https
    assert proxy is not None
    assert (proxy.authorization and proxy.authorization.reveal()) == authorization


def test_credentials_are_never_shown() -> None:
    settings = ProxySettings.from_environ({"all_proxy": "http://somebody:hunter2@proxy:3128"})
    for text in (repr(settings), str(settings), repr(settings.https), str(settings.https), f"{settings.https}"):
        assert "hunter2" not in text
        assert "somebody" not in text
        assert "c29tZWJvZHk6aHVudGVyMg" not in text
    assert str(settings.https) == "http://proxy:3128"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("socks5://somebody:hunter2@proxy:1080", "must begin with http:// or https://"),
        ("ftp://proxy", "must begin with http:// or https://"),
        ("http://somebody:hunter2@proxy:port", "host or port cannot be read"),
        ("http://somebody:hunter2@proxy:99999", "host or port cannot be read"),
        ("http://somebody:hunter2@proxy:0", "host or port cannot be read"),
        ("http://somebody:hunter2@", "host or port cannot be read"),
        ("http://[::1", "host or port cannot be read"),
        ("http://somebody:hunter2@pro xy:1", "spaces or control characters"),
        ("http://somebody:hunter2@proxy\r\nX: y:1", "spaces or control characters"),
        ("http://somebody:hunter2#@proxy:1", "%23"),
        ("http://proxy:1/path/hunter2", "must end after the port"),
        ("http://proxy:1?hunter2", "must end after the port"),
        ("http://some%3Abody:hunter2@proxy:1", "colon"),
        ("http://somebody:hunter2%0D%0A@proxy:1", "control characters"),
    ],
)
def test_what_is_no_proxy_is_refused_without_being_shown(written: str, reason: str) -> None:
    with pytest.raises(UnusableProxy) as caught:
        ProxySettings.from_environ({"HTTPS_PROXY": written})
    message = str(caught.value)
    assert message.startswith("HTTPS_PROXY ")
    assert reason in message
    assert "hunter2" not in message
    assert "somebody" not in message
    assert caught.value.__cause__ is None


def test_a_variable_that_another_one_replaces_is_not_looked_at() -> None:
    environ = {"https_proxy": PROXY, "http_proxy": PROXY, "ALL_PROXY": "socks5://proxy:1080"}
    assert towards(HTTPS, **environ) == PROXY


# Exempt.


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434",
        "https://LOCALHOST",
        "http://localhost.",
        "http://models.localhost",
        "http://127.0.0.1:8000",
        "http://127.8.8.8",
        "http://[::1]:8000",
        "http://[::ffff:127.0.0.1]",
        "http://host.docker.internal:11434",
    ],
)
def test_this_machine_is_never_reached_through_a_proxy(url: str) -> None:
    assert not through("", url)


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("*", "https://api.example.com"),
        ("elsewhere, *", "https://api.example.com"),
        ("api.example.com", "https://api.example.com"),
        ("example.com", "https://example.com"),
        ("example.com", "https://api.example.com"),
        ("example.com", "https://deep.api.example.com"),
        (".example.com", "https://api.example.com"),
        (".example.com", "https://example.com"),
        ("*.example.com", "https://api.example.com"),
        ("EXAMPLE.com", "https://API.Example.COM"),
        ("example.com.", "https://api.example.com"),
        ("example.com", "https://api.example.com."),
        ("example.com:443", "https://api.example.com"),
        ("example.com:8443", "https://api.example.com:8443"),
        ("one.test,two.test", "https://two.test"),
        ("one.test two.test", "https://two.test"),
        (" one.test , ,two.test, ", "https://two.test"),
        ("10.1.2.3", "http://10.1.2.3"),
        ("10.1.2.3:80", "http://10.1.2.3"),
        ("10.0.0.0/8", "http://10.1.2.3:9000"),
        ("10.1.2.3/8", "http://10.9.9.9"),
        ("10.1.2.3", "http://[::ffff:10.1.2.3]"),
        ("2001:db8::1", "http://[2001:db8::1]"),
        ("[2001:db8::1]", "http://[2001:db8::1]"),
        ("[2001:db8::1]:80", "http://[2001:db8::1]"),
        ("2001:db8::/32", "http://[2001:db8:ffff::1]"),
    ],
)
def test_what_no_proxy_names_is_reached_directly(no_proxy: str, url: str) -> None:
    assert not through(no_proxy, url)


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("", "https://api.example.com"),
        ("example.com", "https://notexample.com"),
        ("example.com", "https://example.com.evil.test"),
        ("api.example.com", "https://example.com"),
        ("example.com:8443", "https://example.com"),
        ("10.0.0.0/8", "http://11.0.0.1"),
        ("10.1.2.3:81", "http://10.1.2.3"),
        ("10.0.0.0/8", "http://ten.example.com"),
        ("2001:db8::/32", "http://[2001:db9::1]"),
        ("0.1", "http://10.0.0.1"),
        ("com.", "https://api.example.org"),
    ],
)
def test_what_it_does_not_name_goes_through_the_proxy(no_proxy: str, url: str) -> None:
    assert through(no_proxy, url)


def test_entries_that_cannot_be_read_are_told_by_their_place_alone() -> None:
    settings = ProxySettings.from_environ(
        {
            "all_proxy": PROXY,
            "NO_PROXY": "good.test,http://user:hunter2@bad.test,10.0.0.0/99,a*b,x:0,x:99999,[x],<local>",
        }
    )
    assert settings.notices == tuple(
        f"Entry {place} of NO_PROXY is neither a host, a domain, an address nor a network: ignored."
        for place in range(2, 9)
    )
    assert settings.towards(Origin("https", "good.test", 443)) is None
    assert settings.towards(HTTPS) is not None


def test_settings_are_values() -> None:
    environ = {"all_proxy": "http://a:b@proxy:1", "no_proxy": "x.test"}
    assert ProxySettings.from_environ(environ) == ProxySettings.from_environ(dict(environ))
    assert ProxySettings.from_environ(environ) != ProxySettings.from_environ({**environ, "all_proxy": PROXY})
    assert isinstance(hash(Proxy(Origin("http", "proxy", 1))), int)
