"""Two routes on the product's own layer, as a service of this repository has them."""

import os
from typing import Annotated, NamedTuple

from common.lambda_handler import create_handler  # isort: skip - as in every service's handler.py
from fastapi import Depends, Request
from pydantic import BaseModel, EmailStr

from common.dynamodb.table import Table
from common.dynamodb.writes import ItemKey
from common.http.application import create_app
from common.http.router import Router
from common.runtime import Runtime


class PersonCreate(BaseModel):
    """A person to create."""

    email: EmailStr
    username: str
    is_active: bool = True


class PersonOut(BaseModel):
    """A person."""

    id: int
    email: str
    username: str


class Adapters(NamedTuple):
    """The table."""

    table: Table


def connect(runtime: Runtime) -> Adapters:
    """Return the table."""
    return Adapters(Table(runtime.dynamodb, runtime.environment["TABLE_NAME"]))


async def people(request: Request) -> Table:
    """Return the table of people."""
    adapters: Adapters = request.app.state.adapters
    return adapters.table


router = Router(prefix="/api/v1/people", tags=["people"])


@router.get("/{person_id}")
async def get_person(person_id: int, table: Annotated[Table, Depends(people)]) -> PersonOut:
    """Return one person."""
    item = table.get(ItemKey(f"PERSON#{person_id}", "PERSON")) or {}
    return PersonOut(id=item["id"], email=item["email"], username=item["username"])


@router.post("", status_code=201)
async def create_person(body: PersonCreate) -> PersonOut:
    """Return the person as if it had been created."""
    return PersonOut(id=2, email=body.email, username=body.username)


# How much slower is a service with more routes?
for number in range(int(os.environ.get("BENCHMARKS_ROUTES", "0"))):
    router.get(f"/{{person_id}}/{number}")(get_person)

handler = create_handler(create_app("people", description="People.", routers=[router]), connect)
