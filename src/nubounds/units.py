"""Conversions between units that more than one constraint needs, named ``A_to_B``."""

MU_B_PER_MEV = 0.296304  # Bohr magneton e/(2 m_e) [1/MeV], with e = sqrt(4 pi alpha)


def d_per_MeV_to_mu_muB(d):
    """Transition moment mu/mu_B of a coupling d [1/MeV] in L = d nubar sigma F N, with mu = 2 d."""
    return 2.0 * d / MU_B_PER_MEV


def mu_muB_to_d_per_MeV(mu):
    """Coupling d [1/MeV] in L = d nubar sigma F N of a transition moment mu/mu_B, with mu = 2 d."""
    return 0.5 * mu * MU_B_PER_MEV
