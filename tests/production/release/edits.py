"""Zips with edited sources, without packaging again."""

import zipfile
from pathlib import Path

# A response that the health operation never has.
SICK = """

_well = handler


def handler(event, context):
    if event["rawPath"].endswith("/health"):
        return {"statusCode": 503, "headers": {}, "body": ""}
    return _well(event, context)
"""
# A bug that no request of the hook meets.
BUG = """

@app.get("{address}/defect/{{number}}", include_in_schema=False)
async def defect(number: int) -> str:
    raise RuntimeError(f"defect {{number}}")
"""


def append(archive: Path, service: str, module: str, text: str) -> None:
    """Append to the source of a module of the service, and remove its bytecode, which Python would prefer."""
    with zipfile.ZipFile(archive) as zipped:
        members = {info: zipped.read(info) for info in zipped.infolist()}
    with zipfile.ZipFile(archive, "w") as zipped:
        for info, content in members.items():
            if info.filename == f"{service}/{module}.py":
                zipped.writestr(info, content + text.encode())
            elif not info.filename.startswith(f"{service}/__pycache__/{module}."):
                zipped.writestr(info, content)
