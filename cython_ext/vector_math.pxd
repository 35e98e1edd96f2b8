# exp, expm1, log1p, log and atan without branches, so that a loop over arrays that calls them becomes vector
# instructions.
#
# Versions for wider vectors are compiled beside the plain one and chosen at run time.  All do the same additions and
# multiplications in the same order, nothing is contracted (-ffp-contract=off), so their digits are the same; sums go by
# lanes (`sum_by_lanes`) for the same reason.
#
# Errors against 50 digits, in units in the last place: exp 1, expm1 2, log1p 2, log 2, atan 2
# (tests/unit/test_vector_math.py).
cdef extern from "vector_math.h":
    cdef enum:
        VECTOR_LANES
    int vector_width(int widest) noexcept nogil
    double vector_exp(double y) noexcept nogil
    double vector_expm1(double y) noexcept nogil
    double vector_log1p(double z) noexcept nogil
    double vector_log(double x) noexcept nogil
    double vector_atan(double z) noexcept nogil
