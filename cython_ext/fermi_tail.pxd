# Incomplete Fermi-Dirac integrals in closed form: moments of an occupation, and of an occupation times a hole, above an
# energy.  With E' = E + T s they are complete Fermi-Dirac integrals at eta = (mu - E)/T.
from libc.math cimport expm1, fabs

from fermi cimport fermi
from fermi_dirac cimport Polylogarithms, fermi_dirac_integrals


cdef inline void moments_from(double E, double T, double scale, const double* F, double* J) noexcept nogil:
    """scale T Int_0^inf (E + T s)^n g(s) ds for n = 0, 1, 2, from F[k] = Int_0^inf s^k g(s) ds."""
    J[0] = scale * T * F[0]
    J[1] = scale * T * (E * F[0] + T * F[1])
    J[2] = scale * T * (E * E * F[0] + T * (2.0 * E * F[1] + T * F[2]))


cdef inline void occupied_moments(
    double E, double T, double mu, const Polylogarithms* series, double* J
) noexcept nogil:
    """J[n] = Int_E^inf E'^n f(E') dE', n = 0, 1, 2."""
    cdef double[3] F
    fermi_dirac_integrals((mu - E) / T, series, F)
    moments_from(E, T, 1.0, F, J)


cdef inline void blocked_moments(
    double E, double q0, double T, double mu, const Polylogarithms* series, double* J
) noexcept nogil:
    """J[n] = Int_E^inf E'^n f(E') [1 - f(E' + q0)] dE', n = 0, 1, 2.

    From f(E) [1 - f(E + q0)] = [f(E) - f(E + q0)] / (1 - e^(-q0/T)).  For |q0| << T the difference is taken as a
    derivative, dF_k/d(eta) = k F_(k-1), because of the cancellation.
    """
    cdef double[3] F
    cdef double[3] shifted
    cdef double eta = (mu - E) / T, w = q0 / T, middle
    if fabs(w) < 1.0e-4:
        middle = eta - 0.5 * w
        fermi_dirac_integrals(middle, series, F)
        F[2], F[1], F[0] = 2.0 * F[1], F[0], fermi(-middle)
        moments_from(E, T, 1.0 if w == 0.0 else -w / expm1(-w), F, J)
        return
    fermi_dirac_integrals(eta, series, F)
    fermi_dirac_integrals(eta - w, series, shifted)
    F[0], F[1], F[2] = F[0] - shifted[0], F[1] - shifted[1], F[2] - shifted[2]
    moments_from(E, T, -1.0 / expm1(-w), F, J)
