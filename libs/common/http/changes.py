"""Requests that change some fields of a resource."""

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

# The default of a field that may be left out. Unlike `None` it does not appear in the schema, and does not allow null.
LEFT_OUT: Final[Any] = Field(default_factory=lambda: None)


class Change(BaseModel):
    """The base of a request that changes the given fields: at least one, and no unknown ones.

    Every field has the default `LEFT_OUT`. Null is allowed if the type of the field says so. Read the given fields by
    `given`, because an attribute that was left out is None.
    """

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe that an empty object is not allowed."""
        described = handler(schema)
        handler.resolve_ref_schema(described)["minProperties"] = 1
        return described

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("There is nothing to change: send at least one field.")
        return self

    def given(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        return self.model_dump(exclude_unset=True)
