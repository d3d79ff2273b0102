"""The multi-layer perceptron."""

import numpy as np

from torchgrade.testing import Tolerance, check, close, numerical_gradient

DIFFERENCES = Tolerance(relative=1e-5, absolute=1e-7)


def test_mlp_worked_example(student):
    """mlp_loss_and_gradients: the worked example of the handout"""
    log3 = np.log(3.0)
    loss, gradients = student.mlp_loss_and_gradients(
        params=[(np.array([[0.0, log3]]), np.zeros(2))],
        x=np.array([[1.0]]),
        labels=np.array([1]),
        weight_decay=2.0,
    )
    close(loss, np.log(4.0 / 3.0) + log3**2, "loss")
    close(gradients, [(np.array([[0.25, 2.0 * log3 - 0.25]]), np.array([0.25, -0.25]))], "gradients")


def test_mlp_weight_decay_in_the_loss(student, cases):
    """mlp_loss_and_gradients: the loss has its weight decay, on weights alone"""
    for case in cases.mlp():
        with_decay, _ = student.mlp_loss_and_gradients(**case.arguments)
        without, _ = student.mlp_loss_and_gradients(**{**case.arguments, "weight_decay": 0.0})
        squares = sum(float((w**2).sum()) for w, _ in case.arguments["params"])
        close(with_decay - without, 0.5 * 0.3 * squares, f"what weight decay adds ({case.category})")


def test_mlp_numerically(student, cases):
    """mlp_loss_and_gradients: the gradients are those of your own loss"""
    for case in cases.mlp():
        params = case.arguments["params"]
        _, gradients = student.mlp_loss_and_gradients(**case.arguments)
        check(len(gradients) == len(params), f"expected one pair (dw, db) a layer ({case.category})")
        for layer, (w, b) in enumerate(params):
            dw, db = gradients[layer]
            what = f"of layer {layer} ({case.category})"
            expected_dw = numerical_gradient(loss_with(student, case, layer, lambda w, b=b: (w, b)), w)
            close(dw, expected_dw, f"dw {what}", DIFFERENCES)
            expected_db = numerical_gradient(loss_with(student, case, layer, lambda b, w=w: (w, b)), b)
            close(db, expected_db, f"db {what}", DIFFERENCES)


def loss_with(student, case, layer, pair):
    """Return the student's loss as a function of one array: ``pair`` puts it into that layer's pair."""
    params = case.arguments["params"]

    def loss(array) -> float:
        moved = [*params[:layer], pair(array), *params[layer + 1 :]]
        return student.mlp_loss_and_gradients(**{**case.arguments, "params": moved})[0]

    return loss
