"""Compile every ``cython_ext/*.pyx`` into ``nubounds.kernels``.

A kernel is rebuilt when the content of its sources changes, whatever their time stamps.  Hashes of the sources and of
the compiled files are written to ``manifest.json`` beside the kernels; the program checks them before it runs anything.

``python setup.py build_ext`` and an editable install build in ``src``.  A wheel contains its own kernels and everything
that a project needs besides code: the workflow, the profiles, the configs.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "src"))
from nubounds.code.sources import (  # noqa: E402
    COMPILE_FLAGS,
    KERNELS,
    MANIFEST,
    built_kernels,
    kernel_entry,
    kernel_names,
)

CHECKED = ROOT / "build" / "checked"
# Files that an installed copy contains in nubounds/project (nubounds.code.sources.PROJECT).
PROJECT_FILES = (
    "workflow/**/*",
    "profiles/*/config.yaml",
    "config/*.yaml",
    "config/**/README.md",
    "environment.yml",
    "requirements.lock",
    "pyproject.toml",
    "LICENSE",
    "CITATION.cff",
)


def include_dirs(name):
    """Return the folders with a kernel's headers, including numpy's if it cimports numpy."""
    folders = ["cython_ext/include", "cython_ext"]
    if "cimport numpy" in (ROOT / "cython_ext" / f"{name}.pyx").read_text(encoding="utf-8"):
        import numpy

        folders.append(numpy.get_include())
    return folders


class BuildKernels(build_ext):
    """Build what has changed, then write the manifest."""

    description = "kernels"
    cython_folder = "build/cython"
    checks = False
    flags, link_flags = COMPILE_FLAGS, ()

    def finalize_options(self):
        super().finalize_options()
        self.inplace = self.inplace or "build_ext" in self.distribution.commands
        self.parallel = self.parallel or os.cpu_count()

    @property
    def folder(self):
        """Target folder of the kernels; not an option, because editable_mode is set after options are finalised."""
        return KERNELS if self.inplace or self.editable_mode else Path(self.build_lib) / "nubounds" / "kernels"

    def run(self):
        from Cython.Build import cythonize  # imported here because making an sdist does not require it

        built, names = built_kernels(self.folder), kernel_names()
        stale = [name for name in names if name not in built or built[name] != kernel_entry(name, self.folder)]
        extensions = [
            Extension(
                f"nubounds.kernels.{name}",
                [f"cython_ext/{name}.pyx"],
                include_dirs=include_dirs(name),
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
    """Build the kernels with bounds checks and sanitizers in a separate folder, for `make kernels-checked`."""

    description = "checked kernels"
    cython_folder = "build/checked/cython"
    checks = True
    sanitizers = "-fsanitize=address,undefined,float-cast-overflow"
    flags = (*COMPILE_FLAGS, "-O1", "-g1", "-fno-omit-frame-pointer", sanitizers)
    link_flags = (sanitizers,)

    def finalize_options(self):
        super().finalize_options()
        self.build_lib, self.build_temp = str(CHECKED), str(CHECKED / "temporary")


class BuildPackage(build_py):
    """Copy the current Python files and the project's own files, without leftovers of earlier builds."""

    def run(self):
        target = Path(self.build_lib) / "nubounds"
        for old in target.iterdir() if target.is_dir() and not self.editable_mode else ():
            if old.name != "kernels":  # from an earlier build; may contain files that no longer exist
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        super().run()
        if self.editable_mode:
            return
        project = target / "project"
        for path in (path for pattern in PROJECT_FILES for path in ROOT.glob(pattern) if path.is_file()):
            copied = project / path.relative_to(ROOT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copied)
        (project / "commit.txt").write_text(commit() + "\n", encoding="utf-8")


class Source(sdist):
    """Add the commit to a source distribution."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        (Path(base_dir) / "commit.txt").write_text(commit() + "\n", encoding="utf-8")


def commit():
    """Return the commit that is built: that of the checkout, or the one recorded in an sdist."""
    noted = ROOT / "commit.txt"
    try:
        if not (ROOT / ".git").exists():
            return noted.read_text(encoding="utf-8").strip() if noted.is_file() else "unknown"
        words = ("git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+changes")
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


setup(
    ext_modules=[Extension(f"nubounds.kernels.{name}", [f"cython_ext/{name}.pyx"]) for name in kernel_names()],
    cmdclass={"build_py": BuildPackage, "build_ext": BuildKernels, "sdist": Source, "build_checked": BuildChecked},
)
