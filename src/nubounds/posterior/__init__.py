"""Posteriors as targets of the workflow: a sampler over MPI ranks, its chains, and a picture of them.

``plan`` says what is out of date, ``ranks`` deals work out, ``sample`` runs the sampler, ``figures`` draws.
"""
