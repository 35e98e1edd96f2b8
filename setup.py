"""Compile every ``cython_ext/*.pyx`` into ``nubounds.kernels``.

A kernel is rebuilt when the content of its sources changes, not their times.  What was built from what is written to
``src/nubounds/kernels/manifest.json``, which the program compares with the sources before it runs anything.
"""

import json
import sys
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "src"))
from nubounds.sources import (  # noqa: E402
    COMPILE_FLAGS,
    MANIFEST,
    built_kernels,
    kernel_entry,
    kernel_names,
)


class BuildKernels(build_ext):
    """Build what has changed, then write the manifest."""

    def run(self):
        self.inplace = True
        built, names = built_kernels(), kernel_names()
        stale = [name for name in names if name not in built or built[name] != kernel_entry(name)]
        extensions = [
            Extension(
                f"nubounds.kernels.{name}",
                [f"cython_ext/{name}.pyx"],
                include_dirs=[numpy.get_include()],
                define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
                extra_compile_args=list(COMPILE_FLAGS),
            )
            for name in stale
        ]
        self.extensions = cythonize(
            extensions,
            include_path=["cython_ext"],
            build_dir="build/cython",
            force=True,
            language_level=3,
            compiler_directives={
                "boundscheck": False,
                "wraparound": False,
                "cdivision": True,
                "initializedcheck": False,
                "embedsignature": True,
            },
        )
        for extension in self.extensions:
            extension._needs_stub = False
        super().run()
        manifest = {name: kernel_entry(name) for name in names}
        MANIFEST.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        print(f"kernels: {len(stale)} built, {len(names) - len(stale)} up to date")


setup(
    ext_modules=[Extension(f"nubounds.kernels.{name}", [f"cython_ext/{name}.pyx"]) for name in kernel_names()],
    cmdclass={"build_ext": BuildKernels},
)
