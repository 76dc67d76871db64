"""After a destroy, the tests look for every type of resource that the Terraform root may create."""

from tests.support.left_behind import KINDS, NOT_LOOKED_FOR, types


def test_every_type_of_resource_is_looked_for_or_has_a_reason() -> None:
    assert sorted([*KINDS, *NOT_LOOKED_FOR]) == sorted(types())
