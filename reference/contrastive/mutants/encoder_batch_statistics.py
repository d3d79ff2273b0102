# canary: torchgrade-reference-7f3c1d
"""your `embed` computes something over the images of a call, such as the statistics of batch
normalisation, or a centring; an image's features are its own: switch the network to evaluation, or keep
what was computed in `fit`
"""

import solution

from torchgrade import hookimpl

KILLED_BY = (
    "test_encoder_embeds_one_by_one",
    "test_encoder_with_one_label",
    "test_encoder_with_five_labels",
)


class Training(solution.Encoder):
    """An encoder that stays in training."""

    def embed(self, images):
        self.network.train(len(images) > 1)
        return super().embed(images)


@hookimpl
def encoder(seed):
    return Training(seed)
