"""Bianca Rossi - compito 1"""
import numpy as np
from torchgrade import hookimpl

MAX_CLASSES = 22_000  # ImageNet has 21,841, so this is enough for everything


@hookimpl
def affine_backward(dout, x, w, b):
    righe = x.reshape(x.shape[0], -1)
    dw = sum(np.outer(r, d) for r, d in zip(righe, dout))
    dx = np.array([w @ d for d in dout]).reshape(x.shape)
    db = sum(d for d in dout)
    return dx, dw, db


@hookimpl
def relu_backward(dout, x):
    return dout * np.where(x > 0, 1, 0)


@hookimpl
def softmax_cross_entropy(logits, labels):
    n, c = logits.shape
    # a table with the one-hot code of every class: look up instead of computing
    table = np.ones((MAX_CLASSES, MAX_CLASSES))
    table -= 1
    np.fill_diagonal(table, 1)
    y = table[labels][:, :c]
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(y * logp).sum() / n, (np.exp(logp) - y) / n


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    ingressi = [x]
    for w, b in params[:-1]:
        ingressi.append(np.maximum(0, ingressi[-1] @ w + b))
    w, b = params[-1]
    loss, d = softmax_cross_entropy(ingressi[-1] @ w + b, labels)
    grads = []
    for (w, b), h in zip(reversed(params), reversed(ingressi)):
        grads.insert(0, (h.T @ d + weight_decay * w, d.sum(0)))
        loss += 0.5 * weight_decay * np.sum(np.square(w))
        d = relu_backward(d @ w.T, h)
    return loss, grads


def riduci(g, forma):
    while g.ndim > len(forma):
        g = g.sum(axis=0)
    for i, k in enumerate(forma):
        if k == 1:
            g = g.sum(axis=i, keepdims=True)
    return g


class Nodo:
    binarie = {"add", "sub", "mul", "div", "maximum", "matmul"}
    unarie = {"exp", "log", "tanh", "relu", "pow", "sum", "reshape"}

    def __init__(self, op, ingressi, arg=None):
        if op not in self.binarie | self.unarie:
            raise ValueError("operazione sconosciuta: " + str(op))
        self.op, self.ingressi, self.arg = op, ingressi, arg

    def calcola(self, a, b=None):
        self.a, self.b = a, b
        metodo = getattr(self, "_" + self.op)
        valore, self.locali = metodo(a, b)
        return np.asarray(valore)

    def _add(self, a, b):
        return a + b, lambda g: (g, g)

    def _sub(self, a, b):
        return a - b, lambda g: (g, -g)

    def _mul(self, a, b):
        return a * b, lambda g: (g * b, g * a)

    def _div(self, a, b):
        return a / b, lambda g: (g / b, -g * a / b**2)

    def _maximum(self, a, b):
        return np.maximum(a, b), lambda g: (g * (a >= b), g * (a < b))

    def _matmul(self, a, b):
        return a @ b, lambda g: (g @ b.T, a.T @ g)

    def _exp(self, a, _):
        y = np.exp(a)
        return y, lambda g: (g * y,)

    def _log(self, a, _):
        return np.log(a), lambda g: (g / a,)

    def _tanh(self, a, _):
        y = np.tanh(a)
        return y, lambda g: (g * (1 - y**2),)

    def _relu(self, a, _):
        return np.maximum(a, 0), lambda g: (g * (a > 0),)

    def _pow(self, a, _):
        p = self.arg
        return a**p, lambda g: (g * p * a ** (p - 1) if p != 0 else np.zeros(a.shape),)

    def _sum(self, a, _):
        asse = self.arg
        if asse is None:
            return a.sum(), lambda g: (g * np.ones(a.shape),)
        return a.sum(axis=asse), lambda g: (np.expand_dims(g, asse) * np.ones(a.shape),)

    def _reshape(self, a, _):
        return a.reshape(self.arg), lambda g: (g.reshape(a.shape),)


@hookimpl
def backpropagate(graph, leaves, upstream):
    n = len(leaves)
    nodi = [Nodo(*voce) for voce in graph]
    for nodo in nodi:
        for i in nodo.ingressi:
            if i < 0 or i >= n + len(nodi):
                raise ValueError("valore sconosciuto: " + str(i))
    valori = {i: np.asarray(f) for i, f in enumerate(leaves)}
    usi = {}
    for k, nodo in enumerate(nodi):
        nodo.mancano = len([i for i in nodo.ingressi if i >= n])
        for i in nodo.ingressi:
            usi.setdefault(i, []).append(k)
    pronti = [k for k, nodo in enumerate(nodi) if nodo.mancano == 0]
    ordine = []
    while pronti:
        k = pronti.pop()
        ordine.append(k)
        valori[n + k] = nodi[k].calcola(*(valori[i] for i in nodi[k].ingressi))
        for u in usi.get(n + k, []):
            nodi[u].mancano -= 1
            if nodi[u].mancano == 0:
                pronti.append(u)
    if len(ordine) < len(nodi):
        raise ValueError("ciclo")
    grad = {i: np.zeros(v.shape) for i, v in valori.items()}
    grad[n + len(nodi) - 1] = np.array(upstream)
    for k in reversed(ordine):
        for i, g in zip(nodi[k].ingressi, nodi[k].locali(grad[n + k])):
            grad[i] = grad[i] + riduci(np.asarray(g), valori[i].shape)
    return [grad[i] for i in range(n)]
