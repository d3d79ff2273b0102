# canary: torchgrade-reference-7f3c1d
"""Reverse-mode differentiation of a computation graph."""

from torchgrade.testing import points


@points(4)
def test_graph_arithmetic(agree, cases):
    """backpropagate: add, sub, mul and div"""
    agree("backpropagate", cases.graph_arithmetic())


@points(4)
def test_graph_functions(agree, cases):
    """backpropagate: exp, log, tanh, relu and maximum"""
    agree("backpropagate", cases.graph_functions())


@points(3)
def test_graph_pow(agree, cases):
    """backpropagate: pow with positive, negative, one and zero exponents"""
    agree("backpropagate", cases.graph_pow())


@points(3)
def test_graph_matmul_sum_reshape(agree, cases):
    """backpropagate: matmul, sum and reshape"""
    agree("backpropagate", cases.graph_matmul_sum_reshape())


@points(4)
def test_graph_broadcasting(agree, cases):
    """backpropagate: gradients of broadcast values have the values' shapes"""
    agree("backpropagate", cases.graph_broadcasting())


@points(2)
def test_graph_broadcasting_of_every_operation(agree, cases):
    """backpropagate: broadcasting in sub, div and maximum"""
    agree("backpropagate", cases.graph_broadcasting_of_every_operation())


@points(6)
def test_graph_several_consumers(agree, cases):
    """backpropagate: a value that is used several times collects all its gradients"""
    agree("backpropagate", cases.graph_several_consumers())
    agree("backpropagate", cases.graph_diamonds())


@points(3)
def test_graph_in_any_order(agree, cases):
    """backpropagate: nodes in any order, and values that do not reach the output"""
    agree("backpropagate", cases.graph_in_any_order())


@points(2)
def test_graph_of_5000_nodes(agree, cases):
    """backpropagate: long graphs, each node evaluated once and none by recursion"""
    agree("backpropagate", cases.graph_of_many_nodes())


@points(3)
def test_graph_errors(agree, cases):
    """backpropagate: a cycle, an unknown operation or value number raises ValueError"""
    agree("backpropagate", cases.graph_errors())
