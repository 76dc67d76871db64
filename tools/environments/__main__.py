"""The commands `bootstrap`, `images`, `publish`, `plan`, `deploy`, `outputs` and `destroy`, for the Makefile."""

import argparse
import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from environments import artefacts, deployment, images
from environments.account import Account
from environments.bootstrap import bootstrap
from environments.environment import Environment
from environments.problem import ProblemError

INTERRUPTED = 130  # as a shell returns it for SIGINT


def main(arguments: list[str]) -> int:
    """Run one command, and return its exit code; a problem is one line on standard error."""
    parser = argparse.ArgumentParser(prog="environments", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("bootstrap").add_argument("--repository")
    commands.add_parser("images").add_argument("--envs", required=True, help="such as staging,prod")
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
    except KeyboardInterrupt:
        print(f"\n{known.command}: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(known: argparse.Namespace, further: list[str]) -> int:
    match known.command:
        case "bootstrap":
            bootstrap(known.repository, further, approved)
        case "images":
            _build_images(known.envs.split(","))
        case "publish":
            print("\n".join(artefacts.publish(known.release, Account.current())) or "Published before: nothing is new.")
        case _:
            return _run_in_environment(known, further)
    return 0


def _build_images(names: list[str]) -> None:
    environments = [Environment(name, name) for name in names]
    if missing := [one.name for one in environments if not one.name or not one.file.is_file()]:
        raise ProblemError(f"ENVS must be environments, such as staging,prod: {missing[0] or 'a name'} is missing.")
    if not images.build(environments):
        print(f"No service is an image in {' and '.join(names)}: nothing was built.")


def _run_in_environment(known: argparse.Namespace, further: list[str]) -> int:
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


def approved(question: str, account: str) -> bool:
    """Return whether CONFIRM is the account's id, or without CONFIRM, whether the response is yes.

    Raises:
        ProblemError: CONFIRM is something else, or there is no terminal.
    """
    confirm = os.environ.get("CONFIRM")
    if confirm and confirm != account:
        raise ProblemError(f"CONFIRM is not the account's id, {account}: nothing was applied.")
    return bool(confirm) or _response(question, "the account's id") == "yes"


def _confirmed(question: str) -> str:
    """Return the variable CONFIRM, or the response to the question."""
    return os.environ.get("CONFIRM") or _response(question, "the environment's name")


def _response(question: str, confirm: str) -> str:
    try:
        return input(question)
    except EOFError:
        print()
        raise ProblemError(f"There is no terminal to ask on: set CONFIRM to {confirm}.") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
