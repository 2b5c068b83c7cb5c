"""The path of an operation at a provider: the vendor's root, or the path of a `base_url` in its place. Pure.

A path on `base_url` replaces the root; a closing slash, a doubled slash or a whole endpoint
(`.../v1/chat/completions`) in its place do no harm.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from plano.dialects.operation import CONVERSE, GENERATE, OPERATIONS, Operation
from plano.providers.vendor import PathRepair, Vendor

AZURE_API_VERSION: Final = "2024-10-21"
"""The last dated GA version of Azure OpenAI's API; later ones are previews, or the undated `/openai/v1`."""

_PATH_CHARACTERS: Final = "/%:@!$&'()*+,;=~-._"
_DOUBLED_SLASH: Final = re.compile("//+")
# Longest first, or `/v1/chat/completions` would lose only `/completions`.
_SUFFIXES: Final = sorted((operation.suffix for operation in OPERATIONS), key=len, reverse=True)
_WHOLE_CONVERSE: Final = re.compile(r"(/model(/[^/]+/converse(-stream)?)?)?$")
_GEMINI_ROOT: Final = "/v1beta"
_BEHIND_GEMINI_ROOT: Final = re.compile(r"(/openai(/.*)?|/(tunedModels|models)(/[^/]*)?)?$")
_GEMINI_MODEL: Final = re.compile(r"(tunedModels|models)/(?=.)")
_ONE_DEPLOYMENT: Final = re.compile(r"/deployments/[^/]+$")


def api_root(vendor: Vendor, base_path: str) -> tuple[str, PathRepair | None]:
    """What stands in front of an operation's suffix ("" or `/...`), and the repair that was needed for it."""
    path = _DOUBLED_SLASH.sub("/", quote(base_path, safe=_PATH_CHARACTERS)).rstrip("/")
    if not path:
        return vendor.root, None
    for suffix in _SUFFIXES:
        if path.endswith(suffix):
            # A whole endpoint without anything in front says that this API has no root.
            path = path.removesuffix(suffix)
            break
    for repair in vendor.repairs:
        if path.endswith(repair.ending):
            return path.removesuffix(repair.ending) + repair.becomes, repair
    if path and vendor.root.startswith(path + "/"):
        return vendor.root, None  # Half of the vendor's own root, such as `/openai` for `/openai/v1`.
    return path, None


def plain_path(vendor: Vendor, base_path: str, operation: Operation, *, at_home: bool) -> str | None:
    """The path of `operation`, or None if it is not spoken. `at_home`: the address is the vendor's own."""
    second = vendor.second_api
    if second is not None and at_home and operation.name in second.speaks:
        return second.root + operation.suffix
    if operation.name not in vendor.speaks:
        return None
    if operation.name in vendor.paths and (at_home or not base_path):
        return vendor.paths[operation.name]
    return api_root(vendor, base_path)[0] + operation.suffix


def azure_path(
    vendor: Vendor, base_path: str, operation: Operation, model_id: str, api_version: str | None
) -> tuple[str, str] | None:
    """Path and query of `operation` at Azure OpenAI, or None if it is not spoken.

    Dated API versions name the deployment in the path and the version in the query; the GA `/openai/v1` wants
    neither, and only there are responses (learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle).
    """
    if operation.name not in vendor.speaks:
        return None
    root, _ = api_root(vendor, base_path)
    version = f"api-version={quote(api_version or AZURE_API_VERSION, safe='')}"
    if root.endswith("/v1"):
        return root + operation.suffix, version if api_version else ""
    if root.endswith("/openai"):
        root += "/deployments"
    if operation.name == "responses":
        resource, found, _ = root.partition("/openai/deployments")
        return (f"{resource}/openai/v1{operation.suffix}", "") if found else None
    if not _ONE_DEPLOYMENT.search(root):
        if not model_id.strip("."):
            return None  # A client's `..` would lead out of the deployments (RFC 3986 section 5.2.4).
        root = f"{root}/{quote(model_id, safe='')}"
    return root + operation.suffix, version


def bedrock_paths(base_path: str, operation: Operation, model_id: str) -> tuple[str, str] | None:
    """The paths of `operation` at Amazon Bedrock, whole and streamed, or None if it is not spoken.

    A model id may be a whole ARN: its colons and slashes are percent-encoded, as AWS's own SDKs do it
    (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
    """
    if operation is not CONVERSE or not model_id.strip("."):
        return None
    path = _DOUBLED_SLASH.sub("/", quote(base_path, safe=_PATH_CHARACTERS)).rstrip("/")
    root = _WHOLE_CONVERSE.sub("", path, count=1)
    whole = f"{root}/model/{quote(model_id, safe='')}{operation.suffix}"
    return whole, f"{whole}-stream"


def gemini_paths(base_path: str, operation: Operation, model_id: str) -> tuple[str, str] | None:
    """The paths of Gemini's own API, whole and streamed (`alt=sse` is asked for, too), or None if it is not spoken.

    The compatible API lies below the same root (ai.google.dev/api/generate-content, .../gemini-api/docs/openai).
    """
    if operation is not GENERATE or not model_id.strip("."):
        return None
    path = _DOUBLED_SLASH.sub("/", quote(base_path, safe=_PATH_CHARACTERS)).rstrip("/")
    root = _BEHIND_GEMINI_ROOT.sub("", path, count=1) or _GEMINI_ROOT
    kind = _GEMINI_MODEL.match(model_id)
    collection = kind[1] if kind else "models"
    start = f"{root}/{collection}/{quote(model_id[kind.end() :] if kind else model_id, safe='')}"
    return f"{start}:generateContent", f"{start}:streamGenerateContent"


def template_paths(
    vendor: Vendor, base_path: str, operation: Operation, model_id: str
) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Path and query of `operation`, whole and streamed, after a vendor's templates; None if it is not spoken."""
    if operation.name not in vendor.speaks:
        return None
    templates = vendor.template, vendor.streaming_template or vendor.template
    if any("{model}" in template for template in templates) and not model_id.strip("."):
        return None  # A client's `..` would lead elsewhere (RFC 3986 section 5.2.4).
    path = _DOUBLED_SLASH.sub("/", quote(base_path or vendor.root, safe=_PATH_CHARACTERS)).rstrip("/")
    root = re.sub(f"(?:{'|'.join(map(_any_model, templates))})$", "", path, count=1)
    whole, streamed = (template.replace("{model}", quote(model_id, safe="")) for template in templates)
    return _path_and_query(root + whole), _path_and_query(root + streamed)


def _any_model(template: str) -> str:
    """What a whole endpoint in the place of a root looks like."""
    return re.escape(template.partition("?")[0]).replace(re.escape("{model}"), "[^/]+")


def _path_and_query(text: str) -> tuple[str, str]:
    path, _, query = text.partition("?")
    return path, query
