# Nuclear matter in the relativistic mean field of TM1 (Sugahara and Toki 1994), with electrons and neutrinos.
#
# Three nested questions, each with one answer because each function is monotone:
#   proton fraction Y_p  <- lepton number (or beta equilibrium)
#   scalar field s       <- its field equation at given densities
#   chemical potential   <- the density of one species at given effective mass
# Natural units (MeV).
from libc.math cimport M_PI as PI
from libc.math cimport fabs, log, sqrt

from bracketed_root cimport bracketed_root, root_near

cdef extern from "mean_field.h":
    cdef enum:
        MOST_GAS_NODES
    ctypedef struct Species:
        double n, n_scalar, dn_dmu   # net number, scalar density, susceptibility
    ctypedef Species (*GasPiece)(
        int, double, double, double, double, double, const double*, const double*
    ) noexcept nogil
    GasPiece gas_piece_of_width(int width) noexcept nogil


cdef struct Couplings:
    double M                         # vacuum nucleon mass
    double m_sigma, g_sigma, g2, g3  # g2 > 0 for a scalar field counted positive
    double m_omega, g_omega, c3
    double m_rho, g_rho              # g_rho multiplies tau_3 = +-1
    double m_e


cdef struct Matter:
    double T, n_B                    # MeV, MeV^3
    double Y_L, g_nu                 # lepton fraction and neutrino helicities; ignored in beta equilibrium
    bint beta_equilibrium            # mu_nu = 0
    Couplings tm1
    const double* x                  # Gauss-Legendre rule on [-1, 1]
    const double* w
    int n_nodes                      # a multiple of VECTOR_LANES, at most MOST_GAS_NODES
    GasPiece piece                   # for this processor
    double n_n, n_p, s, s_step       # set on the way: densities, the scalar field and how far it moved (0: not yet)
    double m_eff, mu_n, mu_p, mu_e, mu_nu  # the answer: effective mass and chemical potentials (each the next guess)
    bint failed


cdef inline double momentum(double E, double m) noexcept nogil:
    return sqrt((E - m) * (E + m)) if E > m else 0.0


cdef inline Species densities(double m, double mu, const Matter* matter) noexcept nogil:
    """Net number and scalar density of a spin-1/2 species with its antiparticles, split where the Fermi surface is."""
    cdef double T = matter.T
    cdef double[5] edge
    cdef Species sums, part
    cdef int piece
    sums.n = sums.n_scalar = sums.dn_dmu = 0.0
    edge[0] = 0.0
    edge[1] = momentum(mu - 40.0 * T, m)
    edge[2] = momentum(mu - 6.0 * T, m)
    edge[3] = momentum(max(mu, m) + 6.0 * T, m)
    edge[4] = momentum(max(mu, m) + 40.0 * T, m)
    for piece in range(4):
        if edge[piece + 1] <= edge[piece]:
            continue
        part = matter.piece(matter.n_nodes, edge[piece], edge[piece + 1], m, mu, T, matter.x, matter.w)
        sums.n += part.n
        sums.n_scalar += part.n_scalar
        sums.dn_dmu += part.dn_dmu
    return sums


cdef inline double chemical_potential(
    double n, double m, double guess, const Matter* matter, bint* found
) noexcept nogil:
    """mu with net density n > 0: Newton's method for ln n (linear in mu far from degeneracy) in a growing bracket."""
    cdef double low = 0.0, high = 0.0, mu = guess if guess > 0.0 else m + matter.T, step
    cdef Species at
    cdef int i
    found[0] = False
    for i in range(200):
        at = densities(m, mu, matter)
        if at.n > n:
            high = mu
        else:
            low = mu
        step = -log(at.n / n) * at.n / at.dn_dmu if at.n > 0.0 and at.dn_dmu > 0.0 else mu
        if high == 0.0:
            step = min(step, mu)
        elif not low < mu + step < high:
            step = 0.5 * (low + high) - mu
        mu += step
        if fabs(step) < 1e-11 * mu:
            found[0] = True
            break
    return mu


cdef inline double _field_equation(double s, void* context) noexcept nogil:
    """Residual of m_sigma^2 s + g2 s^2 + g3 s^3 = g_sigma n_s at the densities in `context`; it rises with s."""
    cdef Matter* matter = <Matter*>context
    cdef Couplings* c = &matter.tm1
    cdef bint found_n, found_p
    cdef double n_s
    matter.m_eff = c.M - c.g_sigma * s
    matter.mu_n = chemical_potential(matter.n_n, matter.m_eff, matter.mu_n, matter, &found_n)
    matter.mu_p = chemical_potential(matter.n_p, matter.m_eff, matter.mu_p, matter, &found_p)
    matter.failed |= not (found_n and found_p)
    n_s = densities(matter.m_eff, matter.mu_n, matter).n_scalar + densities(matter.m_eff, matter.mu_p, matter).n_scalar
    return s * (c.m_sigma * c.m_sigma + s * (c.g2 + s * c.g3)) - c.g_sigma * n_s


cdef inline double _lepton_number(double Y_p, void* context) noexcept nogil:
    """Residual of the lepton number (of mu_nu itself in beta equilibrium) at proton fraction Y_p; it rises with Y_p."""
    cdef Matter* matter = <Matter*>context
    cdef Couplings* c = &matter.tm1
    cdef bint found
    cdef double rho, n_nu, s, most = 0.999 * c.M / c.g_sigma
    matter.n_p = Y_p * matter.n_B
    matter.n_n = (1.0 - Y_p) * matter.n_B
    if matter.s_step > 0.0:
        s = root_near(_field_equation, context, matter.s, matter.s_step, 0.0, most, 1e-12, &found)
    else:
        s = bracketed_root(_field_equation, context, 0.0, most, 1e-12, &found)
    matter.failed |= not found
    matter.s, matter.s_step = s, fabs(s - matter.s) + 1e-6 if found else 0.0
    _field_equation(matter.s, context)  # leaves m*, mu*_n and mu*_p of this s behind
    matter.mu_e = chemical_potential(matter.n_p, c.m_e, matter.mu_e, matter, &found)
    matter.failed |= not found
    rho = c.g_rho * (matter.n_p - matter.n_n) / (c.m_rho * c.m_rho)
    matter.mu_nu = matter.mu_e + matter.mu_p - matter.mu_n + 2.0 * c.g_rho * rho
    if matter.beta_equilibrium:
        return matter.mu_nu
    n_nu = matter.g_nu * matter.mu_nu * (matter.mu_nu * matter.mu_nu + PI * PI * matter.T * matter.T) / (6.0 * PI * PI)
    return Y_p + n_nu / matter.n_B - matter.Y_L


cdef inline double proton_fraction(Matter* matter, double guess, bint* found) noexcept nogil:
    """Solve for Y_p, near a guess unless that is 0; m*, mu*_n, mu*_p and mu_nu of the solution are left in `matter`.

    With a guess, good to some 1e-7, `matter` is what was left behind when that was solved for.
    """
    cdef double Y_p
    if guess > 0.0:
        Y_p = root_near(_lepton_number, matter, guess, 1e-7, 1e-9, 1.0 - 1e-9, 1e-14, found)
    else:
        matter.mu_n = matter.mu_p = matter.mu_e = matter.s = matter.s_step = 0.0
        Y_p = bracketed_root(_lepton_number, matter, 1e-9, 1.0 - 1e-9, 1e-14, found)
    matter.failed = False
    _lepton_number(Y_p, matter)
    found[0] = found[0] and not matter.failed
    if matter.beta_equilibrium:
        matter.mu_nu = 0.0
    return Y_p
