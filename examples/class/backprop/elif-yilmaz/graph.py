"""The computation graph: evaluation and reverse sweep."""
import numpy as np

FORWARD = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "maximum": np.maximum,
    "matmul": np.matmul,
    "pow": lambda a, p: np.power(a, p),
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0.0),
    "sum": lambda a, axis: np.sum(a, axis),
    "reshape": lambda a, shape: np.reshape(a, shape),
}


class Graph:
    def __init__(self, nodes, n_leaves):
        self.nodes = nodes
        self.n_leaves = n_leaves
        self.size = n_leaves + len(nodes)
        self.check()
        self.order = self.sort()

    def check(self):
        for node in self.nodes:
            if node[0] not in FORWARD:
                raise ValueError(f"unknown operation {node[0]}")
            if min(node[1]) < 0 or max(node[1]) >= self.size:
                raise ValueError(f"unknown value in {node[1]}")

    def sort(self):
        """Repeatedly peel off the nodes whose inputs are known (level by level)."""
        users = [[] for _ in range(self.size)]
        needs = []
        for k, node in enumerate(self.nodes):
            inner = [i for i in node[1] if i >= self.n_leaves]
            needs.append(len(inner))
            for i in inner:
                users[i].append(k)
        level = [k for k, n in enumerate(needs) if n == 0]
        order = []
        while level:
            order.extend(level)
            following = []
            for k in level:
                for u in users[self.n_leaves + k]:
                    needs[u] -= 1
                    if needs[u] == 0:
                        following.append(u)
            level = following
        if len(order) != len(self.nodes):
            raise ValueError("cycle")
        return order

    def evaluate(self, leaves):
        vals = list(leaves) + [None] * len(self.nodes)
        for k in self.order:
            op, ins = self.nodes[k][:2]
            vals[self.n_leaves + k] = FORWARD[op](*[vals[i] for i in ins], *self.nodes[k][2:])
        return vals

    def reverse(self, vals, upstream):
        grads = [None] * self.size
        grads[-1] = upstream
        for k in reversed(self.order):
            g = grads[self.n_leaves + k]
            if g is None:
                continue
            node = self.nodes[k]
            for i, d in zip(node[1], local_gradients(node, g, vals, self.n_leaves + k)):
                d = sum_to(d, np.shape(vals[i]))
                grads[i] = d if grads[i] is None else grads[i] + d
        return [np.zeros(np.shape(v)) if g is None else g for g, v in zip(grads, vals[: self.n_leaves])]


def local_gradients(node, g, vals, me):
    op = node[0]
    a = vals[node[1][0]]
    b = vals[node[1][-1]]
    out = vals[me]
    if op == "add":
        return [g, g]
    if op == "sub":
        return [g, -1.0 * g]
    if op == "mul":
        return [g * b, g * a]
    if op == "div":
        return [g / b, -g * out / b]
    if op == "maximum":
        return [g * (a >= b), g * (a < b)]
    if op == "matmul":
        return [np.matmul(g, np.transpose(b)), np.matmul(np.transpose(a), g)]
    if op == "pow":
        p = node[2]
        return [np.zeros(np.shape(a)) if p == 0 else p * np.power(a, p - 1) * g]
    if op == "exp":
        return [g * out]
    if op == "log":
        return [g / a]
    if op == "tanh":
        return [g / np.cosh(a) ** 2]
    if op == "relu":
        return [np.where(np.asarray(a) > 0, g, 0.0)]
    if op == "sum":
        kept = np.sum(a, axis=node[2], keepdims=True)
        return [np.zeros(np.shape(a)) + np.reshape(g, np.shape(kept))]
    if op == "reshape":
        return [np.reshape(g, np.shape(a))]


def sum_to(d, shape):
    """numpy repeats axes on the left and axes of size 1; the gradient sums over both."""
    d = np.asarray(d)
    missing = d.ndim - len(shape)
    if missing:
        d = d.sum(tuple(range(missing)))
    ones = tuple(i for i in range(len(shape)) if shape[i] == 1)
    if ones:
        d = d.sum(ones, keepdims=True)
    return d
