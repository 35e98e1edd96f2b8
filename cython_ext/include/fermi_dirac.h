/* C code of fermi_dirac.pxd, which documents the functions. */
#ifndef NUBOUNDS_FERMI_DIRAC_H
#define NUBOUNDS_FERMI_DIRAC_H

enum { FERMI_DIRAC_TERMS = 16 };
typedef struct {
    /* -Li_n(-z) = sum_i li_n[i] u^(i+1) with u = ln(1 + z) <= ln 2, accurate to rounding */
    double li2[FERMI_DIRAC_TERMS];
    double li3[FERMI_DIRAC_TERMS];
} Polylogarithms;

#endif
