import asyncio
import os

from local_aws.functions.output_pipe import LINE_LIMIT, OutputPipe


def written(*chunks: bytes) -> list[str]:
    """What is logged of chunks that are read one by one."""

    async def play() -> list[str]:
        lines: list[str] = []
        pipe = OutputPipe(lines.append)
        for chunk in chunks:
            os.write(pipe.write_end, chunk)
            pipe.drain()
        pipe.close_write_end()
        pipe.close()
        return lines

    return asyncio.run(play())


def test_lines_are_put_together() -> None:
    assert written(b"a\nb", b"c\n\n", b"d") == ["a", "bc", "", "d"]


def test_nothing_written_is_nothing_logged() -> None:
    assert written() == []


def test_a_character_cut_in_two_is_whole_again() -> None:
    assert written("é\n".encode()[:1], "é\n".encode()[1:]) == ["é"]


def test_a_line_beyond_the_limit_becomes_several() -> None:
    part = b"x" * 32 * 1024
    assert list(map(len, written(*[part] * 33, b"\n"))) == [LINE_LIMIT, 32 * 1024]


def test_the_loop_reads_by_itself_until_the_writer_closes() -> None:
    async def play() -> None:
        arrived = asyncio.Event()
        pipe = OutputPipe(lambda _: arrived.set())
        os.write(pipe.write_end, b"line\n")
        pipe.close_write_end()
        async with asyncio.timeout(5):
            await arrived.wait()
        await asyncio.sleep(0)
        pipe.close()

    asyncio.run(play())
