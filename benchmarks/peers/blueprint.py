"""The blueprint's way: sync endpoints, Mangum, three decorators, everything patched for X-Ray, boto3's resource."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from fastapi import FastAPI, HTTPException
from mangum import Mangum
from pydantic import BaseModel, EmailStr

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
app = FastAPI(title="People", version="1.0.0")
logger = Logger()
tracer = Tracer()
metrics = Metrics()


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


@app.get("/")
def root() -> dict[str, str]:
    """Say that it runs."""
    return {"message": "FastAPI is running on AWS Lambda!"}


@app.get("/api/v1/people/{person_id}", response_model=PersonOut)
def get_person(person_id: int) -> Any:
    """Return one person."""
    found = TABLE.get_item(Key={"pk": f"PERSON#{person_id}", "sk": "PERSON"}, ConsistentRead=True)
    if "Item" not in found:
        raise HTTPException(404)
    return found["Item"]


@app.post("/api/v1/people", response_model=PersonOut, status_code=201)
def create_person(body: PersonCreate) -> Any:
    """Return the person as if it had been created."""
    return {**body.model_dump(), "id": 2}


adapter = Mangum(app, lifespan="off")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", log_event=False)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    """Respond to an event of API Gateway."""
    return adapter(event, context)
