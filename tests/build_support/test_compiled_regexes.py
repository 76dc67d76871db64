import json
import marshal
import re
import zipfile
from pathlib import Path

import pytest

from common.compiled_regexes import CompiledRegexes
from tests.build_support.repository import Repository
from tests.build_support.scripts import ROOT, load

regexes = load("compiled_regexes.py")
finish_zips = load("finish_zips.py")
LISTED = regexes.listed(ROOT / regexes.REGEXES)


def test_every_listed_expression_is_what_re_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "compiled"
    path.write_bytes(regexes.compiled(LISTED))
    re.purge()
    expected = [re.compile(*each) for each in LISTED]
    re.purge()
    used = CompiledRegexes(str(path))
    used.start()
    try:
        with monkeypatch.context() as patched:
            patched.setattr("re._parser.parse", None)
            found = [re.compile(*each) for each in LISTED]
    finally:
        used.stop()
        re.purge()
    assert [(each, each.groups, dict(each.groupindex)) for each in found] == [
        (each, each.groups, dict(each.groupindex)) for each in expected
    ]


def test_names_of_groups_are_those_of_re(tmp_path: Path) -> None:
    path = tmp_path / "compiled"
    path.write_bytes(regexes.compiled([("(?P<leap>o)|(?P<jump>j)", 0)]))
    re.purge()
    used = CompiledRegexes(str(path))
    used.start()
    try:
        found = re.fullmatch("(?P<leap>o)|(?P<jump>j)", "j")
    finally:
        used.stop()
        re.purge()
    assert found
    assert found.lastgroup == "jump"


def test_layer_has_the_compiled_expressions(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    (repository.root / regexes.REGEXES).write_text(json.dumps({"fox": [["(?P<leap>over)", re.IGNORECASE.value]]}))
    finish_zips.finish(repository.root, repository.wheels.name)
    with zipfile.ZipFile(repository.dist / "common-layer.zip") as layer:
        _, held = marshal.loads(layer.read(regexes.COMPILED))  # noqa: S302 - written above
    assert list(held) == [("(?P<leap>over)", re.IGNORECASE.value)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read: JSONDecodeError"),
        ("[]", "cannot be read: AttributeError"),
        ('{"fox": [["over"]]}', "cannot be read: ValueError"),
        ('{"fox": [["(over", 0]]}', r"has '\(over', which does not compile: missing \)"),
        ('{"fox": [["over", 4]]}', "has 'over', which does not compile: cannot use LOCALE flag"),
        ('{"fox": [["over", 99999999999999]]}', "has 'over', which does not compile: "),
    ],
)
def test_list_that_cannot_be_used_stops_packaging(tmp_path: Path, content: str, message: str) -> None:
    repository = Repository(tmp_path)
    before = repository.contents()
    (repository.root / regexes.REGEXES).write_text(content)
    with pytest.raises(finish_zips.PackagingError, match=message):
        finish_zips.finish(repository.root, repository.wheels.name)
    assert repository.contents() == before


@pytest.mark.parametrize("arguments", [(32, [1], 0, {}, (None,)), (32, "code"), ()])
def test_changed_re_stops_packaging(monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...]) -> None:
    monkeypatch.setattr(regexes, "_arguments", lambda *_: arguments)
    with pytest.raises(regexes.PackagingError, match="this Python's re has changed, so it cannot use 'fox'"):
        regexes.compiled([("fox", 0)])
