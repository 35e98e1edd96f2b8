/* The C headers by themselves, against the C library and closed forms; prints what is wrong and returns how much. */
#include <math.h>
#include <stdio.h>

#include "fermi_dirac.h"
#include "fermi_tail.h"
#include "vector_math.h"

static int failures = 0;

static void close_to(const char* what, double found, double wanted, double relative)
{
    if (!(fabs(found - wanted) <= relative * fabs(wanted))) {
        printf("%s: %.17g, not %.17g\n", what, found, wanted);
        failures++;
    }
}

int main(void)
{
    for (double y = -700.0; y < 700.0; y += 0.37) {
        close_to("exp", vector_exp(y), exp(y), 4e-16);
        if (y < 30.0)
            close_to("expm1", vector_expm1(y), expm1(y), 6e-16);
        close_to("log", vector_log(exp(y)), log(exp(y)), 6e-16);
        close_to("atan", vector_atan(exp(-fabs(y))), atan(exp(-fabs(y))), 6e-16);
        close_to("log1p", vector_log1p(exp(-fabs(y))), log1p(exp(-fabs(y))), 6e-16);
    }
    double values[2 * VECTOR_LANES], sum = 0.0;
    for (int k = 0; k < 2 * VECTOR_LANES; k++)
        sum += values[k] = k + 1.0;
    close_to("sum_by_lanes", sum_by_lanes(2 * VECTOR_LANES, values), sum, 0.0);
    /* Without blocking, above an energy far beyond mu the integrals are those of a Boltzmann gas. */
    Difference d = vector_tail_arguments(-40.0, 0.3, expm1(-0.3), 2.0, 0);
    close_to("tail scale", d.scale, 2.0, 0.0);
    close_to("tail argument", d.first, -40.0, 0.0);
    return failures;
}
