"""CloudWatch Logs: adds query definitions, which moto 5.2.5 lacks, and runs queries, of which it ignores most parts."""

import json
import time
import uuid
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.logs import urls
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.responses import LogsResponse

from local_aws.logs.insights import Query, QueryError
from local_aws.logs.insights_rows import row

_FIELDS = ("name", "queryString", "logGroupNames", "queryLanguage")


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        urls.url_paths[path] = QueriesResponse.dispatch


class QueryDefinitionsBackend(BaseBackend):
    """The query definitions of one account in one region, by id."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.definitions: dict[str, dict[str, Any]] = {}


backends = BackendDict(QueryDefinitionsBackend, "logs")


class QueriesResponse(LogsResponse):
    """moto's operations, those of query definitions, and queries: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_QueryDefinition.html."""

    def put_query_definition(self) -> str:
        """PutQueryDefinition: make one, or replace the one whose id is given."""
        given = self._get_param("queryDefinitionId")
        if given and given not in self._definitions:
            raise _unknown(given)
        identity = given or str(uuid.uuid4())
        fields = {name: self._get_param(name) for name in _FIELDS}
        self._definitions[identity] = {
            "queryDefinitionId": identity,
            "queryLanguage": "CWLI",
            "lastModified": int(time.time() * 1000),
            **{name: value for name, value in fields.items() if value},
        }
        return json.dumps({"queryDefinitionId": identity})

    def describe_query_definitions(self) -> str:
        """DescribeQueryDefinitions: return those with this name prefix, in one page."""
        prefix = self._get_param("queryDefinitionNamePrefix") or ""
        found = [one for one in self._definitions.values() if one["name"].startswith(prefix)]
        return json.dumps({"queryDefinitions": found})

    def delete_query_definition(self) -> str:
        """DeleteQueryDefinition."""
        identity = self._get_param("queryDefinitionId")
        if identity not in self._definitions:
            raise _unknown(identity)
        del self._definitions[identity]
        return json.dumps({"success": True})

    def filter_log_events(self) -> str:
        """FilterLogEvents: moto returns all events for the patterns that it does not know, so these are rejected."""
        pattern = self._get_param("filterPattern") or "a"
        if not (pattern[0].isalpha() or pattern[0] == '"'):
            raise InvalidParameterException(
                f"The embedded AWS finds words and phrases in double quotation marks, not the pattern {pattern}."
            )
        return super().filter_log_events()

    def start_query(self) -> str:
        """StartQuery: run it at once."""
        groups = self._get_param("logGroupNames") or [self._get_param("logGroupName")]
        begin, end = self._get_param("startTime") * 1000, self._get_param("endTime") * 1000
        try:
            query = Query(self._get_param("queryString"))
        except QueryError as error:
            raise InvalidParameterException(f"The embedded AWS does not run the query: {error}.") from None
        identity = self.logs_backend.start_query(groups, 0, 0, "limit 1")
        run = self.logs_backend.queries[identity]
        run.results = query.run(
            row(f"{self.current_account}:{name}", stream.log_stream_name, event.timestamp, event.message)
            for name in groups
            for stream in self.logs_backend.groups[name].streams.values()
            for event in stream.events
            if begin <= event.timestamp <= end
        )
        return json.dumps({"queryId": identity})

    @property
    def _definitions(self) -> dict[str, dict[str, Any]]:
        return backends[self.current_account][self.region].definitions


def _unknown(identity: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"There is no query definition {identity}.")
