"""Two tasks that one and the same model learns."""

WHAT = "the share of new sequences that are all right"


def test_learns_to_reverse(learns, cases):
    """sequence_model: learns to write a sequence backwards, in other symbols"""
    learns("sequence_model", cases.reversals(), what=WHAT, at_least=0.95)


def test_learns_to_recall(learns, cases):
    """sequence_model: learns to recall what stood beside a symbol"""
    learns("sequence_model", cases.recalls(), what=WHAT, at_least=0.95)
