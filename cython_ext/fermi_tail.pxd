# Incomplete Fermi-Dirac integrals in closed form: moments of an occupation times a hole, above an energy.  With
# E' = E + T s they are complete Fermi-Dirac integrals (fermi_dirac.h) at eta = (mu - E)/T.
#
# In C and without branches, to be called in loops over arrays (vector_math.h).
from fermi_dirac cimport Polylogarithms

cdef extern from "fermi_tail.h":
    ctypedef struct Moments:
        double J0, J1, J2
