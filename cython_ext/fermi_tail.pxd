# Incomplete Fermi-Dirac integrals in closed form: moments of an occupation times a hole, above an energy.  With
# E' = E + T s they are complete Fermi-Dirac integrals (fermi_dirac.pxd) at eta = (mu - E)/T.
#
# In C and without branches, to be called in loops over arrays (vector_math.pxd).
from fermi_dirac cimport Polylogarithms
from vector_math cimport vector_exp


cdef extern from *:
    """
    typedef struct { double J0, J1, J2; } Moments;

    /* Int_0^inf x^n dx/(e^(x - eta) + 1), n = 0, 1, 2: as fermi_dirac_integrals.  li2 has no even powers above u^2. */
    VECTOR_INLINE Moments vector_fermi_dirac(double eta, const Polylogarithms* series)
    {
        double positive = vector_choose(eta > 0.0, eta, 0.0), square = eta * eta;
        double u = vector_log1p(vector_exp(-fabs(eta))), u2 = u * u, second = 0.0, odd = 0.0, even = 0.0, third;
        for (int i = FERMI_DIRAC_TERMS - 2; i >= 2; i -= 2)
            second = second * u2 + series->li2[i];
        second = u * (series->li2[0] + u * (series->li2[1] + u * second));
        for (int i = FERMI_DIRAC_TERMS - 2; i >= 0; i -= 2) {
            even = even * u2 + series->li3[i];
            odd = odd * u2 + series->li3[i + 1];
        }
        third = 2.0 * u * (even + u * odd);
        Moments F;
        F.J0 = positive + u;
        F.J1 = vector_choose(eta > 0.0, 0.5 * square + 1.6449340668482264 - second, second);        /* pi^2/6 */
        F.J2 = positive * (square + 9.869604401089358) / 3.0 + third;                       /* pi^2 */
        return F;
    }

    /* J[n] = Int_E^inf E'^n f(E') [1 - f(E' + q0)] dE', n = 0, 1, 2, from complete integrals F at two arguments:
       scale times moments of F(first) - F(second).  Without blocking (pauli = 0) Int_E^inf E'^n f(E') dE'.

       From f(E) [1 - f(E + q0)] = [f(E) - f(E + q0)] / (1 - e^(-q0/T)).  For |q0| << T, because of the cancellation,
       the difference is taken over a wider interval with the same middle.  Without blocking nobody is at E + q0. */
    typedef struct { double first, second, scale; } Difference;

    VECTOR_INLINE Difference vector_tail_arguments(double E, double q0, double T, double mu, int pauli)
    {
        const double narrow = 1.0e-4, nobody = -2000.0;
        double eta = (mu - E) / T, w = q0 / T;
        int small = fabs(w) < narrow;
        double width = vector_choose(small, narrow, w);
        double above = vector_choose(small, 1.0 + 0.5 * w, 1.0), below = vector_choose(small, width, -vector_expm1(-w));
        Difference d;
        d.scale = T * vector_choose(pauli, above / below, 1.0);
        d.first = vector_choose(pauli, eta + 0.5 * (width - w), eta);
        d.second = vector_choose(pauli, eta - 0.5 * (width + w), nobody);
        return d;
    }

    VECTOR_INLINE Moments vector_moments_from(double E, double T, double scale, double F0, double F1, double F2)
    {
        Moments J;
        J.J0 = scale * F0;
        J.J1 = scale * (E * F0 + T * F1);
        J.J2 = scale * (E * E * F0 + T * (2.0 * E * F1 + T * F2));
        return J;
    }
    """
    ctypedef struct Moments:
        double J0, J1, J2
