from __future__ import annotations

from tests.readme.documents import COMMANDS, Block, as_script, runnable_blocks

PAGE = """\
Text with `code`.

```bash
one
two
```

```text
not run
```

```console
$ three \\
    --long
its output
$ four
```

````python
print("```")
````

```
no language
```
"""


def test_only_blocks_meant_to_be_run_are_found() -> None:
    assert runnable_blocks(PAGE, (*COMMANDS, "python")) == [
        Block("bash", "one\ntwo\n", 4),
        Block("console", "$ three \\\n    --long\nits output\n$ four\n", 13),
        Block("python", 'print("```")\n', 20),
    ]


def test_blocks_become_one_script_that_stops_at_the_first_failure() -> None:
    assert as_script(runnable_blocks(PAGE, (*COMMANDS, "python")), "/usr/bin/python3") == (
        "set -eo pipefail\n"
        "echo '## line 4'\none\ntwo\n"
        "echo '## line 13'\nthree \\\n    --long\nfour\n"
        "echo '## line 20'\n/usr/bin/python3 - <<'END_OF_BLOCK'\nprint(\"```\")\nEND_OF_BLOCK\n"
    )
