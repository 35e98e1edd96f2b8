/* The C of sn_dipole_neutrinos.pxd: active neutrinos in hot matter. */
#ifndef NUBOUNDS_SN_DIPOLE_NEUTRINOS_H
#define NUBOUNDS_SN_DIPOLE_NEUTRINOS_H

#include "vector_math.h"

/* Active neutrinos: a temperature, a chemical potential mu, e^(mu/T) (0 if that is not of use) and a dilution; by how
   much they exceed the energy of N at most; and perhaps ln c, a, b of three shapes c E^(a - 2) e^(-b E), which make N
   in place of thermal ones. */
typedef struct { double T, mu, fugacity, dilution, most; const double* shapes; } Neutrinos;

/* Occupations of the six species of active neutrinos together, of those that make N and of thermal ones. */
VECTOR_INLINE void occupations(int n, const Neutrinos* by, const double* restrict E, double* restrict present,
                               double* restrict thermal)
{
    const double over_T = 1.0 / by->T, eta = by->mu * over_T, inverse = 1.0 / by->fugacity;
    if (by->fugacity > 0.0)
        for (int k = 0; k < n; k++) {
            double b = vector_exp(-E[k] * over_T), x = b * by->fugacity, y = b * inverse;
            double X = 1.0 + x, Y = 1.0 + y, B = 1.0 + b;
            thermal[k] = by->dilution * ((x * Y + y * X) * B + 4.0 * b * (X * Y)) / (X * Y * B);
        }
    else
        for (int k = 0; k < n; k++) {
            double y = E[k] * over_T;
            double electron = 1.0 / (1.0 + vector_exp(y - eta)) + 1.0 / (1.0 + vector_exp(y + eta));
            thermal[k] = by->dilution * (electron + 4.0 / (1.0 + vector_exp(y)));
        }
    for (int k = 0; k < n; k++)
        present[k] = by->shapes ? 0.0 : thermal[k];
    for (int i = 0; by->shapes && i < 9; i += 3)
        for (int k = 0; k < n; k++) {
            double log_E = vector_log(vector_choose(E[k] > 1e-300, E[k], 1e-300));
            present[k] += vector_exp(by->shapes[i] + (by->shapes[i + 1] - 2.0) * log_E - by->shapes[i + 2] * E[k]);
        }
}

#endif
