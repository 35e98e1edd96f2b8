/* The C of fermi_dirac.pxd: what its functions compute is said there. */
#ifndef NUBOUNDS_FERMI_DIRAC_H
#define NUBOUNDS_FERMI_DIRAC_H

enum { FERMI_DIRAC_TERMS = 16 };
typedef struct {
    double li2[FERMI_DIRAC_TERMS];      /* -Li_n(-z) = sum_i li_n[i] u^(i+1), u = ln(1 + z) <= ln 2: */
    double li3[FERMI_DIRAC_TERMS];      /* exact to rounding */
} Polylogarithms;

#endif
