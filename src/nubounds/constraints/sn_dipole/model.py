"""The constraint: quantities at one point, the scan over the mass, limit curves, tables, checks of the inputs."""

from .quantities import QUANTITIES

__all__ = ["QUANTITIES"]
