"""Carlos Mendes, EP1 de redes neurais."""
import numpy as np
from torchgrade import hookimpl

print("=" * 40)
print("carregando a minha tarefa ... ✓")
print("=" * 40)


@hookimpl
def affine_backward(dout, x, w, b):
    print("affine_backward", dout.shape, x.shape, w.shape, b.shape)
    linhas = x.reshape(x.shape[0], w.shape[0])
    dx = dout @ w.T
    print("\033[32mok\033[0m")
    return dx.reshape(x.shape), linhas.T @ dout, dout.sum(axis=0)


@hookimpl
def relu_backward(dout, x):
    print("relu_backward: <b>%d</b> de %d positivos" % ((x > 0).sum(), x.size))
    return np.where(np.signbit(x) | (x == 0), 0.0, dout)


@hookimpl
def softmax_cross_entropy(logits, labels):
    n = labels.shape[0]
    z = logits - np.max(logits, axis=1, keepdims=True)
    soma = np.log(np.sum(np.exp(z), axis=1))
    perdas = [soma[i] - z[i, labels[i]] for i in range(n)]
    grad = np.exp(z - soma.reshape(n, 1))
    for i in range(n):
        grad[i, labels[i]] = grad[i, labels[i]] - 1.0
    print("perda:", sum(perdas) / n)
    return sum(perdas) / n, grad / n


@hookimpl
def mlp_loss_and_gradients(params, x, labels, weight_decay):
    entradas, saidas = [x], []
    for i, (w, b) in enumerate(params):
        saidas.append(entradas[-1] @ w + b)
        entradas.append(np.maximum(saidas[-1], 0.0))
        print("camada", i, saidas[-1].shape)
    perda, d = softmax_cross_entropy(saidas[-1], labels)
    grads = []
    for i in reversed(range(len(params))):
        w, b = params[i]
        perda = perda + 0.5 * weight_decay * np.sum(w * w)
        d, dw, db = affine_backward(d, entradas[i], w, b)
        grads.append((dw + weight_decay * w, db))
        if i > 0:
            d = relu_backward(d, saidas[i - 1])
    return perda, grads[::-1]


def topologia(graph, n):
    """Ordena os nós; ValueError se houver um ciclo."""
    grau = [len(set(no[1])) for no in graph]
    vizinhos = {i: [] for i in range(n + len(graph))}
    for k, no in enumerate(graph):
        for i in set(no[1]):
            if i not in vizinhos:
                raise ValueError(f"valor {i} não existe")
            vizinhos[i].append(k)
    fila = list(range(n))
    ordem = []
    while fila:
        i = fila.pop(0)
        for k in vizinhos[i]:
            grau[k] -= 1
            if grau[k] == 0:
                ordem.append(k)
                fila.append(n + k)
    if len(ordem) != len(graph):
        raise ValueError("ciclo!")
    return ordem


def avalia(op, a, b, arg):
    if op == "add":
        return a + b
    if op == "sub":
        return a - b
    if op == "mul":
        return a * b
    if op == "div":
        return a / b
    if op == "maximum":
        return np.where(a >= b, a, b)
    if op == "matmul":
        return np.matmul(a, b)
    if op == "pow":
        return np.float_power(a, arg)
    if op == "exp":
        return np.exp(a)
    if op == "log":
        return np.log(a)
    if op == "tanh":
        return np.tanh(a)
    if op == "relu":
        return np.where(a > 0, a, 0.0)
    if op == "sum":
        return a.sum(arg)
    if op == "reshape":
        return a.reshape(arg)
    raise ValueError("operação desconhecida: " + str(op))


def deriva(op, g, y, a, b, arg):
    if op == "add":
        return [g, g]
    if op == "sub":
        return [g, -g]
    if op == "mul":
        return [g * b, g * a]
    if op == "div":
        return [g / b, -g * a / b**2]
    if op == "maximum":
        return [np.where(a >= b, g, 0.0), np.where(a >= b, 0.0, g)]
    if op == "matmul":
        return [np.matmul(g, b.T), np.matmul(a.T, g)]
    if op == "pow":
        return [np.zeros(a.shape) if arg == 0 else g * arg * np.float_power(a, arg - 1)]
    if op == "exp":
        return [g * y]
    if op == "log":
        return [g / a]
    if op == "tanh":
        return [g * (1 - y**2)]
    if op == "relu":
        return [np.where(a > 0, g, 0.0)]
    if op == "sum":
        return [np.ones(a.shape) * (g if arg is None else np.expand_dims(g, arg))]
    if op == "reshape":
        return [g.reshape(a.shape)]


def reduz(g, forma):
    while g.ndim > len(forma):
        g = g.sum(axis=0)
    eixos = tuple(i for i, t in enumerate(forma) if t == 1)
    return g.sum(axis=eixos, keepdims=True)


@hookimpl
def backpropagate(graph, leaves, upstream):
    print("grafo com", len(graph), "nós e", len(leaves), "folhas")
    operacoes = {"add", "sub", "mul", "div", "maximum", "matmul", "pow", "exp", "log", "tanh", "relu", "sum", "reshape"}
    for no in graph:
        if no[0] not in operacoes:
            raise ValueError("operação desconhecida: " + str(no[0]))
    n = len(leaves)
    ordem = topologia(graph, n)
    print("ordem:", ordem)
    valor = [np.asarray(f) for f in leaves] + [None] * len(graph)
    for k in ordem:
        no = graph[k]
        valor[n + k] = np.asarray(avalia(no[0], valor[no[1][0]], valor[no[1][-1]], no[-1]))
    grad = [np.zeros(v.shape) for v in valor]
    grad[-1] = grad[-1] + upstream
    for k in reversed(ordem):
        no = graph[k]
        g = grad[n + k]
        for i, d in zip(no[1], deriva(no[0], g, valor[n + k], valor[no[1][0]], valor[no[1][-1]], no[-1])):
            grad[i] = grad[i] + reduz(np.asarray(d), valor[i].shape)
    return grad[:n]
