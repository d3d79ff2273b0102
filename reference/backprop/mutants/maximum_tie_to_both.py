# canary: torchgrade-reference-7f3c1d
"""your `maximum` passes the whole gradient to both values where they are equal, so it counts
twice; at a tie it all goes to the first value
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_functions",)


MAXIMUM = solution.Operation(
    solution.OPERATIONS["maximum"].forward,
    lambda g, a, b, *_: (g * (a >= b), g * (b >= a)),
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "maximum": MAXIMUM}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
