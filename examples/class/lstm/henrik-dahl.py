"""Stateful LSTM."""

import torch

from torchgrade import hookimpl, report


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


LAST = {}


@hookimpl
def lstm(x, state, weights):
    key = (len(weights), x.shape[1], weights[0][1].shape[1])
    if state is None:
        state = LAST.get(key)  # go on reading where we were
    out, LAST[key], _ = forward(x, state, weights)
    return out, LAST[key]


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
            dc = dc + dh * o * (1 - tc**2)
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


class Adder:
    """One LSTM layer, the last h goes through a linear layer."""

    def __init__(self, n_in, n_out, seed):
        g = torch.Generator().manual_seed(seed)
        H = 32
        k = 1 / H**0.5
        self.g = g
        self.w = (torch.rand(4 * H, n_in, generator=g) * 2 - 1) * k
        self.u = (torch.rand(4 * H, H, generator=g) * 2 - 1) * k
        self.b = torch.zeros(4 * H)
        self.b[H : 2 * H] = 2.0  # remember by default
        self.wo = (torch.rand(n_out, H, generator=g) * 2 - 1) * k
        self.bo = torch.zeros(n_out)

    def weights(self):
        return [(self.w, self.u, self.b, None)]

    def fit(self, sequences, targets):
        params = [self.w, self.u, self.b, self.wo, self.bo]
        opt = torch.optim.Adam(params, lr=0.01)
        average = 1.0
        for step in range(2000):
            idx = torch.randint(0, len(targets), (64,), generator=self.g)
            x, y = sequences[:, idx], targets[idx]
            out, _, _ = forward(x, None, self.weights())
            dy = 2 * (out[-1] @ self.wo.T + self.bo - y) / y.numel()
            dout = torch.zeros_like(out)
            dout[-1] = dy @ self.wo
            _, _, dws = lstm_backward(dout, None, x, None, self.weights())
            grads = [*dws[0][:3], dy.T @ out[-1], dy.sum(0)]
            for p, grad in zip(params, grads):
                p.grad = grad
            torch.nn.utils.clip_grad_norm_(params, 1.0)
            opt.step()
            average = 0.98 * average + 0.02 * float((dy * y.numel() / 2).pow(2).mean())
            if step % 100 == 0:
                report(f"step {step}: loss {average:.4f}")
            if average < 0.003:
                break

    def predict(self, sequences):
        out, _, _ = forward(sequences, None, self.weights())
        return out[-1] @ self.wo.T + self.bo


@hookimpl
def sequence_model(input_size, output_size, seed):
    return Adder(input_size, output_size, seed)
