"""The commands `bootstrap`, `publish`, `plan`, `deploy`, `outputs` and `destroy`, for the targets of the Makefile."""

import argparse
import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from environments import artefacts, deployment
from environments.account import Account
from environments.bootstrap import bootstrap
from environments.environment import Environment
from environments.problem import ProblemError


def main(arguments: list[str]) -> int:
    """Run one command, and return its exit code; a problem is one line on standard error."""
    parser = argparse.ArgumentParser(prog="environments", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("bootstrap").add_argument("--repository", required=True)
    commands.add_parser("publish").add_argument("--release", required=True)
    for name in ("plan", "deploy", "outputs", "destroy"):
        commands.add_parser(name).add_argument("--env", required=True)
        commands.choices[name].add_argument("--vars")
    commands.choices["plan"].add_argument("--release")
    known, further = parser.parse_known_args(arguments)
    if further and known.command not in ("bootstrap", "plan"):  # Those hand them to Terraform.
        parser.error(f"unknown arguments: {' '.join(further)}")
    try:
        return _run(known, further)
    except (BotoCoreError, ClientError, ProblemError) as error:
        print(f"{known.command}: {error}", file=sys.stderr)
        return 1


def _run(known: argparse.Namespace, further: list[str]) -> int:
    match known.command:
        case "bootstrap":
            bootstrap(known.repository, further)
            return 0
        case "publish":
            print("\n".join(artefacts.publish(known.release, Account.current())) or "Published before: nothing is new.")
            return 0
    environment = Environment(known.env, known.vars or known.env)
    environment.check()
    match known.command:
        case "plan":
            return deployment.plan(environment, known.release, further)
        case "deploy":
            return deployment.deploy(environment)
        case "outputs":
            return deployment.outputs(environment)
        case _:
            return deployment.destroy(environment, _confirmed)


def _confirmed(question: str) -> str:
    """Return the variable CONFIRM, or the response to the question."""
    try:
        return os.environ.get("CONFIRM") or input(question)
    except EOFError:
        raise ProblemError("There is no terminal to ask on: set CONFIRM to the environment's name.") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
