"""The code itself: which source belongs to what, whether kernels are up to date, what a result was made with."""
