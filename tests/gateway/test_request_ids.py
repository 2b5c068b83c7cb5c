"""The name of an exchange."""

from __future__ import annotations

import re

import pytest

from plano.gateway.request_ids import RequestIds


@pytest.mark.parametrize("offered", [b"a", b"a" * 128, b"req_1", b"A.b:c/d+e=f@g-h_i"])
def test_a_presentable_name_is_kept(offered: bytes) -> None:
    assert RequestIds().take(offered) == offered.decode()


@pytest.mark.parametrize("offered", [b"", b"a" * 129, b"a b", b"a\n", b"\n", b'"', b"a,b", b"\xc3\xa4", b"a\0"])
def test_another_is_replaced(offered: bytes) -> None:
    assert re.fullmatch("[0-9a-f]{32}", RequestIds().take(offered))


def test_names_do_not_repeat_within_or_across_processes() -> None:
    names = [ids.take(b"") for ids in (RequestIds(), RequestIds()) for _ in range(1000)]
    assert len(set(names)) == 2000
    assert "0" * 32 not in names
