"""The version that the upgrade starts from; without one, continuous integration must not be green."""

from pathlib import Path

import pytest

from tests.production.upgrade.checkout import Checkout, earlier

NEITHER = r"no tag v\* before HEAD, and no commit 0{40}\. Fetch the tags \(git fetch --tags\)"


@pytest.fixture
def own(tmp_path: Path) -> Checkout:
    """Return a repository with three commits."""
    own = Checkout(tmp_path)
    own.git("init", "--quiet")
    for number in range(3):
        own.git("commit", "--quiet", "--allow-empty", "--message", str(number))
    return own


def test_newest_tag_before_the_present_is_the_version(own: Checkout) -> None:
    own.git("tag", "v0.1.0", "HEAD~2")
    own.git("tag", "v0.2.0", "HEAD~1")
    own.git("tag", "v0.3.0")
    assert earlier(own) == own.git("rev-parse", "HEAD~1")


def test_commit_is_the_version_before_the_first_tag(own: Checkout) -> None:
    first = own.git("rev-parse", "HEAD~2")
    assert earlier(own, first) == first
    own.git("tag", "v0.1.0")
    assert earlier(own, first) == first


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_history_without_a_version_fails_in_continuous_integration(
    own: Checkout, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=NEITHER):
        earlier(own, "0" * 40)


def test_shallow_clone_fails(own: Checkout, tmp_path: Path) -> None:
    own.git("clone", "--quiet", "--depth=1", f"file://{own.folder}", str(tmp_path / "shallow"))
    with pytest.raises(pytest.fail.Exception, match="git fetch --unshallow"):
        earlier(Checkout(tmp_path / "shallow"))
