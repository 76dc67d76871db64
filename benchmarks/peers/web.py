"""Async FastAPI without telemetry, as behind the Lambda Web Adapter."""

import os

import boto3
from fastapi import FastAPI
from pydantic import BaseModel, EmailStr

DYNAMODB = boto3.client("dynamodb")
TABLE = os.environ["TABLE_NAME"]
app = FastAPI(title="People", version="1.0.0")


class PersonCreate(BaseModel):
    """A person to create."""

    email: EmailStr
    username: str
    is_active: bool = True


class PersonOut(BaseModel):
    """A person."""

    id: int
    email: EmailStr
    username: str


@app.get("/api/v1/people/{person_id}")
async def get_person(person_id: int) -> PersonOut:
    """Return one person."""
    key = {"pk": {"S": f"PERSON#{person_id}"}, "sk": {"S": "PERSON"}}
    item = DYNAMODB.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    return PersonOut(id=int(item["id"]["N"]), email=item["email"]["S"], username=item["username"]["S"])


@app.post("/api/v1/people", status_code=201)
async def create_person(body: PersonCreate) -> PersonOut:
    """Return the person as if it had been created."""
    return PersonOut(id=2, email=body.email, username=body.username)
