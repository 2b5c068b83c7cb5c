"""The table of compiled modules; everything else about the build stands in pyproject.toml.

`PLANO_CYTHON_DEBUG=1` builds with bounds checks, line tracing and annotated sources.
"""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

DEBUG = bool(os.environ.get("PLANO_CYTHON_DEBUG"))

#: Written by hand, with a Python twin as oracle.
HAND_WRITTEN = ["head_writer", "json_tail", "sse_tap"]

#: One source, two builds: the Python module, typed by `_speedups/<name>.pxd`.
TWO_BUILDS = {
    "request_reader": "plano/http/wire/_request_reader.py",
    "response_reader": "plano/http/wire/_response_reader.py",
    "client_connection": "plano/http/server/_client_connection.py",
    "provider_connection": "plano/http/client/_provider_connection.py",
    "relay": "plano/gateway/_relay.py",
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

extensions = [Extension(f"plano._speedups.{name}", [f"plano/_speedups/{name}.pyx"]) for name in HAND_WRITTEN]
extensions += [Extension(f"plano._speedups.{name}", [source]) for name, source in TWO_BUILDS.items()]

setup(
    ext_modules=cythonize(
        extensions, compiler_directives=DIRECTIVES, annotate=DEBUG, build_dir="build/cython", quiet=True
    )
)
