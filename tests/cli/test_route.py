"""`planoai route`: prompts are judged by the encoder that comes with plano, without a running instance."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from plano.cli.main import cli
from tests.cli.conftest import ROOT, CommandLine
from tests.routing.router_models.generator.tiny_decoder import make_tiny_decoder

CONFIG = """\
version: v0.4.0
listeners:
  - {type: model, name: llm, port: 12000}   # the door
model_providers:
  - {model: mock/small, base_url: "http://127.0.0.1:9", default: true}
  - {model: mock/large, base_url: "http://127.0.0.1:9"}
routing_preferences:
  # Most of what we get.
  - name: programming
    description: writing code, fixing bugs, explaining source code
    models: [mock/large, mock/small]
  - name: cooking
    description: recipes, meal planning, how to prepare food
    models: [mock/small]
"""
CODE = "Write a Python function that reverses a linked list"
FOOD = "How do I bake a chocolate cake?"
ELSE = "Which team won the football match last night?"


@pytest.fixture
def config(planoai: CommandLine) -> CommandLine:
    planoai.write("config.yaml", CONFIG)
    return planoai


# A prompt.


def test_a_prompt_is_shown_with_a_bar_for_every_route_and_whom_it_goes_to(config: CommandLine) -> None:
    told = config("route", CODE, PYTHONIOENCODING="utf-8")
    assert (told.returncode, told.stderr) == (0, "")
    first, second = told.stdout.splitlines()[:2]
    assert re.fullmatch(r"  programming  █+│█+[▏▎▍▌▋▊▉]? *  (0\.[5-9]\d|1\.00)", first)
    assert re.fullmatch(r"  cooking      [█▏▎▍▌▋▊▉ ]*│ *  0\.[0-4]\d", second)
    assert "✓ programming → mock/large, mock/small\n" in told.stdout
    assert re.search(r"encoder, \d+\.\d ms", told.stdout)


def test_a_prompt_that_fits_nothing_says_where_it_goes(config: CommandLine) -> None:
    told = config("route", ELSE)
    assert told.returncode == 0
    nearest = r"no route: \w+ is the nearest with 0\.\d\d, and needs 0\.50\n  → mock/small \(the default\)"
    assert re.search(nearest, told.stdout)


@pytest.mark.parametrize(
    "arguments", [(*CODE.split(),), ("-f", "config.yaml", CODE), (CODE, "--json"), ("prompt", CODE), ("--", CODE)]
)
def test_a_prompt_may_be_written_in_many_ways(config: CommandLine, arguments: tuple[str, ...]) -> None:
    told = config("route", *arguments)
    assert (told.returncode, told.stderr) == (0, "")
    assert "programming" in told.stdout


def test_everything_is_there_as_json(config: CommandLine) -> None:
    told = json.loads(config("route", FOOD, "--json").stdout)
    assert (told["router"], told["route"], told["models"]) == ("encoder", "cooking", ["mock/small"])
    assert [(one["name"], one["threshold"]) for one in told["routes"]] == [("programming", 0.5), ("cooking", 0.5)]
    assert told["score"] == max(one["score"] for one in told["routes"])
    assert told["took_ms"] > 0


def test_where_requests_name_their_model_it_is_theirs(planoai: CommandLine) -> None:
    planoai.write("config.yaml", CONFIG + "routing: {on_no_match: requested}\n")
    assert "  → the model of the request\n" in planoai("route", ELSE).stdout


def test_words_the_encoder_cannot_read_are_no_match(config: CommandLine) -> None:
    assert "no route: a script the encoder cannot read" in config("route", "Напиши функцию на Питоне").stdout


def test_a_generator_judges_here_too(config: CommandLine) -> None:
    make_tiny_decoder(config.directory / "tiny")
    router = "routing: {router: {type: generator, folder: tiny, settings: {conversation_length: 64}}}\n"
    config.write("config.yaml", CONFIG + router)
    told = json.loads(config("route", CODE, "--json").stdout)
    assert told["router"] == "generator"
    assert [one["threshold"] for one in told["routes"]] == [None, None]
    assert 0 < sum(one["score"] for one in told["routes"]) < 1
    assert "│" not in config("route", CODE).stdout


def test_a_terminal_without_blocks_gets_letters(config: CommandLine) -> None:
    told = config("route", CODE, PYTHONIOENCODING="ascii").stdout
    assert re.search(r"^  programming  #+\|#+", told, re.MULTILINE)


def test_a_prompt_may_come_from_the_standard_input(config: CommandLine) -> None:
    file = str(config.directory / "config.yaml")
    told = CliRunner().invoke(cli, ["route", "-f", file, "-"], input=f"{CODE}\n\n```\nx = [1, 2]\n```\n")
    assert told.exit_code == 0
    assert "✓ programming → mock/large, mock/small\n" in told.output


@pytest.mark.parametrize(
    ("arguments", "config_text", "told"),
    [
        ((CODE,), None, "No config file in"),
        ((CODE, "-f", "none.yaml"), None, "Config file not found"),
        ((CODE,), CONFIG.partition("routing_preferences")[0], "config.yaml has no routes"),
        ((CODE,), CONFIG + "routing: {router: {type: encoder, folder: nowhere}}\n", "nowhere cannot be read"),
        ((CODE,), CONFIG + "routing: {router: {type: encodr}}\n", "config.yaml:15: routing.router.type: `encodr`"),
        (("  ",), CONFIG, "The prompt is empty"),
        (("lint",), CONFIG.partition("routing_preferences")[0], "config.yaml has no routes"),
    ],
)
def test_what_cannot_be_judged_is_told(
    planoai: CommandLine, arguments: tuple[str, ...], config_text: str | None, told: str
) -> None:
    if config_text is not None:
        planoai.write("config.yaml", config_text)
    ended = planoai("route", *arguments)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


# Labelled prompts.


def labelled(planoai: CommandLine, *rows: tuple[str, str]) -> str:
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    planoai.write("prompts.jsonl", "\n".join(lines) + "\n")
    return "prompts.jsonl"


def test_an_evaluation_counts_what_was_told(config: CommandLine) -> None:
    file = labelled(config, (CODE, "programming"), (FOOD, "cooking"), (FOOD, "programming"), (ELSE, "none"))
    told = config("route", "eval", file, "--plot", "matrix.svg")
    assert (told.returncode, told.stderr) == (0, "")
    figures = "  accuracy, `none` included   0.750\n  in scope, nearest route     0.667\n"
    assert f"4 prompts, 2 routes\n{figures}" in told.stdout
    rows = [line.split()[-3:] for line in told.stdout.splitlines() if re.match(r" 1  prog| 2  cook|    none", line)]
    assert rows == [["1", "1", "·"], ["·", "1", "·"], ["·", "·", "1"]]
    assert re.search(r"threshold +0\.0 +0\.1 .*\naccuracy +0\.\d\d ", told.stdout)
    assert "The surest mistake:\n" in told.stdout
    assert re.search(rf"^  \d\.\d\d  cooking, not programming: {re.escape(FOOD)}$", told.stdout, re.MULTILINE)
    picture = (config.directory / "matrix.svg").read_text("utf-8")
    assert "<title>programming → cooking: 1 of 2</title>" in picture


def test_an_evaluation_as_json(config: CommandLine) -> None:
    file = labelled(config, (CODE, "programming"), (FOOD, "programming"))
    told = json.loads(config("route", "eval", file, "--json").stdout)
    assert (told["prompts"], told["accuracy"], told["confusion"][0]) == (2, 0.5, [1, 1, 0])
    assert [(one["label"], one["told"]) for one in told["mistakes"]] == [("programming", "cooking")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no prompts"),
        ('{"text": "a"}\n', "prompts.jsonl: line 1: `label` is missing"),
        ('{"text": "a", "label": "sports"}\n', "line 1: `sports` is no route of the config"),
        ("\n".join(["?"] * 30), "and 10 more"),
    ],
)
def test_a_file_that_is_none_is_told(config: CommandLine, text: str, told: str) -> None:
    config.write("prompts.jsonl", text)
    for command in ("eval", "tune"):
        ended = config("route", command, "prompts.jsonl")
        assert ended.returncode == 1
        assert told in ended.stderr


def test_other_pictures_are_not_drawn(config: CommandLine) -> None:
    ended = config("route", "eval", labelled(config, (CODE, "programming")), "--plot", "matrix.gif")
    assert ended.returncode == 2
    assert "--plot draws .svg and .png, not '.gif'." in ended.stderr


# The threshold.

FAR = ["Who won the match?", "Sing a song", "My knee hurts", "Book a flight to Rome", "Is it going to rain tomorrow?"]


def test_a_better_threshold_is_shown_as_a_change_of_the_file_and_written_on_demand(config: CommandLine) -> None:
    text = CONFIG + "routing:\n  router:\n    threshold: 0.99999  # too much\n"
    path = config.write("config.yaml", text)
    rows = [(f"{CODE}, number {n}", "programming") for n in range(8)] + [(f"{FOOD} {n}", "cooking") for n in range(8)]
    rows += [(prompt, "none") for prompt in FAR]
    file = labelled(config, *rows)
    shown = config("route", "tune", file)
    assert (shown.returncode, shown.stderr) == (0, "")
    [change] = re.findall(r"^\+    threshold: (0\.\d+)  # too much$", shown.stdout, re.MULTILINE)
    assert "-    threshold: 0.99999  # too much\n" in shown.stdout
    assert path.read_text() == text
    written = config("route", "tune", file, "--write")
    assert written.returncode == 0
    assert path.read_text() == text.replace("0.99999", change)
    assert "accuracy 1.000" in config("route", "tune", file).stdout
    assert "The config can stay as it is" in config("route", "tune", file).stdout


ROWS = [(CODE, "programming")] * 8 + [(FOOD, "cooking")] * 8 + [(prompt, "none") for prompt in FAR]


def test_a_threshold_from_the_environment_becomes_a_figure(config: CommandLine) -> None:
    config.write("config.yaml", CONFIG + "routing: {router: {threshold: $SURE}}\n")
    told = config("route", "tune", labelled(config, *ROWS), SURE="0.99999")
    assert re.search(r"^\+routing: \{router: \{threshold: 0\.\d+\}\}$", told.stdout, re.MULTILINE), told


def test_a_file_that_the_change_would_break_gets_the_line_to_write_instead(config: CommandLine) -> None:
    text = CONFIG.replace("listeners:", "routing: {router: {threshold: &sure 0.99999}}\nlisteners:")
    route = "    models: [mock/large"
    path = config.write("config.yaml", text.replace(route, f"    threshold: *sure\n{route}"))
    before = path.read_text()
    told = config("route", "tune", labelled(config, *ROWS), "--write")
    assert told.returncode == 1
    assert "cannot be changed by this command\n" in told.stderr
    assert re.search(r"^  Write: routing: \{router: \{threshold: 0\.\d+\}\}$", told.stderr, re.MULTILINE)
    assert "These routes have a threshold of their own and keep it: programming" in told.stderr
    assert path.read_text() == before


def test_too_few_prompts_are_told(config: CommandLine) -> None:
    ended = config("route", "tune", labelled(config, (CODE, "programming"), (ELSE, "none")))
    assert ended.returncode == 1
    assert "takes at least 20 prompts, 5 of them labelled `none`" in ended.stderr


# Descriptions.


def test_good_routes_are_said_to_be_good(config: CommandLine) -> None:
    told = config("route", "lint", "--strict")
    assert (told.returncode, told.stderr) == (0, "")
    assert "✓ 2 routes, nothing to complain about" in told.stdout
    assert re.search(r"The most alike: `programming` and `cooking`, cosine 0\.[0-4]\d", told.stdout)


@pytest.mark.parametrize(
    "name",
    [
        "docs/examples/routing.yaml",
        "plano/cli/templates/coding_agent_routing.yaml",
        "plano/cli/templates/preference_aware_routing.yaml",
    ],
)
def test_the_routes_of_the_examples_are_good(planoai: CommandLine, name: str) -> None:
    told = planoai("route", "lint", "--strict", "-f", str(ROOT / name))
    assert (told.returncode, told.stderr) == (0, "")


def test_the_prompts_of_the_documentation_find_their_routes(planoai: CommandLine) -> None:
    examples = ROOT / "docs" / "examples"
    prompts, config = str(examples / "routing_prompts.jsonl"), str(examples / "routing.yaml")
    assert json.loads(planoai("route", "eval", prompts, "-f", config, "--json").stdout)["accuracy"] > 0.8


def test_routes_that_overlap_or_are_vague_are_found(config: CommandLine) -> None:
    more = """\
  - {name: coding, description: "writing code, fixing bugs in source code", models: [mock/small]}
  - {name: other, description: everything else, models: [mock/small]}
"""
    config.write("config.yaml", CONFIG + more)
    told = config("route", "lint")
    assert told.returncode == 0
    assert re.search(r"`programming` and `coding` say nearly the same: .* \(0\.[7-9]\d\)", told.stderr)
    assert '`other`: "everything else" is like no prompt' in told.stderr
    strict = config("route", "lint", "--strict", "--json")
    assert strict.returncode == 1
    kinds = {finding["kind"] for finding in json.loads(strict.stdout)["findings"]}
    assert {"overlap", "catch-all"} <= kinds
