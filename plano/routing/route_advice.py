"""What is wrong with how routes are written: overlaps, vague words, and what a router cannot read out of a description.

Figures come from the encoder (`router_models/encoder/closeness.py`); words are looked at here. Each rule is about
something that was seen to lead prompts astray: a route called "everything else" catches nothing, a description that
says "not code" draws code, and whether a question is hard is not in its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from plano.intent import Route, RouteSet

#: Of the prompts of pairs at this cosine and above one in seven went to the other route; below, less than one in 25.
OVERLAP: Final = 0.7
#: By so much a text of one route has to be nearer to another one. Such pairs lose three times as many prompts.
STRAYS_BY: Final = 0.05
#: A route that takes so much of what people ask of anything takes what is others'.
DRAWS: Final = 0.1

Kind = Literal["overlap", "stray", "catch-all", "vague", "negation", "broad", "long", "unreadable"]

_FOR_ALL: Final[frozenset[Kind]] = frozenset(("overlap", "stray", "vague"))
_CATCH_ALL: Final = re.compile(
    r"\b(?:anything|everything|whatever|catch[- ]?all|fallback|miscellaneous|misc"
    r"|(?:any|all|every|some) ?(?:thing|other|kind)|other (?:requests?|questions?|tasks?|prompts?|topics?|things?)"
    r"|the rest)\b",
    re.IGNORECASE,
)
_NEGATION: Final = re.compile(
    r"\b(?:not|except(?: for)?|excluding|other than|rather than|unless|but no)\b", re.IGNORECASE
)
#: Words that tell no prompt from another: what every prompt is, how hard or good something is.
_SAYS_NOTHING: Final = """
    a about advanced all an and any are as ask asking asks assistance assistant at basic best better big by can
    chat cheap common complex complicated default different difficult do does easy else etc expensive fast for
    from general generic good handle handles handling hard have help helpful helping high important in input
    instructions is it just kind kinds large level llm long low may might model models need needs normal of on or other
    output powerful prompt prompts quality queries query question questions quick replies reply request requests
    respond response responses route short simple slow small smart some specific standard strong stuff task
    tasks that the thing things this those to trivial type types use used user users using various way when
    where which with work
"""
_EMPTY_WORDS: Final = frozenset(_SAYS_NOTHING.split())
_COMMAS: Final = re.compile(r"[,;]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


class Overlap(Struct, frozen=True):
    """Two routes, and the cosine of what they say of themselves."""

    one: str
    other: str
    cosine: float


class Stray(Struct, frozen=True):
    """A phrase or example of `route` that, left out of it, is nearer to `other`; `by` is a difference of scores."""

    route: str
    text: str
    is_example: bool
    other: str
    by: float


class Closeness(Struct, frozen=True):
    """How the routes of a set lie. `draws`: the share of everyday prompts each would take, in their order."""

    overlaps: tuple[Overlap, ...]
    strays: tuple[Stray, ...]
    draws: tuple[float, ...]
    #: Names of routes whose description the encoder reads only the ends of, and of those it cannot read.
    long: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class Advice(Struct, frozen=True):
    """One finding. `routes`: whom it is about; `figure`: a cosine, a difference of scores or a share."""

    kind: Kind
    routes: tuple[str, ...]
    message: str
    figure: float | None = None


def advice(routes: RouteSet, closeness: Closeness, *, for_encoder: bool = True) -> list[Advice]:
    """Everything that is found, pairs first. Language models need less of it: they read "everything but code"."""
    found = _advice(routes, closeness)
    return found if for_encoder else [one for one in found if one.kind in _FOR_ALL]


def _advice(routes: RouteSet, closeness: Closeness) -> list[Advice]:
    alike = [one for one in closeness.overlaps if one.cosine >= OVERLAP]
    joined = {frozenset((one.one, one.other)) for one in alike}
    message = "say nearly the same: join them, or say what sets them apart"
    found = [Advice("overlap", (one.one, one.other), message, one.cosine) for one in alike]
    for stray in closeness.strays:
        is_told = frozenset((stray.route, stray.other)) in joined or _NEGATION.search(stray.text) is not None
        if stray.by >= STRAYS_BY and not is_told:
            found.append(_of_stray(stray))
    for route, share in zip(routes.routes, closeness.draws, strict=True):
        found += _of_words(route)
        if share >= DRAWS:
            message = f"takes {share:.0%} of everyday prompts that are nobody's: name what it is for"
            found.append(Advice("broad", (route.name,), message, share))
        if route.name in closeness.unreadable:
            message = "the encoder reads Latin letters alone: describe it in English"
            found.append(Advice("unreadable", (route.name,), message))
        elif route.name in closeness.long:
            message = "so long that only its beginning and end are read as a whole: keep what people ask for"
            found.append(Advice("long", (route.name,), message))
    return found


def _of_stray(one: Stray) -> Advice:
    what = "the example" if one.is_example else "the phrase"
    return Advice("stray", (one.route, one.other), f'{what} "{one.text}" is nearer to `{one.other}`', one.by)


def _of_words(route: Route) -> Iterator[Advice]:
    name, description = (route.name,), route.description
    if (catching := _catching(route)) is not None:
        yield Advice(
            "catch-all",
            name,
            f'"{catching}" is like no prompt and catches nothing: prompts without a route go where '
            "`routing.on_no_match` says",
        )
    elif not _telling(f"{route.name} {description}"):
        yield Advice("vague", name, "no word tells what people would ask for: name tasks and topics")
    elif not _telling(description) - _telling(route.name):
        yield Advice("vague", name, "the description adds nothing to the name: name what people would ask for")
    if denying := _NEGATION.search(description):
        yield Advice(
            "negation",
            name,
            f'"{denying[0]} ..." draws what it is meant to keep out: say what the route is for, and no more',
        )


def _catching(route: Route) -> str | None:
    """The phrase that is meant for whatever is left, if there is one."""
    for phrase in (route.name, *_COMMAS.split(route.description)):
        if _CATCH_ALL.search(phrase) and not _telling(_CATCH_ALL.sub(" ", phrase)):
            return phrase.strip(" .")
    return None


def _telling(text: str) -> set[str]:
    return {word for word in map(str.lower, _WORD.findall(text)) if word not in _EMPTY_WORDS}
