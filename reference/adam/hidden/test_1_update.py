# canary: torchgrade-reference-7f3c1d
"""One parameter update and several, with all that belongs to it."""

from torchgrade.testing import points


@points(6)
def test_first_step(agree, cases):
    """adam: the first step"""
    agree("adam", cases.first_step())


@points(8)
def test_several_steps(agree, cases):
    """adam: five to eight steps"""
    agree("adam", cases.several_steps())


@points(7)
def test_eps(agree, cases):
    """adam: small and large gradients beside small and large eps"""
    agree("adam", cases.eps())


@points(5)
def test_weight_decay_on_gradients(agree, cases):
    """adam: weight decay on the gradients"""
    agree("adam", cases.weight_decay(False))


@points(6)
def test_decoupled_weight_decay(agree, cases):
    """adam: decoupled weight decay"""
    agree("adam", [*cases.without_decay(), *cases.weight_decay(True)])


@points(5)
def test_amsgrad(agree, cases):
    """adam: AMSGrad"""
    agree("adam", cases.amsgrad())


@points(2)
def test_amsgrad_in_company(agree, cases):
    """adam: AMSGrad with eps, weight decay, gradients that are None, and states"""
    agree("adam", cases.amsgrad_in_company())
