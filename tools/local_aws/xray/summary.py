"""Traces as X-Ray's API returns them: a summary, and the segments with their subsegments.

Fields: https://docs.aws.amazon.com/xray/latest/api/API_TraceSummary.html, API_Trace.html.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_HTTP = {
    "HttpURL": ("request", "url"),
    "HttpMethod": ("request", "method"),
    "UserAgent": ("request", "user_agent"),
    "ClientIp": ("request", "client_ip"),
    "HttpStatus": ("response", "status"),
}
_KINDS = {bool: "BooleanValue", str: "StringValue", int: "NumberValue", float: "NumberValue"}


def trace(trace_id: str, documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a trace of BatchGetTraces. Subsegments that were sent alone are below their parents."""
    found = segments(documents)
    begin, end = _span(found)
    return {
        "Id": trace_id,
        "Duration": round(end - begin, 3),
        "LimitExceeded": False,
        "Segments": [{"Id": segment["id"], "Document": json.dumps(segment)} for segment in found],
    }


def summary(trace_id: str, documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the summary of a trace; its faults, errors and HTTP fields are those of the root segment."""
    found = segments(documents)
    begin, end = _span(found)
    root = found[0]
    return {
        "Id": trace_id,
        "StartTime": begin,
        "Duration": round(end - begin, 3),
        "ResponseTime": round(root.get("end_time", root["start_time"]) - root["start_time"], 3),
        "HasFault": root.get("fault") is True,
        "HasError": root.get("error") is True,
        "HasThrottle": root.get("throttle") is True,
        "IsPartial": any("end_time" not in segment for segment in found),
        "Http": _http(root),
        "Annotations": _annotations(found),
        "ServiceIds": _distinct(_service(segment) for segment in found),
        "ResourceARNs": _distinct({"ARN": one["resource_arn"]} for one in found if "resource_arn" in one),
        "EntryPoint": _service(root),
    }


def segments(documents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the segments, the root first, then by start, with all their subsegments."""
    latest: dict[str, dict[str, Any]] = {}
    for document in documents:
        # A complete document replaces the one that was sent while it was in progress.
        if document["id"] not in latest or "end_time" in document:
            latest[document["id"]] = _copied(document)
    known = {one["id"]: one for document in latest.values() for one in _flat(document)}
    found = []
    for document in latest.values():
        parent = known.get(document.get("parent_id", ""))
        if document.get("type") == "subsegment" and parent is not None:
            parent.setdefault("subsegments", []).append(document)
        else:
            found.append(document)
    return sorted(found, key=lambda one: ("type" in one, one.get("parent_id") in known, one["start_time"]))


def _copied(document: Mapping[str, Any]) -> dict[str, Any]:
    copied = dict(document)
    if "subsegments" in copied:
        copied["subsegments"] = [_copied(below) for below in copied["subsegments"]]
    return copied


def _flat(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document
    for below in document.get("subsegments", ()):
        yield from _flat(below)


def _span(found: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    begins = [segment["start_time"] for segment in found]
    return min(begins), max([*begins, *(segment["end_time"] for segment in found if "end_time" in segment)])


def _http(root: Mapping[str, Any]) -> dict[str, Any]:
    http = _object(root, "http")
    return {name: _object(http, part)[key] for name, (part, key) in _HTTP.items() if key in _object(http, part)}


def _annotations(found: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    annotations: dict[str, list[dict[str, Any]]] = {}
    for segment in found:
        for one in _flat(segment):
            for name, value in _object(one, "annotations").items():
                if type(value) in _KINDS:
                    described = {"AnnotationValue": {_KINDS[type(value)]: value}, "ServiceIds": [_service(segment)]}
                    annotations.setdefault(name, []).append(described)
    return annotations


def _object(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object of a document, whose optional fields are not checked when it arrives."""
    value = document.get(key)
    return value if isinstance(value, Mapping) else {}


def _service(segment: Mapping[str, Any]) -> dict[str, Any]:
    service = {"Name": segment["name"], "Names": [segment["name"]]}
    return service | ({"Type": segment["origin"]} if "origin" in segment else {})


def _distinct(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(text) for text in dict.fromkeys(json.dumps(one) for one in found)]
