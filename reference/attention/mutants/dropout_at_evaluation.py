# canary: torchgrade-reference-7f3c1d
"""your multi-head attention drops weights at random; this module has no dropout, and any module has
none while it is not in training
"""

import solution
import torch

from torchgrade import hookimpl

KILLED_BY = (
    "test_multi_head",
    "test_multi_head_with_a_mask",
    "test_multi_head_modules",
    "test_multi_head_initial_weights",
)


@hookimpl
def multi_head_attention(embed_dim, num_heads, seed):
    generator = torch.Generator().manual_seed(0)

    def attend(query, key, value, mask, causal):
        weights = solution.attention_weights(query, key, mask, causal=causal)
        kept = torch.rand(weights.shape, generator=generator) < 0.7
        return (weights * kept / 0.7) @ value

    def heads(*arguments):
        return solution.multi_head(*arguments, attend=attend)

    return solution.MultiHeadAttention(embed_dim, num_heads, seed, heads)
