# aisha bello
import torch

from torchgrade import hookimpl


def start(state, weights, x):
    if state is not None:
        return list(state[0]), list(state[1])
    size = weights[0][1].shape[1]
    return (
        [x.new_zeros(x.shape[1], size) for _ in weights],
        [x.new_zeros(x.shape[1], size) for _ in weights],
    )


def forward(x, state, weights):
    hs, cs = start(state, weights, x)
    caches = []
    for l, (w, u, b, b2) in enumerate(weights):
        h, c = hs[l], cs[l]
        outputs = []
        cache = []
        for t in range(x.shape[0]):
            a = x[t] @ w.T + h @ u.T + b
            if b2 is not None:
                a = a + b2
            i, f, g, o = torch.chunk(a, 4, dim=1)
            i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
            c_prev, h_prev = c, h
            c = f * c + i * g
            h = o * torch.tanh(c)
            cache.append((x[t], h_prev, c_prev, i, f, g, o, c))
            outputs.append(h)
        x = torch.stack(outputs)
        hs[l], cs[l] = h, c
        caches.append(cache)
    return x, (torch.stack(hs), torch.stack(cs)), caches


@hookimpl
def lstm_cell(x, state, weights):
    if state is not None:
        state = state[0][None], state[1][None]
    out, (h, c), _ = forward(x[None], state, [weights])
    return h[0], c[0]


@hookimpl
def lstm(x, state, weights):
    return forward(x, state, weights)[:2]


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    _, _, caches = forward(x, state, weights)
    L, H = len(weights), weights[0][1].shape[1]
    dh0, dc0, dws = [None] * L, [None] * L, [None] * L
    for l in reversed(range(L)):
        w, u, b, b2 = weights[l]
        dw, du, db = torch.zeros_like(w), torch.zeros_like(u), torch.zeros_like(b)
        dh = torch.zeros_like(doutputs[0]) if dstate is None else dstate[0][l]
        dc = torch.zeros_like(doutputs[0]) if dstate is None else dstate[1][l]
        dxs = []
        for t in reversed(range(len(doutputs))):
            xt, h_prev, c_prev, i, f, g, o, c = caches[l][t]
            dh = dh + doutputs[t]
            tc = torch.tanh(c)
            do = dh * tc
            df, di, dg = dc * c_prev, dc * g, dc * i
            da = torch.cat([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], dim=1)
            dw += da.T @ xt
            du += da.T @ h_prev
            db += da.sum(0)
            dxs.append(da @ w)
            dh = da @ u
            dc = dc * f
        dxs.reverse()
        doutputs = torch.stack(dxs)
        dh0[l], dc0[l] = dh, dc
        dws[l] = (dw, du, db, None if b2 is None else db)
    return doutputs, (torch.stack(dh0), torch.stack(dc0)), dws


@hookimpl
def sequence_model(input_size, output_size, seed):
    raise NotImplementedError  # the gradients first
