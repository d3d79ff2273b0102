"""A batch: many submissions, found, graded, and stored one by one."""
