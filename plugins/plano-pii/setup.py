"""The one compiled module; everything else about the build stands in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    ext_modules=cythonize(
        [Extension("plano_pii._spots", ["plano_pii/_spots.pyx"])],
        compiler_directives={"language_level": 3, "boundscheck": False, "embedsignature": True},
        build_dir="build/cython",
        quiet=True,
    )
)
