# What nucleons in thermal equilibrium do with a neutrino's four-momentum transfer: the moments
#     S_n(q0, |q|) = Int dE_N (E_N/FLUX) f (1 - f') <(p.k)^n>,   n = 0, 1, 2,
# with the average over the nucleon's azimuth around q.  Natural units (MeV).
#
# With u = q0/|q|, v = 1 - u^2, Q^2 = v |q|^2, e = E_nu - q0/2, r = sqrt(1 + 4 m*^2/Q^2), E_min = |q| (r - u)/2 and
# x = E_N - E_min the averages are
#     <pk>     = a0 + a1 x,                       a0 = |q| v (r e + |q|/2)/2,   a1 = v e
#     <(pk)^2> = <pk>^2 + b2 x (x + |q| r)/2,     b2 = v^2 (E_nu - (|q| + q0)/2) (E_nu + (|q| - q0)/2)
#     <1/pk>   = 2/(v |q|) [(E_N + q0/2 + e)^2 + 4 m*^2 (e^2 - |q|^2/4)/Q^2]^(-1/2)
# in which nothing cancels.  With f (1 - f') = (f - f')/(1 - exp(-q0/T)) the integrals of x^n f (1 - f') over E_N are
# complete Fermi-Dirac integrals; <1/pk> is integrated numerically.
#
# In C, over the nodes in |q| of one eta at a time: short loops without branches, in versions for wider vectors with the
# same digits (vector_math.pxd).
from libc.math cimport sqrt

from fermi_dirac cimport Polylogarithms
from vector_math cimport VECTOR_LANES

cdef extern from "nucleon_response.h":
    cdef enum:
        MOST_NODES
        CUT
        RELATIVE_VELOCITY
        PK
        EXACT
        ROOT_SUM
        ROOT_PLUS
        ROOT_AVERAGE
    ctypedef struct State:
        double T, m_eff, mu_eff, E_nu, mu_nu
        int flux, azimuth
    ctypedef struct Axis:
        const double* x
        const double* w
        int n
    ctypedef struct Rule:
        Axis eta, eta_outer, q_log, q_linear, energy, angle, propagator
        const Polylogarithms* polylogarithms
    ctypedef struct Line:
        int n
        double u, v
        double* q
        double* S0
        double* S1
        double* S2
    int whole_vectors(int n) noexcept nogil
    ctypedef struct Fraction:
        double numerator, denominator
    Fraction nucleon_blocking(double y, double w, double root) noexcept nogil
    int energy_pieces(const State* s, double q0, double E_min, double* edge) noexcept nogil


cdef struct Transfer:           # what one (eta, |q|) fixes
    double q0, Q2, E_min


cdef inline Transfer transfer(double u, double v, double q, const State* s) noexcept nogil:
    cdef Transfer t
    t.q0 = u * q
    t.Q2 = v * q * q
    t.E_min = 0.5 * q * (sqrt(1.0 + 4.0 * s.m_eff * s.m_eff / t.Q2) - u)
    return t
