"""How Terraform is run: its environment, its time limit, and its errors; Terraform is a script here."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local_aws.terraform.stack import Stack, StackError, main, terraform_environment

TOOLS = str(Path(__file__).parents[3] / "tools")

FAILURE = """
echo "Planning: nothing of interest"
echo
echo "Error: Resource precondition failed"
echo
echo "There is no people.zip." >&2
exit 1
"""

INIT = """
folder=$TF_DATA_DIR/providers/registry.terraform.io/hashicorp/aws/1/any
mkdir -p "$folder" && touch "$folder/terraform-provider-aws" && echo "$1"
""".strip()

type Fake = Callable[[str], Stack]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return a stack whose terraform is the given shell script."""

    def make(script: str) -> Stack:
        terraform = tmp_path / "bin" / "terraform"
        terraform.parent.mkdir()
        terraform.write_text(f"#!/bin/sh\n{script}\n")
        terraform.chmod(0o755)
        monkeypatch.setenv("PATH", f"{terraform.parent}{os.pathsep}{os.environ['PATH']}")
        (tmp_path / "root").mkdir()
        return Stack(tmp_path / "root", tmp_path / "work", {"AWS_REGION": "eu-central-1"}, {"name": "shop"}, seconds=30)

    return make


def test_host_settings_do_not_reach_terraform(tmp_path: Path) -> None:
    host = {
        "PATH": "/bin",
        "AWS_PROFILE": "production",
        "TF_VAR_name": "other",
        "TF_CLI_ARGS_plan": "-destroy",
        "TF_WORKSPACE": "other",
        "TF_CLI_CONFIG_FILE": str(tmp_path / "missing"),
    }
    environment = terraform_environment(host, {"AWS_REGION": "eu-central-1"})
    assert {name for name in environment if name in host} == {"PATH"}
    assert environment["AWS_REGION"] == "eu-central-1"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_existing_terraform_configuration_is_used(tmp_path: Path) -> None:
    configuration = tmp_path / "terraformrc"
    configuration.touch()
    host = {"TF_CLI_CONFIG_FILE": str(configuration)}
    assert terraform_environment(host, {})["TF_CLI_CONFIG_FILE"] == str(configuration)


def test_terraform_runs_in_the_root_and_writes_only_to_work(fake: Fake) -> None:
    stack = fake('echo "$PWD $TF_DATA_DIR $AWS_REGION $*"')
    stack.apply()
    work = stack.work
    log = (work / "terraform.log").read_text()
    assert log == (
        f"{stack.root} {work}/terraform eu-central-1 apply -no-color -auto-approve -input=false -var=name=shop\n"
    )


@pytest.mark.parametrize(("code", "differs"), [(0, False), (2, True)])
def test_plan_returns_whether_there_is_a_difference(fake: Fake, code: int, differs: bool) -> None:  # noqa: FBT001
    assert fake(f"exit {code}").plan() is differs


def test_failure_is_shown_from_its_first_error(fake: Fake) -> None:
    stack = fake(FAILURE)
    with pytest.raises(StackError) as failure:
        stack.apply()
    assert str(failure.value) == (
        f"terraform apply failed; {stack.work}/terraform.log says:\n"
        "Error: Resource precondition failed\n\nThere is no people.zip."
    )
    assert "nothing of interest" in (stack.work / "terraform.log").read_text()


def test_earlier_failure_is_not_shown_again(fake: Fake) -> None:
    stack = fake('[ "$1" = plan ] && echo "Error: second" || echo "Error: first"; exit 1')
    with pytest.raises(StackError, match="first"):
        stack.apply()
    with pytest.raises(StackError) as failure:
        stack.plan()
    assert "first" not in str(failure.value)


def test_command_that_times_out_is_ended(fake: Fake) -> None:
    stack = fake('[ "$1" = plan ] && { echo "Still creating..."; sleep 60; }')
    impatient = Stack(stack.root, stack.work, stack.environment, seconds=1)
    with pytest.raises(StackError, match=r"terraform plan was ended after 1 s; .*ends with:\nStill creating"):
        impatient.plan()


def test_missing_terraform_is_reported_with_its_download_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match="Terraform is not on PATH"):
        Stack(tmp_path, tmp_path, {}).validate()
    with pytest.raises(SystemExit, match="Terraform is not on PATH"):
        main(["validate"])


def test_missing_provider_is_reported_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_PLUGIN_DIR", str(tmp_path))
    with pytest.raises(StackError, match="TF_PLUGIN_DIR"):
        Stack(tmp_path, tmp_path, {}).init()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_terraform_and_its_provider_end_with_their_parent(fake: Fake, tmp_path: Path, number: signal.Signals) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    stack = fake(f"exec 3>{fifo}; echo started >&3; sleep 60 & wait")
    script = (
        # A shell's background job ignores SIGINT, and so do its children.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "import sys; from pathlib import Path; from local_aws.terraform.stack import Stack; "
        "Stack(Path(sys.argv[1]), Path(sys.argv[2]), {}).validate()"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", script, stack.root, stack.work],
            env={**os.environ, "PYTHONPATH": TOOLS},
            stderr=subprocess.DEVNULL,
        ) as runner,
        fifo.open() as held,
    ):
        assert held.readline() == "started\n"
        runner.send_signal(number)
        assert held.read() == ""  # Both processes have let go of it.


def test_init_runs_once_for_a_configuration(fake: Fake) -> None:
    stack = fake(INIT)
    for edited in ("", "# edited"):
        (stack.root / "main.tf").write_text(edited)
        stack.init()
        stack.init()
    assert (stack.work / "terraform.log").read_text() == "init\ninit\n"


def test_init_that_failed_half_way_runs_again(fake: Fake) -> None:
    stack = fake(f"{INIT}; [ -e ready ]")
    (stack.root / "ready").touch()
    stack.init()
    next(stack.work.rglob("terraform-provider-aws")).unlink()
    (stack.root / "ready").unlink()
    with pytest.raises(StackError, match="init failed"):
        stack.init()
    (stack.root / "ready").touch()
    stack.init()
    stack.init()
    assert (stack.work / "terraform.log").read_text() == "init\n" * 3


def test_terraform_uses_the_installed_provider(fake: Fake) -> None:
    stack = fake(f'{INIT}; cat "$TF_CLI_CONFIG_FILE"')
    (stack.root / "main.tf").touch()
    with pytest.raises(StackError):  # Before, there is no such file.
        stack.init()
    stack.apply()
    assert "dev_overrides" in (stack.work / "terraform.log").read_text()


def test_local_backend_of_a_checkout_is_rejected(fake: Fake) -> None:
    stack = fake(INIT)
    (stack.root / "backend_override.tf").touch()
    with pytest.raises(StackError, match=r"backend_override\.tf replaces the backend: move it away"):
        stack.init()


def test_installation_survives_deletion_of_the_state(fake: Fake, tmp_path: Path) -> None:
    first = fake(INIT)
    for work in ("one", "two"):
        stack = Stack(first.root, tmp_path / work, {}, data=tmp_path / "data")
        stack.init()
        assert (tmp_path / work / "terraform.log").exists() is (work == "one")
