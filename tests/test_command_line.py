import argparse
import contextlib
import os
import re
import signal

import pytest

from gametools.command_line import Parser, run_command, seed_range, whole_number


def test_a_body_that_ends_well_is_success(capsys):
    done = []
    assert run_command("tool", lambda: done.append(1)) == 0
    assert done == [1]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("`step` must be\n  positive."), "tool: `step` must be positive.\n"),
        (TypeError("`rng` must be a whole number."), "tool: `rng` must be a whole number.\n"),
        (FileNotFoundError(2, "No such file", "x.csv"), "tool: [Errno 2] No such file: 'x.csv'\n"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(error, line, capsys):
    def body():
        raise error

    assert run_command("tool", body) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", line)


def test_our_own_mistakes_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        run_command("tool", lambda: 1 / 0)


@pytest.mark.parametrize(
    ("resume", "line"),
    [("", "nothing was written."), ("start it again to resume.", "start it again to resume.")],
)
def test_an_interruption_says_what_to_do_next(resume, line, capsys):
    def body():
        raise KeyboardInterrupt

    assert run_command("tool", body, resume=resume) == 2
    assert capsys.readouterr().err == f"tool: interrupted; {line}\n"


def test_termination_is_an_interruption(capsys):
    cleaned = []

    def body():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigtimedwait([], 5)
        finally:
            cleaned.append(True)

    assert run_command("tool", body) == 2
    assert cleaned == [True]
    assert capsys.readouterr().err.startswith("tool: interrupted")


@pytest.mark.parametrize("body", [lambda: None, lambda: 1 / 0], ids=["success", "failure"])
def test_the_old_signal_handler_comes_back(body):
    def mine(number, frame):
        pass

    before = signal.signal(signal.SIGTERM, mine)
    try:
        with contextlib.suppress(ZeroDivisionError):
            run_command("tool", body)
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.fixture
def parser():
    result = Parser(prog="tool", epilog="examples:\n  tool --games 5\n  tool --quick")
    result.add_argument("--games", type=int)
    result.add_argument("--kind", choices=["cyclic", "any"])
    return result


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--games", "many"], "argument --games: invalid int value: 'many'"),
        (["--kind", "cylic"], "argument --kind: invalid choice: 'cylic'"),
        (["--unknown"], "unrecognized arguments: --unknown"),
        (["--game", "5"], "unrecognized arguments: --game 5"),
    ],
    ids=["type", "choice", "unknown", "abbreviated"],
)
def test_bad_options_are_one_line_and_exit_code_2(parser, arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(arguments)
    captured = capsys.readouterr()
    assert caught.value.code == 2
    assert captured.err.startswith(f"tool: {message}")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize("value", ["-1,0", "-1/2,0.5", "-.5,1", "-3"])
def test_values_may_begin_with_a_minus(parser, value, capsys):
    parser.add_argument("--at")
    assert parser.parse_args(["--at", value]).at == value
    with pytest.raises(SystemExit):
        parser.parse_args(["--at", "-x"])
    assert "argument --at: expected one argument" in capsys.readouterr().err


def test_help_keeps_the_lines_of_its_examples(parser, capsys):
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(["--help"])
    assert caught.value.code == 0
    assert "  tool --games 5\n  tool --quick" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (seed_range, "0:200", range(200)),
        (seed_range, "7:4294967296", range(7, 2**32)),
        (whole_number, "12", 12),
    ],
)
def test_numbers_and_ranges_are_read(read, text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *((seed_range, text) for text in ("5", "5:", ":5", "5:5", "9:3", "-1:5", "0:4294967297")),
        *((whole_number, text) for text in ("0", "-3", "1.5", "ten", "")),
    ],
)
def test_what_is_no_number_or_range_is_refused_with_its_value(read, text):
    with pytest.raises(
        argparse.ArgumentTypeError, match="must be .*; got " + re.escape(repr(text))
    ):
        read(text)
