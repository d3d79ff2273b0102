# canary: torchgrade-reference-7f3c1d
"""your `maximum` passes the gradient to the second value where both are equal; at a tie it all
goes to the first: `a >= b` for the first, `a < b` for the second
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_functions",)


MAXIMUM = solution.Operation(
    solution.OPERATIONS["maximum"].forward,
    lambda g, a, b, *_: (g * (a > b), g * (a <= b)),
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "maximum": MAXIMUM}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
