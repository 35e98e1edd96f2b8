# Complete Fermi-Dirac integrals J_k(eta) = Int_0^inf x^k dx/(e^(x - eta) + 1) = -k! Li_(k+1)(-e^eta), k = 0, 1, 2.
from libc.math cimport exp, fabs, log1p

cdef extern from "fermi_dirac.h":
    cdef enum:
        FERMI_DIRAC_TERMS
    ctypedef struct Polylogarithms:
        double* li2
        double* li3


cdef inline void fermi_dirac_integrals(double eta, const Polylogarithms* series, double* J) noexcept nogil:
    """J[0], J[1], J[2] at eta; for eta > 0 by the inversion formula of the polylogarithms."""
    cdef double z = exp(-fabs(eta)), u = log1p(z), li2 = 0.0, li3 = 0.0
    cdef int i
    for i in range(FERMI_DIRAC_TERMS - 1, -1, -1):
        li2 = u * (li2 + series.li2[i])
        li3 = u * (li3 + series.li3[i])
    if eta <= 0.0:
        J[0], J[1], J[2] = u, li2, 2.0 * li3
    else:
        J[0] = eta + u
        J[1] = 0.5 * eta * eta + 1.6449340668482264 - li2           # pi^2/6
        J[2] = eta * (eta * eta + 9.869604401089358) / 3.0 + 2.0 * li3  # pi^2
