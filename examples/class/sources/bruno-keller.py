# %% [markdown]
# # Attention
#
# All in one notebook.

# %%
%matplotlib inline
import math
import torch
import torch.nn.functional as F
from torch import nn
from torchgrade import hookimpl

# %% [markdown]
# ## Part 1

# %%
@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    scores = torch.einsum("...te,...se->...ts", query, key) / math.sqrt(query.size(-1))
    allowed = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand(scores.shape)
    if causal:
        allowed = allowed & scores.new_ones(scores.shape[-2:], dtype=torch.bool).tril()
    # the exponentials of what is hidden are zero; a row of zeros stays one
    top = scores.masked_fill(~allowed, -torch.inf).amax(-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).min)
    e = torch.where(allowed, scores - top.detach(), -torch.inf).exp()
    return e / e.sum(-1, keepdim=True).clamp(min=1e-30) @ value

# %%
# does it do what the handout says?
q, k, v = torch.tensor([[0.0], [math.log(3)]]), torch.tensor([[1.0], [2.0]]), torch.tensor([[4.0], [8.0]])
assert torch.allclose(scaled_dot_product_attention(q, k, v, None, False).flatten(), torch.tensor([6.0, 7.0]))

# %%
@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    leaves = [t.clone().requires_grad_() for t in (query, key, value)]
    with torch.enable_grad():
        out = scaled_dot_product_attention(*leaves, mask, causal)
    return torch.autograd.grad(out, leaves, dout)

# %%
@hookimpl
def streaming_attention(query, key, value, causal, block):
    state = None
    for number, (k, v) in enumerate(zip(key.split(block, -2), value.split(block, -2))):
        s = query @ k.mT / math.sqrt(query.size(-1))
        if causal:
            columns = number * block + torch.arange(k.size(-2))
            s = s.masked_fill(columns > torch.arange(query.size(-2)).unsqueeze(1), -math.inf)
        top = s.amax(-1, keepdim=True)
        if state is not None:
            top = torch.maximum(top, state[0])
        e = torch.exp(s - top)
        total, out = e.sum(-1, keepdim=True), e @ v
        if state is not None:
            factor = torch.exp(state[0] - top)
            total, out = total + factor * state[1], out + factor * state[2]
        state = top, total, out
    return state[2] / state[1]

# %% [markdown]
# ## Part 2

# %%
class MultiHead(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        if width % heads != 0:
            raise ValueError("width must be divisible by heads")
        self.heads = heads
        self.layers = nn.ModuleDict()
        for name in ("query", "key", "value", "output"):
            self.layers[name] = nn.Linear(width, width).double()
            nn.init.uniform_(self.layers[name].weight, -math.sqrt(3 / width), math.sqrt(3 / width))
            nn.init.zeros_(self.layers[name].bias)

    def forward(self, query, key, value, mask, causal=False):
        q, k, v = (
            self.layers[name](x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for name, x in (("query", query), ("key", key), ("value", value))
        )
        mask = mask.unsqueeze(1) if mask is not None and mask.ndim == 3 else mask
        out = scaled_dot_product_attention(q, k, v, mask, causal)
        return self.layers["output"](out.transpose(1, 2).flatten(2))

    def state(self):
        return {n.replace(".", "_"): p.detach().clone() for n, p in self.layers.named_parameters()}

    def load(self, state):
        with torch.no_grad():
            for n, p in self.layers.named_parameters():
                p.copy_(state[n.replace(".", "_")])


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    torch.manual_seed(seed)
    return MultiHead(embed_dim, num_heads)


@hookimpl
def positional_encoding(length, dim):
    table = torch.zeros(length, dim, dtype=torch.float64)
    t = torch.arange(length, dtype=torch.float64)
    for i in range(0, dim, 2):
        table[:, i] = torch.sin(t / 10000 ** (i / dim))
        if i + 1 < dim:
            table[:, i + 1] = torch.cos(t / 10000 ** (i / dim))
    return table


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    w = weights
    heads = MultiHead(x.size(-1), num_heads)
    heads.load(w)
    z = F.layer_norm(x, (x.size(-1),), w["norm_1_weight"], w["norm_1_bias"])
    y = x + heads(z, z, z, mask, causal)
    z = F.layer_norm(y, (y.size(-1),), w["norm_2_weight"], w["norm_2_bias"])
    return y + F.linear(F.relu(F.linear(z, w["up_weight"], w["up_bias"])), w["down_weight"], w["down_bias"])

# %% [markdown]
# ## Part 3
#
# A convolution tells each symbol who came before it.

# %%
class Net(nn.Module):
    def __init__(self, vocab, T, E=32):
        super().__init__()
        self.tok = nn.Embedding(vocab, E)
        self.pos = nn.Parameter(torch.randn(T, E) / 2)
        self.mix = nn.Conv1d(E, E, 2)
        self.q, self.k, self.v, self.o = (nn.Linear(E, E) for _ in range(4))
        self.n1, self.n2 = nn.LayerNorm(E), nn.LayerNorm(E)
        self.mlp = nn.Sequential(nn.Linear(E, 64), nn.ReLU(), nn.Linear(64, E))
        self.out = nn.Linear(E, vocab)

    def forward(self, ids):
        e = self.tok(ids)
        x = self.mix(F.pad(e.mT, (1, 0))).mT + self.pos
        z = self.n1(x)
        x = x + self.o(scaled_dot_product_attention(self.q(z), self.k(z), self.v(z), None, False))
        return self.out(x + self.mlp(self.n2(x)))


class Model:
    def __init__(self, vocab, seed):
        self.vocab, self.seed = vocab, seed

    def fit(self, inputs, targets):
        torch.manual_seed(self.seed)
        self.U = targets.shape[1]
        self.net = Net(self.vocab, inputs.shape[1])
        opt = torch.optim.Adam(self.net.parameters(), lr=5e-3)
        for step in range(400):
            rows = torch.randint(len(inputs), (64,))
            loss = F.cross_entropy(self.net(inputs[rows])[:, -self.U :].flatten(0, 1), targets[rows].flatten())
            opt.zero_grad()
            loss.backward()
            opt.step()

    def predict(self, inputs):
        with torch.no_grad():
            return self.net(inputs)[:, -self.U :].argmax(-1)


@hookimpl
def sequence_model(vocab, seed):
    return Model(vocab, seed)

# %%
%timeit scaled_dot_product_attention(q, k, v, None, False)
print(positional_encoding(2, 3))
