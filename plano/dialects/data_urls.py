"""`data:` URLs (RFC 2397), the way most dialects carry images inside of JSON."""

from __future__ import annotations


def split_data_url(url: str) -> tuple[str, str]:
    """Media type and base64 text; two empty strings for any other URL, and for data that is not base64."""
    if url[:5].lower() != "data:":
        return "", ""
    head, comma, data = url[5:].partition(",")
    media_type, _, encoding = head.rpartition(";")
    if not comma or encoding.strip().lower() != "base64":
        return "", ""
    return media_type.partition(";")[0], data


def data_url(media_type: str, data: str) -> str:
    """`data` is base64."""
    return f"data:{media_type};base64,{data}"
