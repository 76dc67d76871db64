"""The embedded AWS from end to end: an applied function is served, logged and traced."""

import asyncio
from pathlib import Path

import httpx2

from local_aws.commands.overhead import apply_floor
from local_aws.control_plane.server import ControlPlane
from local_aws.data_plane.server import DataPlane


def test_applied_function_is_served_with_its_logs_and_its_trace(tmp_path: Path) -> None:
    async def run() -> None:
        with ControlPlane(tmp_path / "calls.jsonl") as control_plane:
            apply_floor(control_plane.environment)
            async with DataPlane(control_plane.environment, tmp_path) as plane, httpx2.AsyncClient() as client:
                response = await client.get(f"{plane.url}/floor")
                assert (response.status_code, response.text) == (200, "{}")
                request_id = response.headers["apigw-requestid"]
                seen = (await client.get(f"{plane.admin_url}/requests/{request_id}")).json()
                assert (await client.get(f"{plane.admin_url}/")).status_code == 200
        assert seen["function"] == "floor"
        assert [row["origin"] for row in seen["trace"]["rows"]][:2] == ["AWS::Lambda", "AWS::Lambda::Function"]
        assert "platform.report" in (tmp_path / "logs" / "floor.jsonl").read_text()

    asyncio.run(run())
