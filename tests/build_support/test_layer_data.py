"""Clients with the layer's data of AWS are those with all of botocore's data, but for documentation.

No call is sent: every region of every partition is compared by the request that a client would send.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import botocore
import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.session import Session

from tests.build_support.scripts import ROOT, load

lean_layer = load("lean_layer.py")

RULES: Final = lean_layer.Rules.read(ROOT / lean_layer.LIST)
DATA: Final = Path(botocore.__file__).parent / "data"
PARTITIONS: Final = json.loads((DATA / "endpoints.json").read_text())["partitions"]


def session(data: Path) -> Session:
    """Return a session whose botocore has its data in this folder."""

    class At(Loader):
        BUILTIN_DATA_PATH = str(data)

    made = Session()
    made.register_component("data_loader", At(include_default_search_paths=False, extra_search_paths=[str(data)]))
    made.set_credentials("key", "secret")
    return made


@pytest.fixture(scope="module")
def whole() -> Session:
    """Return a session with all data of the locked botocore."""
    return session(DATA)


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Return a session with the data that the layer has."""
    prefix = "python/botocore/"
    files = {
        f"{prefix}{path.relative_to(DATA.parent)}": path.read_bytes() for path in DATA.rglob("*") if path.is_file()
    }
    rules = lean_layer.Rules(
        RULES.aws_services, {pattern: why for pattern, why in RULES.left_out.items() if pattern.startswith("botocore/")}
    )
    folder = tmp_path_factory.mktemp("layer")
    for name, content in lean_layer.reduced(files, rules).items():
        path = folder / name.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return session(folder / "data")


def test_listed_services_are_those_that_the_layer_has(lean: Session) -> None:
    assert set(lean.get_available_services()) == RULES.aws_services


def test_partitions_are_the_same(whole: Session, lean: Session) -> None:
    assert lean.get_available_partitions() == whole.get_available_partitions()
    assert lean.get_available_partitions() == [partition["partition"] for partition in PARTITIONS]


@pytest.mark.parametrize("service", RULES.aws_services)
def test_models_are_the_same_but_for_documentation(whole: Session, lean: Session, service: str) -> None:
    ours, theirs = (one.get_service_model(service) for one in (lean, whole))
    assert ours.metadata == theirs.metadata
    assert ours.operation_names == theirs.operation_names
    for name in theirs.operation_names:
        described = [
            (
                one.http,
                one.auth,
                one.endpoint_discovery,
                one.idempotent_members,
                one.static_context_parameters,
                one.operation_context_parameters,
                [shape_of(error) for error in one.error_shapes],
                shape_of(one.input_shape),
                shape_of(one.output_shape),
            )
            for one in (ours.operation_model(name), theirs.operation_model(name))
        ]
        assert described[0] == described[1]


def shape_of(shape: Shape | None, *parents: str) -> Any:
    """Return everything of a shape but its documentation. Shapes may contain themselves."""
    if shape is None or shape.name in parents:
        return shape and shape.name
    held: Any = None
    match shape:
        case StructureShape():
            held = {name: shape_of(member, *parents, shape.name) for name, member in shape.members.items()}
        case ListShape():
            held = shape_of(shape.member, *parents, shape.name)
        case MapShape():
            held = [shape_of(part, *parents, shape.name) for part in (shape.key, shape.value)]
    return shape.name, shape.type_name, shape.serialization, {**shape.metadata}, getattr(shape, "enum", None), held


@pytest.mark.parametrize("service", RULES.aws_services)
@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda partition: partition["partition"])
@pytest.mark.parametrize("variant", ["usual", "FIPS and dual stack"])
def test_endpoints_of_every_region_are_the_same(
    whole: Session, lean: Session, service: str, partition: dict[str, Any], variant: str
) -> None:
    special = variant != "usual"
    config = Config(use_fips_endpoint=special, use_dualstack_endpoint=special)
    for region in [*partition["regions"], "xx-nowhere-1"]:
        ours, theirs = (sent(one, service, region, config) for one in (lean, whole))
        assert ours == theirs
        assert region in ours or special


@pytest.mark.parametrize("service", RULES.aws_services)
def test_regions_of_a_service_are_the_same(whole: Session, lean: Session, service: str) -> None:
    for partition in whole.get_available_partitions():
        regions = whole.get_available_regions(service, partition, allow_non_regional=True)
        assert lean.get_available_regions(service, partition, allow_non_regional=True) == regions


def sent(of: Session, service: str, region: str, config: Config) -> str:
    """Return the endpoint of a client and its first request, with scope and signed headers, or the error."""
    try:
        client = of.create_client(service, region, config=config)
        requests = list(_requests(client))
    except Exception as error:  # noqa: BLE001 - the same with both
        return repr(error)
    return f"{client.meta.endpoint_url} {requests}"


def _requests(client: BaseClient) -> Iterator[tuple[str, str]]:
    found: list[AWSPreparedRequest] = []

    def keep(request: AWSPreparedRequest, **_: object) -> Any:
        found.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw())

    client.meta.events.register("before-send", keep)
    getattr(client, xform_name(next(_operations_without_parameters(client))))()
    for request in found:
        yield request.url, str(request.headers["Authorization"]).partition("Signature")[0]


def _operations_without_parameters(client: BaseClient) -> Iterator[str]:
    model = client.meta.service_model
    for name in model.operation_names:
        given = model.operation_model(name).input_shape
        if given is None or not given.required_members:
            yield name


class _Raw:
    def stream(self, **_: object) -> Iterator[bytes]:
        yield b"{}"
