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
from nubounds.sources import COMPILE_FLAGS, KERNELS, MANIFEST, built_kernels, kernel_entry, kernel_names  # noqa: E402

CHECKED = ROOT / "build" / "checked"


class BuildKernels(build_ext):
    """Build what has changed, then write the manifest."""

    description = "kernels"
    folder, cython_folder = KERNELS, "build/cython"
    in_place, checks = True, False
    flags, link_flags = COMPILE_FLAGS, ()

    def finalize_options(self):
        super().finalize_options()
        self.inplace = self.in_place

    def run(self):
        built, names = built_kernels(self.folder), kernel_names()
        stale = [name for name in names if name not in built or built[name] != kernel_entry(name, self.folder)]
        extensions = [
            Extension(
                f"nubounds.kernels.{name}",
                [f"cython_ext/{name}.pyx"],
                include_dirs=[numpy.get_include(), "cython_ext/include", "cython_ext"],
                define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
                extra_compile_args=list(self.flags),
                extra_link_args=list(self.link_flags),
            )
            for name in stale
        ]
        self.extensions = cythonize(
            extensions,
            include_path=["cython_ext"],
            build_dir=self.cython_folder,
            force=True,
            language_level=3,
            compiler_directives={
                "boundscheck": self.checks,
                "wraparound": False,
                "cdivision": True,
                "initializedcheck": self.checks,
                "embedsignature": True,
            },
        )
        for extension in self.extensions:
            extension._needs_stub = False
        super().run()
        manifest = {name: kernel_entry(name, self.folder) for name in names}
        (self.folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        print(f"{self.description}: {len(stale)} built, {len(names) - len(stale)} up to date")


class BuildChecked(BuildKernels):
    """The same kernels with bounds checks and sanitizers in a folder of their own, for `make kernels-checked`."""

    description = "checked kernels"
    folder, cython_folder = CHECKED / "nubounds" / "kernels", "build/checked/cython"
    in_place, checks = False, True
    sanitizers = "-fsanitize=address,undefined,float-cast-overflow"
    flags = (*COMPILE_FLAGS, "-O1", "-g1", "-fno-omit-frame-pointer", sanitizers)
    link_flags = (sanitizers,)

    def finalize_options(self):
        super().finalize_options()
        self.build_lib, self.build_temp = str(CHECKED), str(CHECKED / "temporary")
        self.parallel = 2


setup(
    ext_modules=[Extension(f"nubounds.kernels.{name}", [f"cython_ext/{name}.pyx"]) for name in kernel_names()],
    cmdclass={"build_ext": BuildKernels, "build_checked": BuildChecked},
)
