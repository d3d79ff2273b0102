"""Jinja2 templates and styles that turn results into pages."""
