"""Attention by hand: your submission.

Replace each `raise NotImplementedError` by your own code; nothing else here needs to change. Keep the
functions' names, their arguments and the `@hookimpl` above them: that is how they are found. You may
add functions, classes and further modules of your own.

Two rules hold everywhere. Never write into an argument: no `mask &= ...`, no `query /= ...` on what you
were given. And a mask is boolean, True where a query may attend to a key.

The handout explains the ideas; `contract.py` says exactly what is asked, down to the corner cases.
Check your work as often as you like:

    torchgrade check
"""

from torchgrade import hookimpl


@hookimpl
def scaled_dot_product_attention(query, key, value, mask, causal):
    """`softmax(query @ key^T / sqrt(E)) @ value`, over the keys that each query may attend to.

    Args:
        query: shape (..., T, E).
        key: shape (..., S, E).
        value: shape (..., S, V).
        mask: boolean, broadcast to (..., T, S), True where a query may attend to a key; or None.
        causal: if true, query t may attend to the keys 0 .. t only.

    Returns:
        Shape (..., T, V); zeros for a query that may attend to no key.
    """
    raise NotImplementedError


@hookimpl
def attention_backward(dout, query, key, value, mask, causal):
    """Forward and backward pass of `scaled_dot_product_attention`.

    Args:
        dout: gradient with respect to the output, shape (..., T, V).
        query: shape (..., T, E).
        key: shape (..., S, E).
        value: shape (..., S, V).
        mask: as above.
        causal: as above.

    Returns:
        `(dquery, dkey, dvalue)`, with the shapes of query, key and value.
    """
    raise NotImplementedError


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    """Make a multi-head attention module.

    Args:
        embed_dim: E, the width of queries, keys, values and outputs.
        num_heads: H; if it does not divide E, raise ValueError.
        seed: determines the initial weights.

    Returns:
        An object with `forward(query, key, value, mask)`, `state()` and `load(state)`. A class of your
        own with these three methods is what you need; `contract.py` names the tensors of the state.
    """
    raise NotImplementedError


@hookimpl
def streaming_attention(query, key, value, causal, block):
    """Attention without a mask, `block` keys at a time, without ever holding all scores.

    Args:
        query: shape (..., T, E).
        key: shape (..., S, E).
        value: shape (..., S, V).
        causal: if true, query t may attend to the keys 0 .. t only.
        block: number of keys to look at in one go.

    Returns:
        Shape (..., T, V).
    """
    raise NotImplementedError


@hookimpl
def positional_encoding(length, dim):
    """Sinusoidal positional encodings.

    Args:
        length: number of positions.
        dim: number of columns; the even ones are sines, the odd ones cosines.

    Returns:
        Shape (length, dim), float64.
    """
    raise NotImplementedError


@hookimpl
def transformer_block(x, weights, num_heads, mask, causal):
    """One pre-norm Transformer block.

    Args:
        x: shape (N, T, E).
        weights: a dictionary of tensors; `contract.py` names them.
        num_heads: H.
        mask: boolean, broadcast to (N, T, T); or None.
        causal: if true, position t may attend to the positions 0 .. t only.

    Returns:
        Shape (N, T, E).
    """
    raise NotImplementedError


@hookimpl
def sequence_model(vocab, seed):
    """Make an untrained model of sequences of symbols.

    Args:
        vocab: number of symbols.
        seed: determines whatever is random.

    Returns:
        An object with `fit(inputs, targets)` and `predict(inputs)`; the handout describes the two tasks.
    """
    raise NotImplementedError
