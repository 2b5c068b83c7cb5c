"""The table of compiled modules, and the two packages; everything else about the build stands in pyproject.toml.

`PLANO_CYTHON_DEBUG=1` builds with bounds checks, line tracing and annotated sources.
"""

import os
from glob import glob

from Cython.Build import cythonize
from setuptools import Extension, find_namespace_packages, setup

DEBUG = bool(os.environ.get("PLANO_CYTHON_DEBUG"))

#: Written by hand, with a Python twin as oracle.
HAND_WRITTEN = ["event_stream", "head_writer", "json_tail", "phrases", "sse_tap"]

#: One source, two builds: the Python module, typed by `_speedups/<name>.pxd`.
TWO_BUILDS = {
    "access_log": "plano/telemetry/_access_log.py",
    "answer_tap": "plano/gateway/_answer_tap.py",
    "attempt": "plano/gateway/_attempt.py",
    "calls": "plano/gateway/_calls.py",
    "client_connection": "plano/http/server/_client_connection.py",
    "exchange": "plano/_exchange.py",
    "failover": "plano/gateway/_failover.py",
    "guard": "plano/gateway/_guard.py",
    "head": "plano/http/wire/_head.py",
    "held_relay": "plano/gateway/_held_relay.py",
    "json_envelope": "plano/http/wire/_json_envelope.py",
    "outbox": "plano/http/wire/_outbox.py",
    "pipeline": "plano/gateway/_pipeline.py",
    "pool": "plano/http/client/_pool.py",
    "provider_connection": "plano/http/client/_provider_connection.py",
    "read_holds": "plano/http/wire/_read_holds.py",
    "relay": "plano/gateway/_relay.py",
    "request_ids": "plano/gateway/_request_ids.py",
    "request_reader": "plano/http/wire/_request_reader.py",
    "response_reader": "plano/http/wire/_response_reader.py",
    "same_dialect": "plano/dialects/_same_dialect.py",
    "stream_texts": "plano/dialects/_stream_texts.py",
    "walk": "plano/gateway/_walk.py",
}

DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,  # Types of the two-build modules come from their .pxd alone.
    "boundscheck": DEBUG,
    "wraparound": True,
    "linetrace": DEBUG,
    "embedsignature": True,
}

#: A changed attribute changes the layout that every other module was compiled against: all are made anew then, which
#: Cython does not see by itself for modules whose .pxd stands in another folder.
TYPES = sorted(glob("plano/_speedups/*.pxd"))
MADE = glob("build/cython/**/*.c", recursive=True)
IS_STALE = bool(MADE) and min(map(os.path.getmtime, MADE)) < max(map(os.path.getmtime, TYPES))

SOURCES = {name: f"plano/_speedups/{name}.pyx" for name in HAND_WRITTEN} | TWO_BUILDS

extensions = [Extension(f"plano._speedups.{name}", [source], depends=TYPES) for name, source in SOURCES.items()]

#: The package `planoai` is installed beside `plano` and lives inside it here.
PLANOAI = "plano/cli/planoai"

setup(
    packages=[*find_namespace_packages(include=["plano", "plano.*"], exclude=[PLANOAI.replace("/", ".")]), "planoai"],
    package_dir={"planoai": PLANOAI},
    ext_modules=cythonize(
        extensions,
        compiler_directives=DIRECTIVES,
        annotate=DEBUG,
        build_dir="build/cython",
        force=IS_STALE,
        nthreads=os.cpu_count() or 1,
        quiet=True,
    ),
    options={"build_ext": {"parallel": os.cpu_count()}},
)
