"""In every process of the checked tests: take kernels from the folder that the environment names first."""

import os

import nubounds.kernels

nubounds.kernels.__path__.insert(0, os.environ["NUBOUNDS_CHECKED_KERNELS"])
