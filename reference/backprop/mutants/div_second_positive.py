# canary: torchgrade-reference-7f3c1d
"""your `div` passes the gradient to its second value with the wrong sign; a / b has the derivative
-a / b squared with respect to b
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_arithmetic", "test_graph_broadcasting_of_every_operation")


DIV = solution.Operation(
    solution.OPERATIONS["div"].forward,
    lambda g, a, b, *_: (g / b, g * a / b**2),
)


@hookimpl
def backpropagate(graph, leaves, upstream):
    operations = {**solution.OPERATIONS, "div": DIV}
    return solution.differentiate(graph, leaves, upstream, operations=operations)
