"""The grader's side of a worker: start zygotes, ask workers, and proxies that stand for them."""
