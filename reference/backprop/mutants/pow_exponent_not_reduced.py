# canary: torchgrade-reference-7f3c1d
"""your derivative of `pow` keeps the exponent; x to the p has the derivative p times x to the
power p - 1
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_pow",)


POW = solution.Operation(
    solution.OPERATIONS["pow"].forward,
    lambda g, a, _out, p: (g * p * a**p,),
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "pow": POW}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
