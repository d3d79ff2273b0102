"""I used what torch has, why write it again?"""

import torch
from torch import nn

from torchgrade import hookimpl


def build(weights, features):
    size = weights[0][1].shape[1]
    net = nn.LSTM(features, size, num_layers=len(weights)).double()
    for k, (w, u, b, b2) in enumerate(weights):
        net.__getattr__(f"weight_ih_l{k}").data = w
        net.__getattr__(f"weight_hh_l{k}").data = u
        net.__getattr__(f"bias_ih_l{k}").data = b
        net.__getattr__(f"bias_hh_l{k}").data = torch.zeros_like(b) if b2 is None else b2
    return net


@hookimpl
def lstm_cell(x, state, weights):
    # this one I wrote myself
    w, u, b, b2 = weights
    if state is None:
        h = c = torch.zeros(len(x), u.shape[1], dtype=x.dtype)
    else:
        h, c = state
    z = x @ w.T + h @ u.T + b
    if b2 is not None:
        z = z + b2
    i, f, g, o = z.chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


@hookimpl
def lstm(x, state, weights):
    out, final = build(weights, x.shape[2])(x, state)
    return out.detach(), tuple(part.detach() for part in final)


@hookimpl
def lstm_backward(doutputs, dstate, x, state, weights):
    # autograd through my own cell
    leaves = [[None if p is None else p.clone().requires_grad_() for p in layer] for layer in weights]
    x = x.clone().requires_grad_()
    size = weights[0][1].shape[1]
    if state is None:
        state = [torch.zeros(len(weights), x.shape[1], size, dtype=x.dtype) for _ in range(2)]
    h0, c0 = (part.clone().requires_grad_() for part in state)
    below, hs, cs = list(x), [], []
    for k, layer in enumerate(leaves):
        s = h0[k], c0[k]
        for t in range(len(below)):
            s = lstm_cell(below[t], s, layer)
            below[t] = s[0]
        hs.append(s[0])
        cs.append(s[1])
    loss = (torch.stack(below) * doutputs).sum()
    if dstate is not None:
        loss = loss + (torch.stack(hs) * dstate[0]).sum() + (torch.stack(cs) * dstate[1]).sum()
    loss.backward()
    return x.grad, (h0.grad, c0.grad), [tuple(None if p is None else p.grad for p in layer) for layer in leaves]


@hookimpl
def sequence_model(input_size, output_size, seed):
    raise NotImplementedError
