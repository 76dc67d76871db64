"""The commands: `up` serves what Terraform applied, `dev` serves from source; the others need a running `up`.

`deploy` applies again, `iam-report` prints each role's grants and their use, `screenshot` takes pictures of the page
and of `/docs`.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.routing import TrailingSlash
from local_aws.control_plane.server import ControlPlaneError
from local_aws.faults.fault import FaultError
from local_aws.model.deployment import DeploymentError
from local_aws.page.chromium import ChromiumError
from local_aws.session import SessionError
from local_aws.terraform.stack import StackError

WORK = Path(__file__).parents[2] / ".local" / "up"


def main() -> None:
    """Run one command; if it fails, print one line and exit with status 1."""
    os.umask(0o077)  # Files of a run contain keys, tokens and requests.
    _end_on_signals()
    _aim_at_loopback()
    try:
        _run(parsed(sys.argv[1:]))
    except (ChromiumError, ControlPlaneError, DeploymentError, FaultError, SessionError, StackError) as error:
        sys.exit(f"local_aws: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the arguments, or exit with status 2 and the error."""
    parser = argparse.ArgumentParser(prog="local_aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("dev", "up"):
        commands.add_parser(name).add_argument("--port", type=_port, default=8000)
    for name in ("deploy", "iam-report", "screenshot"):
        commands.add_parser(name)
    for name in ("deploy", "iam-report", "screenshot", "up"):
        commands.choices[name].add_argument("--work", type=_absolute, default=WORK, help="folder of the embedded AWS")
    commands.choices["up"].add_argument(
        "--trailing-slash",
        choices=[str(meaning) for meaning in TrailingSlash],
        default=str(TrailingSlash.SIGNIFICANT),
        help="whether API Gateway distinguishes /people/ from /people, which AWS does not document",
    )
    commands.choices["up"].add_argument(
        "--preflight",
        choices=[str(responder) for responder in Preflight],
        default=str(Preflight.GATEWAY),
        help="who responds to CORS preflight requests for routes that match OPTIONS, which AWS does not document",
    )
    commands.choices["up"].add_argument(
        "--var",
        type=_variable,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable of the Terraform root, such as throttling={rate_limit=1000}; may be repeated",
    )
    commands.choices["up"].add_argument(
        "--image",
        action="append",
        default=[],
        metavar="SERVICE",
        help="a service whose function is an image in place of a zip; may be repeated",
    )
    commands.choices["up"].add_argument(
        "--faults", type=_absolute, metavar="FILE", help="a JSON file of faults of AWS, which its README describes"
    )
    return parser.parse_args(arguments)


def _end_on_signals() -> None:
    """End on SIGINT and SIGTERM, even if the parent ignores them, as `nohup` and a shell's `&` do."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _exit)


def _exit(_number: int, _frame: object) -> None:
    sys.exit(128 + signal.SIGTERM)


def _aim_at_loopback() -> None:
    """Remove the host's AWS settings, which could lead to a real account, and bypass proxies for loopback."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1"]))


def _run(arguments: argparse.Namespace) -> None:
    # Imported here so that each command loads only what it needs. Only `dev` may load the services.
    match arguments.command:
        case "dev":
            from local_aws import dev  # noqa: PLC0415

            dev.serve(arguments.port)
        case "up":
            from local_aws.commands import up  # noqa: PLC0415

            behaviour = up.Undocumented(TrailingSlash(arguments.trailing_slash), Preflight(arguments.preflight))
            up.serve(arguments.port, arguments.work, behaviour, dict(arguments.var), arguments.image, arguments.faults)
        case "iam-report":
            from local_aws.commands import iam_report  # noqa: PLC0415

            iam_report.report(arguments.work)
        case "screenshot":
            from local_aws.commands import screenshot  # noqa: PLC0415

            screenshot.screenshot(arguments.work)
        case _:
            from local_aws.commands import deploy  # noqa: PLC0415

            deploy.deploy(arguments.work)


def _absolute(text: str) -> Path:
    """Return the absolute path, because Terraform runs in another folder."""
    return Path(text).resolve()


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text} is not a port: give a number from 0 to 65535")
    return number


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals):
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE, such as log_retention_days=7")
    return name, value


if __name__ == "__main__":
    main()
