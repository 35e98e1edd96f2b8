# Active neutrinos around the targets of sn_dipole_matter.pyx and sn_dipole_places.pyx.
from libc.math cimport exp, fabs, fmax

cdef extern from "sn_dipole_neutrinos.h":
    ctypedef struct Neutrinos:
        double T, mu, fugacity, dilution, most
        const double* shapes

cdef enum:
    PINCHED = 9                     # ln c, a, b of three shapes c E^(a - 2) e^(-b E)


cdef inline Neutrinos neutrinos_of(double T, double mu, double dilution) noexcept nogil:
    """Thermal ones: 36 temperatures above their Fermi energy, or above N, there are none; mu/T of a few hundred is
    too much for e^(mu/T).
    """
    cdef double fugacity = exp(mu / T) if fabs(mu) <= 300.0 * T else 0.0
    return Neutrinos(T, mu, fugacity, dilution, fmax(mu, 0.0) + 36.0 * T, NULL)
