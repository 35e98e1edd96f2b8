"""The steps of the workflow, one module each, in the order of the data: plan, scan, derive, limits, figures."""
