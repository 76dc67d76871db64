import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.session import Session, SessionError, claimed
from tests.support.deployed.up import environment

SESSION = Session(
    url="http://127.0.0.1:1",
    admin_url="http://127.0.0.1:2",
    control_plane={"AWS_REGION": "r"},
    variables={"throttling": "{rate_limit=1000}"},
    images=["people"],
)

HOLDER = """
import sys
from pathlib import Path
from local_aws.session import Session, claimed
work = Path(sys.argv[1])
with claimed(work):
    Session(url="u", admin_url="a", control_plane={}).write(work)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_session_is_read_as_written(tmp_path: Path) -> None:
    with claimed(tmp_path):
        SESSION.write(tmp_path)
        assert Session.read(tmp_path) == SESSION


def test_second_claim_is_rejected(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(SessionError, match="runs here already"), claimed(tmp_path):
        pass


def test_session_is_not_readable_before_it_serves(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(SessionError, match="still starting"):
        Session.read(tmp_path)


def test_session_is_not_readable_when_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="`make up` is not running here"):
        Session.read(tmp_path / "none")


def test_session_file_is_deleted_at_the_end(tmp_path: Path) -> None:
    with claimed(tmp_path):
        SESSION.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_killed_process_leaves_no_claim(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        assert Session.read(tmp_path).url == "u"
        holder.kill()
    with pytest.raises(SessionError, match="`make up` is not running here"):
        Session.read(tmp_path)
    with claimed(tmp_path):
        assert not (tmp_path / "session.json").exists()
