# canary: torchgrade-reference-7f3c1d
"""your `backpropagate` walks the graph by recursion, and Python stops at about 1,000 nested calls;
keep your own stack or queue (Kahn's algorithm needs neither recursion nor a deep stack)
"""

import solution

from torchgrade import hookimpl

KILLED_BY = ("test_graph_of_5000_nodes",)


def recursive_order(graph, leaf_count, operations):
    order, finished, entered = [], set(), set()

    def visit(number) -> None:
        if number < leaf_count or number in finished:
            return
        if number in entered:
            raise ValueError("the graph has a cycle")
        entered.add(number)
        for i in graph[number - leaf_count][1]:
            visit(i)
        finished.add(number)
        order.append(number - leaf_count)

    for name, inputs, *_ in graph:
        if name not in operations or not all(0 <= i < leaf_count + len(graph) for i in inputs):
            raise ValueError("a node is malformed")
    for node in range(len(graph)):
        visit(leaf_count + node)
    return order


@hookimpl
def backpropagate(graph, leaves, upstream):
    return solution.differentiate(graph, leaves, upstream, schedule=recursive_order)
