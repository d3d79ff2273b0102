"""What torchgrade could do without: loaders, sandboxes, executors, exporters, rules, progress."""
