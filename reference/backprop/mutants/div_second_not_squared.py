# canary: torchgrade-reference-7f3c1d
"""your `div` does not square the denominator; a / b has the derivative -a / b squared with respect
to b
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_arithmetic", "test_graph_broadcasting_of_every_operation")


DIV = solution.Operation(
    solution.OPERATIONS["div"].forward,
    lambda g, a, b, *_: (g / b, -g * a / b),
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "div": DIV}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
