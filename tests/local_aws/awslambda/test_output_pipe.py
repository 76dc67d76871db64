import asyncio
import os

import pytest

from local_aws.awslambda.output_pipe import LINE_LIMIT, OutputPipe
from local_aws.logs.delivery import BATCH_BYTES, EVENT_OVERHEAD


def written(*chunks: bytes) -> list[str]:
    """Return the logged lines of chunks that are read one by one."""

    async def run() -> list[str]:
        lines: list[str] = []
        pipe = OutputPipe(lines.append)
        for chunk in chunks:
            os.write(pipe.write_end, chunk)
            pipe.drain()
        pipe.close_write_end()
        pipe.close()
        return lines

    return asyncio.run(run())


def test_lines_are_joined_from_chunks() -> None:
    assert written(b"a\nb", b"c\n\n", b"d") == ["a", "bc", "", "d"]


def test_empty_output_is_not_logged() -> None:
    assert written() == []


def test_split_utf_8_character_is_joined() -> None:
    assert written("é\n".encode()[:1], "é\n".encode()[1:]) == ["é"]


PART = 32 * 1024
REPLACED = "\ufffd"


@pytest.mark.parametrize("end", [b"\n", b""], ids=["line", "end"])
@pytest.mark.parametrize("read_at_once", [1, 2])
@pytest.mark.parametrize("printed", [b"x", "é".encode(), "€".encode(), "🦊".encode(), b"\xff", b"\xbf"], ids=repr)
def test_line_above_the_limit_is_split(printed: bytes, read_at_once: int, end: bytes) -> None:
    part = printed * (PART // len(printed)) * read_at_once
    expected = (part * (40 // read_at_once)).decode(errors="replace")
    events = written(b"before\n", *[part] * (40 // read_at_once), end, b"after" if end else b"")
    first, *pieces = events
    after = pieces.pop() if end else "after"
    assert (first, after) == ("before", "after")
    sizes = [len(event.encode()) for event in pieces]
    assert max(sizes) <= LINE_LIMIT
    assert len(sizes) <= (5 if REPLACED in expected else 2)
    assert "".join(pieces) == expected


def test_largest_event_fills_a_batch() -> None:
    assert LINE_LIMIT + EVENT_OVERHEAD == BATCH_BYTES


@pytest.mark.parametrize("over", [0, 1])
def test_line_at_the_limit_is_one_event(over: int) -> None:
    parts = [b"x" * PART] * 31
    rest = b"x" * (LINE_LIMIT + over - 31 * PART)
    assert list(map(len, written(*parts, rest, b"\n"))) == [LINE_LIMIT] + [1] * over


def test_loop_reads_until_the_writer_closes() -> None:
    async def run() -> None:
        arrived = asyncio.Event()
        pipe = OutputPipe(lambda _: arrived.set())
        os.write(pipe.write_end, b"line\n")
        pipe.close_write_end()
        async with asyncio.timeout(5):
            await arrived.wait()
        await asyncio.sleep(0)
        pipe.close()

    asyncio.run(run())
