"""Setting one value in the text of a config, everything else as it was: comments, order, indentation, line ends.

Nothing is promised: whoever edits a config loads the outcome and compares.
"""

from __future__ import annotations

from collections.abc import Sequence

import yaml


class CannotEdit(ValueError):
    """The text is of a shape that this does not edit."""


def with_value(text: str, path: Sequence[str], value: str) -> str:
    """`text` with `value` (as YAML) at the end of `path`, whose keys are simple words. Raises `CannotEdit`."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise CannotEdit("it is not valid YAML") from error
    left = list(path)
    while left:
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise CannotEdit(f"`{left[0]}` would have to go where no keys are")
        found = next((pair[1] for pair in node.value if pair[0].value == left[0]), None)
        if found is None:
            return _inserted(text, node, left, value)
        if len(left) > 1 and isinstance(found, yaml.ScalarNode) and found.start_mark.index == found.end_mark.index:
            raise CannotEdit(f"`{left[0]}` is empty")
        node = found
        left.pop(0)
    if not isinstance(node, yaml.ScalarNode):
        raise CannotEdit(f"`{path[-1]}` is not a plain value")
    return text[: node.start_mark.index] + value + text[node.end_mark.index :]


def _inserted(text: str, node: yaml.MappingNode, keys: Sequence[str], value: str) -> str:
    if node.flow_style:
        at = node.value[-1][1].end_mark.index
        return f"{text[:at]}, {_in_flow(keys, value)}{text[at:]}"
    first = node.value[0][0].start_mark
    newline = "\r\n" if "\r\n" in text else "\n"
    if first.column == 0:
        body = text if not text or text.endswith("\n") else text + newline
        return body + newline.join(["", *_in_block(keys, value, "", newline)]) + newline
    indentation = text[first.index - first.column : first.index]
    if indentation.strip():
        raise CannotEdit(f"`{keys[0]}` would have to go beside something else")
    lines = newline.join(_in_block(keys, value, indentation, newline)) + newline
    start = first.index - first.column
    return text[:start] + lines + text[start:]


def _in_flow(keys: Sequence[str], value: str) -> str:
    return f"{keys[0]}: {value}" if len(keys) == 1 else f"{keys[0]}: {{{_in_flow(keys[1:], value)}}}"


def _in_block(keys: Sequence[str], value: str, indentation: str, newline: str) -> list[str]:
    if len(keys) == 1:
        return [f"{indentation}{keys[0]}: {value}"]
    return [f"{indentation}{keys[0]}:", *_in_block(keys[1:], value, indentation + "  ", newline)]
