"""Comparison planes: limits of several papers, of other experiments and of the user in common coordinates.

A plane is one YAML file of this folder: its axes, which columns of limit files it accepts and how they convert, the
words on the figure.  What is drawn comes from limit files alone.
"""
