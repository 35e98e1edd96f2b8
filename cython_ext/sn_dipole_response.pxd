# How the targets of sn_dipole_best.pyx and sn_dipole_matter.pyx answer: their gases, and the transfers they can reach.
from libc.math cimport fmax, sqrt

cdef extern from "sn_dipole_response.h":
    cdef enum:
        NODES
    ctypedef struct Gas:
        double T, mu, m, electric, magnetic, dipole
        double k2
        double k2_protons, over_v
        int plasma, pauli
    ctypedef struct Dawson:
        int count
        double step
        const double* value

cdef enum:
    GAS = 9                  # T, mu, m, G_E, G_M, dipole, k2, k2 of the protons, 1/v of the protons


cdef inline Gas gas_of(const double* row, bint plasma, bint pauli) noexcept nogil:
    return Gas(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], plasma, pauli)


cdef inline double reach(double m, double q0, double top, double* low) noexcept nogil:
    """Largest Q2, and the least one in `low`, that targets of the energy (top - q0)/2 reach: those of energy E reach
    q^2 (1 + 4 m^2/Q2) <= (2 E + q0)^2.
    """
    cdef double b = 0.5 * ((top - q0) * (top + q0) - 4.0 * m * m)
    cdef double root = sqrt(fmax(b * b - 4.0 * m * m * q0 * q0, 0.0))
    low[0] = 4.0 * m * m * q0 * q0 / (b + root)
    return b + root
