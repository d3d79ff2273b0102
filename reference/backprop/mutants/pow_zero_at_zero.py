# canary: torchgrade-reference-7f3c1d
"""your derivative of `pow` is not finite for exponent 0.0 at base 0; there 0 times 0 to the power
-1 is 0 times infinity, but the power 0.0 is constant: its derivative is 0 everywhere
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_pow",)


POW = solution.Operation(
    solution.OPERATIONS["pow"].forward,
    lambda g, a, _out, p: (g * p * a ** (p - 1.0),),
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "pow": POW}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
