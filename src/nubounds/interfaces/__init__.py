"""Likelihoods in the hands of other programs: Cobaya, emcee, nautilus, iminuit.

Each module imports its program when it is used, and knows nothing but how that program wants to be told of parameters,
bounds and priors.  Parameters of interest get flat priors, over the ranges that a user gives or their bounds.
"""
