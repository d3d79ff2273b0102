"""The records that templates use: what is documented is used, what is used is documented."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest

from torchgrade_reports import budget_views, contexts, exhibit_views, write_pages

RECORDS = [
    value
    for module in (contexts, budget_views, exhibit_views)
    for value in vars(module).values()
    if inspect.isclass(value) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__
]


def documented(record):
    """Return the names below ``Attributes:`` in a record's docstring."""
    section = inspect.getdoc(record).partition("Attributes:\n")[2]
    return re.findall(r"^    (\w+): ", section, flags=re.MULTILINE)


@pytest.fixture
def read_fields(factory, tmp_path, monkeypatch):
    """The fields that are read while all pages are rendered, by record."""
    read = {record: set() for record in RECORDS}

    def remember(record):
        def __getattribute__(self, name):  # noqa: N807 - stands in for the real one
            read[record].add(name)
            return object.__getattribute__(self, name)

        return __getattribute__

    original = {record: record.__init__ for record in RECORDS}
    modules = (contexts, budget_views, exhibit_views)
    assert len(original) == sum(len(module.__all__) for module in modules)
    for record in RECORDS:
        monkeypatch.setattr(record, "__getattribute__", remember(record), raising=False)
    write_pages([factory.every_outcome(), factory.make_result(), factory.unreadable()], tmp_path)
    return read


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_a_record_is_documented_in_order(record):
    assert documented(record) == [field.name for field in dataclasses.fields(record)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_documented_field_is_used_by_a_template(record, read_fields):
    assert set(documented(record)) - read_fields[record] == set()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_does_not_change(record):
    assert record.__dataclass_params__.frozen
    assert "__slots__" in vars(record)
