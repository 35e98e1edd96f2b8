# The status of one computed point, the same numbers as nubounds.contract.Status (a test compares them).
cdef enum Status:
    OK = 0
    OUT_OF_DOMAIN = 1    # the inputs lie outside the range where the formulae hold
    NO_SOLUTION = 2      # the question has no answer there (closed channel, no root)
    NOT_CONVERGED = 3    # the numerics did not reach the accuracy asked for
    NOT_FINITE = 4       # a value came out as NaN or infinity without another reason
