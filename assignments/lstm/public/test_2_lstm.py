"""All steps of one or more layers."""

import torch

from torchgrade.testing import Tolerance, close

SINGLE = Tolerance(relative=1e-4, absolute=1e-5)


def test_lstm_is_its_cell_step_by_step(student, cases):
    """lstm: does what your lstm_cell does, step by step and layer by layer"""
    for case in cases.sequences():
        x, (h, c), weights = (case.arguments[name] for name in ("x", "state", "weights"))
        below, last_h, last_c = list(x), [], []
        for number, layer in enumerate(weights):
            state = h[number], c[number]
            for t, entered in enumerate(below):
                state = student.lstm_cell(entered, state, layer)
                below[t] = state[0]
            last_h.append(state[0])
            last_c.append(state[1])
        outputs, final = student.lstm(x, (h, c), weights)
        close(outputs, torch.stack(below), f"outputs ({case.category})")
        close(final, (torch.stack(last_h), torch.stack(last_c)), f"state ({case.category})")


def test_lstm_goes_on_where_it_stopped(student, cases):
    """lstm: a sequence in two parts, the state handed on, is the sequence in one"""
    for case in cases.sequences()[1:]:
        x, state, weights = (case.arguments[name] for name in ("x", "state", "weights"))
        first, middle = student.lstm(x[:1], state, weights)
        second, final = student.lstm(x[1:], middle, weights)
        outputs, whole = student.lstm(x, state, weights)
        close(torch.cat((first, second)), outputs, f"outputs in two parts ({case.category})")
        close(final, whole, f"state in two parts ({case.category})")


def test_lstm_without_state(student, cases):
    """lstm: state None is a state of zeros, after other calls too"""
    for case in cases.sequences():
        x, (h, c), weights = (case.arguments[name] for name in ("x", "state", "weights"))
        student.lstm(x, (h, c), weights)
        expected = student.lstm(x, (torch.zeros_like(h), torch.zeros_like(c)), weights)
        close(student.lstm(x, None, weights), expected, f"(outputs, state) ({case.category})")


def test_lstm_in_float32(student, cases):
    """lstm: answers float32 with float32"""
    for case in cases.sequences():
        x, (h, c), weights = (case.arguments[name] for name in ("x", "state", "weights"))
        single = [tuple(None if part is None else part.float() for part in layer) for layer in weights]
        outputs, final = student.lstm(x.float(), (h.float(), c.float()), single)
        expected, state = student.lstm(x, (h, c), weights)
        close(outputs, expected.float(), f"outputs ({case.category}, float32)", SINGLE)
        close(final, tuple(part.float() for part in state), f"state ({case.category}, float32)", SINGLE)


def test_lstm_does_not_mix_sequences(student, cases):
    """lstm: a sequence alone gives what it gives in its batch"""
    case = cases.sequences()[1]
    x, (h, c), weights = (case.arguments[name] for name in ("x", "state", "weights"))
    outputs, _ = student.lstm(x, (h, c), weights)
    alone, _ = student.lstm(x[:, :1], (h[:, :1], c[:, :1]), weights)
    close(alone, outputs[:, :1], "outputs of the first sequence alone")
