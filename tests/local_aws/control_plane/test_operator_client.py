from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from local_aws.clients.operator_client import operator_client
from local_aws.control_plane.server import ControlPlane


def test_clients_are_created_concurrently_with_all_permissions(control_plane: ControlPlane) -> None:
    def caller(service: str) -> str:
        with closing(operator_client(service, control_plane.environment)) as client:
            assert client.meta.region_name == control_plane.environment["AWS_REGION"]
            arn: str = client.get_caller_identity()["Arn"]
            return arn

    with ThreadPoolExecutor(16) as threads:
        callers = set(threads.map(caller, ["sts"] * 32))
    assert len(callers) == 1
    assert "assumed-role" not in callers.pop()
