"""Likelihoods that other programs can use: vectorised, with gradients, profiles, toys and data of one's own.

A constraint provides a :class:`Model`, which works on arrays of parameters within their bounds; :class:`Likelihood` is
what users hold: names, bounds, shapes, data sets and random numbers are its business.
"""

from nubounds.likelihood.face import Likelihood
from nubounds.likelihood.model import Data, Fit, LikelihoodParameter, Model, log_slope
from nubounds.likelihood.toys import ToyTest, toy_test

__all__ = ["Data", "Fit", "Likelihood", "LikelihoodParameter", "Model", "ToyTest", "log_slope", "toy_test"]
