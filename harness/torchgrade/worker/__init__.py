"""What runs on the untrusted side: the zygote, the keeper of a worker, and the worker itself.

    zygote    warm and empty, already inside the sandbox; forks a keeper for each worker
    keeper    holds one worker: captures its output, ends it and everything that it started
    worker    has loaded one implementation and answers calls; the only place where a student's code runs

This package imports nothing of the grader beyond ``torchgrade.wire`` and ``torchgrade.contract``.
"""
