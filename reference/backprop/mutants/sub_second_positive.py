# canary: torchgrade-reference-7f3c1d
"""your `sub` passes the gradient to its second value with the wrong sign; a - b falls as b grows,
so b gets minus the gradient
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_arithmetic", "test_graph_broadcasting_of_every_operation")


SUB = solution.Operation(
    solution.OPERATIONS["sub"].forward,
    lambda g, *_: (g, g),
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "sub": SUB}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
