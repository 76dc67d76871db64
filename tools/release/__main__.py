"""`python -m release deploy|rollback`, for `make release`, `make rollback` and pipelines.

It reads `terraform output -json` from its standard input. Credentials and region come from the environment.
"""

import argparse
import sys

import boto3
from botocore.exceptions import BotoCoreError

from release.command import Command
from release.outputs import OutputsError, read_stack


def main(arguments: list[str]) -> int:
    """Run one command; return 0, 1 if a service does not have the wanted version, or 2 for a wrong input."""
    options = _parser().parse_args(arguments)
    try:
        stack = read_stack(sys.stdin.read(), options.environment)
    except OutputsError as error:
        print(f"release: {error}", file=sys.stderr)
        return 2
    if unknown := sorted(set(options.services) - {service.name for service in stack.services}):
        names = ", ".join(service.name for service in stack.services)
        print(f"release: there is no service {', '.join(unknown)}. Services: {names}.", file=sys.stderr)
        return 2
    try:
        aws = boto3.Session()
        command = Command(stack, aws.client("lambda"), aws.client("codedeploy"), options.minutes)
    except BotoCoreError as error:  # such as a missing region
        print(f"release: {error}", file=sys.stderr)
        return 2
    if options.command == "deploy":
        done = command.deploy(retry=options.retry, ignore_alarms=options.ignore_alarms)
    else:
        done = command.rollback(options.services)
    return 0 if done else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="release", description="Release the applied versions, or roll them back.")
    commands = parser.add_subparsers(dest="command", required=True)
    deploy = commands.add_parser("deploy", help="shift the traffic of each service to its newest version")
    deploy.add_argument("--retry", action="store_true", help="also release a version that was rolled back before")
    deploy.add_argument("--ignore-alarms", action="store_true", help="release although an alarm of a service is active")
    rollback = commands.add_parser("rollback", help="shift the traffic of the last release back at once")
    rollback.add_argument("--service", dest="services", action="append", default=[], help="only this one (repeatable)")
    deploy.set_defaults(services=[])
    for command in (deploy, rollback):
        command.add_argument("--environment", required=True, help="must be that of the outputs")
        command.add_argument("--minutes", type=float, help="how long to wait (default: the shift and 15 minutes)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
