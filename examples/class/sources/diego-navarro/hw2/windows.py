import numpy as np


class Windows:
    """All windows of a batch, looked at from the kernel.

    I do not slide a window over the picture. Entry (u, v) of the kernel only ever meets the pixels of a regular
    grid, and a grid is a slice: so there are KH * KW grids, and grids[k] belongs to u, v = divmod(k, KW).
    """

    def __init__(self, pictures, kernel, stride, padding, border=0.0):
        *batch, tall, wide = pictures.shape
        (ph, pw), (sh, sw), (kh, kw) = padding, stride, kernel
        self.size = ((tall + 2 * ph - kh) // sh + 1, (wide + 2 * pw - kw) // sw + 1)
        self.crop = np.s_[..., ph : tall + ph, pw : wide + pw]
        self.canvas = np.full([*batch, tall + 2 * ph, wide + 2 * pw], border)
        self.canvas[self.crop] = pictures
        # the last window starts at (size - 1) * stride, one more because a slice leaves its end out
        down, right = (self.size[0] - 1) * sh + 1, (self.size[1] - 1) * sw + 1
        self.grids = [np.s_[..., u : u + down : sh, v : v + right : sw] for u in range(kh) for v in range(kw)]

    def pixels(self):
        """For each entry of the kernel what it sees, (N, C, OH, OW)."""
        return [self.canvas[grid] for grid in self.grids]

    def give_back(self, pieces):
        """The opposite of pixels: piece k flows to grid k; what went to the border is lost."""
        total = np.zeros(self.canvas.shape)
        for grid, piece in zip(self.grids, pieces, strict=True):
            total[grid] += piece
        return total[self.crop].copy()
