"""`planoai route eval`: how well the router does on labelled prompts."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from plano.cli.route_asking import Answer, ask_router, routed_config, routes_of, takes_api_key, takes_config
from plano.cli.terminal import CommandFailed, say, say_dim, say_good, warn
from plano.config.load import LoadedConfig
from plano.config.router_choice import router_type
from plano.intent import FAULTS
from plano.routing.assessment import Assessment, Labelled, Unreadable, read_labelled

_KINDS: Final = (".svg", ".png")
_LONGEST_PROMPT: Final = 72
_MOST_PROBLEMS: Final = 20
#: The steps of a sweep that are shown.
_EVERY: Final = 10


@click.command("eval")
@click.argument("labelled", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@takes_config
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the confusion matrix (.svg, .png).")
@click.option("--mistakes", default=10, show_default=True, type=click.IntRange(0), help="How many mistakes to show.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@takes_api_key
def evaluate(
    labelled: Path, file: str | None, plot: Path | None, mistakes: int, as_json: bool, api_key: str | None
) -> None:
    """Measure the router on labelled prompts.

    FILE holds a JSON object per line: `label`, a route's name or "none", and `text`, or `messages` or `input` as in
    a request. Accuracy counts "none"; "in scope" asks only whether the right route is the nearest one; AUROC tells
    how well scores tell prompts that have a route from those that have none (0.5 is chance).
    """
    draw = None if plot is None else _drawing(plot)
    loaded = routed_config(file)
    assessment, answers = assessed(loaded, labelled, api_key)
    if draw is not None:
        draw(assessment)
    if as_json:
        document = _document(assessment, answers, mistakes) | {"router": router_type(loaded.config)}
        say(msgspec.json.format(msgspec.json.encode(document)).decode())
        return
    for line in _report(assessment, answers, mistakes):
        say(line)
    say_dim(f"{router_type(loaded.config)}, {_middle_ms(answers):.1f} ms a prompt")
    if plot is not None:
        say_good(f"Wrote {plot}")


def assessed(loaded: LoadedConfig, labelled: Path, api_key: str | None) -> tuple[Assessment, list[Answer]]:
    """Ask for every prompt of the file; one that cannot be read, or a router that fails, ends the command."""
    routes = routes_of(loaded.config)
    try:
        prompts = read_labelled(labelled.read_text("utf-8-sig"), routes.names)
    except UnicodeDecodeError:
        raise CommandFailed(f"{labelled} is not UTF-8 text") from None
    except Unreadable as error:
        shown = [f"  {labelled}: {problem}" for problem in error.problems[:_MOST_PROBLEMS]]
        if (left := len(error.problems) - len(shown)) > 0:
            shown.append(f"  and {left} more")
        raise CommandFailed(f"{labelled} cannot be used", shown) from None
    if not prompts:
        raise CommandFailed(f"{labelled} holds no prompts")
    answers = ask_router(loaded, [prompt.said for prompt in prompts], api_key)
    faults = [answer.judgement for answer in answers if answer.judgement.reason in FAULTS]
    if len(faults) == len(answers):
        raise CommandFailed(f"The router gives no answer ({faults[0].reason}): {faults[0].detail or '-'}")
    if faults:
        warn(f"The router gave no answer to {len(faults)} prompts ({faults[0].reason}); they count as no match")
    return Assessment(routes.routes, prompts, [answer.judgement for answer in answers]), answers


def _report(assessment: Assessment, answers: Sequence[Answer], mistakes: int) -> Iterator[str]:
    yield f"{len(assessment.prompts)} prompts, {len(assessment.routes)} routes"
    yield f"  accuracy, `none` included   {assessment.accuracy:.3f}"
    yield f"  in scope, nearest route     {_figure(assessment.in_scope)}"
    yield f"  AUROC of `none`             {_figure(assessment.auroc)}"
    yield ""
    yield from matrix_lines(assessment)
    yield ""
    if sweep := assessment.sweep():
        shown = sweep[::_EVERY]
        yield "threshold  " + " ".join(f"{threshold:4.1f}" for threshold, _ in shown)
        yield "accuracy   " + " ".join(f"{accuracy:4.2f}" for _, accuracy in shown)
    if suggestion := assessment.suggestion():
        threshold, accuracy = suggestion
        yield f"The best one for these very prompts: {threshold:.2f}, with {accuracy:.3f} (see: planoai route tune)"
        yield ""
    wrong = assessment.mistakes()
    if wrong and mistakes:
        yield "The surest mistake:" if len(wrong) == 1 else f"The surest of {len(wrong)} mistakes:"
        for prompt, judgement in wrong[:mistakes]:
            score = "   -" if judgement.score is None else f"{judgement.score:4.2f}"
            text = _in_a_line(_wanted(prompt))
            yield f"  {score}  {judgement.route or 'none'}, not {prompt.label}: {text}"
        yield ""


def matrix_lines(assessment: Assessment) -> Iterator[str]:
    """The confusion matrix: a row per label, a numbered column for what was told."""
    matrix = assessment.matrix()
    heads = [*(str(number) for number in range(1, len(assessment.routes) + 1)), "none"]
    longest = max(len(name) for name in assessment.names) + 4
    widths = [max(len(head), *(len(str(row[place])) for row in matrix)) for place, head in enumerate(heads)]
    yield "label".ljust(longest) + "  told  " + "  ".join(map(str.rjust, heads, widths))
    for head, name, row in zip(heads, assessment.names, matrix, strict=True):
        shown = f"{head:>2}  {name}" if name != "none" else "    none"
        cells = (str(count or "·").rjust(width) for count, width in zip(row, widths, strict=True))
        yield shown.ljust(longest) + "        " + "  ".join(cells)


def _document(assessment: Assessment, answers: Sequence[Answer], mistakes: int) -> dict[str, Any]:
    wrong = [
        {
            "text": _wanted(prompt),
            "label": prompt.label,
            "told": judgement.route or "none",
            "score": judgement.score,
            "reason": judgement.reason,
        }
        for prompt, judgement in assessment.mistakes()[:mistakes]
    ]
    return assessment.document() | {"mistakes": wrong, "middle_ms": round(_middle_ms(answers), 3)}


def _drawing(path: Path) -> Callable[[Assessment], None]:
    """Who draws into this file; what it lacks is told before anybody is asked."""
    from plano.cli.route_plot import PlotsNotInstalled, png_writer, svg_of

    kind = path.suffix.lower()
    if kind not in _KINDS:
        raise click.UsageError(f"--plot draws {' and '.join(_KINDS)}, not '{path.suffix}'.")
    if kind == ".svg":
        return lambda found: _write_svg(svg_of(found.names, found.matrix()), path)
    try:
        write = png_writer()
    except PlotsNotInstalled as problem:
        raise CommandFailed(str(problem)) from None
    return lambda found: write(found.names, found.matrix(), path)


def _write_svg(text: str, path: Path) -> None:
    path.write_text(text, "utf-8")


def _middle_ms(answers: Sequence[Answer]) -> float:
    return statistics.median(answer.took_s for answer in answers) * 1000


def _figure(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"


def _wanted(prompt: Labelled) -> str:
    """What the user said last."""
    return next((one.text for one in reversed(prompt.said) if one.role == "user"), prompt.said[-1].text)


def _in_a_line(text: str) -> str:
    flat = "".join(letter if letter.isprintable() else " " for letter in " ".join(text[:400].split()))
    return flat if len(flat) <= _LONGEST_PROMPT else f"{flat[: _LONGEST_PROMPT - 3]}..."
