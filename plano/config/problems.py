"""What is wrong with a config file, all of it at once."""

from __future__ import annotations

from typing import ClassVar, Final

from msgspec import Struct

EXIT_CODE: Final = 2


class Problem(Struct, frozen=True, kw_only=True):
    """One thing to correct.

    `path` is where it stands (`model_providers[2].access_key`, "" for the whole file), `line` counts from 1,
    `hint` is advice without brackets ("did you mean `openai`?") or "". No field ever holds a secret.
    """

    path: str
    message: str
    file: str
    line: int | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        text = ": ".join(part for part in (place, self.path, self.message) if part)
        return f"{text} ({self.hint})" if self.hint else text


class ConfigProblems(Exception):
    """The config cannot be used. `problems` is not empty and ordered by line; one line each in `str()`."""

    exit_code: ClassVar[int] = EXIT_CODE

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))
