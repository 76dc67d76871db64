"""Powertools' resolver for HTTP APIs with validation: two routes, three decorators, botocore patched for X-Ray."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from pydantic import BaseModel, EmailStr

DYNAMODB = boto3.client("dynamodb")
TABLE = os.environ["TABLE_NAME"]
app = APIGatewayHttpResolver(enable_validation=True)
logger = Logger()
tracer = Tracer(patch_modules=("botocore",))
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


@app.get("/api/v1/people/<person_id>")
def get_person(person_id: int) -> PersonOut:
    """Return one person."""
    key = {"pk": {"S": f"PERSON#{person_id}"}, "sk": {"S": "PERSON"}}
    item = DYNAMODB.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    return PersonOut(id=int(item["id"]["N"]), email=item["email"]["S"], username=item["username"]["S"])


@app.post("/api/v1/people")
def create_person(body: PersonCreate) -> PersonOut:
    """Return the person as if it had been created."""
    return PersonOut(id=2, email=body.email, username=body.username)


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId", log_event=False)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: Any) -> Any:
    """Respond to an event of API Gateway."""
    return app.resolve(event, context)
