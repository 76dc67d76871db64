import marshal
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from common.compiled_regexes import FILE, REGEXES, CompiledRegexes

COMPILER: Any = import_module("re._compiler")
ENGINE: Any = import_module("_sre")
VERSION = (sys.implementation.cache_tag, sys.byteorder, ENGINE.MAGIC, ENGINE.CODESIZE)
# As packaging writes it: flags, code, groups, names of groups, name of each group.
DIGITS = re.compile("(?P<digits>[0-9])")


@pytest.fixture(autouse=True)
def purged() -> Iterator[None]:
    re.purge()
    compile_ = COMPILER.compile
    yield
    assert COMPILER.compile is compile_
    re.purge()


def arguments(pattern: str) -> tuple[Any, ...]:
    """Return what `re` gives its engine for a pattern."""
    given = []

    class Engine:
        def __getattr__(self, name: str) -> Any:
            return getattr(ENGINE, name)

        def compile(self, *arguments: Any) -> Any:
            given.append(arguments[1:])
            return ENGINE.compile(*arguments)

    COMPILER._sre = Engine()
    try:
        COMPILER.compile(pattern)
    finally:
        COMPILER._sre = ENGINE
    [(flags, code, *rest)] = given
    return (flags, b"".join(word.to_bytes(4, sys.byteorder) for word in code), *rest)


def written(path: Path, held: Any, version: Any = VERSION) -> CompiledRegexes:
    path.write_bytes(marshal.dumps((version, held)))
    return CompiledRegexes(str(path))


def found(regexes: CompiledRegexes, pattern: Any) -> re.Pattern[Any]:
    """Return what `re` compiles while `regexes` are used."""
    regexes.start()
    try:
        return re.compile(pattern)
    finally:
        regexes.stop()


def test_expression_of_the_file_is_not_parsed(tmp_path: Path) -> None:
    # Digits under the name of letters show where the expression is from.
    regexes = written(tmp_path / "regexes", {("[a-z]", 0): arguments("(?P<digits>[0-9])")})
    made = found(regexes, "[a-z]")
    assert made.fullmatch("7")
    assert (made.groups, dict(made.groupindex)) == (DIGITS.groups, dict(DIGITS.groupindex))


@pytest.mark.parametrize("pattern", ["[b-z]", b"[a-z]", DIGITS])
def test_other_expression_is_compiled(tmp_path: Path, pattern: Any) -> None:
    regexes = written(tmp_path / "regexes", {("[a-z]", 0): arguments("[0-9]")})
    expected = re.compile(pattern)
    re.purge()
    assert found(regexes, pattern) == expected


def test_expression_with_other_flags_is_compiled(tmp_path: Path) -> None:
    regexes = written(tmp_path / "regexes", {("[a-z]", re.IGNORECASE.value): arguments("[0-9]")})
    assert found(regexes, "[a-z]").fullmatch("a")


@pytest.mark.parametrize(
    "version",
    [
        ("cpython-399", *VERSION[1:]),
        (VERSION[0], "other", *VERSION[2:]),
        (*VERSION[:2], ENGINE.MAGIC + 1, ENGINE.CODESIZE),
        (*VERSION[:3], 2 * ENGINE.CODESIZE),
        None,
    ],
)
def test_file_of_another_version_is_not_used(tmp_path: Path, version: object) -> None:
    regexes = written(tmp_path / "regexes", {("[a-z]", 0): arguments("[0-9]")}, version)
    assert found(regexes, "[a-z]").fullmatch("a")


@pytest.mark.parametrize("content", [None, b"", b"garbage", marshal.dumps(7), marshal.dumps((VERSION, 7))])
def test_unreadable_file_is_not_used(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "regexes"
    if content is not None:
        path.write_bytes(content)
    assert found(CompiledRegexes(str(path)), "[a-z]").fullmatch("a")


@pytest.mark.parametrize("changed", [(), ("flags",), (0, b"\xff" * 8, 0, {}, (None,)), (0, b"odd", 0, {}, (None,))])
def test_expression_that_the_engine_rejects_is_compiled(tmp_path: Path, changed: object) -> None:
    regexes = written(tmp_path / "regexes", {("[a-z]", 0): changed})
    assert found(regexes, "[a-z]").fullmatch("a")


def test_syntax_error_is_that_of_re(tmp_path: Path) -> None:
    with pytest.raises(re.error, match="unterminated character set"):
        found(written(tmp_path / "regexes", {}), "[a-z")


def test_compiler_that_cannot_be_replaced_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re._compiler", None)
    assert found(written(tmp_path / "regexes", {("[a-z]", 0): arguments("[0-9]")}), "[a-z]").fullmatch("a")


def test_reference_from_init_compiles_after_it(tmp_path: Path) -> None:
    regexes = written(tmp_path / "regexes", {("[a-z]", 0): arguments("[0-9]")})
    regexes.start()
    kept = COMPILER.compile
    regexes.stop()
    assert kept("[a-z]").fullmatch("a")


def test_second_start_changes_nothing(tmp_path: Path) -> None:
    regexes = written(tmp_path / "regexes", {})
    regexes.start()
    assert found(regexes, "[a-z]").fullmatch("a")


def test_text_of_another_class_is_compiled(tmp_path: Path) -> None:
    class Text(str):
        __slots__ = ()

    regexes = written(tmp_path / "regexes", {("[a-z]", 0): arguments("[0-9]")})
    assert found(regexes, Text("[a-z]")).fullmatch("a")


def test_code_without_packaging_compiles_everything() -> None:
    # The tests import `common` as it is in the repository, where nothing is compiled.
    assert not Path(FILE).exists()
    REGEXES.start()
    assert COMPILER.compile.__module__ == "re._compiler"
