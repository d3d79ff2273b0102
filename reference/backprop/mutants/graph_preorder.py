# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` passes a value's gradient on before all of that value's consumers have
added to it; walk the nodes in reverse topological order, in which every consumer comes before
what it consumes
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_several_consumers",)


@hookimpl
def backpropagate(graph, leaves, upstream):
    order = solution.topological_order(graph, len(leaves))
    values = solution.evaluate(graph, leaves, order)
    gradients = [None] * len(values)
    gradients[-1] = upstream
    visited = set()
    stack = [len(values) - 1]
    while stack:
        number = stack.pop()
        if number < len(leaves) or number in visited:
            continue
        visited.add(number)
        node = graph[number - len(leaves)]
        for i, share in solution.pass_back(node, number, gradients[number], values):
            gradients[i] = share if gradients[i] is None else gradients[i] + share
        stack.extend(reversed(node[1]))
    return solution.leaf_gradients(leaves, gradients)
