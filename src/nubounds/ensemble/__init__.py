"""Ensembles: members with inputs drawn from their priors, the limits of each, their bands and their causes."""
